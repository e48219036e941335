/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that are refused: by each status, and after each nothing has changed. */
#include "endpoints_rig.h"
#include "fixture.h"

enum { CM = SUITE_AES_CM_128_HMAC_SHA1_80, OLD = 0x5a, NEW = 0xa5 };

static struct endpoints_rig *rig;

static int open_rig(void **state)
{
	(void)state;
	rig = endpoints_rig_open(2, fixture_engines[0]);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	endpoints_rig_close(rig);
	return 0;
}

static struct relay_command install(uint32_t i, uint32_t generation, uint8_t suite)
{
	struct relay_command c = endpoints_rig_install(rig, i, generation);

	assert_int_equal(endpoints_rig_command(rig, &c, suite, OLD), RELAY_OK);
	return c;
}

struct message {
	struct relay_command command;
	struct relay_record record;
};

/* A field of a good message that gets a value which is not. */
struct refusal {
	enum relay_status status;
	uint8_t type;
	uint16_t off, bytes;
	uint64_t value;
};

#define FIELD(f) offsetof(struct message, f), sizeof(((struct message *)0)->f)

enum {
	INSTALL = RELAY_COMMAND_INSTALL,
	UPDATE = RELAY_COMMAND_UPDATE,
	REMOVE = RELAY_COMMAND_REMOVE,
	ALL_SLOTS = 2 * ENDPOINTS_RIG_SLOTS,
};

static const struct refusal refusals[] = {
	{RELAY_BAD_VERSION, INSTALL, FIELD(command.version), RELAY_ABI_VERSION + 1},
	{RELAY_BAD_VERSION, REMOVE, FIELD(command.version), 0},
	{RELAY_BAD_TYPE, INSTALL, FIELD(command.type), 0},
	{RELAY_BAD_TYPE, INSTALL, FIELD(command.type), RELAY_COMMAND_REMOVE + 1},
	{RELAY_BAD_RESERVED, INSTALL, FIELD(command.reserved), 1},
	{RELAY_BAD_RESERVED, INSTALL, FIELD(command.set), RELAY_SET_ALL - RELAY_SET_DSCP},
	{RELAY_BAD_RESERVED, INSTALL, FIELD(command.set), RELAY_SET_ALL + 32},
	{RELAY_BAD_RESERVED, UPDATE, FIELD(command.set), 0},
	{RELAY_BAD_RESERVED, UPDATE, FIELD(command.set), 32},
	{RELAY_BAD_ENDPOINT, INSTALL, FIELD(command.endpoint), ENDPOINTS_RIG_SLOTS - 1},
	{RELAY_BAD_ENDPOINT, UPDATE, FIELD(command.endpoint), ALL_SLOTS},
	{RELAY_BAD_ENDPOINT, REMOVE, FIELD(command.endpoint), UINT32_MAX},
	{RELAY_BAD_GENERATION, INSTALL, FIELD(command.generation), 0},
	{RELAY_BAD_GENERATION, REMOVE, FIELD(command.generation), 0},
	{RELAY_BAD_GENERATION, INSTALL, FIELD(command.generation), 7}, /* the last one's */
	{RELAY_BAD_KIND, INSTALL, FIELD(command.kind), 0},
	{RELAY_BAD_KIND, INSTALL, FIELD(command.kind), RELAY_KIND_PORT + 1},
	{RELAY_BAD_LOCAL, INSTALL, FIELD(command.local.address), ENDPOINTS_RIG_ADDRESSES},
	{RELAY_BAD_LOCAL, INSTALL, FIELD(command.local.port), ENDPOINTS_RIG_PORT_MIN - 1},
	{RELAY_BAD_LOCAL, INSTALL, FIELD(command.local.port), ENDPOINTS_RIG_PORT_MAX + 1},
	{RELAY_BAD_PORT_CLASS, INSTALL, FIELD(command.local.port), ENDPOINTS_RIG_PORT_MIN},
	{RELAY_BAD_REMOTE, INSTALL, FIELD(command.remote.family), RELAY_FAMILY_IPV6},
	{RELAY_BAD_REMOTE, UPDATE, FIELD(command.remote.port), 0},
	{RELAY_BAD_REMOTE, UPDATE, FIELD(command.remote.zero), 1},
	{RELAY_BAD_REMOTE, UPDATE, FIELD(command.remote.ip[4]), 1},
	{RELAY_BAD_REMOTE, UPDATE, FIELD(command.remote.family), 5},
	{RELAY_BAD_SOURCE, INSTALL, FIELD(command.source), 0},
	{RELAY_BAD_SOURCE, UPDATE, FIELD(command.source), RELAY_SOURCE_ANY + 1},
	{RELAY_BAD_MEDIA, INSTALL, FIELD(command.media), 0},
	{RELAY_BAD_MEDIA, INSTALL, FIELD(command.media), RELAY_MEDIA_MUXED + 1},
	{RELAY_BAD_DSCP, INSTALL, FIELD(command.dscp), 64},
	{RELAY_BAD_DSCP, UPDATE, FIELD(command.dscp), 255},
	{RELAY_BAD_ROUTE, INSTALL, FIELD(command.routes[0].endpoint), 0},
	{RELAY_BAD_ROUTE, UPDATE, FIELD(command.routes[1].endpoint), UINT32_MAX},
	{RELAY_BAD_ROUTE, UPDATE, FIELD(command.routes[1].endpoint), ENDPOINTS_RIG_SLOTS},
	{RELAY_BAD_CRYPTO, INSTALL, FIELD(record.endpoint), 1},
	{RELAY_BAD_CRYPTO, UPDATE, FIELD(record.generation), 0},
	{RELAY_BAD_CRYPTO, UPDATE, FIELD(record.ingress.suite), SUITE_COUNT},
	{RELAY_BAD_CRYPTO, UPDATE, FIELD(record.egress.suite), RELAY_PLAIN}, /* and keys */
	{RELAY_BAD_CRYPTO, UPDATE, FIELD(record.egress.mki_len), RELAY_MKI_MAX + 1},
	{RELAY_BAD_CRYPTO, INSTALL, FIELD(record.egress.n_ssrcs), RELAY_SSRCS + 1},
	{RELAY_BAD_CRYPTO, INSTALL, FIELD(record.egress.n_ssrcs), 1}, /* of neither half */
	{RELAY_BAD_CRYPTO, INSTALL, FIELD(record.egress.n_parked), RELAY_PARKED + 1},
	{RELAY_BAD_CRYPTO, INSTALL, FIELD(record.egress.n_parked), 1}, /* of neither half */
	{RELAY_BAD_CRYPTO, UPDATE, FIELD(record.egress.rtp_lifetime), (UINT64_C(1) << 48) + 1},
	{RELAY_BAD_CRYPTO, UPDATE, FIELD(record.ingress.rtcp_used), UINT32_MAX},
	{RELAY_SLOT_IN_USE, INSTALL, FIELD(command.endpoint), ENDPOINTS_RIG_SLOTS},
	{RELAY_PORT_IN_USE, INSTALL, FIELD(command.local.port), 0}, /* see run_refusal */
	{RELAY_NO_SUCH_ENDPOINT, UPDATE, FIELD(command.generation), 2},
	{RELAY_NO_SUCH_ENDPOINT, REMOVE, FIELD(command.generation), 2},
	{RELAY_NO_SUCH_ENDPOINT, REMOVE, FIELD(command.endpoint), ENDPOINTS_RIG_SLOTS + 1},
};

