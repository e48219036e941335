/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_json.h"

#include "repeat.h"
#include "support.h"

#include <errno.h>

enum { ARENA = 16 * 1024 * 1024 };

/* What a text is when it is read and written again; NULL: refused, with the status. */
struct row {
	const char *text;
	const char *again;
	int status;
};

static const struct row rows[] = {
	{"{}", "{}", 0},
	{" { \"command\" : \"ping\" } ", "{\"command\":\"ping\"}", 0},
	{"{\"b\":1,\"a\":[\"x\",2,{\"c\":[]}]}", "{\"b\":1,\"a\":[\"x\",2,{\"c\":[]}]}", 0},
	{"{\"limit\":\"1\"}", "{\"limit\":\"1\"}", 0},
	{"{\"a\":true,\"b\":false,\"c\":null,\"d\":[null,1]}", "{\"a\":1,\"b\":0,\"d\":[1]}", 0},
	{"{\"a\":3.0,\"b\":-9223372036854775808}", "{\"a\":3,\"b\":-9223372036854775808}", 0},
	{"{\"sdp\":\"v=0\\r\\no=- \\\"\\\\\\/\"}", "{\"sdp\":\"v=0\\r\\no=- \\\"\\\\/\"}", 0},
	{"{\"a\":\"\\u00e9\\ud83d\\ude00\\u0001\"}", "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\\u0001\"}",
		0},
	{"", NULL, -EBADMSG},
	{"{", NULL, -EBADMSG},
	{"[]", NULL, -EBADMSG},
	{"1", NULL, -EBADMSG},
	{"{} x", NULL, -EBADMSG},
	{"{\"a\":1,}", NULL, -EBADMSG},
	{"{\"a\":1,\"a\":2}", NULL, -EBADMSG},
	{"{\"a\":1.5}", NULL, -EBADMSG},
	{"{\"a\":1e300}", NULL, -EBADMSG},
	{"{\"a\":92233720368547758080}", NULL, -EBADMSG},
	{"{\"a\":\"\\u0000\"}", NULL, -EBADMSG},
	{"{\"a\":\"\xff\"}", NULL, -EBADMSG},
	{"{\"a\":'x'}", NULL, -EBADMSG},
	{"{\"a\":\"\n\"}", NULL, -EBADMSG},
	{"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", NULL, -E2BIG},
};

static void decode_rows_come_back_or_are_refused(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = {.limit = 4096};
		struct ng_value *value = NULL;
		int status = ng_json_decode(slice_of(rows[i].text), &arena, &value);

		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].text, status);
		if (status == 0) {
			ng_json_encode(value, &out);
			buffer_char(&out, '\0');
			assert_false(out.failed);
			assert_string_equal(out.data, rows[i].again);
		}
		buffer_fini(&out);
		ng_arena_reset(&arena);
	}
	ng_arena_fini(&arena);
}

static void decode_cut_anywhere_is_refused(void **state)
{
	static const char whole[] = "{\"command\":\"offer\",\"flags\":[\"a\",\"b\"],\"n\":-12,"
				    "\"codec\":{\"strip\":[\"all\"]},\"sdp\":\"v=0\\r\\n\"}";
	size_t len = sizeof(whole) - 1;
	struct support_guard guard;
	struct ng_arena arena;
	struct ng_value *value;

	(void)state;
	ng_arena_init(&arena, ARENA);
	support_guard_open(&guard, len);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *at = support_guard_before_end(&guard, n);

		memcpy(at, whole, n);
		assert_int_equal(ng_json_decode((struct slice){(char *)at, n}, &arena, &value),
			n == len ? 0 : -EBADMSG);
		ng_arena_reset(&arena);
	}
	support_guard_close(&guard);
	ng_arena_fini(&arena);
}

/* What becomes of 'text' n times, as one message. */
static int decode_repeated(const char *text, size_t n)
{
	struct buffer data = repeat("", text, n);
	struct ng_arena arena;
	struct ng_value *value;
	int status;

	ng_arena_init(&arena, ARENA);
	status = ng_json_decode(buffer_all(&data), &arena, &value);
	ng_arena_fini(&arena);
	buffer_fini(&data);
	return status;
}

static void decode_hostile_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(decode_repeated("[", 10000000), -E2BIG);
	assert_int_equal(decode_repeated("{\"a\":", 2000000), -E2BIG);
	assert_int_equal(decode_repeated("[],", 3000000), -E2BIG);
	assert_int_equal(decode_repeated("1,", 5000000), -E2BIG);
	assert_int_equal(decode_repeated("\"", 10000000), -EBADMSG);
	assert_int_equal(decode_repeated("]", 10000000), -EBADMSG);
}

/* Bytes, and how they stand in JSON. */
static const char *const bytes[][2] = {
	{"plain", "\"plain\""},
	{"\x80", "\"\xef\xbf\xbd\""},
	{"a\xc3(", "\"a\xef\xbf\xbd(\""},
	{"\xc3", "\"\xef\xbf\xbd\""},
	{"\xe0\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
	{"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void encode_bytes_is_utf8(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct buffer out = {.limit = 4096};

		ng_json_encode(ng_value_text(&arena, slice_of(bytes[i][0])), &out);
		buffer_char(&out, '\0');
		assert_string_equal(out.data, bytes[i][1]);
		buffer_fini(&out);
	}
	ng_arena_fini(&arena);
}

static void encode_nul_is_replaced(void **state)
{
	struct buffer out = {.limit = 4096};
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	ng_json_encode(ng_value_text(&arena, (struct slice){"a\0b", 3}), &out);
	buffer_char(&out, '\0');
	assert_string_equal(out.data, "\"a\xef\xbf\xbd"
				      "b\"");
	buffer_fini(&out);
	ng_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_rows_come_back_or_are_refused),
		cmocka_unit_test(decode_cut_anywhere_is_refused),
		cmocka_unit_test(decode_hostile_is_bounded),
		cmocka_unit_test(encode_bytes_is_utf8),
		cmocka_unit_test(encode_nul_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
