/* SPDX-License-Identifier: BSD-3-Clause */
/* A hostile control plane: any sequence of commands and records, with packets' sources learned and
 * destinations resolved between them. After each, every installed endpoint is found by its port and
 * nothing else is, memory adds up, and a next hop is that of the host which it sends to, however
 * late answers are. */
#include "endpoint_moved.h"
#include "fuzz.h"
#include "secret.h"

#include <stdlib.h>

enum {
	SLOTS = 8,
	PORT = 20000,
	PORTS = 64,
	POOL_BYTES = 2 * CONTEXT_POOL_PAGE,
	TOKENS = 4,
	ASKED = 4
};

static struct endpoint slots[SLOTS];
static struct endpoint_cold cold[SLOTS];
static struct relay_endpoint records[SLOTS];
static uint32_t ports[2 * PORTS], backlog[SLOTS];
static struct local_table locals;
static struct context_pool pool;
static struct context_pool_page pages[POOL_BYTES / CONTEXT_POOL_PAGE];
static _Alignas(64) uint8_t arena[POOL_BYTES];
static struct endpoints e;

/* Questions about next hops that are away; the oldest are forgotten. */
static struct {
	uint32_t index, generation;
	struct relay_sockaddr addr;
} asked[ASKED];
static uint32_t n_asked;

static void open_rig(void)
{
	static struct srtp_engine *engine;
	struct relay_sockaddr own = {{10, 0, 0, 1}, 0, RELAY_FAMILY_IPV4, 0};

	if (engine == NULL)
		FUZZ_CHECK(srtp_engine_create(NULL, NULL, &engine) == SRTP_OK);
	memset(slots, 0, sizeof(slots));
	memset(cold, 0, sizeof(cold));
	memset(records, 0, sizeof(records));
	memset(ports, 0, sizeof(ports));
	memset(&locals, 0, sizeof(locals));
	FUZZ_CHECK(local_add(&locals, &own));
	own = (struct relay_sockaddr){{0x20, 1}, 0, RELAY_FAMILY_IPV6, 0};
	FUZZ_CHECK(local_add(&locals, &own));
	e = (struct endpoints){
		.slots = slots,
		.cold = cold,
		.records = records,
		.n = SLOTS,
		.n_workers = 1,
		.ports = ports,
		.port_min = PORT,
		.port_max = PORT + PORTS - 1,
		.local = &locals,
		.pool = &pool,
		.engine = engine,
		.backlog = backlog,
	};
	memset(asked, 0, sizeof(asked));
	n_asked = 0;
	context_pool_init(&pool, arena, POOL_BYTES, pages);
}

static size_t held_by(const struct srtp_ctx *ctx)
{
	if (ctx == NULL)
		return 0;
	return (size_t)pages[((const uint8_t *)ctx - arena) / CONTEXT_POOL_PAGE].class *
	       CONTEXT_POOL_UNIT;
}

/* Follows from the host alone, and is never 0. */
static uint32_t hop_of(const struct relay_sockaddr *addr)
{
	uint32_t hop = addr->family;

	for (uint32_t i = 0; i < sizeof(addr->ip); i++)
		hop = hop * 31 + addr->ip[i];
	return hop | 1u << 31;
}

static void check_hop(const struct endpoint *slot)
{
	uint32_t hop = atomic_load_explicit(&slot->destination, memory_order_relaxed);

	FUZZ_CHECK(hop == 0 ||
		   (slot->remote.family != RELAY_FAMILY_NONE && hop == hop_of(&slot->remote)));
}

