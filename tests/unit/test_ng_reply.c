/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_bencode.h"
#include "ng_reply.h"
#include "ng_report.h"

#include "support.h"

enum { ARENA = 1024 * 1024 };

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

struct fixture {
	struct ng_arena arena;
	struct buffer out;
};

static int open_fixture(void **state)
{
	static struct fixture f;

	ng_arena_init(&f.arena, ARENA);
	f.out = (struct buffer){.limit = ARENA};
	*state = &f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	ng_arena_fini(&f->arena);
	buffer_fini(&f->out);
	return 0;
}

static void assert_written(struct fixture *f, const struct ng_value *reply,
	enum ng_encoding encoding, const char *text)
{
	f->out.len = 0;
	ng_reply_write(reply, slice_of("7_1"), encoding, &f->out);
	buffer_char(&f->out, '\0');
	assert_false(f->out.failed);
	assert_string_equal(f->out.data, text);
}

static void reply_results_are_the_protocols(void **state)
{
	struct fixture *f = *state;
	struct ng_value *reply = ng_reply_ok(&f->arena);

	assert_written(f, ng_reply_pong(&f->arena), NG_ENCODING_BENCODE, "7_1 d6:result4:ponge");
	assert_written(f, ng_reply_pong(&f->arena), NG_ENCODING_JSON, "7_1 {\"result\":\"pong\"}");
	ng_reply_sdp(&f->arena, reply, slice_of("v=0\r\n"));
	assert_written(f, reply, NG_ENCODING_BENCODE, "7_1 d6:result2:ok3:sdp5:v=0\r\ne");
	assert_written(f, reply, NG_ENCODING_JSON, "7_1 {\"result\":\"ok\",\"sdp\":\"v=0\\r\\n\"}");
}

static void reply_without_cookie_is_the_dictionary(void **state)
{
	struct fixture *f = *state;

	ng_reply_write(
		ng_reply_pong(&f->arena), (struct slice){NULL, 0}, NG_ENCODING_JSON, &f->out);
	assert_true(slice_is(buffer_all(&f->out), "{\"result\":\"pong\"}"));
}

/* Proxies compare these to the letter. */
static const char *const errors[] = {
	"Could not decode bencode dictionary",
	"Failed to parse JSON document",
	"Invalid NG data format",
	"Invalid data (no payload)",
	"Dictionary contains no key \"command\"",
	"Unrecognized command",
	"unsupported",
	"No SDP body in message",
	"No call-id in message",
	"No from-tag in message",
	"No to-tag in message",
	"invalid limit, must be >= 0",
	"Unknown call-id",
	"Call-ID not found or tags didn't match",
	"Failed to parse SDP",
	"Incomplete SDP specification",
	"Invalid dialogue association",
	"Error rewriting SDP",
	"Ran out of ports",
	"Parallel session limit reached",
	"CPU usage limit exceeded",
	"Load limit exceeded",
	"Bandwidth limit exceeded",
	/* ours, where rtpengine has none */
	"Encryption is required on this interface",
	"Encryption is forbidden on this interface",
	"No usable crypto suite in SDP",
	"Interface has no address of that family",
	"Out of memory",
};

static void reply_errors_are_the_protocols(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sizeof(errors) / sizeof(errors[0]), NG_ERROR_COUNT - 1);
	for (int i = 1; i < NG_ERROR_COUNT; i++)
		assert_string_equal(ng_error_text((enum ng_error)i), errors[i - 1]);
	assert_string_equal(ng_error_text(NG_OK), "");
	assert_written(f, ng_reply_error(&f->arena, NG_ERROR_NO_PORTS), NG_ENCODING_BENCODE,
		"7_1 d6:result5:error12:error-reason16:Ran out of portse");
}

static void reply_load_depends_on_what_the_client_supports(void **state)
{
	struct fixture *f = *state;
	struct ng_request q = {.supports = 0};

	assert_written(f, ng_reply_load(&f->arena, &q, NG_ERROR_CPU), NG_ENCODING_JSON,
		"7_1 {\"result\":\"error\",\"error-reason\":\"Parallel session limit reached\"}");
	q.supports = 1;
	assert_written(f, ng_reply_load(&f->arena, &q, NG_ERROR_CPU), NG_ENCODING_JSON,
		"7_1 {\"result\":\"load limit\",\"message\":\"CPU usage limit exceeded\"}");
}

