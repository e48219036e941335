/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_machine.h - the machine that a hardware profile is checked against.
 *
 * Invariant: a core that is allowed exists.
 * Threads:   plain data.
 * Ownership: the caller's; allocates nothing.
 * Units:     memory in MiB, 0 if unknown; cores by the kernel's numbers.
 * Errors:    hwprofile_machine_read: 0 or -errno, struct untouched.
 * Cost:      cold.
 */
#ifndef HWPROFILE_MACHINE_H
#define HWPROFILE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { HWPROFILE_CORES_MAX = 1024 };

struct hwprofile_machine {
	bool exists[HWPROFILE_CORES_MAX];  /* configured and online */
	bool allowed[HWPROFILE_CORES_MAX]; /* to this process: taskset, cpuset, container */
	uint64_t memory_mb;
};

/* This one, as this process sees it. */
int hwprofile_machine_read(struct hwprofile_machine *machine);

/* One with cores 0 to n - 1, all allowed. */
void hwprofile_machine_plain(
	struct hwprofile_machine *machine, uint32_t n_cores, uint64_t memory_mb);

#endif
