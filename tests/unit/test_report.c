/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of a call, and of which calls there are. */
#include "report.h"

#include "call_sample.h"
#include "ng_json.h"
#include "report_case.h"
#include "support.h"

#include <stdio.h>

/* A stream for each endpoint, with numbers that tell which; those of RTCP have odd ones. */
static bool fake_read(
	void *arg, uint32_t endpoint, uint32_t generation, struct relay_endpoint_view *out)
{
	const struct report_case *c = arg;
	bool rtcp = endpoint % 2 != 0;

	if (generation != CALL_SAMPLE_GENERATION || endpoint == c->blind)
		return false;
	*out = (struct relay_endpoint_view){
		.identity = {.state = RELAY_STATE_LIVE, .source = RELAY_SOURCE_LEARN, .locked = 1},
		.rx_packets = rtcp ? 10 : 1000 + endpoint,
		.rx_bytes = rtcp ? 800 : 172000,
		.tx_packets = 900 + endpoint,
		.tx_bytes = 154800,
		.rtcp_packets = rtcp ? 10 : 4,
		.dropped = 3,
		.n_ingress = 1,
		.n_egress = 1,
	};
	out->identity.remote = (struct relay_sockaddr){.ip = {192, 0, 2, (uint8_t)endpoint},
		.port = (uint16_t)(45000 + endpoint),
		.family = RELAY_FAMILY_IPV4};
	out->ingress[0] = (struct relay_stream_view){.ssrc = 3000000000 + endpoint / 2,
		.received = 1000 + endpoint,
		.lost = endpoint % 4 == 0 ? 5 : -1,
		.seen_ms = CALL_SAMPLE_MS + 60000,
		.state = {.seq = (uint16_t)(endpoint * 3), .rtp_valid = !rtcp, .rtcp_valid = rtcp}};
	out->egress[0] = (struct relay_ssrc){.ssrc = 7000 + endpoint, .rtp_valid = !rtcp};
	return true;
}

/* A minute and a half after the call began. */
static struct report_source source(struct report_case *c)
{
	return (struct report_source){.config = &c->config,
		.read = fake_read,
		.arg = c,
		.now_us = CALL_SAMPLE_US + 90000000,
		.now_ms = CALL_SAMPLE_MS + 90000};
}

static void call_in_each_state_is_told(void **state)
{
	static const struct {
		enum call_sample which;
		const char *name;
	} rows[] = {
		{CALL_SAMPLE_NEW, "new.json"},
		{CALL_SAMPLE_OFFER, "offer.json"},
		{CALL_SAMPLE_APART, "apart.json"},
		{CALL_SAMPLE_MUXED, "muxed.json"},
		{CALL_SAMPLE_FORK, "fork.json"},
		{CALL_SAMPLE_HOLD, "hold.json"},
		{CALL_SAMPLE_REJECT, "reject.json"},
		{CALL_SAMPLE_FULL, "full.json"},
	};
	struct report_case *c = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call *call = call_sample_make(c->table, rows[i].which);
		struct ng_value *reply = ng_value_dict(&c->arena);
		struct report_source from = source(c);

		assert_int_equal(report_call(&from, call, NULL, &c->arena, reply),
			rows[i].which != CALL_SAMPLE_NEW);
		report_case_reply(c, reply, rows[i].name);
	}
}

static void reply_outlives_its_call(void **state)
{
	struct report_case *c = *state;
	struct call *call = call_sample_make(c->table, CALL_SAMPLE_FULL);
	struct ng_value *reply = ng_value_dict(&c->arena);
	struct report_source from = source(c);

	assert_true(report_call(&from, call, NULL, &c->arena, reply));
	call_table_remove(c->table, call);
	call_free(call);
	report_case_reply(c, reply, "full.json");
}

static void stream_that_cannot_be_read_counts_as_zero(void **state)
{
	struct report_case *c = *state;
	struct call *call = call_sample_make(c->table, CALL_SAMPLE_APART);
	struct ng_value *reply = ng_value_dict(&c->arena);
	struct report_source from = source(c);

	c->blind = CALL_SAMPLE_SLOT;
	assert_true(report_call(&from, call, NULL, &c->arena, reply));
	report_case_reply(c, reply, "blind.json");
}

