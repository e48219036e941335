/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of calls, against texts in the folder that is the argument: replies as JSON, on as
 * many lines as is good to read. */
#include "report.h"

#include "call_sample.h"
#include "ng_json.h"
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA = 4 * 1024 * 1024, TEXT = 512 * 1024 };

static const char *folder;

struct fixture {
	struct call_table *table;
	struct ng_arena arena;
	struct buffer out;
	struct config config;
	uint32_t blind; /* an endpoint that can't be read */
};

static struct relay_sockaddr host(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct relay_sockaddr){.ip = {a, b, c, d}, .family = RELAY_FAMILY_IPV4};
}

static struct relay_sockaddr host6(void)
{
	return (struct relay_sockaddr){
		.ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 7}, .family = RELAY_FAMILY_IPV6};
}

static int open_fixture(void **state)
{
	static struct fixture f;

	f = (struct fixture){.out = {.limit = TEXT}};
	ng_arena_init(&f.arena, ARENA);
	f.config.n_interfaces = 2;
	f.config.interfaces[0] = (struct config_interface){.name = "inside",
		.addresses = {{.local = host(198, 51, 100, 1)}},
		.n_addresses = 1,
		.port_min = 30000,
		.port_max = 39999};
	f.config.interfaces[1] = (struct config_interface){.name = "outside",
		.addresses = {{.local = host(203, 0, 113, 5), .advertised = host(203, 0, 113, 99)},
			{.local = host6()}},
		.n_addresses = 2,
		.port_min = 40000,
		.port_max = 49999};
	*state = &f;
	return call_table_create(&f.table);
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	call_table_destroy(f->table);
	ng_arena_fini(&f->arena);
	buffer_fini(&f->out);
	return 0;
}

/* A stream for each endpoint, with numbers that tell which; those of RTCP have odd ones. */
static bool fake_read(
	void *arg, uint32_t endpoint, uint32_t generation, struct relay_endpoint_view *out)
{
	const struct fixture *f = arg;
	bool rtcp = endpoint % 2 != 0;

	if (generation != CALL_SAMPLE_GENERATION || endpoint == f->blind)
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
	out->identity.remote = host(192, 0, 2, (uint8_t)endpoint);
	out->identity.remote.port = (uint16_t)(45000 + endpoint);
	out->ingress[0] = (struct relay_stream_view){.ssrc = 3000000000 + endpoint / 2,
		.received = 1000 + endpoint,
		.lost = endpoint % 4 == 0 ? 5 : -1,
		.seen_ms = CALL_SAMPLE_MS + 60000,
		.state = {.seq = (uint16_t)(endpoint * 3), .rtp_valid = !rtcp, .rtcp_valid = rtcp}};
	out->egress[0] = (struct relay_ssrc){.ssrc = 7000 + endpoint, .rtp_valid = !rtcp};
	return true;
}

/* A minute and a half after the call began. */
static struct report_source source(struct fixture *f)
{
	return (struct report_source){.config = &f->config,
		.read = fake_read,
		.arg = f,
		.now_us = CALL_SAMPLE_US + 90000000,
		.now_ms = CALL_SAMPLE_MS + 90000};
}

static void read_golden(const char *name, struct buffer *to)
{
	char path[512], block[4096];
	size_t n;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("no file %s", path);
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buffer_put(to, block, n);
	(void)fclose(file);
}

/* Takes line ends and what indents the lines away. */
static void join_lines(const struct buffer *text, struct buffer *to)
{
	struct slice rest = buffer_all(text);

	while (rest.len > 0)
		buffer_slice(to, slice_trim(slice_cut(&rest, '\n')));
}

static void assert_text(const struct buffer *out, const char *name, bool lines)
{
	struct buffer golden = {.limit = TEXT}, joined = {.limit = TEXT};

	read_golden(name, &golden);
	if (!lines)
		join_lines(&golden, &joined);
	if (!slice_equal(buffer_all(out), buffer_all(lines ? &golden : &joined))) {
		/* whole: cmocka cuts its messages short */
		(void)fwrite(out->data, 1, out->len, stderr);
		fail_msg("this is not as in %s", name);
	}
	buffer_fini(&golden);
	buffer_fini(&joined);
}

