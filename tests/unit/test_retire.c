/* SPDX-License-Identifier: BSD-3-Clause */
#include "retire.h"

#include "support.h"

enum { WORKERS = 3, OBJECTS = 8 };

static struct retire retire;
static uint32_t gone[OBJECTS], n_gone; /* in this order */
static uint32_t objects[OBJECTS];

static void destroy(void *object)
{
	gone[n_gone++] = *(const uint32_t *)object;
}

static int open_retire(void **state)
{
	(void)state;
	n_gone = 0;
	retire_init(&retire, WORKERS);
	for (uint32_t i = 0; i < OBJECTS; i++)
		objects[i] = i;
	return 0;
}

static void defer(uint32_t object)
{
	assert_int_equal(retire_defer(&retire, &objects[object], destroy), 0);
}

static void no_worker_running_object_goes_at_once(void **state)
{
	(void)state;
	defer(0);
	assert_int_equal(n_gone, 0);
	assert_int_equal(retire_run(&retire), 0);
	assert_int_equal(n_gone, 1);
}

static void each_running_worker_is_waited_for(void **state)
{
	(void)state;
	retire_start(&retire, 0);
	retire_start(&retire, 2);
	defer(0);
	assert_int_equal(retire_run(&retire), 1);
	retire_quiescent(&retire, 0);
	assert_int_equal(retire_run(&retire), 1);
	retire_quiescent(&retire, 0);
	assert_int_equal(retire_run(&retire), 1);
	assert_int_equal(n_gone, 0);
	retire_quiescent(&retire, 2);
	assert_int_equal(retire_run(&retire), 0);
	assert_int_equal(n_gone, 1);
	retire_stop(&retire, 0);
	retire_stop(&retire, 2);
}

static void quiescent_before_defer_does_not_count(void **state)
{
	(void)state;
	retire_start(&retire, 1);
	for (uint32_t i = 0; i < 3; i++)
		retire_quiescent(&retire, 1);
	defer(0);
	assert_int_equal(retire_run(&retire), 1);
	retire_quiescent(&retire, 1);
	assert_int_equal(retire_run(&retire), 0);
	retire_stop(&retire, 1);
}

static void quiescent_between_defers_frees_the_older_only(void **state)
{
	(void)state;
	retire_start(&retire, 0);
	defer(3);
	defer(5);
	retire_quiescent(&retire, 0);
	defer(4);
	assert_int_equal(retire_run(&retire), 1);
	assert_int_equal(n_gone, 2);
	assert_int_equal(gone[0], 3);
	assert_int_equal(gone[1], 5);
	defer(6);
	retire_quiescent(&retire, 0);
	assert_int_equal(retire_run(&retire), 0);
	assert_int_equal(n_gone, 4);
	assert_int_equal(gone[2], 4);
	assert_int_equal(gone[3], 6);
	retire_stop(&retire, 0);
}

static void list_that_ran_empty_takes_more(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		defer(i);
		assert_int_equal(retire_run(&retire), 0);
		assert_int_equal(n_gone, i + 1);
		assert_int_equal(gone[i], i);
	}
}

static void stopped_worker_is_not_waited_for(void **state)
{
	(void)state;
	retire_start(&retire, 0);
	defer(0);
	assert_int_equal(retire_run(&retire), 1);
	retire_stop(&retire, 0);
	assert_int_equal(retire_run(&retire), 0);
	assert_int_equal(n_gone, 1);
}

static void worker_started_later_cannot_have_it(void **state)
{
	(void)state;
	defer(0);
	retire_start(&retire, 0);
	assert_int_equal(retire_run(&retire), 0);
	defer(1);
	assert_int_equal(retire_run(&retire), 1);
	retire_stop(&retire, 0);
	retire_start(&retire, 0);
	assert_int_equal(retire_run(&retire), 0);
	retire_stop(&retire, 0);
}

static void wait_without_workers_returns(void **state)
{
	(void)state;
	retire_start(&retire, 0);
	retire_stop(&retire, 0);
	retire_wait(&retire);
	assert_int_equal(retire_run(&retire), 0);
}

static void fini_destroys_all_in_order(void **state)
{
	(void)state;
	retire_start(&retire, 0);
	for (uint32_t i = 0; i < OBJECTS; i++)
		defer(OBJECTS - 1 - i);
	assert_int_equal(retire_run(&retire), OBJECTS);
	retire_stop(&retire, 0);
	retire_fini(&retire);
	assert_int_equal(n_gone, OBJECTS);
	for (uint32_t i = 0; i < OBJECTS; i++)
		assert_int_equal(gone[i], OBJECTS - 1 - i);
}

static int close_retire(void **state)
{
	(void)state;
	retire_fini(&retire);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_retire, close_retire)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_worker_running_object_goes_at_once),
		TEST(each_running_worker_is_waited_for),
		TEST(quiescent_before_defer_does_not_count),
		TEST(quiescent_between_defers_frees_the_older_only),
		TEST(list_that_ran_empty_takes_more),
		TEST(stopped_worker_is_not_waited_for),
		TEST(worker_started_later_cannot_have_it),
		TEST(wait_without_workers_returns),
		TEST(fini_destroys_all_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
