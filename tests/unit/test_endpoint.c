/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints: what a command may ask for, what it leaves behind, and how an address is learned. */
#include "endpoint.h"
#include "fixture.h"
#include "header.h"
#include "relay_endpoint_view.h"

#include <stdlib.h>

enum {
	SLOTS = 16,
	ALL_SLOTS = 2 * SLOTS,
	CTX_BYTES = 14 * CONTEXT_POOL_UNIT,
	PORT = 20000,
	POOL_BYTES = 4 * CONTEXT_POOL_PAGE,
	SSRC = 0x1234
};

static struct local_table locals;
static struct context_pool pool;
static struct context_pool_page pages[POOL_BYTES / CONTEXT_POOL_PAGE];
static struct endpoints e;

static const struct relay_sockaddr a1 = {{192, 0, 2, 1}, 4000, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr a2 = {{192, 0, 2, 1}, 4002, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr b1 = {{192, 0, 2, 9}, 4000, RELAY_FAMILY_IPV4, 0};

static void *zeroed(size_t bytes)
{
	void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);

	assert_non_null(p);
	memset(p, 0, bytes);
	return p;
}

/* The second of two workers, which has the odd classes. */
static int open_rig(void **state)
{
	struct relay_sockaddr own = {{10, 0, 0, 1}, 0, RELAY_FAMILY_IPV4, 0};

	(void)state;
	memset(&locals, 0, sizeof(locals));
	assert_true(local_add(&locals, &own));
	own = (struct relay_sockaddr){{0x20, 1}, 0, RELAY_FAMILY_IPV6, 0};
	assert_true(local_add(&locals, &own));
	e = (struct endpoints){
		.slots = zeroed(ALL_SLOTS * sizeof(*e.slots)),
		.cold = zeroed(ALL_SLOTS * sizeof(*e.cold)),
		.records = zeroed(ALL_SLOTS * sizeof(*e.records)),
		.first = SLOTS,
		.n = SLOTS,
		.worker = 1,
		.n_workers = 2,
		.ports = zeroed(endpoint_ports_bytes(2, PORT, PORT + 999)),
		.port_min = PORT,
		.port_max = PORT + 999,
		.local = &locals,
		.pool = &pool,
		.engine = fixture_engines[0],
		.backlog = zeroed(SLOTS * sizeof(uint32_t)),
	};
	context_pool_init(&pool, zeroed(POOL_BYTES), POOL_BYTES, pages);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	endpoint_wipe_all(&e);
	assert_int_equal(pool.used_bytes, 0);
	free(e.slots);
	free(e.cold);
	free(e.records);
	free(e.ports);
	free(e.backlog);
	free(pool.arena);
	return 0;
}

static struct relay_command install_command(void)
{
	return (struct relay_command){
		.version = RELAY_ABI_VERSION,
		.type = RELAY_COMMAND_INSTALL,
		.set = RELAY_SET_ALL,
		.cookie = 7,
		.endpoint = SLOTS,
		.generation = 1,
		.local = {0, PORT + 2},
		.remote = a1,
		.kind = RELAY_KIND_PORT,
		.source = RELAY_SOURCE_LATCH,
		.media = RELAY_MEDIA_MUXED,
		.routes = {{SLOTS + 1, 1}, {SLOTS + 1, 1}},
	};
}

static struct relay_record record_of(const struct relay_command *c, bool plain)
{
	static const uint8_t key[16] = "a 128-bit key..", salt[14] = "and its salt.";
	const struct kdf_master master = {key, sizeof(key), salt, sizeof(salt)};
	struct relay_record r = {
		.ingress.suite = RELAY_PLAIN,
		.egress.suite = RELAY_PLAIN,
		.endpoint = c->endpoint,
		.generation = c->generation,
	};

	if (plain)
		return r;
	r.ingress.suite = SUITE_AES_CM_128_HMAC_SHA1_80;
	assert_int_equal(
		kdf_derive(suite_get(SUITE_AES_CM_128_HMAC_SHA1_80), &master, &r.ingress.session),
		SRTP_OK);
	r.egress = r.ingress;
	return r;
}

static enum relay_status carry_out(const struct relay_command *c, bool plain)
{
	const struct relay_record r = record_of(c, plain);

	return endpoint_command(&e, c, &r, 1000);
}

static void every_refusal_changes_nothing(void **state)
{
	const struct relay_command good = install_command();
	struct relay_command c[] = {good, good, good, good, good, good, good, good, good, good,
		good, good, good, good, good, good, good, good};
	static const enum relay_status want[] = {RELAY_BAD_VERSION, RELAY_BAD_TYPE,
		RELAY_BAD_RESERVED, RELAY_BAD_RESERVED, RELAY_BAD_ENDPOINT, RELAY_BAD_ENDPOINT,
		RELAY_BAD_GENERATION, RELAY_BAD_KIND, RELAY_BAD_LOCAL, RELAY_BAD_LOCAL,
		RELAY_BAD_PORT_CLASS, RELAY_BAD_REMOTE, RELAY_BAD_REMOTE, RELAY_BAD_SOURCE,
		RELAY_BAD_MEDIA, RELAY_BAD_DSCP, RELAY_BAD_ROUTE, RELAY_BAD_ROUTE};
	uint32_t n = sizeof(want) / sizeof(want[0]);

	(void)state;
	assert_int_equal(sizeof(c) / sizeof(c[0]), n);
	c[0].version++;
	c[1].type = 9;
	c[2].reserved = 1;
	c[3].set = RELAY_SET_REMOTE;
	c[4].endpoint = SLOTS - 1; /* the other worker's */
	c[5].endpoint = UINT32_MAX;
	c[6].generation = 0;
	c[7].kind = 2;
	c[8].local.address = 2;
	c[9].local.port = PORT - 1;
	c[10].local.port = PORT;
	c[11].remote.family = RELAY_FAMILY_IPV6; /* of the other family */
	c[12].remote.ip[9] = 1;
	c[13].source = 0;
	c[14].media = 4;
	c[15].dscp = 64;
	c[16].routes[0].endpoint = 0;
	c[17].routes[1].endpoint = c[17].endpoint;
	for (uint32_t i = 0; i < n; i++) {
		print_message("row %u\n", i);
		assert_int_equal(carry_out(&c[i], false), want[i]);
		assert_int_equal(pool.used_bytes, 0);
		assert_int_equal(e.slots[SLOTS].generation, 0);
		assert_int_equal(*endpoint_port(&e, 0, PORT + 2), 0);
		assert_int_equal(e.records[SLOTS].identity.state, RELAY_STATE_FREE);
	}
}

static void bad_records_are_refused(void **state)
{
	const struct relay_command c = install_command();
	struct relay_record r[8];

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		r[i] = record_of(&c, false);
	memset(&r[0], 0, sizeof(r[0])); /* wiped: a valid suite with a key of zeros */
	r[1].generation++;
	r[2].egress.suite = SUITE_COUNT;
	r[3].egress.mki_len = 5;
	r[4].egress.n_ssrcs = RELAY_SSRCS + 1;
	r[5].ingress.suite = RELAY_PLAIN; /* with keys */
	r[6].egress.n_ssrcs = 1;          /* of no use */
	r[7].egress.rtp_lifetime = UINT64_MAX;
	for (uint32_t i = 0; i < 8; i++) {
		print_message("row %u\n", i);
		assert_int_equal(endpoint_command(&e, &c, &r[i], 0), RELAY_BAD_CRYPTO);
		assert_int_equal(pool.used_bytes, 0);
	}
}

static void install_is_found_and_shown(void **state)
{
	struct relay_command c = install_command();
	struct relay_endpoint_view view;

	(void)state;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	assert_int_equal(*endpoint_port(&e, 0, PORT + 2), SLOTS + 1);
	assert_int_equal(e.slots[SLOTS].live, 1);
	assert_true(relay_endpoint_read(&e.records[SLOTS], &view));
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_true(relay_address_equal(&view.identity.remote, &a1));
	assert_int_equal(carry_out(&c, false), RELAY_SLOT_IN_USE);
	c.endpoint++;
	c.routes[0].endpoint = c.routes[1].endpoint = SLOTS;
	assert_int_equal(carry_out(&c, false), RELAY_PORT_IN_USE);
}

static void remove_wipes_and_keeps_the_numbers(void **state)
{
	static const uint8_t zero[64];
	struct relay_command c = install_command();
	struct relay_endpoint_view view;
	const uint8_t *key;

	(void)state;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	key = (const uint8_t *)e.slots[SLOTS].ingress + 64;
	assert_memory_not_equal(key, zero, sizeof(zero));
	c.type = RELAY_COMMAND_REMOVE;
	c.generation = 2;
	assert_int_equal(carry_out(&c, false), RELAY_NO_SUCH_ENDPOINT);
	c.generation = 1;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	assert_memory_equal(key, zero, sizeof(zero));
	assert_int_equal(pool.used_bytes, 0);
	assert_int_equal(*endpoint_port(&e, 0, PORT + 2), 0);
	assert_true(relay_endpoint_read(&e.records[SLOTS], &view));
	assert_int_equal(view.identity.state, RELAY_STATE_GONE);
	assert_int_equal(view.identity.generation, 1);
	assert_int_equal(carry_out(&c, false), RELAY_NO_SUCH_ENDPOINT);
	c.type = RELAY_COMMAND_INSTALL; /* the generation must be another */
	assert_int_equal(carry_out(&c, false), RELAY_BAD_GENERATION);
	c.generation = 2;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
}

static void update_changes_what_it_names(void **state)
{
	struct relay_command c = install_command();
	struct srtp_ctx *egress;
	uint32_t index, generation;
	struct relay_sockaddr addr;

	(void)state;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	egress = e.slots[SLOTS].egress;
	assert_true(endpoint_next_unresolved(&e, &index, &generation, &addr));
	assert_false(endpoint_next_unresolved(&e, &index, &generation, &addr));
	endpoint_resolved(&e, index, generation + 1, &addr, 5); /* of another time */
	assert_int_equal(e.slots[SLOTS].destination, 0);
	endpoint_resolved(&e, index, generation, &addr, 5);
	assert_int_equal(e.slots[SLOTS].destination, 5);

	c.type = RELAY_COMMAND_UPDATE;
	c.set = RELAY_SET_REMOTE;
	c.remote = a2; /* the same host: it is where it was */
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	assert_int_equal(e.slots[SLOTS].destination, 5);
	assert_ptr_equal(e.slots[SLOTS].egress, egress);
	assert_int_equal(header_load(e.slots[SLOTS].header + 22), htons(4002));
	c.remote = b1;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	assert_int_equal(e.slots[SLOTS].destination, 0);
	c.set = RELAY_SET_DSCP;
	c.dscp = 46;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	assert_int_equal(e.slots[SLOTS].header[1], 46 << 2);
	c.set = 0;
	assert_int_equal(carry_out(&c, false), RELAY_BAD_RESERVED);
}

static void full_pool_leaves_the_old_keys(void **state)
{
	struct relay_command c = install_command();
	struct relay_record r;
	struct srtp_ctx *ingress;
	size_t used;

	(void)state;
	assert_int_equal(carry_out(&c, false), RELAY_OK);
	ingress = e.slots[SLOTS].ingress;
	while (context_pool_alloc(&pool, CTX_BYTES) != NULL)
		;
	used = pool.used_bytes;
	c.type = RELAY_COMMAND_UPDATE;
	c.set = RELAY_SET_INGRESS | RELAY_SET_EGRESS;
	r = record_of(&c, false);
	r.ingress.session.rtp.salt[0] ^= 1; /* another key */
	r.egress.session.rtp.salt[0] ^= 1;
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_NO_MEMORY);
	assert_ptr_equal(e.slots[SLOTS].ingress, ingress);
	assert_int_equal(pool.used_bytes, used);
	/* the test took the rest: give the rig its own back */
	pool.used_bytes = (size_t)2 * CTX_BYTES;
}

