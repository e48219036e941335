/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_frame.h"

#include "repeat.h"
#include "support.h"

#include <errno.h>

enum { LIMIT = 4096, ARENA = 65536 };

static void split_message_gives_cookie_and_payload(void **state)
{
	struct ng_frame f;

	(void)state;
	assert_int_equal(ng_frame_split(slice_of("1_2_3 d7:command4:pinge"), &f), 0);
	assert_true(slice_is(f.cookie, "1_2_3"));
	assert_true(slice_is(f.payload, "d7:command4:pinge"));
	assert_int_equal(f.encoding, NG_ENCODING_BENCODE);
	assert_int_equal(ng_frame_split(slice_of("c {\"a\":1}"), &f), 0);
	assert_int_equal(f.encoding, NG_ENCODING_JSON);
	assert_int_equal(ng_frame_split(slice_of("c  d"), &f), 0); /* at the first space */
	assert_int_equal(f.encoding, NG_ENCODING_NONE);
}

static void split_without_cookie_is_refused(void **state)
{
	char longest[NG_FRAME_COOKIE_MAX + 4];
	struct ng_frame f;

	(void)state;
	assert_int_equal(ng_frame_split(slice_of(""), &f), -EBADMSG);
	assert_int_equal(ng_frame_split(slice_of(" d"), &f), -EBADMSG);
	assert_int_equal(ng_frame_split(slice_of("d7:command4:pinge"), &f), -EBADMSG);
	memset(longest, 'c', sizeof(longest));
	longest[NG_FRAME_COOKIE_MAX] = ' ';
	assert_int_equal(ng_frame_split((struct slice){longest, sizeof(longest)}, &f), 0);
	longest[NG_FRAME_COOKIE_MAX] = 'c';
	longest[NG_FRAME_COOKIE_MAX + 1] = ' ';
	assert_int_equal(ng_frame_split((struct slice){longest, sizeof(longest)}, &f), -EBADMSG);
}

struct payload {
	const char *message;
	enum ng_error error;
};

static const struct payload payloads[] = {
	{"c d7:command4:pinge", NG_OK},
	{"c {\"command\":\"ping\"}", NG_OK},
	{"c ", NG_ERROR_NO_PAYLOAD},
	{"c le", NG_ERROR_FORMAT},
	{"c hello", NG_ERROR_FORMAT},
	{"c dd", NG_ERROR_BENCODE},
	{"c {]", NG_ERROR_JSON},
};

static void decode_payload_tells_the_protocols_error(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		struct ng_value *dict;
		struct ng_frame f;

		assert_int_equal(ng_frame_split(slice_of(payloads[i].message), &f), 0);
		assert_int_equal(ng_frame_decode(&f, &arena, &dict), payloads[i].error);
	}
	ng_arena_fini(&arena);
}

static const char two[] = "c1 d3:sdp5:eeeee5:flagsl1:aee"
			  "c2 d7:command4:pinge";
enum { FIRST = 29 };

/* One byte more at each look: the end is seen when it is there, and not before. */
static void look_byte_by_byte_finds_the_end(void **state)
{
	struct ng_frame_stream s;
	struct support_guard guard;

	(void)state;
	support_guard_open(&guard, sizeof(two));
	ng_frame_start(&s, LIMIT);
	for (size_t n = 0; n < FIRST; n++) {
		uint8_t *at = support_guard_before_end(&guard, n);

		memcpy(at, two, n);
		assert_int_equal(ng_frame_look(&s, (struct slice){(char *)at, n}), NG_FRAME_MORE);
	}
	assert_int_equal(ng_frame_look(&s, (struct slice){two, FIRST}), NG_FRAME_WHOLE);
	assert_int_equal(s.message, FIRST);
	support_guard_close(&guard);
}

static void look_at_two_messages_finds_each(void **state)
{
	struct slice rest = {two, sizeof(two) - 1};
	struct ng_frame_stream s;

	(void)state;
	ng_frame_start(&s, LIMIT);
	assert_int_equal(ng_frame_look(&s, rest), NG_FRAME_WHOLE);
	assert_int_equal(s.message, FIRST);
	rest = slice_from(rest, s.message);
	ng_frame_start(&s, LIMIT);
	assert_int_equal(ng_frame_look(&s, rest), NG_FRAME_WHOLE);
	assert_int_equal(s.message, rest.len);
}

