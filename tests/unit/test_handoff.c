/* SPDX-License-Identifier: BSD-3-Clause */
/* Two workers: a packet is processed, and counted, by the one that has its port's class. */
#include "worker_rig.h"

/* Ports of the first and of the second worker; of each its two endpoints. */
enum { OURS = 20000, THEIRS = 20002, SSRC = 77, FIRST = 1, SECOND = 9 };

static struct worker_rig rig;

static void install_pair(uint32_t index, uint16_t port)
{
	/* the class comes again after 64 ports */
	struct worker_rig_endpoint in = {.index = index,
		.local = {WORKER_RIG_IPV4, port},
		.remote = rig_frame_ipv4(10, port),
		.to = index + 1,
		.destination = WORKER_RIG_PLAIN_HOP};
	struct worker_rig_endpoint out = {.index = index + 1,
		.local = {WORKER_RIG_IPV4, (uint16_t)(port + 64)},
		.remote = rig_frame_ipv4(11, port),
		.to = index,
		.destination = WORKER_RIG_VLAN_HOP};

	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
}

static int open_rig(void **state)
{
	(void)state;
	worker_rig_open(&rig, 2);
	install_pair(FIRST, OURS);
	install_pair(SECOND, THEIRS);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	worker_rig_close(&rig);
	return 0;
}

/* On the first worker's queue. */
static uint32_t receive(uint16_t port, uint16_t seq)
{
	uint8_t packet[80], frame[RIG_FRAME_MAX];
	const struct rig_frame f = {.from = rig_frame_ipv4(10, port),
		.to = rig_frame_ipv4(1, port),
		.payload = packet,
		.len = sizeof(packet)};
	uint32_t len;

	rig_frame_rtp(packet, sizeof(packet), SSRC, seq);
	len = rig_frame_build(frame, &f);
	worker_rig_put(1, 0, worker_rig_mbuf(frame, len));
	return len;
}

static void packets_of_the_other_are_counted_once_and_by_it(void **state)
{
	struct relay_counts a, b;
	uint64_t bytes = 0;

	(void)state;
	for (uint16_t i = 0; i < 8; i++)
		bytes += receive(i % 2 == 0 ? OURS : THEIRS, i);
	a = worker_rig_run(&rig, 0);
	assert_int_equal(a.counts[RELAY_COUNTER_RX], 4);
	assert_int_equal(a.counts[RELAY_COUNTER_RX_BYTES], bytes / 2);
	assert_int_equal(a.counts[RELAY_COUNTER_TX], 4);
	assert_int_equal(a.counts[RELAY_COUNTER_HANDOFF_OUT], 4);
	assert_int_equal(rte_ring_count(rig.w[1]->handoff_in[0]), 4);
	b = worker_rig_run(&rig, 1);
	assert_int_equal(b.counts[RELAY_COUNTER_HANDOFF_IN], 4);
	assert_int_equal(b.counts[RELAY_COUNTER_RX], 4);
	assert_int_equal(b.counts[RELAY_COUNTER_RX_BYTES], bytes / 2);
	assert_int_equal(b.counts[RELAY_COUNTER_TX], 4);
	assert_int_equal(b.counts[RELAY_COUNTER_HANDOFF_OUT], 0);
}

static void packets_handed_over_keep_their_order_and_content(void **state)
{
	uint8_t frame[RIG_FRAME_MAX], want[80];
	struct rig_frame_seen seen;

	(void)state;
	for (uint16_t i = 0; i < 6; i++)
		(void)receive(THEIRS, i);
	(void)worker_rig_run(&rig, 0);
	assert_int_equal(worker_rig_sent(1, 0, frame), 0);
	(void)worker_rig_run(&rig, 1);
	for (uint16_t i = 0; i < 6; i++) {
		rig_frame_parse(frame, worker_rig_sent(1, 1, frame), true, &seen);
		rig_frame_rtp(want, sizeof(want), SSRC, i);
		assert_int_equal(seen.from.port, THEIRS + 64);
		assert_int_equal(seen.to.port, THEIRS);
		assert_int_equal(seen.len, sizeof(want));
		assert_memory_equal(seen.payload, want, sizeof(want));
	}
}

static void full_ring_drops_and_counts_the_rest(void **state)
{
	uint32_t room = rte_ring_free_count(rig.w[0]->handoff_out[1]);
	struct relay_counts c;

	(void)state;
	for (uint32_t i = 0; i < room + 5; i++)
		(void)receive(THEIRS, (uint16_t)i);
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_HANDOFF_OUT], room);
	assert_int_equal(c.counts[RELAY_COUNTER_RX], 5); /* nobody else counts these */
	assert_int_equal(c.drops[RELAY_DROP_HANDOFF_FULL], 5);
	c = worker_rig_run(&rig, 1);
	assert_int_equal(c.counts[RELAY_COUNTER_RX], room);
	assert_int_equal(c.counts[RELAY_COUNTER_TX], room);
}