static void takeover_refuses_what_was_seen(void **state)
{
	struct relay_command c = install_command();
	struct relay_record r = record_of(&c, false);
	struct relay_endpoint_view view;
	struct srtp_ssrc_state s;

	(void)state;
	r.ingress.n_ssrcs = 1;
	r.ingress.ssrcs[0] = (struct relay_ssrc){SSRC, 3, 9, 500, 1, 1};
	r.egress.n_ssrcs = 1;
	r.egress.ssrcs[0] = (struct relay_ssrc){SSRC, 4, 10, 600, 1, 1};
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_OK);
	assert_int_equal(srtp_ctx_get_ssrc(e.slots[SLOTS].ingress, SSRC, &s), SRTP_OK);
	assert_true(s.roc == 3 && s.seq == 500 && s.rtcp_index == 9);
	assert_int_equal(srtp_ctx_get_ssrc(e.slots[SLOTS].egress, SSRC, &s), SRTP_OK);
	assert_true(s.roc == 4 && s.seq == 600 && s.rtcp_index == 10);
	/* so that a second crash loses nothing either */
	assert_true(relay_endpoint_read(&e.records[SLOTS], &view));
	assert_true(view.n_ingress == 1 && view.n_egress == 1);
	assert_true(view.ingress[0].state.roc == 3 && view.egress[0].seq == 600);
}

