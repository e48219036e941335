/* SPDX-License-Identifier: BSD-3-Clause */
/* Where an endpoint's packets may come from, by each rule, and what it learns of them. What the
 * three functions say must agree, as a packet is asked about by one after the other. */
#include "endpoints_rig.h"
#include "fixture.h"
#include "relay_endpoint_view.h"

enum { SAME = ENDPOINT_SAME, MOVED = ENDPOINT_MOVED, REFUSED = ENDPOINT_REFUSED, PACKETS = 6 };

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

/* A packet from 'host' and 'port', 'at' ms after the row's start; host 0 ends the row. */
struct arrival {
	uint8_t host;
	uint16_t port;
	uint32_t at;
	uint8_t want;
	uint8_t locked; /* on record, afterwards */
};

struct row {
	const char *what;
	uint8_t source, learn_ds, host; /* signalled, its port 4000; 0: none */
	struct arrival packets[PACKETS];
	uint8_t end_host;
	uint16_t end_port;
};

static const struct row rows[] = {
	{"strict", RELAY_SOURCE_STRICT, 5, 1,
		{{1, 4000, 0, SAME, 1}, {2, 4000, 0, REFUSED, 1}, {1, 4001, 0, REFUSED, 1},
			{2, 4000, 100000, REFUSED, 1}, {1, 4000, 100000, SAME, 1}},
		1, 4000},
	{"learn: the newest within the window", RELAY_SOURCE_LEARN, 5, 1,
		{{2, 4000, 0, MOVED, 0}, {3, 4000, 499, MOVED, 0}, {2, 4000, 500, REFUSED, 0},
			{3, 4000, 500, SAME, 1}, {2, 4000, 501, REFUSED, 1}},
		3, 4000},
	{"learn: the window begins with a packet, not with the command", RELAY_SOURCE_LEARN, 1, 1,
		{{1, 4000, 50000, SAME, 0}, {2, 4000, 50099, MOVED, 0},
			{1, 4000, 50100, REFUSED, 0}, {2, 4000, 50100, SAME, 1}},
		2, 4000},
	{"learn: no time locks to the first", RELAY_SOURCE_LEARN, 0, 1,
		{{2, 4000, 0, MOVED, 1}, {1, 4000, 0, REFUSED, 1}, {2, 4000, 1, SAME, 1}}, 2, 4000},
	{"learn: the longest time", RELAY_SOURCE_LEARN, 255, 0,
		{{2, 4000, 0, MOVED, 0}, {3, 4000, 25499, MOVED, 0}, {2, 4000, 25500, REFUSED, 0}},
		3, 4000},
	{"latch: another than signalled", RELAY_SOURCE_LATCH, 0, 1,
		{{2, 5000, 0, MOVED, 1}, {1, 4000, 0, REFUSED, 1}, {2, 5000, 9, SAME, 1}}, 2, 5000},
	{"latch: the one signalled", RELAY_SOURCE_LATCH, 0, 1,
		{{1, 4000, 0, SAME, 1}, {1, 4002, 0, REFUSED, 1}}, 1, 4000},
	{"latch: nothing signalled", RELAY_SOURCE_LATCH, 0, 0,
		{{7, 1, 0, MOVED, 1}, {8, 1, 0, REFUSED, 1}}, 7, 1},
	{"handover: whoever came last", RELAY_SOURCE_HANDOVER, 5, 1,
		{{1, 4000, 0, SAME, 0}, {2, 4000, 1, MOVED, 0}, {3, 4000, 1, MOVED, 0},
			{2, 4000, 900000, MOVED, 0}, {2, 4001, 900000, MOVED, 0}},
		2, 4001},
	{"any: teaches nothing", RELAY_SOURCE_ANY, 5, 1,
		{{2, 4000, 0, SAME, 0}, {3, 4000, 900000, SAME, 0}, {1, 4000, 900000, SAME, 0}}, 1,
		4000},
	{"any: nothing signalled", RELAY_SOURCE_ANY, 0, 0, {{2, 4000, 0, SAME, 0}}, 0, 0},
};

static const struct endpoint *slot_of(uint32_t i)
{
	return &rig->e.slots[rig->e.first + i];
}