static void reply_not_deleted_is_fatal_on_request(void **state)
{
	struct fixture *f = *state;
	struct ng_request q = {.flags = 0};

	assert_written(f, ng_reply_not_deleted(&f->arena, &q), NG_ENCODING_JSON,
		"7_1 {\"result\":\"ok\",\"warning\":\"Call-ID not found or tags didn't match\"}");
	q.flags = NG_BIT(NG_FLAG_FATAL);
	assert_written(f, ng_reply_not_deleted(&f->arena, &q), NG_ENCODING_JSON,
		"7_1 {\"result\":\"error\",\"error-reason\":"
		"\"Call-ID not found or tags didn't match\"}");
}

static void reply_warnings_are_one_printable_line(void **state)
{
	struct fixture *f = *state;
	struct ng_value *reply = ng_reply_ok(&f->arena);
	struct ng_request q = {
		.n_warnings = 2,
		.warnings = {{NG_WARNING_KEY, {"a\r\n'\xff", 5}, {NULL, 0}},
			{NG_WARNING_WORD, TEXT("flags"),
				TEXT("a word that is so long that the end of it will not be shown")}},
		.warnings_left = 3,
	};

	ng_reply_warnings(&f->arena, reply, &q);
	assert_written(f, reply, NG_ENCODING_JSON,
		"7_1 {\"result\":\"ok\",\"warning\":\"unknown key 'a?\?\?\?'; unknown word 'flags': "
		"'a word that is so long that the end of i...'; and more: 3\"}");
}

static void reply_of_failed_arena_fails(void **state)
{
	struct fixture *f = *state;
	struct ng_arena small;

	ng_arena_init(&small, 10);
	ng_reply_write(ng_reply_ok(&small), slice_of("c"), NG_ENCODING_JSON, &f->out);
	assert_true(f->out.failed);
	ng_arena_fini(&small);
}

static const struct slice flags[] = {TEXT("RTP"), TEXT("filled")};
static const uint32_t ssrcs[] = {4294967295u};
static const struct ng_report_stream streams[] = {
	{
		.local = {4, TEXT("203.0.113.1"), 30000},
		.remote = {4, TEXT("198.51.100.1"), 2000},
		.advertised = {4, TEXT("198.51.100.1"), 2000},
		.crypto_suite = TEXT("AEAD_AES_128_GCM"),
		.last_packet = 1700000009,
		.flags = flags,
		.n_flags = 2,
		.ssrcs = ssrcs,
		.n_ssrcs = 1,
		.in = {10, 1720, 1},
		.out = {9, 1548, 0},
	},
	{.local = {6, TEXT("2001:db8::1"), 30001}},
};
static const struct ng_report_media medias[] = {{
	.index = 1,
	.type = TEXT("audio"),
	.protocol = TEXT("RTP/SAVP"),
	.streams = streams,
	.n_streams = 2,
	.ingress_ssrcs = ssrcs,
	.n_ingress = 1,
}};
static const struct ng_report_tag tags[] = {
	{.tag = TEXT("from"),
		.via_branch = TEXT("z9hG4bK"),
		.label = TEXT("caller"),
		.other_tag = {"", 0},
		.created = 1700000000,
		.medias = medias,
		.n_medias = 1},
	{.tag = {"", 0}, .created = 1700000000},
};
static const struct ng_report_ssrc ssrc_rows[] = {{4294967295u, 1720, 10, 1600, 9, 2}};

