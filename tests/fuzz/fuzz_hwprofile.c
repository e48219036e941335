/* SPDX-License-Identifier: BSD-3-Clause */
/* A profile of any bytes: faults with their lines, or a profile whose every promise holds. */
#include "fuzz.h"

#include "hwprofile.h"
#include "hwprofile_eal.h"
#include "hwprofile_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CORES = 16 };

/* libconfig loses the string that it was in when it refuses a text; what we lose is still seen. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,readability-identifier-naming) */
const char *__lsan_default_suppressions(void);

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,readability-identifier-naming) */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void check_workers(const struct hwprofile *p)
{
	uint32_t polled[HWPROFILE_PORTS_MAX] = {0};

	FUZZ_CHECK(p->n_workers >= 1 && p->n_workers <= HWPROFILE_WORKERS_MAX);
	FUZZ_CHECK(p->endpoints >= p->n_workers && p->endpoints % p->n_workers == 0);
	for (uint32_t i = 0; i < p->n_workers; i++) {
		const struct hwprofile_worker *w = &p->workers[i];

		FUZZ_CHECK(w->core < CORES);
		FUZZ_CHECK(w->core != p->main_core || p->share_main_core);
		for (uint32_t j = 0; j < i; j++)
			FUZZ_CHECK(w->core != p->workers[j].core);
		for (uint32_t k = 0; k < HWPROFILE_PORTS_MAX; k++) {
			if (w->queue[k] == HWPROFILE_NO_QUEUE)
				continue;
			FUZZ_CHECK(k < p->n_ports && w->queue[k] < p->ports[k].rx_queues);
			FUZZ_CHECK((polled[k] >> w->queue[k] & 1) == 0);
			polled[k] |= UINT32_C(1) << w->queue[k];
		}
	}
	for (uint32_t k = 0; k < p->n_ports; k++)
		FUZZ_CHECK((uint32_t)__builtin_popcount(polled[k]) == p->ports[k].rx_queues);
}

static void check_rest(const struct hwprofile *p)
{
	FUZZ_CHECK(p->n_ports >= 1 && p->n_ports <= HWPROFILE_PORTS_MAX);
	for (uint32_t i = 0; i < p->n_ports; i++) {
		FUZZ_CHECK(p->ports[i].name != NULL && p->ports[i].device != NULL);
		FUZZ_CHECK(p->ports[i].tap != NULL && p->ports[i].tx_queues >= p->n_workers);
	}
	FUZZ_CHECK(p->n_addresses <= HWPROFILE_ADDRESSES_MAX);
	for (uint32_t i = 0; i < p->n_addresses; i++) {
		FUZZ_CHECK(p->addresses[i].port < p->n_ports);
		FUZZ_CHECK(relay_address_valid(&p->addresses[i].addr));
		FUZZ_CHECK(p->addresses[i].addr.family != RELAY_FAMILY_NONE);
	}
	FUZZ_CHECK(p->n_neighbours <= HWPROFILE_NEIGHBOURS_MAX);
	for (uint32_t i = 0; i < p->n_neighbours; i++)
		FUZZ_CHECK(relay_address_valid(&p->neighbours[i].addr));
	FUZZ_CHECK(p->media_port_min <= p->media_port_max && p->endpoints <= 1000000);
	FUZZ_CHECK(p->memory_mb > 0 && p->mbufs > 0 && p->crypto_memory_mb > 0);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hwprofile_eal eal;
	struct hwprofile_machine machine;
	struct hwprofile *p = NULL;
	char *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);
	int status;

	FUZZ_CHECK(out != NULL);
	hwprofile_machine_plain(&machine, CORES, 16384);
	status = hwprofile_load_text("fuzz.conf", (const char *)data, size, &machine, out, &p);
	(void)fflush(out);
	FUZZ_CHECK((status == 0) == (len == 0));
	FUZZ_CHECK((status == 0) == (p != NULL));
	FUZZ_CHECK(status == 0 || strncmp(said, "fuzz.conf:", 10) == 0);
	if (p != NULL) {
		check_workers(p);
		check_rest(p);
		hwprofile_explain(p, out);
		hwprofile_porcelain(p, out);
		(void)hwprofile_eal_args(p, "fuzz", &eal);
		hwprofile_free(p);
	}
	(void)fclose(out);
	free(said);
	return 0;
}
