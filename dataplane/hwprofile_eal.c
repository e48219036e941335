/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_eal.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { LCORES = 128 }; /* RTE_MAX_LCORE of the Debian build; keys check it too */

/* Too much is seen once, at the end: 'argc' of the vector's full length. */
__attribute__((format(printf, 2, 3))) static void add(
	struct hwprofile_eal *e, const char *format, ...)
{
	size_t room = sizeof(e->text) - e->used;
	va_list args;
	int len;

	if (e->argc >= HWPROFILE_EAL_ARGV_MAX - 1)
		e->argc = HWPROFILE_EAL_ARGV_MAX;
	if (e->argc == HWPROFILE_EAL_ARGV_MAX)
		return;
	va_start(args, format);
	len = vsnprintf(e->text + e->used, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room) {
		e->argc = HWPROFILE_EAL_ARGV_MAX;
		return;
	}
	e->argv[e->argc++] = e->text + e->used;
	e->used += (size_t)len + 1;
}

/* Any lcore that is no worker's. */
static uint32_t spare_lcore(const struct hwprofile *p)
{
	uint32_t lcore = LCORES - 1;

	for (uint32_t i = 0; i < p->n_workers; i++) {
		if (p->workers[i].core == lcore) {
			lcore--;
			i = UINT32_MAX; /* from the start */
		}
	}
	return lcore;
}

static bool is_shared(const struct hwprofile *p)
{
	for (uint32_t i = 0; i < p->n_workers; i++)
		if (p->workers[i].core == p->main_core)
			return true;
	return false;
}

static void add_cores(const struct hwprofile *p, struct hwprofile_eal *e)
{
	char lcores[HWPROFILE_WORKERS_MAX * 8 + 16];
	size_t used;

	e->main_lcore = is_shared(p) ? spare_lcore(p) : p->main_core;
	used = (size_t)snprintf(lcores, sizeof(lcores), "%u@%u", e->main_lcore, p->main_core);
	for (uint32_t i = 0; i < p->n_workers; i++)
		used += (size_t)snprintf(lcores + used, sizeof(lcores) - used, ",%u@%u",
			p->workers[i].core, p->workers[i].core);
	add(e, "--lcores=%s", lcores);
	add(e, "--main-lcore=%u", e->main_lcore);
}

static void add_devices(const struct hwprofile *p, struct hwprofile_eal *e)
{
	bool pci = false;

	for (uint32_t i = 0; i < p->n_ports; i++) {
		if (p->ports[i].is_vdev)
			add(e, "--vdev=%s", p->ports[i].device);
		else
			add(e, "--allow=%s", p->ports[i].device);
		pci = pci || !p->ports[i].is_vdev;
	}
	if (!pci)
		add(e, "--no-pci");
}

int hwprofile_eal_args(const struct hwprofile *p, const char *program, struct hwprofile_eal *e)
{
	memset(e, 0, sizeof(*e));
	add(e, "%s", program);
	add_cores(p, e);
	add(e, "--file-prefix=%s", p->file_prefix);
	add(e, "-m");
	add(e, "%u", p->memory_mb);
	if (p->hugepages == HWPROFILE_HUGEPAGES_OFF)
		add(e, "--no-huge");
	else if (p->in_memory)
		add(e, "--in-memory");
	if (strcmp(p->iova_mode, "auto") != 0)
		add(e, "--iova-mode=%s", p->iova_mode);
	add_devices(p, e);
	for (uint32_t i = 0; i < p->n_eal_args; i++)
		add(e, "%s", p->eal_args[i]);
	if (e->argc == HWPROFILE_EAL_ARGV_MAX)
		return -E2BIG;
	return 0;
}