static const char call_text[] =
	"7_1 {\"result\":\"ok\",\"created\":1700000000,\"created_us\":1700000000123456,"
	"\"last signal\":1700000001,"
	"\"SSRC\":{\"4294967295\":{\"bytes\":1720,\"packets\":10,\"last RTP timestamp\":1600,"
	"\"last RTP seq\":9,\"cumulative loss\":2}},"
	"\"tags\":{\"from\":{\"tag\":\"from\",\"via-branch\":\"z9hG4bK\",\"label\":\"caller\","
	"\"created\":1700000000,\"in dialogue with\":\"\","
	"\"subscriptions\":[{\"tag\":\"\",\"type\":\"offer/answer\"}],"
	"\"subscribers\":[{\"tag\":\"\",\"type\":\"offer/answer\"}],"
	"\"medias\":[{\"index\":1,\"type\":\"audio\",\"protocol\":\"RTP/SAVP\",\"flags\":[],"
	"\"streams\":[{\"local port\":30000,\"local address\":\"203.0.113.1\",\"family\":\"IPv4\","
	"\"endpoint\":{\"family\":\"IPv4\",\"address\":\"198.51.100.1\",\"port\":2000},"
	"\"advertised endpoint\":{\"family\":\"IPv4\",\"address\":\"198.51.100.1\",\"port\":2000},"
	"\"crypto suite\":\"AEAD_AES_128_GCM\",\"last packet\":1700000009,"
	"\"flags\":[\"RTP\",\"filled\"],\"SSRC\":4294967295,"
	"\"stats\":{\"packets\":10,\"bytes\":1720,\"errors\":1},"
	"\"stats_out\":{\"packets\":9,\"bytes\":1548,\"errors\":0}},"
	"{\"local port\":30001,\"local address\":\"2001:db8::1\",\"family\":\"IPv6\","
	"\"endpoint\":{},\"advertised endpoint\":{},\"last packet\":0,\"flags\":[],"
	"\"stats\":{\"packets\":0,\"bytes\":0,\"errors\":0},"
	"\"stats_out\":{\"packets\":0,\"bytes\":0,\"errors\":0}}],"
	"\"ingress SSRCs\":[{\"SSRC\":4294967295}],\"egress SSRCs\":[]}]},"
	"\"<untagged 2>\":{\"tag\":\"\",\"created\":1700000000,\"subscriptions\":[],"
	"\"subscribers\":[],\"medias\":[]}},"
	"\"totals\":{\"RTP\":{\"packets\":10,\"bytes\":1720,\"errors\":1},"
	"\"RTCP\":{\"packets\":0,\"bytes\":0,\"errors\":0}}}";

static void report_of_a_call_has_the_proxies_keys(void **state)
{
	struct fixture *f = *state;
	struct ng_value *reply = ng_reply_ok(&f->arena);
	const struct ng_report_call call = {
		.created = 1700000000,
		.created_us = 1700000000123456,
		.last_signal = 1700000001,
		.ssrcs = ssrc_rows,
		.n_ssrcs = 1,
		.tags = tags,
		.n_tags = 2,
		.rtp = {10, 1720, 1},
	};

	ng_report_call(&f->arena, reply, &call);
	assert_written(f, reply, NG_ENCODING_JSON, call_text);
	/* deep as it is, it can be read again */
	f->out.len = 0;
	ng_bencode_encode(reply, &f->out);
	assert_int_equal(ng_bencode_decode(buffer_all(&f->out), &f->arena, &reply), 0);
}

static void report_of_list_and_statistics_has_the_proxies_keys(void **state)
{
	static const struct slice calls[] = {TEXT("a"), TEXT("b")};
	static const struct ng_report_figure figures[] = {{"sessionstotal", 2}, {"mediarelays", 0}};
	struct fixture *f = *state;
	struct ng_value *reply = ng_reply_ok(&f->arena);

	ng_report_list(&f->arena, reply, calls, 2);
	assert_written(
		f, reply, NG_ENCODING_JSON, "7_1 {\"result\":\"ok\",\"calls\":[\"a\",\"b\"]}");
	reply = ng_reply_ok(&f->arena);
	ng_report_figures(
		&f->arena, ng_report_statistics(&f->arena, reply), "currentstatistics", figures, 2);
	assert_written(f, reply, NG_ENCODING_JSON,
		"7_1 {\"result\":\"ok\",\"statistics\":{\"currentstatistics\":"
		"{\"sessionstotal\":2,\"mediarelays\":0}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reply_results_are_the_protocols, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			reply_without_cookie_is_the_dictionary, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			reply_errors_are_the_protocols, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(reply_load_depends_on_what_the_client_supports,
			open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			reply_not_deleted_is_fatal_on_request, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			reply_warnings_are_one_printable_line, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			reply_of_failed_arena_fails, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			report_of_a_call_has_the_proxies_keys, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(report_of_list_and_statistics_has_the_proxies_keys,
			open_fixture, close_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