static void check(void)
{
	uint32_t live = 0, found = 0, waiting = 0;
	size_t held = 0;

	for (uint32_t i = 0; i < SLOTS; i++) {
		FUZZ_CHECK(slots[i].generation == slots[i].live);
		held += held_by(slots[i].ingress) + held_by(slots[i].egress);
		for (uint32_t r = 0; r < RELAY_ROUTES; r++)
			FUZZ_CHECK(slots[i].routes[r].endpoint < SLOTS);
		if (slots[i].generation == 0) {
			FUZZ_CHECK(slots[i].ingress == NULL && slots[i].egress == NULL);
			continue;
		}
		live++;
		FUZZ_CHECK(*endpoint_port(&e, cold[i].local.address, cold[i].local.port) == i + 1);
		FUZZ_CHECK(records[i].identity.state == RELAY_STATE_LIVE);
		check_hop(&slots[i]);
	}
	for (uint32_t i = 0; i < 2 * PORTS; i++)
		found += ports[i] != 0;
	FUZZ_CHECK(found == live && e.backlog_n <= SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		waiting += cold[i].waiting;
	for (uint32_t at = e.first_move; at != 0; at = cold[at - 1].next_move) {
		FUZZ_CHECK(cold[at - 1].waiting && waiting-- > 0);
		FUZZ_CHECK((cold[at - 1].next_move == 0) == (at == e.last_move));
	}
	FUZZ_CHECK(waiting == 0 && (e.first_move == 0) == (e.last_move == 0));
	FUZZ_CHECK(pool.used_bytes == held);
}

/* Whole from the input, or nearly right: most bytes of a random command are wrong at once. */
static void command(struct fuzz_input *in)
{
	struct relay_record record;
	struct relay_command c;
	uint8_t how = fuzz_u8(in);

	memset(&record, 0, sizeof(record));
	memset(&c, 0, sizeof(c));
	(void)fuzz_bytes(in, (uint8_t *)&c, sizeof(c));
	if (how & 1) {
		c.version = RELAY_ABI_VERSION;
		c.type = (uint8_t)(1 + c.type % 3);
		c.set = c.type == RELAY_COMMAND_INSTALL ? RELAY_SET_ALL : c.set & RELAY_SET_ALL;
		c.endpoint %= SLOTS + 1;
		c.generation %= 4;
		c.local.address &= 1;
		c.local.port = (uint16_t)(PORT + c.local.port % PORTS);
		c.kind = RELAY_KIND_PORT;
		c.media = (uint8_t)(c.media % 4);
		c.dscp &= 63;
		c.source = (uint8_t)(c.source % 6);
		c.reserved = 0;
		if (how & 2)
			memset(&c.remote, 0, sizeof(c.remote));
	}
	record.ingress.suite = record.egress.suite = RELAY_PLAIN;
	if (how & 4)
		(void)fuzz_bytes(in, (uint8_t *)&record.ingress, sizeof(record.ingress));
	if (how & 8) {
		record.egress.suite = fuzz_u8(in) % SUITE_COUNT;
		record.egress.n_ssrcs = fuzz_u8(in) % (RELAY_SSRCS + 2);
		(void)fuzz_bytes(in, (uint8_t *)record.egress.ssrcs, sizeof(record.egress.ssrcs));
	}
	record.endpoint = c.endpoint;
	record.generation = c.generation;
	(void)endpoint_command(&e, &c, &record, fuzz_u8(in));
}

static void learn(struct fuzz_input *in)
{
	uint32_t i = fuzz_u8(in) % SLOTS;
	struct relay_sockaddr from = {{192, 0, 2, fuzz_u8(in)}, 1 + fuzz_u8(in), 0, 0};

	if (slots[i].generation == 0)
		return;
	from.family = locals.addresses[cold[i].local.address].family;
	if (endpoint_source_allowed(&slots[i], &from, fuzz_u8(in)))
		(void)endpoint_learn(&e, i, &from, fuzz_u8(in));
}

static void resolve(struct fuzz_input *in)
{
	uint32_t index, generation;
	struct relay_sockaddr addr;
	uint8_t which = fuzz_u8(in);

	if (which & 0x40 ? endpoint_moved_next(&e, &index, &generation, &addr)
			 : endpoint_next_unresolved(&e, &index, &generation, &addr)) {
		FUZZ_CHECK(index < SLOTS && slots[index].generation == generation &&
			   relay_address_equal(&addr, &slots[index].remote));
		asked[n_asked % ASKED].index = index;
		asked[n_asked % ASKED].generation = generation;
		asked[n_asked++ % ASKED].addr = addr;
	}
	addr = asked[which % ASKED].addr;
	endpoint_resolved(&e, asked[which % ASKED].index, asked[which % ASKED].generation, &addr,
		which & 0x80 ? 0 : hop_of(&addr));
	endpoint_resolved(&e, fuzz_u16(in), fuzz_u8(in), &addr, hop_of(&addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, data + size};

	open_rig();
	while (fuzz_more(&in)) {
		switch (fuzz_u8(&in) % TOKENS) {
		case 0:
			learn(&in);
			break;
		case 1:
			resolve(&in);
			break;
		default:
			command(&in);
		}
		check();
	}
	endpoint_wipe_all(&e);
	FUZZ_CHECK(pool.used_bytes == 0);
	return 0;
}
