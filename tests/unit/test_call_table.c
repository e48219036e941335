/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_table.h"

#include "support.h"

#include <stdio.h>

static struct call_table *table;

static int open_table(void **state)
{
	(void)state;
	return call_table_create(&table);
}

static int close_table(void **state)
{
	(void)state;
	call_table_destroy(table);
	return 0;
}

static struct call *add(const char *call_id)
{
	return call_table_add(table, "", slice_of(call_id), 0);
}

static void call_is_found_by_its_whole_name(void **state)
{
	struct call *one = add("one");

	(void)state;
	assert_non_null(one);
	assert_ptr_equal(call_table_find(table, slice_of("one")), one);
	assert_null(call_table_find(table, slice_of("on")));
	assert_null(call_table_find(table, slice_of("one ")));
	assert_null(call_table_find(table, slice_of("One")));
	assert_null(call_table_find(table, slice_of("")));
	assert_null(call_table_find(table, (struct slice){NULL, 0}));
}

static void names_are_unique_and_bounded(void **state)
{
	static char longest[CALL_TEXT_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_non_null(add("one"));
	assert_null(add("one"));
	assert_null(add(""));
	assert_null(call_table_add(table, "", (struct slice){longest, CALL_TEXT_MAX + 1}, 0));
	assert_non_null(call_table_add(table, "", (struct slice){longest, CALL_TEXT_MAX}, 0));
	assert_int_equal(call_table_count(table), 2);
}

/* Two listeners' calls of one name, among others of the same bucket. */
static void name_may_be_of_each_listener(void **state)
{
	struct call *one = call_table_add(table, "one", slice_of("name"), 0);
	struct call *two = call_table_add(table, "two", slice_of("name"), 0);
	struct call *found = call_table_find(table, slice_of("name"));
	char long_name[sizeof(one->listener) + 1] = "";

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	assert_null(call_table_add(table, "two", slice_of("name"), 0));
	memset(long_name, 'l', sizeof(one->listener));
	assert_null(call_table_add(table, long_name, slice_of("name"), 0));
	assert_true(found == one || found == two);
	assert_ptr_equal(call_table_find_next(found), found == one ? two : one);
	assert_null(call_table_find_next(call_table_find_next(found)));
	assert_ptr_equal(call_table_find_at(table, "one", slice_of("name")), one);
	assert_ptr_equal(call_table_find_at(table, "two", slice_of("name")), two);
	assert_null(call_table_find_at(table, "three", slice_of("name")));
	call_table_remove(table, one);
	call_free(one);
	assert_ptr_equal(call_table_find(table, slice_of("name")), two);
	assert_null(call_table_find_next(two));
	for (unsigned i = 0; i < 3000; i++) { /* other chains, and longer ones */
		char name[16];

		(void)snprintf(name, sizeof(name), "other%u", i);
		assert_non_null(add(name));
	}
	assert_non_null(call_table_add(table, "one", slice_of("name"), 0));
	assert_ptr_equal(call_table_find_at(table, "two", slice_of("name")), two);
}

static void ids_never_come_again(void **state)
{
	struct call *one = add("one");

	(void)state;
	assert_int_equal(one->id, 1);
	assert_int_equal(call_table_add(table, "", slice_of("restored"), 77)->id, 77);
	assert_int_equal(call_table_add(table, "", slice_of("older"), 5)->id, 5);
	call_table_remove(table, one);
	call_free(one);
	assert_int_equal(add("one")->id, 78);
}

static void calls_are_in_order_of_age(void **state)
{
	struct call *calls[3] = {add("a"), add("b"), add("c")};

	(void)state;
	assert_ptr_equal(call_table_oldest(table), calls[0]);
	call_table_remove(table, calls[1]);
	call_free(calls[1]);
	assert_ptr_equal(calls[0]->newer, calls[2]);
	assert_ptr_equal(calls[2]->older, calls[0]);
	call_table_remove(table, calls[0]);
	call_free(calls[0]);
	assert_ptr_equal(call_table_oldest(table), calls[2]);
	call_table_remove(table, calls[2]);
	call_free(calls[2]);
	assert_null(call_table_oldest(table));
	assert_ptr_equal(add("d")->older, NULL);
}

static void many_calls_are_all_found(void **state)
{
	enum { MANY = 20000 };
	char name[32];
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "call-%u", i);
		assert_non_null(add(name));
	}
	for (uint32_t i = 0; i < MANY; i += 2) {
		struct call *call;

		(void)snprintf(name, sizeof(name), "call-%u", i);
		call = call_table_find(table, slice_of(name));
		assert_non_null(call);
		call_table_remove(table, call);
		call_free(call);
		assert_null(call_table_find(table, slice_of(name)));
	}
	for (struct call *c = call_table_oldest(table); c != NULL; c = c->newer) {
		(void)snprintf(name, sizeof(name), "call-%u", 2 * n++ + 1);
		assert_string_equal(c->call_id, name);
		assert_ptr_equal(call_table_find(table, slice_of(name)), c);
	}
	assert_int_equal(n, MANY / 2);
	assert_int_equal(call_table_count(table), MANY / 2);
}

