/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_flags.h"
#include "ng_json.h"

#include "repeat.h"
#include "support.h"

#include <errno.h>

enum { ARENA = 16 * 1024 * 1024 };

/* Words of a script, and the dictionary that they are. */
static const char *const rows[][2] = {
	{"", "{}"},
	{"   ", "{}"},
	{"trust-address", "{\"flags\":[\"trust-address\"]}"},
	{"  trust-address   replace-origin ", "{\"flags\":[\"trust-address\",\"replace-origin\"]}"},
	{"replace-origin strict-source label=caller OSRTP-accept address-family=IP4 "
	 "transport-protocol=RTP/AVP",
		"{\"label\":\"caller\",\"address-family\":\"IP4\",\"transport-protocol\":\"RTP/AVP\","
		"\"flags\":[\"replace-origin\",\"strict-source\",\"OSRTP-accept\"]}"},
	/* transports */
	{"RTP", "{\"transport-protocol\":\"RTP/AVP\"}"},
	{"RTP AVPF", "{\"transport-protocol\":\"RTP/AVPF\"}"},
	{"SRTP", "{\"transport-protocol\":\"RTP/SAVP\"}"},
	{"SRTP AVPF", "{\"transport-protocol\":\"RTP/SAVPF\"}"},
	{"SRTP RTP", "{\"transport-protocol\":\"RTP/AVP\"}"},
	{"RTP/SAVPF AVP", "{\"transport-protocol\":\"RTP/SAVP\"}"},
	{"DTLS", "{\"transport-protocol\":\"UDP/TLS/RTP/SAVP\"}"},
	{"DTLS AVPF", "{\"transport-protocol\":\"UDP/TLS/RTP/SAVPF\"}"},
	{"RTP/AVP", "{\"transport-protocol\":\"RTP/AVP\"}"},
	{"RTP/AVPF", "{\"transport-protocol\":\"RTP/AVPF\"}"},
	{"RTP/SAVP", "{\"transport-protocol\":\"RTP/SAVP\"}"},
	{"RTP/SAVPF", "{\"transport-protocol\":\"RTP/SAVPF\"}"},
	{"UDP/TLS/RTP/SAVP", "{\"transport-protocol\":\"UDP/TLS/RTP/SAVP\"}"},
	{"UDP/TLS/RTP/SAVPF RTP/AVP", "{\"transport-protocol\":\"RTP/AVP\"}"},
	{"RTP=x", "{\"RTP\":\"x\"}"},
	/* directions */
	{"direction=foo direction=bar", "{\"direction\":[\"foo\",\"bar\"]}"},
	{"direction=[foo bar]", "{\"direction\":[\"foo\",\"bar\"]}"},
	{"internal external", "{\"direction\":[\"internal\",\"external\"]}"},
	/* lists and dictionaries */
	{"rtcp-mux=[demux] replace=[origin]",
		"{\"rtcp-mux\":[\"demux\"],\"replace\":[\"origin\"]}"},
	{"replace=[ origin   username ]  x",
		"{\"replace\":[\"origin\",\"username\"],\"flags\":[\"x\"]}"},
	{"codec=[accept=[PCMU]] x", "{\"codec\":{\"accept\":[\"PCMU\"]},\"flags\":[\"x\"]}"},
	{"codec=[ strip=[PCMU G722] except=PCMA ]",
		"{\"codec\":{\"strip\":[\"PCMU\",\"G722\"],\"except\":\"PCMA\"}}"},
	{"k=[a b [x y] c]", "{\"k\":[\"a\",\"b\",[\"x\",\"y\"],\"c\"]}"},
	{"k=[[a b] [c d]]", "{\"k\":[[\"a\",\"b\"],[\"c\",\"d\"]]}"},
	{"k=[]", "{\"k\":[]}"},
	{"k=[ ]x", "{\"k\":[],\"flags\":[\"x\"]}"},
	{"SDP-attr=[audio=[remove=[test] add=[foo bar]] global=[remove=[quux]]] y",
		"{\"SDP-attr\":{\"audio\":{\"remove\":[\"test\"],\"add\":[\"foo\",\"bar\"]},"
		"\"global\":{\"remove\":[\"quux\"]}},\"flags\":[\"y\"]}"},
	{"media-address=[2001:db8::1]", "{\"media-address\":[\"2001:db8::1\"]}"},
	{"frequencies=[123] digit=3", "{\"frequencies\":[\"123\"],\"digit\":\"3\"}"},
	/* codecs have words of their own */
	{"codec-strip-PCMU", "{\"codec\":{\"strip\":\"PCMU\"}}"},
	{"codec-strip=PCMU,PCMA", "{\"codec\":{\"strip\":\"PCMU,PCMA\"}}"},
	{"codec-strip=[PCMU PCMA]", "{\"codec\":{\"strip\":[\"PCMU\",\"PCMA\"]}}"},
	{"transcode-opus/48000/2", "{\"codec\":{\"transcode\":\"opus/48000/2\"}}"},
	{"codec-mask-all codec-offer-G722",
		"{\"codec\":{\"mask\":\"all\"},\"codec\":{\"offer\":\"G722\"}}"},
	{"codec-strip transcode", "{\"flags\":[\"codec-strip\",\"transcode\"]}"},
	/* and the rest as it comes */
	{"SDES-only-AES_CM_128_HMAC_SHA1_80 ICE=remove DTLS=off to-tag=x",
		"{\"ICE\":\"remove\",\"DTLS\":\"off\",\"to-tag\":\"x\","
		"\"flags\":[\"SDES-only-AES_CM_128_HMAC_SHA1_80\"]}"},
	{"SDES-order:A;B", "{\"flags\":[\"SDES-order:A;B\"]}"},
	{"metadata=a=b=c", "{\"metadata\":\"a=b=c\"}"},
	/* malformed, as rtpengine's own test of it */
	{"replace=[ origin ]  SDP-attr=  [audio=[  remove = [   test   ]  add =  [foo bar]] "
	 "global=[remove=[quux]]] rtcp-mux=[offer]",
		"{\"replace\":[\"origin\"],\"[audio\":[\"remove\",\"=\",[\"test\"],\"add\",\"=\","
		"[\"foo\",\"bar\"]],\"global\":{\"remove\":[\"quux\"]},\"rtcp-mux\":[\"offer\"],"
		"\"flags\":[\"SDP-attr\",\"]\"]}"},
	{"k=[a b", "{\"k\":[\"a\",\"b\"]}"},
	{"k=[a=[b", "{\"k\":{\"a\":[\"b\"]}}"},
	{"k=[", "{\"k\":[]}"},
	{"k=]x", "{\"k\":\"]x\"}"},
	{"=v", "{\"\":\"v\"}"},
	{"k=[=v]", "{\"k\":[\"=v\"]}"},
	{"k=[a=1 b c=2]", "{\"k\":{\"a\":\"1\",\"b\":\"\",\"c\":\"2\"}}"},
};

