/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of neighbour_state.c by the clock: what follows what the kernel says. */
#include "neighbour_impl.h"

#include "support.h"

#include <linux/neighbour.h>

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, other_mac[6] = {2, 0, 0, 0, 0, 2};

static struct neighbour n;
static struct neighbour_via via, *vias[] = {&via};
static uint32_t probes, updates;

/* in place of the library's */
void neighbour_kernel_provoke(struct neighbour *of, const struct neighbour_via *to)
{
	(void)of;
	(void)to;
	probes++;
}

void neighbour_via_update(struct neighbour *of, struct neighbour_via *what)
{
	(void)of;
	(void)what;
	updates++;
}

static int begin(void **state)
{
	(void)state;
	n = (struct neighbour){.vias = vias, .n_vias = 1, .now_ms = 1000000};
	n.probes_left = NEIGHBOUR_TICK_PROBES;
	via = (struct neighbour_via){.key.oif = 5, .backoff_ms = NEIGHBOUR_PROBE_MS};
	probes = updates = 0;
	return 0;
}

/* Probes sent while 'ms' pass, in steps as a main loop has them. */
static uint32_t pass(int64_t ms)
{
	uint32_t before = probes;

	for (int64_t end = n.now_ms + ms; n.now_ms < end;) {
		n.now_ms += 50;
		neighbour_state_tick(&n);
	}
	return probes - before;
}

static void hear(uint16_t nud, const uint8_t *address)
{
	neighbour_state_heard(&n, &via, nud, address);
}

static void unknown_asked_for_at_once_then_less_and_less(void **state)
{
	static const int64_t gaps[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};

	(void)state;
	neighbour_state_wanted(&n, &via);
	assert_int_equal(probes, 1);
	hear(NUD_INCOMPLETE, NULL);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		assert_int_equal(pass(gaps[i] - 50), 0);
		if (i == 1)
			hear(NUD_FAILED, NULL); /* does not change the rhythm */
		assert_int_equal(pass(50), 1);
	}
}

static void wanted_again_while_failing_asked_for_within_a_second(void **state)
{
	(void)state;
	neighbour_state_wanted(&n, &via);
	(void)pass(40000);
	(void)pass(2000);
	probes = 0;
	for (uint32_t i = 0; i < 100; i++)
		neighbour_state_wanted(&n, &via);
	assert_int_equal(probes, 1);
	for (uint32_t i = 0; i < 100; i++)
		neighbour_state_wanted(&n, &via);
	assert_int_equal(probes, 1);
	assert_int_equal(pass(950), 0);
	assert_int_equal(pass(50), 1);
}

static void usable_states_give_the_mac(void **state)
{
	static const uint16_t usable[] = {
		NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT, NUD_NOARP};

	for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++) {
		(void)begin(state);
		hear(usable[i], mac);
		assert_true(via.has_mac);
		assert_memory_equal(via.mac, mac, 6);
		hear(usable[i], other_mac);
		assert_memory_equal(via.mac, other_mac, 6);
	}
}

static void no_or_zero_mac_is_none(void **state)
{
	static const uint8_t zero[6];

	(void)state;
	hear(NUD_REACHABLE, NULL);
	assert_false(via.has_mac);
	hear(NUD_NOARP, zero);
	assert_false(via.has_mac);
}

static void reachable_left_alone(void **state)
{
	(void)state;
	hear(NUD_REACHABLE, mac);
	assert_int_equal(pass(600000), 0);
	assert_true(via.has_mac);
}

static void stale_refreshed_at_once_then_each_30_s(void **state)
{
	(void)state;
	hear(NUD_STALE, mac);
	assert_int_equal(probes, 1);
	assert_int_equal(pass(29900), 0);
	assert_int_equal(pass(100), 1);
	assert_int_equal(pass(300000), 10);
	assert_true(via.has_mac);
	hear(NUD_REACHABLE, mac);
	assert_int_equal(pass(300000), 0);
}

/* A hostile LAN, or a filter, makes it go stale again and again. */
static void stale_over_and_over_refreshed_once_a_second(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		hear(NUD_REACHABLE, mac);
		hear(NUD_STALE, i % 2 == 0 ? mac : other_mac);
		(void)pass(50);
	}
	assert_in_range(probes, 9, 11);
}

static void failed_dropped_within_two_ticks(void **state)
{
	(void)state;
	hear(NUD_REACHABLE, mac);
	hear(NUD_FAILED, NULL);
	assert_true(via.has_mac);
	updates = 0;
	(void)pass(150);
	assert_false(via.has_mac);
	assert_int_equal(updates, 1);
}

static void deleted_kept_for_grace_and_asked_for(void **state)
{
	(void)state;
	hear(NUD_REACHABLE, mac);
	hear(0, NULL);
	assert_int_equal(probes, 1);
	hear(NUD_INCOMPLETE, NULL);
	(void)pass(4900);
	assert_true(via.has_mac);
	(void)pass(150);
	assert_false(via.has_mac);
}

/* As the kernel reports 'ip neigh flush'. */
static void failed_and_deleted_together_kept_for_grace(void **state)
{
	(void)state;
	hear(NUD_STALE, mac);
	(void)pass(10000);
	probes = 0;
	hear(NUD_FAILED, NULL);
	hear(0, NULL);
	assert_int_equal(probes, 1);
	(void)pass(4900);
	assert_true(via.has_mac);
	hear(NUD_REACHABLE, other_mac);
	(void)pass(10000);
	assert_true(via.has_mac);
	assert_memory_equal(via.mac, other_mac, 6);
}

static void deleted_and_failing_anew_dropped(void **state)
{
	(void)state;
	hear(NUD_REACHABLE, mac);
	hear(0, NULL);
	hear(NUD_INCOMPLETE, NULL);
	(void)pass(3000);
	assert_true(via.has_mac);
	hear(NUD_FAILED, NULL);
	(void)pass(150);
	assert_false(via.has_mac);
}

static void probes_of_all_together_limited_in_a_tick(void **state)
{
	(void)state;
	n.probes_left = 0;
	neighbour_state_wanted(&n, &via);
	assert_int_equal(probes, 0);
	assert_int_equal(pass(50), 1); /* made up for */
}

static void static_rows_have_no_state(void **state)
{
	(void)state;
	via.key.oif = -1;
	via.probe_ms = 1;
	assert_int_equal(pass(10000), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_asked_for_at_once_then_less_and_less),
		TEST(wanted_again_while_failing_asked_for_within_a_second),
		TEST(usable_states_give_the_mac),
		TEST(no_or_zero_mac_is_none),
		TEST(reachable_left_alone),
		TEST(stale_refreshed_at_once_then_each_30_s),
		TEST(stale_over_and_over_refreshed_once_a_second),
		TEST(failed_dropped_within_two_ticks),
		TEST(deleted_kept_for_grace_and_asked_for),
		TEST(failed_and_deleted_together_kept_for_grace),
		TEST(deleted_and_failing_anew_dropped),
		TEST(probes_of_all_together_limited_in_a_tick),
		TEST(static_rows_have_no_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