static void bridges_keep_their_order_and_numbers(void **state)
{
	struct call *call = add("one");
	struct call_bridge *b[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		b[i] = call_bridge_add(call);
		assert_int_equal(b[i]->number, i);
		assert_ptr_equal(b[i]->call, call);
	}
	call_bridge_remove(call, b[1]);
	assert_ptr_equal(b[0]->next, b[2]);
	assert_int_equal(call_bridge_add(call)->number, 3);
	assert_int_equal(call->n_bridges, 3);
	call_bridge_remove(call, b[0]);
	assert_ptr_equal(call->bridges, b[2]);
}

static void media_grow_and_keep_what_they_have(void **state)
{
	struct call_bridge *b = call_bridge_add(add("one"));

	(void)state;
	assert_true(call_bridge_resize(b, 0));
	assert_true(call_bridge_resize(b, 1));
	assert_int_equal(b->medias[0].legs[0].now.out.suite, RELAY_PLAIN);
	b->medias[0].legs[1].port = 4000;
	b->medias[0].legs[1].ours = call_keys_create(2);
	assert_true(call_bridge_resize(b, CALL_MEDIAS_MAX));
	assert_true(call_bridge_resize(b, 3));
	assert_int_equal(b->n_medias, CALL_MEDIAS_MAX);
	assert_int_equal(b->medias[0].legs[1].port, 4000);
	assert_int_equal(b->medias[0].legs[1].ours->n, 2);
	assert_int_equal(b->medias[63].legs[1].next.in.suite, RELAY_PLAIN);
}

static void text_is_copied_or_gone(void **state)
{
	char from[] = "tag";
	char *to = NULL;

	(void)state;
	assert_true(call_text_set(&to, slice_of(from)));
	from[0] = 'b';
	assert_true(call_text_is(to, slice_of("tag")));
	assert_true(call_text_set(&to, call_text(to)));
	assert_string_equal(to, "tag");
	assert_true(call_text_set(&to, slice_of("")));
	assert_true(call_text_is(to, slice_of("")));
	assert_true(call_text_set(&to, (struct slice){NULL, 0}));
	assert_null(to);
	assert_false(call_text_is(to, slice_of("")));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_table, close_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(call_is_found_by_its_whole_name),
		TEST(names_are_unique_and_bounded),
		TEST(name_may_be_of_each_listener),
		TEST(ids_never_come_again),
		TEST(calls_are_in_order_of_age),
		TEST(many_calls_are_all_found),
		TEST(bridges_keep_their_order_and_numbers),
		TEST(media_grow_and_keep_what_they_have),
		TEST(text_is_copied_or_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