static void parse_rows_are_dictionaries(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = {.limit = ARENA};
		struct ng_value *dict;

		assert_int_equal(ng_flags_parse(slice_of(rows[i][0]), &arena, &dict), 0);
		ng_json_encode(dict, &out);
		buffer_char(&out, '\0');
		assert_false(out.failed);
		if (strcmp(out.data, rows[i][1]) != 0)
			fail_msg("%s\n  got  %s\n  not  %s", rows[i][0], out.data, rows[i][1]);
		buffer_fini(&out);
		ng_arena_reset(&arena);
	}
	ng_arena_fini(&arena);
}

static void parse_cut_anywhere_reads_within(void **state)
{
	static const char whole[] = "a=b SDP-attr=[audio=[remove=[test] add=[foo bar]]] RTP/SAVP "
				    "codec-strip-x direction=y k=[a [b [c=d]]]";
	size_t len = sizeof(whole) - 1;
	struct support_guard guard;
	struct ng_arena arena;
	struct ng_value *dict;

	(void)state;
	ng_arena_init(&arena, ARENA);
	support_guard_open(&guard, len);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *at = support_guard_before_end(&guard, n);

		memcpy(at, whole, n);
		assert_int_equal(ng_flags_parse((struct slice){(char *)at, n}, &arena, &dict), 0);
		ng_arena_reset(&arena);
	}
	support_guard_close(&guard);
	ng_arena_fini(&arena);
}

static int parse_repeated(const char *begin, const char *text, size_t n)
{
	struct buffer data = repeat(begin, text, n);
	struct ng_arena arena;
	struct ng_value *dict;
	int status;

	ng_arena_init(&arena, ARENA);
	status = ng_flags_parse(buffer_all(&data), &arena, &dict);
	ng_arena_fini(&arena);
	buffer_fini(&data);
	return status;
}

static void parse_hostile_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(parse_repeated("k=", "[", 10), 0);
	assert_int_equal(parse_repeated("k=", "[", 1000000), -E2BIG);
	assert_int_equal(parse_repeated("k=", "[a=", 1000000), -E2BIG);
	assert_int_equal(parse_repeated("", "a ", 5000000), -E2BIG);
	assert_int_equal(parse_repeated("k=[", "a ", 5000000), -E2BIG);
	assert_int_equal(parse_repeated("k=[", "] ", 1000000), -E2BIG);
	assert_int_equal(parse_repeated("", "a", 10000000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_rows_are_dictionaries),
		cmocka_unit_test(parse_cut_anywhere_reads_within),
		cmocka_unit_test(parse_hostile_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
