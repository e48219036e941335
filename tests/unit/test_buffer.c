/* SPDX-License-Identifier: BSD-3-Clause */
#include "buffer.h"

#include "support.h"

static void what_is_written_ends_at_the_limit(void **state)
{
	struct buffer b = {.limit = 4};

	(void)state;
	buffer_text(&b, "abc");
	buffer_text(&b, "de");
	assert_true(b.failed);
	buffer_text(&b, "f"); /* nothing more, though there is room */
	assert_true(slice_is(buffer_all(&b), "abc"));
	buffer_clear(&b);
	assert_false(b.failed);
	buffer_number(&b, 1234);
	assert_true(slice_is(buffer_all(&b), "1234"));
	buffer_fini(&b);
}

enum { WORDS = 500 };

/* SDP has keys in it. */
static void cleared_buffer_holds_nothing_of_before(void **state)
{
	static const char zeros[WORDS * sizeof("inline:") - WORDS];
	struct buffer b = {.limit = 1 << 20};

	(void)state;
	buffer_clear(&b);
	assert_null(b.data);
	for (unsigned i = 0; i < WORDS; i++)
		buffer_text(&b, "inline:");
	buffer_clear(&b);
	assert_int_equal(b.len, 0);
	assert_memory_equal(b.data, zeros, sizeof(zeros));
	buffer_text(&b, "short");
	buffer_clear(&b);
	assert_memory_equal(b.data, zeros, sizeof(zeros));
	buffer_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_ends_at_the_limit),
		cmocka_unit_test(cleared_buffer_holds_nothing_of_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