static void assert_reply(struct fixture *f, const struct ng_value *reply, const char *name)
{
	assert_false(f->arena.failed);
	f->out.len = 0;
	ng_json_encode(reply, &f->out);
	assert_false(f->out.failed);
	assert_text(&f->out, name, false);
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
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call *call = call_sample_make(f->table, rows[i].which);
		struct ng_value *reply = ng_value_dict(&f->arena);
		struct report_source from = source(f);

		assert_int_equal(report_call(&from, call, NULL, &f->arena, reply),
			rows[i].which != CALL_SAMPLE_NEW);
		assert_reply(f, reply, rows[i].name);
	}
}

static void reply_outlives_its_call(void **state)
{
	struct fixture *f = *state;
	struct call *call = call_sample_make(f->table, CALL_SAMPLE_FULL);
	struct ng_value *reply = ng_value_dict(&f->arena);
	struct report_source from = source(f);

	assert_true(report_call(&from, call, NULL, &f->arena, reply));
	call_table_remove(f->table, call);
	call_free(call);
	assert_reply(f, reply, "full.json");
}

static void stream_that_cannot_be_read_counts_as_zero(void **state)
{
	struct fixture *f = *state;
	struct call *call = call_sample_make(f->table, CALL_SAMPLE_APART);
	struct ng_value *reply = ng_value_dict(&f->arena);
	struct report_source from = source(f);

	f->blind = CALL_SAMPLE_SLOT;
	assert_true(report_call(&from, call, NULL, &f->arena, reply));
	assert_reply(f, reply, "blind.json");
}

static int64_t number_at(const struct ng_value *dict, const char *a, const char *b, const char *c)
{
	const struct ng_value *v = ng_value_get(dict, a);

	v = v == NULL ? NULL : ng_value_get(v, b);
	v = v == NULL ? NULL : ng_value_get(v, c);
	assert_non_null(v);
	return v->number;
}

/* Bytes of RTCP on RTP's port can't be told from RTP's, packets can. */
static void rtcp_on_the_port_of_rtp_is_counted_apart(void **state)
{
	struct fixture *f = *state;
	struct ng_value *muxed = ng_value_dict(&f->arena), *apart = ng_value_dict(&f->arena);
	struct report_source from = source(f);

	(void)report_call(
		&from, call_sample_make(f->table, CALL_SAMPLE_MUXED), NULL, &f->arena, muxed);
	(void)report_call(
		&from, call_sample_make(f->table, CALL_SAMPLE_APART), NULL, &f->arena, apart);
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
	struct fixture *f = *state;
	const struct call *call = call_sample_make(f->table, CALL_SAMPLE_FORK);
	struct report_source from = source(f);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ng_request which = {
			.from_tag = slice_of(rows[i].from_tag), .to_tag = slice_of(rows[i].to_tag)};
		struct ng_value *reply = ng_value_dict(&f->arena);
		const struct ng_value *tags;
		uint32_t medias = 0;

		assert_int_equal(
			report_call(&from, call, &which, &f->arena, reply), rows[i].tags > 0);
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
	struct fixture *f = *state;
	struct call *call = call_sample_make(f->table, CALL_SAMPLE_NEW);
	struct ng_value *reply = ng_value_dict(&f->arena);
	struct report_source from = source(f);
	size_t told = 0;

	f->blind = UINT32_MAX;
	make_huge(call, CALL_BRIDGES_MAX);
	assert_true(report_call(&from, call, NULL, &f->arena, reply));
	assert_false(f->arena.failed);
	for (const struct ng_value *t = ng_value_get(reply, "tags")->first; t != NULL; t = t->next)
		told += ng_value_get(t, "medias")->count;
	assert_int_equal(told, REPORT_MEDIAS_MAX);
	assert_non_null(ng_value_get(reply, "warning"));
	assert_int_equal(number_at(reply, "totals", "RTP", "bytes"),
		(int64_t)172000 * CALL_BRIDGES_MAX * CALL_MEDIAS_MAX);
	ng_json_encode(reply, &f->out);
	assert_in_range(f->out.len, 1, 256 * 1024 - 1);
}

static void arena_without_room_fails_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	const struct call *call = call_sample_make(f->table, CALL_SAMPLE_FULL);
	struct report_source from = source(f);
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

