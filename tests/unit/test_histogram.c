/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets lie end to end, a value is in its own, and quantiles are those of the values. */
#include "histogram.h"

#include "support.h"

static struct histogram h;

static int clear(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	return 0;
}

static void buckets_lie_end_to_end(void **state)
{
	(void)state;
	assert_int_equal(histogram_low(0), 0);
	for (uint32_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++)
		assert_true(histogram_high(i) + 1 == histogram_low(i + 1));
	assert_true(histogram_high(HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
}

static void value_lies_in_its_bucket(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift < 64; shift++)
		for (int64_t off = -1; off <= 1; off++) {
			uint64_t value = (UINT64_C(1) << shift) + (uint64_t)off;
			uint32_t bucket = histogram_bucket(value);

			assert_true(bucket < HISTOGRAM_BUCKETS);
			assert_true(histogram_low(bucket) <= value);
			assert_true(histogram_high(bucket) >= value);
		}
}

static void bucket_is_a_32nd_wide_at_most(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		assert_true(histogram_high(i) - histogram_low(i) <= histogram_low(i) / 32);
}

static void quantiles_of_a_ramp_come_within_a_bucket(void **state)
{
	static const struct {
		uint64_t parts, whole, want;
	} rows[] = {{0, 100, 1}, {50, 100, 50000}, {99, 100, 99000}, {999, 1000, 99900},
		{100, 100, 100000}};

	(void)state;
	for (uint64_t i = 1; i <= 100000; i++)
		histogram_add(&h, i);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t got = histogram_quantile(&h, rows[i].parts, rows[i].whole);

		assert_true(got >= rows[i].want);
		assert_true(got <= rows[i].want + rows[i].want / 32);
	}
	assert_int_equal(histogram_min(&h), 1);
	assert_int_equal(h.max, 100000);
	assert_int_equal(h.count, 100000);
}

static void one_outlier_shows_in_max_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		histogram_add(&h, 10);
	histogram_add(&h, 1000000);
	assert_int_equal(histogram_quantile(&h, 999, 1000), 10);
	assert_int_equal(histogram_quantile(&h, 1000, 1000), 1000000);
	assert_int_equal(h.max, 1000000);
}

static void empty_one_says_zero(void **state)
{
	(void)state;
	assert_int_equal(histogram_min(&h), 0);
	assert_int_equal(histogram_quantile(&h, 50, 100), 0);
}

static void zero_and_the_largest_are_counted(void **state)
{
	(void)state;
	histogram_add(&h, 0);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(histogram_min(&h), 0);
	assert_true(h.max == UINT64_MAX);
	assert_int_equal(h.buckets[0], 1);
	assert_int_equal(h.buckets[HISTOGRAM_BUCKETS - 1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(buckets_lie_end_to_end, clear),
		cmocka_unit_test_setup(value_lies_in_its_bucket, clear),
		cmocka_unit_test_setup(bucket_is_a_32nd_wide_at_most, clear),
		cmocka_unit_test_setup(quantiles_of_a_ramp_come_within_a_bucket, clear),
		cmocka_unit_test_setup(one_outlier_shows_in_max_alone, clear),
		cmocka_unit_test_setup(empty_one_says_zero, clear),
		cmocka_unit_test_setup(zero_and_the_largest_are_counted, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