/* Handed-over packets must not keep a worker from its own queues. */
static void ring_that_is_full_leaves_room_in_a_burst(void **state)
{
	struct relay_counts c;

	(void)state;
	rig.w[1]->burst = 8;
	for (uint16_t i = 0; i < 12; i++)
		(void)receive(THEIRS, i);
	(void)worker_rig_run(&rig, 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t arp[42];

		rig_frame_arp(arp);
		worker_rig_put(0, 1, worker_rig_mbuf(arp, sizeof(arp)));
	}
	assert_int_equal(worker_poll(rig.w[1]), 8);
	assert_true(relay_counters_read(rig.w[1]->published, &c));
	assert_int_equal(c.counts[RELAY_COUNTER_HANDOFF_IN], 4);
	assert_int_equal(c.counts[RELAY_COUNTER_PUNT_KERNEL], 4);
	assert_int_equal(worker_rig_run(&rig, 1).counts[RELAY_COUNTER_TX], 8);
}

/* What is no media is nobody's port's, and stays where it came in; what has no endpoint is dropped
 * by the port's worker. */
static void garbage_is_not_handed_over(void **state)
{
	uint8_t packet[60], frame[RIG_FRAME_MAX];
	const struct rig_frame f = {.from = rig_frame_ipv4(10, 9),
		.to = rig_frame_ipv4(1, THEIRS),
		.payload = packet,
		.len = sizeof(packet)};
	struct relay_counts c;
	uint32_t len;

	(void)state;
	memset(packet, 0x77, sizeof(packet));
	len = rig_frame_build(frame, &f);
	worker_rig_put(0, 0, worker_rig_mbuf(frame, len));
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 41));
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 1));
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 0));
	(void)receive(THEIRS + 128, 1);
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_RX], 4);
	assert_int_equal(c.counts[RELAY_COUNTER_HANDOFF_OUT], 1);
	assert_int_equal(c.drops[RELAY_DROP_NOT_MEDIA], 1);
	assert_int_equal(c.drops[RELAY_DROP_MALFORMED], 3);
	c = worker_rig_run(&rig, 1);
	assert_int_equal(c.counts[RELAY_COUNTER_RX], 1);
	assert_int_equal(c.drops[RELAY_DROP_NO_ENDPOINT], 1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

/* One worker's ring is always full: those of the others have their turn all the same. */
static void rings_of_all_workers_have_their_turn(void **state)
{
	struct worker *w = rig.w[0];
	struct rte_ring *rings[3] = {NULL};
	uint32_t seen[3] = {0}, polls = 0;
	struct batch b;

	(void)state;
	for (uint32_t i = 1; i < 3; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "turn%u", i);
		rings[i] = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		assert_non_null(rings[i]);
	}
	w->n_workers = 3;
	w->burst = 8; /* half of which is for hand-off */
	w->handoff_in[1] = rings[1];
	w->handoff_in[2] = rings[2];
	for (; polls < 12; polls++) {
		for (uint32_t i = 1; i < 3; i++) {
			while (rte_ring_count(rings[i]) < (i == 1 ? 32u : 2u)) {
				struct rte_mbuf *m = worker_rig_mbuf((const uint8_t *)"x", 1);

				m->port = (uint16_t)i;
				assert_int_equal(rte_ring_enqueue(rings[i], m), 0);
			}
		}
		assert_in_range(rx_run(w, &b), 1, 4);
		for (uint32_t i = 0; i < b.n; i++) {
			seen[b.pkts[i]->port]++;
			rte_pktmbuf_free(b.pkts[i]);
		}
	}
	assert_true(seen[1] >= polls && seen[2] >= polls / 2);
	for (uint32_t i = 1; i < 3; i++) {
		void *m = NULL;

		while (rte_ring_dequeue(rings[i], &m) == 0)
			rte_pktmbuf_free(m);
		rte_ring_free(rings[i]);
		w->handoff_in[i] = i == 1 ? rig.w[1]->handoff_out[0] : NULL;
	}
	w->n_workers = 2;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(packets_of_the_other_are_counted_once_and_by_it),
		EACH(packets_handed_over_keep_their_order_and_content),
		EACH(full_ring_drops_and_counts_the_rest),
		EACH(ring_that_is_full_leaves_room_in_a_burst),
		EACH(garbage_is_not_handed_over),
		EACH(rings_of_all_workers_have_their_turn),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