/* A re-INVITE whose keys did not change. */
static void same_key_goes_on(void **state)
{
	struct relay_command c = install_command();
	struct relay_record r = record_of(&c, false);
	struct srtp_ctx *ingress, *egress;
	struct srtp_ssrc_state s = {SSRC, 2, 77, true, false, 0};
	size_t used;

	(void)state;
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_OK);
	ingress = e.slots[SLOTS].ingress;
	egress = e.slots[SLOTS].egress;
	used = pool.used_bytes;
	assert_int_equal(srtp_ctx_set_ssrc(egress, &s), SRTP_OK);
	c.type = RELAY_COMMAND_UPDATE;
	c.set = RELAY_SET_INGRESS | RELAY_SET_EGRESS;
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_OK);
	assert_ptr_equal(e.slots[SLOTS].ingress, ingress);
	assert_ptr_equal(e.slots[SLOTS].egress, egress);
	assert_int_equal(srtp_ctx_get_ssrc(egress, SSRC, &s), SRTP_OK);
	assert_int_equal(s.roc, 2);
	r.egress.mki_len = 1; /* nor is it the same key on other terms */
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_BAD_CRYPTO);
	r.egress.mki_len = 0;
	r.egress.rtp_lifetime = 1000;
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_BAD_CRYPTO);
	assert_int_equal(pool.used_bytes, used);
	r = record_of(&c, false);
	r.egress.session.rtp.salt[0] ^= 1; /* another key */
	assert_int_equal(endpoint_command(&e, &c, &r, 0), RELAY_OK);
	assert_ptr_equal(e.slots[SLOTS].ingress, ingress);
	assert_int_equal(srtp_ctx_ssrc_count(e.slots[SLOTS].egress), 0);
}