static int64_t number_at(const struct ng_value *dict, const char *a, const char *b, const char *c)
{
	const struct ng_value *v = ng_value_get(dict, a);

	v = v == NULL ? NULL : ng_value_get(v, b);
	v = v == NULL ? NULL : ng_value_get(v, c);
	if (v == NULL) {
		fail_msg("no %s %s %s", a, b, c);
		return 0;
	}
	return v->number;
}

/* Bytes of RTCP on RTP's port can't be told from RTP's, packets can. */
static void rtcp_on_the_port_of_rtp_is_counted_apart(void **state)
{
	struct report_case *c = *state;
	struct ng_value *muxed = ng_value_dict(&c->arena), *apart = ng_value_dict(&c->arena);
	struct report_source from = source(c);

	(void)report_call(
		&from, call_sample_make(c->table, CALL_SAMPLE_MUXED), NULL, &c->arena, muxed);
	(void)report_call(
		&from, call_sample_make(c->table, CALL_SAMPLE_APART), NULL, &c->arena, apart);
	assert_int_equal(number_at(muxed, "totals", "RTP", "packets"), 1100 + 1102 - 8);
	assert_int_equal(number_at(muxed, "totals", "RTCP", "packets"), 8);
	assert_int_equal(number_at(muxed, "totals", "RTP", "bytes"), 344000);
	assert_int_equal(number_at(muxed, "totals", "RTCP", "bytes"), 0);
	assert_int_equal(number_at(apart, "totals", "RTCP", "packets"), 8 + 20);
	assert_int_equal(number_at(apart, "totals", "RTCP", "bytes"), 1600);
	assert_int_equal(number_at(apart, "totals", "RTCP", "errors"), 6);
}

static void tags_restrict_to_their_dialogues(void **state)
{
	static const struct {
		const char *from_tag, *to_tag;
		uint32_t tags; /* that are told */
		uint32_t medias;
	} rows[] = {
		{"", "", 3, 4},           /* alice, bob, and who has not answered yet */
		{"alice", "", 3, 4},      /* hers are all of them */
		{"bob", "", 2, 2},        /* his alone, and her */
		{"alice", "bob", 2, 2},   /* the same */
		{"alice", "carol", 0, 0}, /* nobody */
		{"carol", "", 0, 0},
	};
	struct report_case *c = *state;
	const struct call *call = call_sample_make(c->table, CALL_SAMPLE_FORK);
	struct report_source from = source(c);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ng_request which = {
			.from_tag = slice_of(rows[i].from_tag), .to_tag = slice_of(rows[i].to_tag)};
		struct ng_value *reply = ng_value_dict(&c->arena);
		const struct ng_value *tags;
		uint32_t medias = 0;

		assert_int_equal(
			report_call(&from, call, &which, &c->arena, reply), rows[i].tags > 0);
		tags = ng_value_get(reply, "tags");
		assert_int_equal(tags->count, rows[i].tags);
		for (const struct ng_value *t = tags->first; t != NULL; t = t->next)
			medias += ng_value_get(t, "medias")->count;
		assert_int_equal(medias, rows[i].medias);
	}
}

/* Branches times media, more than a reply may hold. */
static void make_huge(struct call *call, unsigned branches)
{
	for (unsigned i = 0; i < branches; i++) {
		struct call_bridge *b = call_bridge_add(call);

		assert_non_null(b);
		assert_true(call_text_set(&b->sides[0].tag, slice_of("alice")));
		assert_true(call_bridge_resize(b, CALL_MEDIAS_MAX));
		b->answered = true;
		for (uint32_t m = 0; m < b->n_medias; m++) {
			struct call_leg *leg = &b->medias[m].legs[0];

			leg->port = 30000;
			leg->flows[0].slot.endpoint = 2 * m;
			leg->flows[0].slot.generation = CALL_SAMPLE_GENERATION;
			leg->flows[0].installed = true;
		}
	}
}