/* Slot 0 is in use, slot 1 was, with generation 7. Install goes to the latter. */
static struct message good_message(uint8_t type)
{
	struct message m = {.command = endpoints_rig_install(rig, type == INSTALL ? 1 : 0, 1)};

	if (type == INSTALL)
		m.command.generation = 8;
	m.command.type = type;
	m.record = endpoints_rig_record(&m.command, CM, NEW);
	return m;
}

static void run_refusal(const struct refusal *r)
{
	struct message m = good_message(r->type);
	uint64_t value = r->value;

	if (r->status == RELAY_PORT_IN_USE)
		value = endpoints_rig_port(rig, 0);
	memcpy((uint8_t *)&m + r->off, &value, r->bytes); /* little-endian, as is the contract */
	endpoints_rig_keep(rig);
	assert_int_equal(endpoint_command(&rig->e, &m.command, &m.record, 99), r->status);
	assert_true(endpoints_rig_same(rig));
}

static void command_refused_by_every_status_changes_nothing(void **state)
{
	struct relay_command c = install(1, 7, CM);
	uint32_t seen = 1u << RELAY_OK | 1u << RELAY_NO_MEMORY; /* the next test's */

	(void)state;
	c.type = REMOVE;
	assert_int_equal(endpoints_rig_command(rig, &c, CM, 0), RELAY_OK);
	(void)install(0, 1, CM);
	for (uint32_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		print_message("row %u: %s\n", i, relay_status_name(refusals[i].status));
		run_refusal(&refusals[i]);
		seen |= 1u << refusals[i].status;
	}
	assert_int_equal(seen, (1u << RELAY_STATUS_COUNT) - 1);
	for (uint32_t i = INSTALL; i <= REMOVE; i++) { /* what the rows began with is right */
		const struct message m = good_message((uint8_t)i);

		assert_int_equal(endpoint_command(&rig->e, &m.command, &m.record, 99), RELAY_OK);
	}
}

/* Room for one context more, then for none: the first is given back. */
static void pool_full_refused_and_changes_nothing(void **state)
{
	struct relay_command c = install(0, 1, CM);
	struct relay_command again = c;
	size_t bytes = rig->pool.used_bytes / 2;
	void *last = NULL, *block;

	(void)state;
	again.type = UPDATE;
	again.set = RELAY_SET_INGRESS | RELAY_SET_EGRESS;
	while ((block = context_pool_alloc(&rig->pool, bytes)) != NULL)
		last = block;
	for (uint32_t i = 0; i < 2; i++) {
		endpoints_rig_keep(rig);
		assert_int_equal(endpoints_rig_command(rig, &again, CM, NEW), RELAY_NO_MEMORY);
		assert_true(endpoints_rig_same(rig));
		if (i == 0)
			context_pool_free(&rig->pool, last);
	}
	c.endpoint++;
	c.local.port = endpoints_rig_port(rig, 1);
	c.routes[0] = c.routes[1] = (struct relay_route){0, 0};
	endpoints_rig_keep(rig);
	assert_int_equal(endpoints_rig_command(rig, &c, CM, NEW), RELAY_NO_MEMORY);
	assert_true(endpoints_rig_same(rig));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			command_refused_by_every_status_changes_nothing, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			pool_full_refused_and_changes_nothing, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