struct arrival {
	struct relay_sockaddr from;
	uint32_t at_ms;
	enum endpoint_learned want;
};

struct lesson {
	enum relay_source rule;
	uint8_t learn_ds;
	struct arrival packets[4];
	struct relay_sockaddr remote; /* in the end */
};

/* Times lie around the wrap of the clock. */
#define T0 (UINT32_MAX - 50)

static void each_rule_learns_as_it_says(void **state)
{
	const struct lesson lessons[] = {
		{RELAY_SOURCE_STRICT, 0,
			{{a1, T0, ENDPOINT_SAME}, {a2, T0, ENDPOINT_REFUSED},
				{b1, T0, ENDPOINT_REFUSED}, {a1, T0, ENDPOINT_SAME}},
			a1},
		{RELAY_SOURCE_LATCH, 0,
			{{a2, T0, ENDPOINT_MOVED}, {b1, T0, ENDPOINT_REFUSED},
				{a1, T0, ENDPOINT_REFUSED}, {a2, T0, ENDPOINT_SAME}},
			a2},
		{RELAY_SOURCE_LEARN, 1,
			{{a2, T0, ENDPOINT_MOVED}, {b1, T0 + 99, ENDPOINT_MOVED},
				{a1, T0 + 100, ENDPOINT_REFUSED}, {b1, T0 + 200, ENDPOINT_SAME}},
			b1},
		{RELAY_SOURCE_LEARN, 0,
			{{a2, T0, ENDPOINT_MOVED}, {b1, T0, ENDPOINT_REFUSED},
				{a1, T0 + 1, ENDPOINT_REFUSED}, {a2, T0, ENDPOINT_SAME}},
			a2},
		{RELAY_SOURCE_HANDOVER, 0,
			{{a2, T0, ENDPOINT_MOVED}, {b1, T0, ENDPOINT_MOVED},
				{b1, T0, ENDPOINT_SAME}, {a1, T0, ENDPOINT_MOVED}},
			a1},
		{RELAY_SOURCE_ANY, 0,
			{{a2, T0, ENDPOINT_SAME}, {b1, T0, ENDPOINT_SAME}, {a1, T0, ENDPOINT_SAME},
				{b1, T0, ENDPOINT_SAME}},
			a1},
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++) {
		struct relay_command c = install_command();
		struct relay_endpoint_view view;

		print_message("row %u\n", i);
		c.source = (uint8_t)lessons[i].rule;
		c.learn_ds = lessons[i].learn_ds;
		c.generation = i + 1;
		assert_int_equal(carry_out(&c, true), RELAY_OK);
		for (uint32_t k = 0; k < 4; k++) {
			const struct arrival *p = &lessons[i].packets[k];
			bool allowed = endpoint_source_allowed(&e.slots[SLOTS], &p->from, p->at_ms);

			assert_int_equal(allowed, p->want != ENDPOINT_REFUSED);
			assert_int_equal(endpoint_learn(&e, SLOTS, &p->from, p->at_ms), p->want);
		}
		assert_true(relay_address_equal(&e.slots[SLOTS].remote, &lessons[i].remote));
		assert_true(relay_endpoint_read(&e.records[SLOTS], &view));
		assert_true(relay_address_equal(&view.identity.remote, &lessons[i].remote));
		c.type = RELAY_COMMAND_REMOVE;
		assert_int_equal(carry_out(&c, true), RELAY_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_refusal_changes_nothing, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(bad_records_are_refused, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(install_is_found_and_shown, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			remove_wipes_and_keeps_the_numbers, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(update_changes_what_it_names, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(full_pool_leaves_the_old_keys, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			takeover_refuses_what_was_seen, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(same_key_goes_on, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(each_rule_learns_as_it_says, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