static void arrive(const struct arrival *p, uint32_t now_ms)
{
	const struct relay_sockaddr from = endpoints_rig_remote(p->host, p->port);
	const struct endpoint *slot = slot_of(0);
	const struct endpoint before = *slot;
	bool allowed = endpoint_source_allowed(slot, &from, now_ms);
	bool taught = endpoint_source_new(slot, &from);
	struct relay_endpoint_view view;

	assert_int_equal(allowed, p->want != REFUSED);
	endpoints_rig_keep(rig);
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &from, now_ms), p->want);
	/* who is not asked would have learned nothing and refused nobody */
	if (!taught || p->want == REFUSED)
		assert_true(endpoints_rig_same(rig));
	assert_true(taught || p->want == SAME);
	assert_true(p->want != MOVED || relay_address_equal(&slot->remote, &from));
	assert_true(p->want == MOVED || relay_address_equal(&slot->remote, &before.remote));
	assert_true(relay_endpoint_read(&rig->e.records[rig->e.first], &view));
	assert_true(relay_address_equal(&view.identity.remote, &slot->remote));
	assert_int_equal(view.identity.locked, p->locked);
}

static void run_row(const struct row *row, uint32_t start_ms, uint32_t generation)
{
	const struct relay_sockaddr end = endpoints_rig_remote(row->end_host, row->end_port);
	struct relay_command c = endpoints_rig_install(rig, 0, generation);

	print_message("%s, from %u ms\n", row->what, start_ms);
	c.source = row->source;
	c.learn_ds = row->learn_ds;
	c.remote = endpoints_rig_remote(row->host, 4000);
	assert_int_equal(endpoints_rig_command(rig, &c, RELAY_PLAIN, 0), RELAY_OK);
	for (uint32_t i = 0; i < PACKETS && row->packets[i].host != 0; i++)
		arrive(&row->packets[i], start_ms + row->packets[i].at);
	assert_true(relay_address_equal(&slot_of(0)->remote, &end));
	c.type = RELAY_COMMAND_REMOVE;
	assert_int_equal(endpoints_rig_command(rig, &c, RELAY_PLAIN, 0), RELAY_OK);
}

/* Each row at times where its packets lie on either side of what the clock can hold. */
static void each_rule_whenever_learns_as_it_says(void **state)
{
	static const uint32_t starts[] = {0, 1000, INT32_MAX - 300u, UINT32_MAX, UINT32_MAX - 499,
		UINT32_MAX - 498, UINT32_MAX - 50050, UINT32_MAX - 25499};
	uint32_t generation = 0;

	(void)state;
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++)
			run_row(&rows[i], starts[k], ++generation);
}

static struct relay_command install(uint8_t source, uint8_t learn_ds)
{
	struct relay_command c = endpoints_rig_install(rig, 0, 1);

	c.source = source;
	c.learn_ds = learn_ds;
	assert_int_equal(endpoints_rig_command(rig, &c, RELAY_PLAIN, 0), RELAY_OK);
	return c;
}

/* All of a burst are asked about before the first of it is learned from. */
static void two_sources_in_a_burst_first_of_latch_wins(void **state)
{
	const struct relay_sockaddr a = endpoints_rig_remote(2, 4000);
	const struct relay_sockaddr b = endpoints_rig_remote(3, 4000);

	(void)state;
	(void)install(RELAY_SOURCE_LATCH, 0);
	assert_true(endpoint_source_allowed(slot_of(0), &a, 0));
	assert_true(endpoint_source_allowed(slot_of(0), &b, 0));
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &a, 0), MOVED);
	assert_true(endpoint_source_new(slot_of(0), &b)); /* so it is asked, and refused */
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &b, 0), REFUSED);
	assert_false(endpoint_source_new(slot_of(0), &a));
	assert_true(relay_address_equal(&slot_of(0)->remote, &a));
}