struct stream_row {
	const char *bytes;
	enum ng_frame_state state;
};

static const struct stream_row stream_rows[] = {
	{"", NG_FRAME_MORE},
	{"cookie", NG_FRAME_MORE},
	{"cookie ", NG_FRAME_MORE},
	{"cookie d", NG_FRAME_MORE},
	{"cookie d3:sd", NG_FRAME_MORE},
	{"cookie d3:sdp1000:", NG_FRAME_MORE},
	{"cookie d3:sdp5000:", NG_FRAME_LONG},
	{"cookie d3:sdp999999999:", NG_FRAME_LONG},
	{"cookie d3:sdp9999999999:", NG_FRAME_BAD},
	{" d", NG_FRAME_BAD},
	{"cookie l", NG_FRAME_BAD},
	{"cookie {\"command\":\"ping\"}", NG_FRAME_BAD},
	{"cookie dx", NG_FRAME_BAD},
	{"cookie d1:ai0x", NG_FRAME_BAD},
	{"cookie d1:alllllllllllllllllllll", NG_FRAME_BAD},
	{"cookie dee", NG_FRAME_WHOLE},
};

static void look_rows_are_what_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stream_rows) / sizeof(stream_rows[0]); i++) {
		struct ng_frame_stream s;

		ng_frame_start(&s, LIMIT);
		if (ng_frame_look(&s, slice_of(stream_rows[i].bytes)) != stream_rows[i].state)
			fail_msg("%s: %d", stream_rows[i].bytes, s.state);
		/* and stays so */
		assert_int_equal(
			ng_frame_look(&s, slice_of(stream_rows[i].bytes)), stream_rows[i].state);
	}
}

static void look_long_cookie_is_bad(void **state)
{
	char bytes[NG_FRAME_COOKIE_MAX + 1];
	struct ng_frame_stream s;

	(void)state;
	memset(bytes, 'c', sizeof(bytes));
	ng_frame_start(&s, LIMIT);
	assert_int_equal(
		ng_frame_look(&s, (struct slice){bytes, NG_FRAME_COOKIE_MAX}), NG_FRAME_MORE);
	assert_int_equal(ng_frame_look(&s, (struct slice){bytes, sizeof(bytes)}), NG_FRAME_BAD);
}

static void look_at_limit_is_whole_over_it_long(void **state)
{
	struct ng_frame_stream s;

	(void)state;
	ng_frame_start(&s, FIRST);
	assert_int_equal(ng_frame_look(&s, (struct slice){two, FIRST}), NG_FRAME_WHOLE);
	ng_frame_start(&s, FIRST - 1);
	assert_int_equal(ng_frame_look(&s, (struct slice){two, FIRST}), NG_FRAME_LONG);
}

/* 10 MB of the smallest values, in small pieces: it is read once. */
static void look_at_ten_megabytes_is_linear(void **state)
{
	struct buffer bytes = repeat("c d1:al", "0:", 5000000);
	struct ng_frame_stream s;

	(void)state;
	ng_frame_start(&s, 2 * bytes.len);
	for (size_t n = 100; n < bytes.len; n += 100)
		assert_int_equal(
			ng_frame_look(&s, slice_first(buffer_all(&bytes), n)), NG_FRAME_MORE);
	assert_true(s.at > bytes.len - 300);
	buffer_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_message_gives_cookie_and_payload),
		cmocka_unit_test(split_without_cookie_is_refused),
		cmocka_unit_test(decode_payload_tells_the_protocols_error),
		cmocka_unit_test(look_byte_by_byte_finds_the_end),
		cmocka_unit_test(look_at_two_messages_finds_each),
		cmocka_unit_test(look_rows_are_what_they_are),
		cmocka_unit_test(look_long_cookie_is_bad),
		cmocka_unit_test(look_at_limit_is_whole_over_it_long),
		cmocka_unit_test(look_at_ten_megabytes_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