static void assert_list(struct fixture *f, const struct report_filter *filter, const char *text)
{
	struct ng_value *reply = ng_value_dict(&f->arena);

	report_list(f->table, filter, &f->arena, reply);
	f->out.len = 0;
	ng_json_encode(reply, &f->out);
	buffer_char(&f->out, '\0');
	assert_string_equal(f->out.data, text);
}

static void list_has_the_oldest_that_may_be_seen(void **state)
{
	struct fixture *f = *state;
	unsigned asked = 0;

	assert_list(f, &(struct report_filter){.limit = 32}, "{\"calls\":[]}");
	(void)call_sample_make(f->table, CALL_SAMPLE_HOLD);
	(void)call_sample_make(f->table, CALL_SAMPLE_OFFER);
	(void)call_sample_make(f->table, CALL_SAMPLE_MUXED);
	assert_list(f, &(struct report_filter){.limit = 0}, "{\"calls\":[]}");
	assert_list(f, &(struct report_filter){.limit = 2},
		"{\"calls\":[\"hold@example.org\",\"offer@example.org\"]}");
	assert_list(f, &(struct report_filter){INT64_MAX, not_held, &asked},
		"{\"calls\":[\"offer@example.org\",\"muxed@example.org\"]}");
	assert_int_equal(asked, 3);
	assert_list(f, &(struct report_filter){1, not_held, &asked},
		"{\"calls\":[\"offer@example.org\"]}");
}

static void list_ends_where_a_reply_is_full(void **state)
{
	struct fixture *f = *state;
	const struct report_filter all = {.limit = INT64_MAX};
	struct ng_value *reply = ng_value_dict(&f->arena);
	char call_id[CALL_TEXT_MAX];

	for (unsigned i = 0; i < 200; i++) {
		memset(call_id, 'x', sizeof(call_id));
		call_id[0] = (char)('a' + i / 26);
		call_id[1] = (char)('a' + i % 26);
		assert_non_null(
			call_table_add(f->table, (struct slice){call_id, sizeof(call_id)}, 0));
	}
	report_list(f->table, &all, &f->arena, reply);
	assert_int_equal(ng_value_get(reply, "calls")->count, REPORT_LIST_BYTES / sizeof(call_id));
}

/* Each number another one. */
static void count_up(struct report_statistics *s, struct relay_counts *c)
{
	uint64_t n = 1;

	*s = (struct report_statistics){.created = 1000,
		.ended_us = 123456789012,
		.repeated = 77,
		.errors = {[NG_ERROR_UNKNOWN_CALL] = 3, [NG_ERROR_NO_PORTS] = 4}};
	for (unsigned i = 0; i < REPORT_END_COUNT; i++)
		s->ended[i] = n++;
	for (unsigned i = 0; i < NG_COMMAND_COUNT; i++) {
		s->requests[i] = 100 + n;
		s->request_us[i] = 1000000 + n++;
	}
	*c = (struct relay_counts){.drops = {[RELAY_DROP_SOURCE] = 8, [RELAY_DROP_MTU] = 9}};
	for (unsigned i = 0; i < RELAY_COUNTER_COUNT; i++)
		c->counts[i] = 10000 + i;
	c->counts[RELAY_COUNTER_TX] = 5000;
	c->counts[RELAY_COUNTER_TX_BYTES] = 6000;
	for (unsigned i = 0; i < RELAY_STAGE_COUNT; i++)
		c->stage_cycles[i] = 30000 + i;
}

/* Lines that come from other files' tables are looked for one by one. */
static bool is_of_a_table(struct slice line)
{
	static const char *const begins[] = {"sluice_request_errors_total{", "sluice_dataplane_",
		"# HELP sluice_dataplane_", "# TYPE sluice_dataplane_", "sluice_nic_",
		"# HELP sluice_nic_", "# TYPE sluice_nic_"};

	if (slice_is(line, "sluice_dataplane_up 1") || slice_is(line, "sluice_dataplane_up 0"))
		return false;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (slice_skip(&line, begins[i]))
			return true;
	return false;
}

static void assert_metrics(struct fixture *f, const char *name)
{
	struct buffer own = {.limit = TEXT};
	struct slice rest = buffer_all(&f->out);

	assert_false(f->out.failed);
	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		if (!is_of_a_table(line)) {
			buffer_slice(&own, line);
			buffer_char(&own, '\n');
		}
	}
	assert_text(&own, name, true);
	buffer_fini(&own);
}