static void call_too_large_to_tell_is_still_added_up(void **state)
{
	struct report_case *c = *state;
	struct call *call = call_sample_make(c->table, CALL_SAMPLE_NEW);
	struct ng_value *reply = ng_value_dict(&c->arena);
	struct report_source from = source(c);
	size_t told = 0;

	c->blind = UINT32_MAX;
	make_huge(call, CALL_BRIDGES_MAX);
	assert_true(report_call(&from, call, NULL, &c->arena, reply));
	assert_false(c->arena.failed);
	for (const struct ng_value *t = ng_value_get(reply, "tags")->first; t != NULL; t = t->next)
		told += ng_value_get(t, "medias")->count;
	assert_int_equal(told, REPORT_MEDIAS_MAX);
	assert_non_null(ng_value_get(reply, "warning"));
	assert_int_equal(number_at(reply, "totals", "RTP", "bytes"),
		(int64_t)172000 * CALL_BRIDGES_MAX * CALL_MEDIAS_MAX);
	ng_json_encode(reply, &c->out);
	assert_in_range(c->out.len, 1, 256 * 1024 - 1);
}

static void arena_without_room_fails_and_nothing_else(void **state)
{
	struct report_case *c = *state;
	const struct call *call = call_sample_make(c->table, CALL_SAMPLE_FULL);
	struct report_source from = source(c);
	size_t limit = 1024;

	for (bool failed = true; failed; limit += 256) {
		struct ng_arena arena;

		ng_arena_init(&arena, limit);
		(void)report_call(&from, call, NULL, &arena, ng_value_dict(&arena));
		failed = arena.failed;
		ng_arena_fini(&arena);
	}
	assert_in_range(limit, 4096, 65536);
}

static bool not_held(void *arg, const struct call *call)
{
	(*(unsigned *)arg)++;
	return strncmp(call->call_id, "hold", 4) != 0;
}

static void assert_list(struct report_case *c, const struct report_filter *filter, const char *text)
{
	struct ng_value *reply = ng_value_dict(&c->arena);

	report_list(c->table, filter, &c->arena, reply);
	c->out.len = 0;
	ng_json_encode(reply, &c->out);
	buffer_char(&c->out, '\0');
	assert_string_equal(c->out.data, text);
}

static void list_has_the_oldest_that_may_be_seen(void **state)
{
	struct report_case *c = *state;
	unsigned asked = 0;

	assert_list(c, &(struct report_filter){.limit = 32}, "{\"calls\":[]}");
	(void)call_sample_make(c->table, CALL_SAMPLE_HOLD);
	(void)call_sample_make(c->table, CALL_SAMPLE_OFFER);
	(void)call_sample_make(c->table, CALL_SAMPLE_MUXED);
	assert_list(c, &(struct report_filter){.limit = 0}, "{\"calls\":[]}");
	assert_list(c, &(struct report_filter){.limit = 2},
		"{\"calls\":[\"hold@example.org\",\"offer@example.org\"]}");
	assert_list(c, &(struct report_filter){INT64_MAX, not_held, &asked},
		"{\"calls\":[\"offer@example.org\",\"muxed@example.org\"]}");
	assert_int_equal(asked, 3);
	assert_list(c, &(struct report_filter){1, not_held, &asked},
		"{\"calls\":[\"offer@example.org\"]}");
}

static void list_ends_where_a_reply_is_full(void **state)
{
	struct report_case *c = *state;
	const struct report_filter all = {.limit = INT64_MAX};
	struct ng_value *reply = ng_value_dict(&c->arena);
	char call_id[CALL_TEXT_MAX];

	for (unsigned i = 0; i < 200; i++) {
		memset(call_id, 'x', sizeof(call_id));
		call_id[0] = (char)('a' + i / 26);
		call_id[1] = (char)('a' + i % 26);
		assert_non_null(
			call_table_add(c->table, "", (struct slice){call_id, sizeof(call_id)}, 0));
	}
	report_list(c->table, &all, &c->arena, reply);
	assert_int_equal(ng_value_get(reply, "calls")->count, REPORT_LIST_BYTES / sizeof(call_id));
}

int main(int argc, char **argv)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, report_case_open, report_case_close)
	const struct CMUnitTest tests[] = {
		CASE(call_in_each_state_is_told),
		CASE(reply_outlives_its_call),
		CASE(stream_that_cannot_be_read_counts_as_zero),
		CASE(rtcp_on_the_port_of_rtp_is_counted_apart),
		CASE(tags_restrict_to_their_dialogues),
		CASE(call_too_large_to_tell_is_still_added_up),
		CASE(arena_without_room_fails_and_nothing_else),
		CASE(list_has_the_oldest_that_may_be_seen),
		CASE(list_ends_where_a_reply_is_full),
	};

	if (!report_case_folder(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
