/* SPDX-License-Identifier: BSD-3-Clause */
#include "pending.h"
#include "source.h"

#include "support.h"

#include <errno.h>

enum { SLOTS = 4 };

static void no_reply(
	struct pending_owner *owner, const struct pending_entry *entry, struct slice bytes)
{
	(void)owner;
	(void)entry;
	(void)bytes;
}

static void handle_leads_to_its_request_once(void **state)
{
	struct pending_table *table = NULL;
	struct pending_owner owner;
	struct pending_entry entry = {.owner = &owner, .mark = 7}, found;
	struct pending_handle handle;

	(void)state;
	assert_int_equal(pending_create(SLOTS, &table), 0);
	pending_owner_init(&owner, no_reply);
	assert_int_equal(pending_open(table, &entry, &handle), 0);
	assert_int_equal(owner.n, 1);
	assert_true(pending_take(table, handle, &found));
	assert_int_equal(found.mark, 7);
	assert_false(pending_take(table, handle, &found));
	assert_false(pending_take(table, (struct pending_handle){SLOTS, 0}, &found));
	assert_false(pending_take(table, (struct pending_handle){UINT32_MAX, 0}, &found));
	assert_int_equal(owner.n, 0);
	pending_destroy(table);
	pending_destroy(NULL);
}

static void slots_run_out_and_come_back(void **state)
{
	struct pending_table *table = NULL;
	struct pending_owner owner;
	struct pending_entry entry = {.owner = &owner}, found;
	struct pending_handle handles[SLOTS], extra;

	(void)state;
	assert_int_equal(pending_create(SLOTS, &table), 0);
	pending_owner_init(&owner, no_reply);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < SLOTS; i++)
			assert_int_equal(pending_open(table, &entry, &handles[i]), 0);
		assert_int_equal(pending_open(table, &entry, &extra), -ENOBUFS);
		/* in another order than they came */
		for (int i = 0; i < SLOTS; i++)
			assert_true(pending_take(table, handles[(i * 3 + round) % SLOTS], &found));
		assert_int_equal(pending_count(table), 0);
		assert_int_equal(owner.first, PENDING_NONE);
	}
	pending_destroy(table);
}

static void owner_that_goes_leaves_nothing_behind(void **state)
{
	struct pending_table *table = NULL;
	struct pending_owner gone, other;
	struct pending_entry of_gone = {.owner = &gone}, of_other = {.owner = &other}, found;
	struct pending_handle first, second, third, again;

	(void)state;
	assert_int_equal(pending_create(SLOTS, &table), 0);
	pending_owner_init(&gone, no_reply);
	pending_owner_init(&other, no_reply);
	assert_int_equal(pending_open(table, &of_gone, &first), 0);
	assert_int_equal(pending_open(table, &of_other, &second), 0);
	assert_int_equal(pending_open(table, &of_gone, &third), 0);
	pending_abandon(table, &gone);
	assert_int_equal(pending_count(table), 1);
	assert_int_equal(pending_open(table, &of_other, &again), 0); /* in a slot that was taken */
	assert_false(pending_take(table, first, &found));
	assert_false(pending_take(table, third, &found));
	assert_true(pending_take(table, second, &found));
	assert_true(pending_take(table, again, &found));
	assert_ptr_equal(found.owner, &other);
	pending_destroy(table);
}

static struct relay_sockaddr v4(uint8_t last)
{
	return (struct relay_sockaddr){
		.ip = {192, 0, 2, last}, .port = last, .family = RELAY_FAMILY_IPV4};
}

static struct source_table *sources(void)
{
	static const uint8_t seed[SOURCE_SEED] = "a seed of tests";
	struct source_table *table = NULL;

	assert_int_equal(source_create(seed, &table), 0);
	return table;
}

static void source_has_its_own_limit(void **state)
{
	struct source_table *table = sources();
	struct relay_sockaddr a = v4(1), b = v4(2);
	struct relay_sockaddr c = {.ip = {0x20, 1, [15] = 1}, .family = RELAY_FAMILY_IPV6};
	struct relay_sockaddr d = {.ip = {0x20, 1, [8] = 9, [15] = 2}, .family = RELAY_FAMILY_IPV6};

	(void)state;
	assert_int_equal(source_enter(table, &a, 2, 0), 0);
	a.port = 99; /* of no matter */
	assert_int_equal(source_enter(table, &a, 2, 0), 0);
	assert_int_equal(source_enter(table, &a, 2, 0), -EAGAIN);
	assert_int_equal(source_enter(table, &b, 2, 0), 0);
	source_leave(table, &a, 0);
	assert_int_equal(source_enter(table, &a, 2, 0), 0);
	/* one /64 */
	assert_int_equal(source_enter(table, &c, 1, 0), 0);
	assert_int_equal(source_enter(table, &d, 1, 0), -EAGAIN);
	d.ip[7] = 1;
	assert_int_equal(source_enter(table, &d, 1, 0), 0);
	source_destroy(table);
	source_destroy(NULL);
}

static void source_that_fails_is_blocked_for_a_while(void **state)
{
	struct source_table *table = sources();
	struct relay_sockaddr a = v4(1), b = v4(2);
	unsigned told = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(source_enter(table, &a, 9, 1000), 0);
		source_leave(table, &a, 1000);
		told += source_fail(table, &a, 5, 1000);
	}
	for (int i = 0; i < 100; i++)
		told += source_fail(table, &a, 5, 1000);
	assert_int_equal(told, 1);
	assert_int_equal(source_enter(table, &a, 9, 1000), -EACCES);
	assert_int_equal(source_enter(table, &b, 9, 1000), 0);
	assert_int_equal(source_enter(table, &a, 9, 60000), -EACCES);
	assert_int_equal(source_enter(table, &a, 9, 80000), 0);
	source_destroy(table);
}

static void sources_are_forgotten(void **state)
{
	struct source_table *table = sources();

	(void)state;
	/* more than there is room for, one after the other */
	for (uint32_t i = 0; i < 3 * SOURCE_MAX; i++) {
		struct relay_sockaddr a = {.family = RELAY_FAMILY_IPV4,
			.ip = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				(uint8_t)i}};

		assert_int_equal(source_enter(table, &a, 1, i), 0);
		source_leave(table, &a, i);
	}
	source_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handle_leads_to_its_request_once),
		cmocka_unit_test(slots_run_out_and_come_back),
		cmocka_unit_test(owner_that_goes_leaves_nothing_behind),
		cmocka_unit_test(source_has_its_own_limit),
		cmocka_unit_test(source_that_fails_is_blocked_for_a_while),
		cmocka_unit_test(sources_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