/* "NAME VALUE", as a line, once, with its type somewhere before it. */
static void assert_sample(
	const struct fixture *f, const char *name, const char *labels, uint64_t value)
{
	struct slice rest = buffer_all(&f->out);
	char line[256], type[256];
	unsigned lines = 0, types = 0;

	(void)snprintf(line, sizeof(line), "%s%s %" PRIu64, name, labels, value);
	(void)snprintf(type, sizeof(type), "# TYPE %s counter", name);
	while (rest.len > 0) {
		struct slice next = slice_cut(&rest, '\n');

		types += slice_is(next, type);
		if (slice_is(next, line)) {
			lines++;
			assert_int_equal(types, 1);
		}
	}
	if (lines != 1)
		fail_msg("%u lines: %s", lines, line);
}

static void assert_samples(const struct fixture *f, const struct report_statistics *s,
	const struct relay_counts *totals)
{
	char name[128];

	for (unsigned i = 0; i < RELAY_COUNTER_COUNT; i++) {
		(void)snprintf(name, sizeof(name), "sluice_dataplane_%s_total",
			relay_counters_worker_rows[i].name);
		assert_sample(f, name, "", totals->counts[i]);
	}
	for (unsigned i = 0; i < RELAY_DROP_COUNT; i++) {
		(void)snprintf(
			name, sizeof(name), "{reason=\"%s\"}", relay_counters_drop_rows[i].name);
		assert_sample(f, "sluice_dataplane_drops_total", name, totals->drops[i]);
	}
	for (unsigned i = 0; i < RELAY_STAGE_COUNT; i++) {
		(void)snprintf(name, sizeof(name), "{stage=\"%s\"}", relay_counters_stage_names[i]);
		assert_sample(
			f, "sluice_dataplane_stage_cycles_total", name, totals->stage_cycles[i]);
	}
	assert_sample(f, "sluice_request_errors_total", "{reason=\"Unknown call-id\"}",
		s->errors[NG_ERROR_UNKNOWN_CALL]);
	assert_sample(f, "sluice_request_errors_total",
		"{reason=\"Dictionary contains no key \\\"command\\\"\"}", 0);
	assert_sample(f, "sluice_nic_tx_errors_total", "{port=\"1\"}", 6);
	assert_sample(f, "sluice_nic_rx_packets_total", "{port=\"0\"}", 5);
}

static const struct report_ports ports[CONFIG_INTERFACES_MAX][CONFIG_ADDRESSES_MAX] = {
	{{100, 5000}}, {{7, 5000}, {0, 4999}}};
static const uint64_t nics[2][RELAY_PORT_COUNT] = {
	{[RELAY_PORT_RX] = 5, [RELAY_PORT_LINK_UP] = 1}, {[RELAY_PORT_TX_ERRORS] = 6}};

static void statistics_and_metrics_are_told(void **state)
{
	struct fixture *f = *state;
	struct report_statistics s;
	struct relay_counts totals;
	struct ng_value *reply = ng_value_dict(&f->arena);
	const struct report_now now = {.config = &f->config,
		.uptime_s = 3600,
		.calls = {3, 20, 1},
		.ports = ports,
		.dataplane_up = true,
		.totals = &totals,
		.nics = nics,
		.n_nics = 2};

	count_up(&s, &totals);
	report_statistics(&s, &now, &f->arena, reply);
	assert_reply(f, reply, "statistics.json");
	f->out.len = 0;
	report_metrics(&s, &now, &f->out);
	assert_metrics(f, "metrics.txt");
	assert_samples(f, &s, &totals);
}

static void without_a_data_plane_its_numbers_are_left_out(void **state)
{
	struct fixture *f = *state;
	const struct report_statistics s = {.created = 0};
	struct ng_value *reply = ng_value_dict(&f->arena);
	const struct report_now now = {.config = &f->config};

	report_statistics(&s, &now, &f->arena, reply);
	assert_reply(f, reply, "statistics_down.json");
	f->out.len = 0;
	report_metrics(&s, &now, &f->out);
	assert_metrics(f, "metrics_down.txt");
}

int main(int argc, char **argv)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
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
		CASE(statistics_and_metrics_are_told),
		CASE(without_a_data_plane_its_numbers_are_left_out),
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: test_report FOLDER\n");
		return 2;
	}
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
