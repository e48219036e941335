/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of neighbour_state.c by the clock: what follows what the kernel says. */
#include "neighbour_impl.h"

#include "support.h"

#include <linux/neighbour.h>

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, other_mac[6] = {2, 0, 0, 0, 0, 2};

static struct neighbour self;
static struct neighbour_via peer, *vias[] = {&peer};
static uint32_t probes, updates;
static bool sent; /* what provoking says */

/* in place of the library's */
bool neighbour_kernel_provoke(struct neighbour *n, const struct neighbour_via *via)
{
	(void)n;
	(void)via;
	probes++;
	return sent;
}

void neighbour_via_update(struct neighbour *n, struct neighbour_via *via)
{
	(void)n;
	(void)via;
	updates++;
}

static int begin(void **state)
{
	(void)state;
	self = (struct neighbour){.vias = vias, .n_vias = 1, .now_ms = 1000000};
	self.probes_left = NEIGHBOUR_TICK_PROBES;
	peer = (struct neighbour_via){.key.oif = 5, .backoff_ms = NEIGHBOUR_BACKOFF_MS};
	probes = updates = 0;
	sent = true;
	return 0;
}

/* Probes sent while 'ms' pass, in steps as a main loop has them. */
static uint32_t pass(int64_t ms)
{
	uint32_t before = probes;

	for (int64_t end = self.now_ms + ms; self.now_ms < end;) {
		self.now_ms += 50;
		neighbour_state_tick(&self);
	}
	return probes - before;
}

static void hear(uint16_t nud, const uint8_t *address)
{
	neighbour_state_heard(&self, &peer, nud, address);
}

static const int64_t gaps[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};

/* Datagrams can't be sent, so nothing is heard. */
static void unknown_asked_for_at_once_then_less_and_less(void **state)
{
	(void)state;
	sent = false;
	neighbour_state_wanted(&self, &peer);
	assert_int_equal(probes, 1);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		assert_int_equal(pass(gaps[i] - 50), 0);
		assert_int_equal(pass(50), 1);
	}
}

/* The pause counts from when the kernel gave up, not from our last datagram. */
static void kernel_left_alone_while_it_looks(void **state)
{
	(void)state;
	neighbour_state_wanted(&self, &peer);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		if (i % 2 == 1)
			hear(NUD_INCOMPLETE, NULL);
		assert_int_equal(pass(3050), 0);
		hear(NUD_FAILED, NULL);
		assert_int_equal(pass(gaps[i] - 50), 0);
		assert_int_equal(pass(50), 1);
	}
	hear(NUD_INCOMPLETE, NULL);
	for (uint32_t i = 0; i < 10; i++)
		neighbour_state_wanted(&self, &peer);
	assert_int_equal(pass(9950), 0);
	assert_int_equal(pass(50), 1); /* something is wrong with what it says */
}

static void wanted_again_while_failing_asked_for_within_a_second(void **state)
{
	(void)state;
	neighbour_state_wanted(&self, &peer);
	sent = false;
	(void)pass(33000); /* the next one would be 28 s later */
	probes = 0;
	for (uint32_t i = 0; i < 100; i++)
		neighbour_state_wanted(&self, &peer);
	assert_int_equal(probes, 1);
	for (uint32_t i = 0; i < 100; i++)
		neighbour_state_wanted(&self, &peer);
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
		assert_true(peer.has_mac);
		assert_memory_equal(peer.mac, mac, 6);
		hear(usable[i], other_mac);
		assert_memory_equal(peer.mac, other_mac, 6);
	}
}

static void no_or_zero_mac_is_none(void **state)
{
	static const uint8_t zero[6];

	(void)state;
	hear(NUD_REACHABLE, NULL);
	assert_false(peer.has_mac);
	hear(NUD_NOARP, zero);
	assert_false(peer.has_mac);
}

static void reachable_left_alone(void **state)
{
	(void)state;
	hear(NUD_REACHABLE, mac);
	assert_int_equal(pass(600000), 0);
	assert_true(peer.has_mac);
}

static void stale_refreshed_at_once_then_each_30_s(void **state)
{
	(void)state;
	hear(NUD_STALE, mac);
	assert_int_equal(probes, 1);
	assert_int_equal(pass(29900), 0);
	assert_int_equal(pass(100), 1);
	assert_int_equal(pass(300000), 10);
	assert_true(peer.has_mac);
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
	assert_true(peer.has_mac);
	updates = 0;
	(void)pass(150);
	assert_false(peer.has_mac);
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
	assert_true(peer.has_mac);
	(void)pass(150);
	assert_false(peer.has_mac);
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
	assert_true(peer.has_mac);
	hear(NUD_REACHABLE, other_mac);
	(void)pass(10000);
	assert_true(peer.has_mac);
	assert_memory_equal(peer.mac, other_mac, 6);
}

static void deleted_and_failing_anew_dropped(void **state)
{
	(void)state;
	hear(NUD_REACHABLE, mac);
	hear(0, NULL);
	hear(NUD_INCOMPLETE, NULL);
	(void)pass(3000);
	assert_true(peer.has_mac);
	hear(NUD_FAILED, NULL);
	(void)pass(150);
	assert_false(peer.has_mac);
}

/* The kernel tidies up, on a large LAN. */
static void failed_and_forgotten_does_not_change_the_rhythm(void **state)
{
	(void)state;
	neighbour_state_wanted(&self, &peer);
	hear(NUD_FAILED, NULL);
	(void)pass(1000);
	hear(NUD_FAILED, NULL);
	(void)pass(2000);
	hear(NUD_FAILED, NULL);
	assert_int_equal(probes, 3);
	(void)pass(1000);
	hear(0, NULL);
	assert_int_equal(pass(2950), 0);
	assert_int_equal(pass(50), 1);
}

static void probes_of_all_together_limited_in_a_tick(void **state)
{
	(void)state;
	self.probes_left = 0;
	neighbour_state_wanted(&self, &peer);
	assert_int_equal(probes, 0);
	assert_int_equal(pass(50), 1); /* made up for */
}

static void static_rows_have_no_state(void **state)
{
	(void)state;
	peer.key.oif = -1;
	peer.probe_ms = 1;
	assert_int_equal(pass(10000), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_asked_for_at_once_then_less_and_less),
		TEST(kernel_left_alone_while_it_looks),
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
		TEST(failed_and_forgotten_does_not_change_the_rhythm),
		TEST(probes_of_all_together_limited_in_a_tick),
		TEST(static_rows_have_no_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
