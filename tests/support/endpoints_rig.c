/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoints_rig.h"

#include <stdlib.h>

static void *zeroed(size_t bytes)
{
	void *mem = NULL;

	if (posix_memalign(&mem, 64, bytes) != 0)
		abort();
	memset(mem, 0, bytes);
	return mem;
}

static uint32_t all_slots(const struct endpoints *e)
{
	return e->n_workers * ENDPOINTS_RIG_SLOTS;
}

static size_t ports_bytes(void)
{
	return endpoint_ports_bytes(
		ENDPOINTS_RIG_ADDRESSES, ENDPOINTS_RIG_PORT_MIN, ENDPOINTS_RIG_PORT_MAX);
}

static void add_locals(struct endpoints_rig *rig)
{
	static const struct relay_sockaddr v4 = {{192, 0, 2, 1}, 0, RELAY_FAMILY_IPV4, 0};
	static const struct relay_sockaddr v6 = {
		{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, 0, RELAY_FAMILY_IPV6, 0};

	if (!local_add(&rig->local, &v4) || !local_add(&rig->local, &v6))
		abort();
}

struct endpoints_rig *endpoints_rig_open(uint32_t n_workers, struct srtp_engine *engine)
{
	struct endpoints_rig *rig = zeroed(sizeof(*rig));
	uint32_t slots = n_workers * ENDPOINTS_RIG_SLOTS;

	add_locals(rig);
	context_pool_init(&rig->pool, zeroed(ENDPOINTS_RIG_POOL), ENDPOINTS_RIG_POOL, rig->pages);
	rig->e = (struct endpoints){
		.slots = zeroed(slots * sizeof(struct endpoint)),
		.cold = zeroed(slots * sizeof(struct endpoint_cold)),
		.records = zeroed(slots * sizeof(struct relay_endpoint)),
		.first = slots - ENDPOINTS_RIG_SLOTS,
		.n = ENDPOINTS_RIG_SLOTS,
		.worker = n_workers - 1,
		.n_workers = n_workers,
		.ports = zeroed(ports_bytes()),
		.port_min = ENDPOINTS_RIG_PORT_MIN,
		.port_max = ENDPOINTS_RIG_PORT_MAX,
		.local = &rig->local,
		.pool = &rig->pool,
		.engine = engine,
		.backlog = zeroed(ENDPOINTS_RIG_SLOTS * sizeof(uint32_t)),
	};
	return rig;
}

void endpoints_rig_close(struct endpoints_rig *rig)
{
	endpoint_wipe_all(&rig->e);
	free(rig->e.slots);
	free(rig->e.cold);
	free(rig->e.records);
	free(rig->e.ports);
	free(rig->e.backlog);
	free(rig->pool.arena);
	free(rig->copy);
	free(rig);
}

struct part {
	const void *at;
	size_t bytes;
};

enum { PARTS = 7 };

static void list_parts(const struct endpoints_rig *rig, struct part parts[PARTS])
{
	const struct endpoints *e = &rig->e;
	uint32_t slots = all_slots(e);

	parts[0] = (struct part){e->slots, slots * sizeof(*e->slots)};
	parts[1] = (struct part){e->cold, slots * sizeof(*e->cold)};
	parts[2] = (struct part){e->records, slots * sizeof(*e->records)};
	parts[3] = (struct part){e->ports, ports_bytes()};
	parts[4] = (struct part){e->backlog, e->n * sizeof(*e->backlog)};
	parts[5] = (struct part){&e->backlog_n, sizeof(e->backlog_n)};
	parts[6] = (struct part){&rig->pool.used_bytes, sizeof(rig->pool.used_bytes)};
}

void endpoints_rig_keep(struct endpoints_rig *rig)
{
	struct part parts[PARTS];
	size_t bytes = 0;
	uint8_t *to;

	list_parts(rig, parts);
	for (uint32_t i = 0; i < PARTS; i++)
		bytes += parts[i].bytes;
	free(rig->copy);
	rig->copy = to = zeroed(bytes);
	for (uint32_t i = 0; i < PARTS; to += parts[i++].bytes)
		memcpy(to, parts[i].at, parts[i].bytes);
}

bool endpoints_rig_same(const struct endpoints_rig *rig)
{
	const uint8_t *kept = rig->copy;
	struct part parts[PARTS];

	list_parts(rig, parts);
	for (uint32_t i = 0; i < PARTS; kept += parts[i++].bytes) {
		if (memcmp(kept, parts[i].at, parts[i].bytes) != 0)
			return false;
	}
	return true;
}

uint16_t endpoints_rig_port(const struct endpoints_rig *rig, uint32_t i)
{
	for (uint32_t p = rig->e.port_min; p <= rig->e.port_max; p++) {
		uint16_t port = (uint16_t)p;

		if (relay_layout_port_worker(port, rig->e.n_workers) == rig->e.worker && i-- == 0)
			return port;
	}
	abort();
}

struct relay_sockaddr endpoints_rig_remote(uint8_t host, uint16_t port)
{
	struct relay_sockaddr a = {.ip = {198, 51, 100, host}, .port = port};

	if (host == 0)
		return (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	a.family = RELAY_FAMILY_IPV4;
	if (host >= 128) {
		a.family = RELAY_FAMILY_IPV6;
		a.ip[15] = host;
	}
	return a;
}

struct relay_command endpoints_rig_install(
	const struct endpoints_rig *rig, uint32_t i, uint32_t generation)
{
	uint32_t first = rig->e.first;

	return (struct relay_command){
		.version = RELAY_ABI_VERSION,
		.type = RELAY_COMMAND_INSTALL,
		.set = RELAY_SET_ALL,
		.endpoint = first + i,
		.generation = generation,
		.local = {ENDPOINTS_RIG_V4, endpoints_rig_port(rig, i)},
		.remote = endpoints_rig_remote(1, 4000),
		.kind = RELAY_KIND_PORT,
		.source = RELAY_SOURCE_LATCH,
		.media = RELAY_MEDIA_MUXED,
		.clock_khz = 8,
		.routes = {{first + (i ^ 4), 1}, {first + (i ^ 4), 1}},
	};
}

struct relay_crypto endpoints_rig_crypto(uint8_t suite, uint8_t key)
{
	struct relay_crypto c = {.suite = suite};

	if (suite != RELAY_PLAIN)
		memset(&c.session, key, sizeof(c.session));
	return c;
}

struct relay_record endpoints_rig_record(const struct relay_command *c, uint8_t suite, uint8_t key)
{
	return (struct relay_record){
		.ingress = endpoints_rig_crypto(suite, key),
		.egress = endpoints_rig_crypto(suite, key),
		.endpoint = c->endpoint,
		.generation = c->generation,
	};
}

enum relay_status endpoints_rig_command(
	struct endpoints_rig *rig, const struct relay_command *c, uint8_t suite, uint8_t key)
{
	const struct relay_record r = endpoints_rig_record(c, suite, key);

	return endpoint_command(&rig->e, c, &r, 0);
}
