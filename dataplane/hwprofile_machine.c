/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_machine.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ranges as the kernel writes them: "0-3,8,10-11". */
static void mark_ranges(const char *at, bool exists[HWPROFILE_CORES_MAX])
{
	while (isdigit((unsigned char)*at)) {
		char *end;
		unsigned long first = strtoul(at, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long core = first; core <= last && core < HWPROFILE_CORES_MAX; core++)
			exists[core] = true;
		at = *end == ',' ? end + 1 : end;
	}
}

static int read_online(bool exists[HWPROFILE_CORES_MAX])
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	char line[4096];

	if (file == NULL)
		return -errno;
	if (fgets(line, sizeof(line), file) != NULL)
		mark_ranges(line, exists);
	(void)fclose(file);
	return 0;
}

int hwprofile_machine_read(struct hwprofile_machine *machine)
{
	struct hwprofile_machine m = {0};
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	cpu_set_t set;
	int status = read_online(m.exists);

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	for (unsigned core = 0; core < HWPROFILE_CORES_MAX && core < CPU_SETSIZE; core++) {
		m.allowed[core] = CPU_ISSET(core, &set);
		/* without sysfs, what we may use is all that we know of */
		m.exists[core] = m.allowed[core] || (status == 0 && m.exists[core]);
	}
	if (pages > 0 && page > 0)
		m.memory_mb = (uint64_t)pages * (uint64_t)page >> 20;
	*machine = m;
	return 0;
}

void hwprofile_machine_plain(
	struct hwprofile_machine *machine, uint32_t n_cores, uint64_t memory_mb)
{
	memset(machine, 0, sizeof(*machine));
	machine->memory_mb = memory_mb;
	for (uint32_t core = 0; core < n_cores && core < HWPROFILE_CORES_MAX; core++)
		machine->exists[core] = machine->allowed[core] = true;
}
