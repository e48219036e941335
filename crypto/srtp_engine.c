/* SPDX-License-Identifier: BSD-3-Clause */
#include "srtp_engine.h"

#include "secret.h"
#include "srtp_engine_layout.h"
#include "srtp_selftest.h"

#include <stdio.h>
#include <stdlib.h>

enum srtp_status srtp_engine_create_with(
	const struct backend *backend, const char *isa, struct srtp_engine **engine)
{
	struct srtp_engine *made;
	enum srtp_status status;

	if (backend == NULL || engine == NULL)
		return SRTP_NULL_ARGUMENT;
	*engine = NULL;
	made = aligned_alloc(64, (sizeof(*made) + 63) / 64 * 64);
	if (made == NULL)
		return SRTP_NO_MEMORY;
	memset(made, 0, sizeof(*made));
	made->backend = backend;
	status = backend->open(isa == NULL ? "auto" : isa, &made->state);
	if (status != SRTP_OK) {
		free(made);
		return status;
	}
	made->key_format = backend->key_format(made->state);
	(void)snprintf(made->text, sizeof(made->text), "%s %s", backend->name,
		backend->version(made->state));

	status = srtp_selftest_run(made);
	if (status != SRTP_OK) {
		srtp_engine_destroy(made);
		return status;
	}
	*engine = made;
	return SRTP_OK;
}

enum srtp_status srtp_engine_create(
	const char *backend, const char *isa, struct srtp_engine **engine)
{
	enum srtp_status status = SRTP_BAD_BACKEND;

	if (engine == NULL)
		return SRTP_NULL_ARGUMENT;
	*engine = NULL;
	for (uint32_t i = 0; backend_all[i] != NULL && status != SRTP_OK; i++)
		if (backend == NULL || strcmp(backend_all[i]->name, backend) == 0)
			status = srtp_engine_create_with(backend_all[i], isa, engine);
	return status;
}

void srtp_engine_destroy(struct srtp_engine *engine)
{
	if (engine == NULL)
		return;
	engine->backend->close(engine->state);
	secret_wipe(engine, sizeof(*engine));
	free(engine);
}

void srtp_engine_set_clock(struct srtp_engine *engine, uint32_t now_s)
{
	engine->now_s = (uint16_t)now_s;
}

const char *srtp_engine_describe(const struct srtp_engine *engine)
{
	return engine->text;
}
