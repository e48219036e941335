/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of a key that a peer has left, and comes back to. */
#include "call_past.h"
#include "support.h"

#include <stdlib.h>

static struct call_past *past;

static int forget(void **state)
{
	(void)state;
	free(past);
	past = NULL;
	return 0;
}

static struct relay_ssrc rtp(uint32_t ssrc, uint32_t roc, uint16_t seq)
{
	return (struct relay_ssrc){.ssrc = ssrc, .roc = roc, .seq = seq, .rtp_valid = 1};
}

static struct relay_ssrc rtcp(uint32_t ssrc, uint32_t index)
{
	return (struct relay_ssrc){.ssrc = ssrc, .rtcp_index = index, .rtcp_valid = 1};
}

static void keep(uint64_t name, struct relay_ssrc seen)
{
	assert_true(call_past_keep(&past, name, &seen, 1, NULL));
}

static struct relay_crypto recall(uint64_t name)
{
	struct relay_crypto c = {.key_name = name};

	call_past_recall(past, &c);
	return c;
}

static void key_comes_back_behind_what_was_seen(void **state)
{
	struct relay_crypto c;

	(void)state;
	assert_int_equal(recall(1).n_ssrcs, 0);
	keep(1, rtp(10, 2, 65530));
	keep(1, rtcp(10, 5));
	keep(2, rtp(10, 0, 1));
	c = recall(1);
	assert_int_equal(c.n_ssrcs, 1);
	assert_int_equal(c.ssrcs[0].roc, 3);
	assert_int_equal(c.ssrcs[0].seq, (uint16_t)(65530 + CALL_PAST_MARGIN));
	assert_int_equal(c.ssrcs[0].rtcp_index, 5 + CALL_PAST_RTCP_MARGIN);
	assert_int_equal(recall(2).ssrcs[0].seq, 1 + CALL_PAST_MARGIN);
	assert_int_equal(recall(3).n_ssrcs, 0);
}

static void without_packets_there_is_nothing_to_keep(void **state)
{
	(void)state;
	assert_true(call_past_keep(&past, 1, NULL, 0, NULL));
	assert_null(past);
}

/* A key that came back, and under which nothing came, is where it was. */
static void index_never_goes_back_nor_on_by_itself(void **state)
{
	struct relay_ssrc was;

	(void)state;
	keep(1, rtp(10, 1, 100));
	keep(1, rtcp(10, 100));
	was = recall(1).ssrcs[0];
	keep(1, was);
	keep(1, rtp(10, 0, 5000));
	keep(1, rtcp(10, 2));
	assert_memory_equal(&recall(1).ssrcs[0], &was, sizeof(was));
	keep(1, rtp(10, UINT32_MAX, UINT16_MAX));
	keep(1, rtcp(10, 0x7fffffff));
	was = recall(1).ssrcs[0];
	assert_int_equal(was.roc, UINT32_MAX);
	assert_int_equal(was.seq, UINT16_MAX);
	assert_int_equal(was.rtcp_index, 0x7fffffff);
}

/* Streams beyond a context's places come back parked, and what has no room is refused. */
static void streams_without_room_are_retired(void **state)
{
	uint64_t retired[SRTP_RETIRED_WORDS] = {0};
	const struct relay_ssrc last = rtp(100, 0, 1);
	struct relay_crypto c;

	(void)state;
	srtp_retired_add(retired, 1, 300);
	for (uint32_t i = 0; i < CALL_PAST_SSRCS; i++)
		keep(1, rtcp(i, 1));
	assert_true(call_past_keep(&past, 1, &last, 1, retired));
	keep(1, rtcp(200, 1));
	c = recall(1);
	assert_int_equal(c.n_ssrcs, RELAY_SSRCS);
	assert_int_equal(c.n_parked, RELAY_PARKED);
	assert_int_equal(c.ssrcs[0].ssrc, 100);
	assert_int_equal(c.ssrcs[0].rtcp_valid, 0);
	for (uint32_t i = 1; i < RELAY_SSRCS; i++)
		assert_int_equal(c.ssrcs[i].ssrc, i);
	for (uint32_t i = 0; i < RELAY_PARKED; i++)
		assert_int_equal(c.parked[i].ssrc, RELAY_SSRCS + i);
	assert_true(srtp_retired_has(c.retired, 1, 0)); /* whose room 100 has taken */
	assert_true(srtp_retired_has(c.retired, 1, 200));
	assert_true(srtp_retired_has(c.retired, 1, 300));
	assert_false(srtp_retired_has(c.retired, 1, 100));
}

static void oldest_of_many_is_forgotten(void **state)
{
	(void)state;
	for (uint64_t name = 1; name <= CALL_PAST_KEYS_MAX; name++)
		keep(name, rtp(10, 0, 1));
	keep(1, rtp(10, 0, 50));
	keep(1000, rtp(10, 0, 1));
	assert_int_equal(past->n, CALL_PAST_KEYS_MAX);
	assert_int_equal(recall(1).n_ssrcs, 1);
	assert_int_equal(recall(2).n_ssrcs, 0);
	assert_int_equal(recall(3).n_ssrcs, 1);
	assert_int_equal(recall(1000).n_ssrcs, 1);
}

static void plain_is_no_key(void **state)
{
	struct relay_crypto c = {.suite = RELAY_PLAIN};

	(void)state;
	keep(1, rtp(10, 0, 1));
	call_past_recall(past, &c);
	assert_int_equal(c.n_ssrcs, 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(key_comes_back_behind_what_was_seen),
		TEST(without_packets_there_is_nothing_to_keep),
		TEST(index_never_goes_back_nor_on_by_itself),
		TEST(streams_without_room_are_retired),
		TEST(oldest_of_many_is_forgotten),
		TEST(plain_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