static void update_of_remote_begins_learning_anew(void **state)
{
	const struct relay_sockaddr a = endpoints_rig_remote(2, 4000);
	const struct relay_sockaddr b = endpoints_rig_remote(3, 4000);
	struct relay_command c = install(RELAY_SOURCE_LEARN, 1);

	(void)state;
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &a, 0), MOVED);
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &a, 100), SAME);
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &b, 100), REFUSED);
	c.type = RELAY_COMMAND_UPDATE;
	c.set = RELAY_SET_REMOTE;
	assert_int_equal(endpoints_rig_command(rig, &c, RELAY_PLAIN, 0), RELAY_OK);
	assert_true(relay_address_equal(&slot_of(0)->remote, &c.remote));
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &b, 150), MOVED);
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &a, 249), MOVED);
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &b, 250), REFUSED);
}

/* The header must go where the address says, and leave the local address as it was. */
static void learned_address_is_in_the_header(void **state)
{
	const struct relay_sockaddr a = endpoints_rig_remote(9, 0x1234);
	const uint8_t *header = slot_of(0)->header;

	(void)state;
	(void)install(RELAY_SOURCE_HANDOVER, 0);
	assert_int_equal(endpoint_learn(&rig->e, rig->e.first, &a, 0), MOVED);
	assert_memory_equal(header + 16, a.ip, 4);
	assert_memory_equal(header + 12, rig->local.addresses[ENDPOINTS_RIG_V4].ip, 4);
	assert_int_equal(header[22] << 8 | header[23], 0x1234);
	assert_int_equal(header[20] << 8 | header[21], endpoints_rig_port(rig, 0));
}

/* Silent since its window ended: the clock of the window goes round, and must not open it again. */
static void window_that_is_over_stays_over_when_the_clock_goes_round(void **state)
{
	const struct relay_sockaddr a = endpoints_rig_remote(2, 4000);
	const struct relay_sockaddr b = endpoints_rig_remote(3, 4000);
	const uint32_t index = rig->e.first;
	struct relay_endpoint_view view;

	(void)state;
	(void)install(RELAY_SOURCE_LEARN, 10);
	assert_int_equal(endpoint_learn(&rig->e, index, &a, 5000), MOVED);
	for (uint32_t i = 0; i < ENDPOINTS_RIG_SLOTS; i++)
		endpoint_settle(&rig->e, 5999);
	assert_int_equal(slot_of(0)->flags & ENDPOINT_LOCKED, 0);
	for (uint32_t i = 0; i < ENDPOINTS_RIG_SLOTS; i++)
		endpoint_settle(&rig->e, 6000);
	assert_true(relay_endpoint_read(&rig->e.records[index], &view));
	assert_int_equal(view.identity.locked, 1);
	for (uint32_t day = 0; day < 60; day++) {
		uint32_t now = 6000 + day * 86400000u;

		assert_false(endpoint_source_allowed(slot_of(0), &b, now));
		assert_true(endpoint_source_allowed(slot_of(0), &a, now));
		assert_int_equal(endpoint_learn(&rig->e, index, &b, now), REFUSED);
	}
}

/* A slot that was given back keeps its generation on record, whatever its window did. */
static void settling_leaves_removed_endpoints_alone(void **state)
{
	const struct relay_sockaddr a = endpoints_rig_remote(2, 4000);
	struct relay_command c = install(RELAY_SOURCE_LEARN, 10);

	(void)state;
	assert_int_equal(endpoint_learn(&rig->e, c.endpoint, &a, 5000), MOVED);
	c.type = RELAY_COMMAND_REMOVE;
	assert_int_equal(endpoints_rig_command(rig, &c, RELAY_PLAIN, 0), RELAY_OK);
	endpoints_rig_keep(rig);
	for (uint32_t i = 0; i < ENDPOINTS_RIG_SLOTS; i++)
		endpoint_settle(&rig->e, 7000);
	assert_true(endpoints_rig_same(rig));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			each_rule_whenever_learns_as_it_says, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			two_sources_in_a_burst_first_of_latch_wins, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			update_of_remote_begins_learning_anew, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			learned_address_is_in_the_header, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(
			window_that_is_over_stays_over_when_the_clock_goes_round, open_rig,
			close_rig),
		cmocka_unit_test_setup_teardown(
			settling_leaves_removed_endpoints_alone, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
