/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_counters.h"

#include "relay_seqlock.h"
#include "srtp_status.h"
#include "support.h"

#include <stdio.h>

static struct relay_worker_counters counters;

static void published_sums_are_read(void **state)
{
	struct relay_counts sums, got;

	(void)state;
	for (uint32_t i = 0; i < sizeof(sums) / 8; i++)
		memcpy((uint8_t *)&sums + (size_t)i * 8, &(uint64_t){UINT64_C(1000003) * i}, 8);
	relay_counters_publish(&counters, &sums);
	assert_true(relay_counters_read(&counters, &got));
	assert_memory_equal(&got, &sums, sizeof(got));
	relay_counters_publish(&counters, &sums);
	assert_int_equal(atomic_load(&counters.version), 4);
}

static void writer_that_died_is_told(void **state)
{
	struct relay_counts got = {.counts = {0}};

	(void)state;
	atomic_store(&counters.counts[RELAY_COUNTER_RX], 7);
	relay_seqlock_begin(&counters.version);
	assert_false(relay_counters_read(&counters, &got));
	assert_int_equal(got.counts[RELAY_COUNTER_RX], 7);
	relay_seqlock_end(&counters.version);
	assert_true(relay_counters_read(&counters, &got));
}

static void check_names(const struct relay_counter_row *rows, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		assert_true(strlen(rows[i].help) > 0);
		assert_true(strlen(rows[i].name) > 0);
		assert_int_equal(
			strspn(rows[i].name, "abcdefghijklmnopqrstuvwxyz_"), strlen(rows[i].name));
		for (uint32_t j = 0; j < i; j++)
			assert_string_not_equal(rows[i].name, rows[j].name);
	}
}

static void names_are_metric_names_and_each_its_own(void **state)
{
	(void)state;
	check_names(relay_counters_worker_rows, RELAY_COUNTER_COUNT);
	check_names(relay_counters_drop_rows, RELAY_DROP_COUNT);
	check_names(relay_counters_port_rows, RELAY_PORT_COUNT);
	assert_string_equal(relay_counters_stage_names[RELAY_STAGE_TX], "tx");
}

/* A packet's status is a drop reason by an addition. */
static void drops_end_with_the_statuses_of_crypto(void **state)
{
	(void)state;
	assert_int_equal(RELAY_DROP_COUNT - RELAY_DROP_BAD_LENGTH,
		SRTP_PACKET_STATUS_COUNT - SRTP_BAD_LENGTH);
	for (uint32_t i = SRTP_BAD_LENGTH; i < SRTP_PACKET_STATUS_COUNT; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "srtp_%s", srtp_status_name(i));
		assert_string_equal(
			relay_counters_drop_rows[RELAY_DROP_BAD_LENGTH + i - SRTP_BAD_LENGTH].name,
			name);
	}
}

static int clear(void **state)
{
	(void)state;
	memset(&counters, 0, sizeof(counters));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(published_sums_are_read, clear),
		cmocka_unit_test_setup(writer_that_died_is_told, clear),
		cmocka_unit_test(names_are_metric_names_and_each_its_own),
		cmocka_unit_test(drops_end_with_the_statuses_of_crypto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
