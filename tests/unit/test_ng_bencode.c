/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_bencode.h"

#include "repeat.h"
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA = 16 * 1024 * 1024 };

static int decode(struct slice data, struct ng_arena *arena, struct ng_value **value)
{
	ng_arena_reset(arena);
	return ng_bencode_decode(data, arena, value);
}

static void assert_round_trip(struct ng_arena *arena, struct slice data)
{
	struct buffer out = {.limit = ARENA};
	struct ng_value *value;

	assert_int_equal(decode(data, arena, &value), 0);
	ng_bencode_encode(value, &out);
	assert_false(out.failed);
	assert_int_equal(out.len, data.len);
	assert_memory_equal(out.data, data.ptr, data.len);
	buffer_fini(&out);
}

static const char *const good[] = {
	"de",
	"le",
	"i0e",
	"i-1e",
	"i9223372036854775807e",
	"i-9223372036854775807e",
	"i-9223372036854775808e",
	"0:",
	"4:spam",
	"d7:command4:pinge",
	"d1:bi1e1:ai2ee", /* keys in no order */
	"d1:ai1e1:ai2ee", /* a key twice */
	"d0:0:e",
	"ll4:spamel1:ad1:bleeee",
	"d5:flagsl13:trust-address14:replace-origine7:call-id3:a b3:sdp5:v=0\r\ne",
};

static void decode_good_comes_back(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_round_trip(&arena, slice_of(good[i]));
	ng_arena_fini(&arena);
}

static const char *const bad[] = {
	"",
	"x",
	"e",
	"-",
	":",
	"dee",
	"lee",
	"de de",
	"i0ei0e",
	"ie",
	"i-e",
	"i-0e",
	"i00e",
	"i01e",
	"i1",
	"i1x",
	"i 1e",
	"i+1e",
	"i9223372036854775808e",
	"i-9223372036854775809e",
	"i99999999999999999999e",
	"00:",
	"01:a",
	"5:spam",
	"4:spamm",
	"-1:a",
	"+1:a",
	"999999999:a",
	"9999999999:a",
	"18446744073709551617:a",
	"4;spam",
	"di1ei2ee", /* a key is a text */
	"dle1:ae",
	"d1:ae", /* no value */
	"d1:a1:b1:ce",
	"d1:ai1e",
	"l",
	"d",
	"ld",
};

static void decode_bad_is_refused(void **state)
{
	struct ng_arena arena;
	struct ng_value *value = NULL;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (decode(slice_of(bad[i]), &arena, &value) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
		assert_null(value);
	}
	ng_arena_fini(&arena);
}

static void decode_cut_anywhere_is_refused(void **state)
{
	static const char whole[] = "d7:call-id5:a@b.c5:flagsl4:fast5:fatale3:sdp12:v=0\r\no=- 0 0"
				    "5:limiti-12e5:codecd5:stripl3:allee3:tosi184ee";
	struct support_guard guard;
	struct ng_arena arena;
	struct ng_value *value;
	size_t len = sizeof(whole) - 1;

	(void)state;
	ng_arena_init(&arena, ARENA);
	support_guard_open(&guard, len);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *at = support_guard_before_end(&guard, n);

		memcpy(at, whole, n);
		assert_int_equal(decode((struct slice){(char *)at, n}, &arena, &value),
			n == len ? 0 : -EBADMSG);
	}
	support_guard_close(&guard);
	ng_arena_fini(&arena);
}

/* 'deep' lists, one in the other. */
static int decode_nested(struct ng_arena *arena, size_t deep)
{
	char *text = malloc(2 * deep);
	struct ng_value *value;
	int status;

	assert_non_null(text);
	memset(text, 'l', deep);
	memset(text + deep, 'e', deep);
	status = decode((struct slice){text, 2 * deep}, arena, &value);
	free(text);
	return status;
}

static void decode_deep_is_bounded(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	assert_int_equal(decode_nested(&arena, NG_VALUE_DEPTH_MAX), 0);
	assert_int_equal(decode_nested(&arena, NG_VALUE_DEPTH_MAX + 1), -E2BIG);
	assert_int_equal(decode_nested(&arena, 5000000), -E2BIG);
	ng_arena_fini(&arena);
}

/* A list of 'n' empty texts. */
static int decode_many(struct ng_arena *arena, size_t n)
{
	struct buffer text = repeat("l", "0:", n);
	struct ng_value *value;
	int status;

	buffer_char(&text, 'e');
	status = decode(buffer_all(&text), arena, &value);
	buffer_fini(&text);
	return status;
}

static void decode_many_is_bounded(void **state)
{
	struct ng_arena arena, small;

	(void)state;
	ng_arena_init(&arena, ARENA);
	assert_int_equal(decode_many(&arena, NG_VALUE_COUNT_MAX - 1), 0);
	assert_int_equal(decode_many(&arena, NG_VALUE_COUNT_MAX), -E2BIG);
	assert_int_equal(decode_many(&arena, 5000000), -E2BIG);
	assert_true(arena.used < ARENA / 2);
	ng_arena_fini(&arena);
	ng_arena_init(&small, 4096);
	assert_int_equal(decode_many(&small, 100), -ENOMEM);
	assert_true(small.used <= 4096);
	ng_arena_fini(&small);
}

static void decode_ten_megabytes_costs_no_copy(void **state)
{
	const size_t len = (size_t)10 * 1024 * 1024;
	char *text = malloc(len + 64);
	struct ng_arena arena;
	struct ng_value *value;
	struct slice data = {text, 0};

	(void)state;
	assert_non_null(text);
	data.len = (size_t)sprintf(text, "d3:sdp%zu:", len);
	memset(text + data.len, 'x', len);
	text[data.len + len] = 'e';
	data.len += len + 1;
	ng_arena_init(&arena, 4096);
	assert_int_equal(decode(data, &arena, &value), 0);
	assert_int_equal(ng_value_get(value, "sdp")->text.len, len);
	data.len--;
	assert_int_equal(decode(data, &arena, &value), -EBADMSG);
	ng_arena_fini(&arena);
	free(text);
}

static void encode_too_deep_fails(void **state)
{
	struct buffer out = {.limit = 4096};
	struct ng_arena arena;
	struct ng_value *top, *in;

	(void)state;
	ng_arena_init(&arena, ARENA);
	top = in = ng_value_list(&arena);
	for (int i = 1; i <= NG_VALUE_DEPTH_MAX; i++) {
		struct ng_value *child = ng_value_list(&arena);

		ng_value_append(in, child);
		in = child;
	}
	ng_value_append(in, ng_value_int(&arena, 1));
	ng_bencode_encode(top, &out);
	assert_true(out.failed);
	buffer_fini(&out);
	ng_arena_fini(&arena);
}

static void encode_over_the_limit_fails(void **state)
{
	struct buffer out = {.limit = 16};
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	ng_bencode_encode(ng_value_text(&arena, slice_of("seventeen letters")), &out);
	assert_true(out.failed);
	assert_true(out.len <= 16);
	buffer_fini(&out);
	ng_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_good_comes_back),
		cmocka_unit_test(decode_bad_is_refused),
		cmocka_unit_test(decode_cut_anywhere_is_refused),
		cmocka_unit_test(decode_deep_is_bounded),
		cmocka_unit_test(decode_many_is_bounded),
		cmocka_unit_test(decode_ten_megabytes_costs_no_copy),
		cmocka_unit_test(encode_too_deep_fails),
		cmocka_unit_test(encode_over_the_limit_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
