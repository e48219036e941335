/* SPDX-License-Identifier: BSD-3-Clause */
#include "contenders.h"

#include "backend.h"
#include "support.h"

#include <stdio.h>

struct contender contenders[CONTENDERS_MAX];
uint32_t contenders_count;

static void add(const struct backend *backend, const char *isa)
{
	struct contender *c = &contenders[contenders_count];
	enum srtp_status status = srtp_engine_create(backend->name, isa, &c->engine);

	if (status == SRTP_BAD_ISA)
		return;
	assert_int_equal(status, SRTP_OK);
	(void)snprintf(c->name, sizeof(c->name), "%s/%s", backend->name, isa);
	contenders_count++;
	assert_true(contenders_count < CONTENDERS_MAX);
}

int contenders_open(void **state)
{
	(void)state;
	for (uint32_t b = 0; backend_all[b] != NULL; b++) {
		add(backend_all[b], "auto");
		for (uint32_t i = 0; backend_all[b]->isas[i] != NULL; i++)
			add(backend_all[b], backend_all[b]->isas[i]);
	}
	return 0;
}

int contenders_close(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < contenders_count; i++)
		srtp_engine_destroy(contenders[i].engine);
	contenders_count = 0;
	return 0;
}
