/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets for the control plane and from it, and those of the kernel. */
#include "punt.h"
#include "question.h"
#include "relay_packet.h"
#include "worker_rig.h"

#include <rte_ring_elem.h>

enum { SLOTS = 8, IN = 1, OUT = 2 };

static struct worker_rig rig;
static struct worker *w;
static uint32_t head, tail; /* the client's: inject, punt */

static struct worker_rig_endpoint endpoint(void)
{
	return (struct worker_rig_endpoint){.index = IN,
		.local = {WORKER_RIG_IPV4, 20000},
		.remote = rig_frame_ipv4(10, 5000),
		.dscp = 46,
		.to = IN,
		.destination = WORKER_RIG_PLAIN_HOP};
}

static int open_rig(void **state)
{
	const struct worker_rig_endpoint e = endpoint();

	(void)state;
	worker_rig_open(&rig, 1);
	w = rig.w[0];
	worker_rig_install(&rig, &e);
	worker_rig_link(&rig);
	head = tail = 0;
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	worker_rig_close(&rig);
	return 0;
}

static struct relay_counts receive(struct relay_sockaddr from, const uint8_t *data, uint32_t len)
{
	worker_rig_receive(0, 0,
		&(struct rig_frame){
			.from = from, .to = rig_frame_ipv4(1, 20000), .payload = data, .len = len});
	return worker_rig_run(&rig, 0);
}

static bool take_punt(struct relay_packet *packet)
{
	struct relay_ring_head *ring = relay_layout_punt_head(rig.data.base, &rig.geometry, 0);
	const struct relay_packet *slots = (const struct relay_packet *)(const void *)(ring + 1);

	if (atomic_load(&ring->head) == tail)
		return false;
	assert_true(relay_packet_copy(&slots[tail % SLOTS], packet));
	atomic_store(&relay_layout_punt_tail(rig.control.base, &rig.geometry, 0)->tail, ++tail);
	return true;
}

static void send_inject(const struct relay_packet *packet)
{
	struct relay_ring_head *ring = relay_layout_inject_head(rig.control.base, &rig.geometry, 0);
	struct relay_packet *slots = (struct relay_packet *)(void *)(ring + 1);

	slots[head % SLOTS] = *packet;
	atomic_store(&ring->head, ++head);
}

static struct relay_packet make_inject(uint16_t len)
{
	struct relay_packet p = {
		.endpoint = IN, .generation = worker_rig_generation(IN), .len = len};

	for (uint32_t i = 0; i < len && i < RELAY_PACKET_DATA; i++)
		p.data[i] = (uint8_t)(i * 3);
	return p;
}

static void expect_injected(uint64_t injected, uint64_t refused)
{
	punt_run_inject(w, rig.link);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_INJECTED], injected);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_INJECT_REFUSED], refused);
}

static void stun_and_dtls_come_to_the_client_whole(void **state)
{
	const struct relay_sockaddr from = rig_frame_ipv4(50, 5050);
	struct relay_packet got = {.len = 0};
	uint8_t data[1300];
	struct relay_counts c;

	(void)state;
	for (uint32_t class = RELAY_PACKET_STUN; class <= RELAY_PACKET_DTLS; class ++) {
		uint32_t len = class == RELAY_PACKET_STUN ? 20 : sizeof(data);

		memset(data, 22, sizeof(data));
		data[700] = 3;
		if (class == RELAY_PACKET_STUN)
			rig_frame_stun(data);
		c = receive(from, data, len);
		assert_int_equal(c.counts[RELAY_COUNTER_PUNT], 1);
		assert_int_equal(c.counts[RELAY_COUNTER_PUNT_KERNEL], 0);
		assert_true(take_punt(&got));
		assert_int_equal(got.class, class);
		assert_int_equal(got.endpoint, IN);
		assert_int_equal(got.generation, worker_rig_generation(IN));
		assert_true(relay_address_equal(&got.remote, &from));
		assert_int_equal(got.len, len);
		assert_memory_equal(got.data, data, len);
		assert_false(take_punt(&got));
	}
}

/* 10 in a second, at once or one by one. */
static void packets_beyond_the_rate_are_dropped(void **state)
{
	struct relay_packet got = {.len = 0};
	uint64_t punted = 0;
	uint8_t stun[20];

	(void)state;
	rig_frame_stun(stun);
	for (uint32_t i = 0; i < 15; i++) {
		struct relay_counts c = receive(rig_frame_ipv4(10, 5000), stun, 20);

		punted += c.counts[RELAY_COUNTER_PUNT];
		assert_int_equal(c.counts[RELAY_COUNTER_PUNT] + c.drops[RELAY_DROP_PUNT_RATE], 1);
		(void)take_punt(&got);
	}
	assert_int_equal(punted, 10);
	w->clock.base_us += 100000;
	assert_int_equal(receive(rig_frame_ipv4(10, 5000), stun, 20).counts[RELAY_COUNTER_PUNT], 1);
	assert_int_equal(
		receive(rig_frame_ipv4(10, 5000), stun, 20).drops[RELAY_DROP_PUNT_RATE], 1);
	w->clock.base_us += 100000000; /* fills up to its depth, and no further */
	punted = 0;
	for (uint32_t i = 0; i < 15; i++) {
		punted += receive(rig_frame_ipv4(10, 5000), stun, 20).counts[RELAY_COUNTER_PUNT];
		(void)take_punt(&got);
	}
	assert_int_equal(punted, 10);
}

/* What a profile may say: none, one in a second or less, and many. */
static void bucket_of_each_rate_lets_so_many_pass(void **state)
{
	static const struct {
		uint32_t rate, at_once, in_ten_seconds;
	} rows[] = {{0, 0, 0}, {1, 1, 10}, {3, 1, 30}, {9, 1, 90}, {10, 1, 100}, {11, 1, 110},
		{100, 10, 1000}, {1000000, 100000, 10000000}};

	(void)state;
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct worker_bucket b = worker_bucket_of(rows[i].rate);
		uint64_t now = 50000000, end = now + 10000000;
		uint32_t n = 0;

		while (worker_bucket_take(&b, now))
			n++;
		assert_int_equal(n, rows[i].at_once);
		for (n = 0; now < end;) {
			now += 10;
			while (worker_bucket_take(&b, now))
				n++;
		}
		/* the steps are whole microseconds, and the last may not be over */
		assert_in_range(n + 1, rows[i].in_ten_seconds,
			rows[i].in_ten_seconds + rows[i].in_ten_seconds / 1000 + 1);
	}
}

static void packet_that_no_client_can_take_is_dropped(void **state)
{
	uint8_t stun[20], dtls[RIG_FRAME_MAX];

	(void)state;
	rig_frame_stun(stun);
	memset(dtls, 22, sizeof(dtls));
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(
			receive(rig_frame_ipv4(10, 1), stun, 20).counts[RELAY_COUNTER_PUNT], 1);
	assert_int_equal(receive(rig_frame_ipv4(10, 1), stun, 20).drops[RELAY_DROP_PUNT_RATE], 1);
	/* the ring says that more was read than was ever written */
	atomic_store(&relay_layout_punt_tail(rig.control.base, &rig.geometry, 0)->tail, SLOTS + 9);
	w->clock.base_us += 10000000;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(
			receive(rig_frame_ipv4(10, 1), stun, 20).drops[RELAY_DROP_PUNT_RATE], 1);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_RING_BROKEN], 1);
	worker_rig_unlink(&rig);
	w->clock.base_us += 10000000;
	assert_int_equal(receive(rig_frame_ipv4(10, 1), stun, 20).drops[RELAY_DROP_PUNT_RATE], 1);
	assert_int_equal(receive(rig_frame_ipv4(10, 1), dtls, 80).drops[RELAY_DROP_PUNT_RATE], 1);
}

static void expect_sent(const struct relay_packet *p, const struct relay_sockaddr *to, bool vlan)
{
	const struct relay_sockaddr from = rig_frame_ipv4(1, 20000);
	uint8_t frame[RIG_FRAME_MAX];
	struct rig_frame_seen seen;

	rig_frame_parse(frame, worker_rig_sent(vlan, 0, frame), true, &seen);
	assert_int_equal(seen.vlan, vlan ? WORKER_RIG_VLAN : 0);
	assert_int_equal(seen.dscp, 46);
	assert_true(relay_address_equal(&seen.from, &from));
	assert_true(relay_address_equal(&seen.to, to));
	assert_int_equal(seen.len, p->len);
	assert_memory_equal(seen.payload, p->data, p->len);
}

static void packet_to_the_remote_address_is_sent(void **state)
{
	static const uint16_t lens[] = {0, 1, 20, 500, WORKER_RIG_MTU - 28};
	const struct relay_sockaddr remote = endpoint().remote, other = rig_frame_ipv4(10, 6);

	(void)state;
	for (uint32_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct relay_packet p = make_inject(lens[i]);

		send_inject(&p);
		p.remote = other; /* another port of the same host */
		send_inject(&p);
		expect_injected(2 * (i + UINT64_C(1)), 0);
		expect_sent(&p, &remote, false);
		expect_sent(&p, &other, false);
	}
}

static void answer(const struct worker_question *q, uint32_t destination)
{
	struct worker_question a = *q;

	a.destination = destination;
	assert_int_equal(rte_ring_enqueue_elem(w->answers, &a, sizeof(a)), 0);
	question_run(w);
}

static bool take_question(struct worker_question *q)
{
	return rte_ring_dequeue_elem(w->questions, q, sizeof(*q)) == 0;
}

static void packet_elsewhere_waits_for_the_answer_about_its_host(void **state)
{
	const struct relay_sockaddr to = rig_frame_ipv4(44, 4444);
	struct relay_packet p = make_inject(30);
	struct worker_question q;
	uint8_t frame[RIG_FRAME_MAX];

	(void)state;
	p.remote = to;
	send_inject(&p);
	send_inject(&p);
	expect_injected(0, 2);
	assert_int_equal(worker_rig_sent(1, 0, frame), 0);
	assert_true(take_question(&q));
	assert_int_equal(q.endpoint, WORKER_PEER_QUESTION);
	assert_true(relay_address_equal(&q.addr, &to));
	assert_false(take_question(&q)); /* asked once */
	answer(&q, WORKER_RIG_VLAN_HOP);
	send_inject(&p);
	expect_injected(1, 2);
	expect_sent(&p, &to, true);
	/* an answer about another host of the same place is no answer for this one */
	q.addr = rig_frame_ipv4(45, 1);
	answer(&q, WORKER_RIG_NO_HOP);
	send_inject(&p);
	expect_injected(2, 2);
}

static void source_of_a_punted_packet_is_asked_for(void **state)
{
	const struct relay_sockaddr from = rig_frame_ipv4(60, 6060);
	struct relay_packet p = make_inject(30);
	struct worker_question q;
	uint8_t stun[20];

	(void)state;
	rig_frame_stun(stun);
	(void)receive(from, stun, 20);
	assert_true(take_question(&q));
	assert_true(relay_address_equal(&q.addr, &from));
	answer(&q, WORKER_RIG_PLAIN_HOP);
	p.remote = from;
	send_inject(&p);
	expect_injected(1, 0);
	expect_sent(&p, &from, false);
}

static bool ask_comes(void)
{
	struct worker_question q;

	return take_question(&q);
}

static void answer_all(uint32_t destination)
{
	struct worker_question q;

	while (take_question(&q))
		answer(&q, destination);
}

/* STUN from sources of a network, 'step_us' apart, that nobody can check: many more than there are
 * places. */
static void spoof(uint8_t network, uint32_t step_us)
{
	struct relay_packet got;
	uint8_t stun[20];

	rig_frame_stun(stun);
	w->punt_bucket = w->stranger_bucket =
		(struct worker_bucket){.step_us = 1, .depth_us = 1000000};
	for (uint32_t i = 0; i < 20 * WORKER_PEERS; i++) {
		struct relay_sockaddr from = {.ip = {10, network, (uint8_t)(i >> 8), (uint8_t)i},
			.port = 5,
			.family = RELAY_FAMILY_IPV4};

		(void)receive(from, stun, 20);
		(void)take_punt(&got);
		answer_all(WORKER_RIG_NO_HOP);
		w->clock.base_us += step_us;
	}
}

/* The control plane's packet to a peer, which is asked for and found. */
static void talk_to(struct relay_packet *p)
{
	uint64_t refused = w->sums.counts[RELAY_COUNTER_INJECT_REFUSED];

	send_inject(p);
	expect_injected(w->sums.counts[RELAY_COUNTER_INJECTED], refused + 1);
	answer_all(WORKER_RIG_PLAIN_HOP);
	send_inject(p);
	expect_injected(w->sums.counts[RELAY_COUNTER_INJECTED] + 1, refused + 1);
	expect_sent(p, &p->remote, false);
}

/* The peer that the control plane talks to keeps its place. */
static void spoofed_sources_do_not_turn_out_a_peer(void **state)
{
	struct relay_packet p = make_inject(30);

	(void)state;
	p.remote = rig_frame_ipv4(60, 6060);
	talk_to(&p);
	spoof(1, 1000); /* 5 s in all */
	send_inject(&p);
	expect_injected(2, 1);
	expect_sent(&p, &p.remote, false);
	/* who has not been sent to for long may go, and is asked for again */
	w->clock.base_us += QUESTION_PEER_KEEP_MS * UINT64_C(1000);
	spoof(2, 1000);
	talk_to(&p);
}

/* Nor by a clock that was set back, to which the peer was last used in the future. */
static void clock_set_back_does_not_turn_out_a_peer(void **state)
{
	struct relay_packet p = make_inject(30);

	(void)state;
	p.remote = rig_frame_ipv4(60, 6060);
	talk_to(&p);
	w->clock.base_us -= UINT64_C(2) * WORKER_CLOCK_BACK_US;
	spoof(1, 10);
	send_inject(&p);
	expect_injected(2, 1);
	expect_sent(&p, &p.remote, false);
}

/* Each has a bucket of its own: neither takes the other's questions. */
static void strangers_and_peers_do_not_starve_each_other(void **state)
{
	struct relay_packet p = make_inject(30);
	uint8_t stun[20];

	(void)state;
	spoof(1, 10);
	w->stranger_bucket = worker_bucket_of(QUESTION_STRANGERS_A_SECOND);
	while (worker_bucket_take(&w->stranger_bucket, w->clock.now_us))
		;
	w->peer_bucket = worker_bucket_of(QUESTION_PEERS_A_SECOND);
	p.remote = rig_frame_ipv4(60, 6060);
	talk_to(&p);
	while (worker_bucket_take(&w->peer_bucket, w->clock.now_us))
		;
	p.remote = rig_frame_ipv4(61, 6060);
	send_inject(&p);
	expect_injected(1, 2);
	assert_false(ask_comes());
	rig_frame_stun(stun);
	(void)receive(rig_frame_ipv4(62, 6060), stun, 20);
	assert_false(ask_comes());
	w->stranger_bucket = worker_bucket_of(QUESTION_STRANGERS_A_SECOND);
	(void)receive(rig_frame_ipv4(62, 6060), stun, 20);
	assert_true(ask_comes());
}

static void packet_that_breaks_a_rule_is_refused(void **state)
{
	struct relay_packet rows[12];
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 12; i++)
		rows[i] = make_inject(20);
	rows[n++].generation--; /* of an earlier endpoint of the slot */
	rows[n++].generation = 0;
	rows[n++].endpoint = OUT; /* nothing there */
	rows[n++].endpoint = 0x7fffffff;
	rows[n++].endpoint = UINT32_MAX;
	rows[n++].len = RELAY_PACKET_DATA + 1;
	rows[n++].len = UINT16_MAX;
	rows[n++].len = WORKER_RIG_MTU - 27;
	rows[n++].class = 1;
	rows[n++].remote = rig_frame_ipv6(10, 5000); /* another family than the local address */
	rows[n++].remote = rig_frame_ipv4(10, 0);
	rows[n++].remote.family = 9;
	assert_int_equal(n, 12);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t frame[RIG_FRAME_MAX];

		send_inject(&rows[i]);
		expect_injected(0, i + 1);
		assert_int_equal(worker_rig_sent(0, 0, frame), 0);
	}
}

static void inject_ring_that_is_broken_is_counted_once(void **state)
{
	(void)state;
	atomic_store(
		&relay_layout_inject_head(rig.control.base, &rig.geometry, 0)->head, SLOTS + 1);
	for (uint32_t i = 0; i < 3; i++)
		expect_injected(0, 0);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_RING_BROKEN], 1);
}

static void inject_without_room_on_the_port_is_refused(void **state)
{
	struct relay_packet p = make_inject(10);

	(void)state;
	(void)worker_rig_clog(0, 0);
	send_inject(&p);
	expect_injected(0, 1);
}

static void frames_of_the_kernel_are_sent_as_they_are(void **state)
{
	uint8_t arp[42], frame[RIG_FRAME_MAX];

	(void)state;
	rig_frame_arp(arp);
	for (uint16_t i = 0; i < 4; i++) {
		struct rte_mbuf *m = worker_rig_mbuf(arp, sizeof(arp));

		m->port = i % 2;
		assert_int_equal(rte_ring_enqueue(w->from_kernel, m), 0);
	}
	punt_run_kernel(w);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_KERNEL_TX], 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(worker_rig_sent(i % 2, 0, frame), sizeof(arp));
		assert_memory_equal(frame, arp, sizeof(arp));
	}
	(void)worker_rig_clog(1, 0);
	for (uint16_t i = 0; i < 2; i++) {
		struct rte_mbuf *m = worker_rig_mbuf(arp, sizeof(arp));

		m->port = i;
		assert_int_equal(rte_ring_enqueue(w->from_kernel, m), 0);
	}
	punt_run_kernel(w);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_KERNEL_TX], 5);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_KERNEL_TX_LOST], 1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(stun_and_dtls_come_to_the_client_whole),
		EACH(packets_beyond_the_rate_are_dropped),
		EACH(bucket_of_each_rate_lets_so_many_pass),
		EACH(packet_that_no_client_can_take_is_dropped),
		EACH(packet_to_the_remote_address_is_sent),
		EACH(packet_elsewhere_waits_for_the_answer_about_its_host),
		EACH(source_of_a_punted_packet_is_asked_for),
		EACH(spoofed_sources_do_not_turn_out_a_peer),
		EACH(clock_set_back_does_not_turn_out_a_peer),
		EACH(strangers_and_peers_do_not_starve_each_other),
		EACH(packet_that_breaks_a_rule_is_refused),
		EACH(inject_ring_that_is_broken_is_counted_once),
		EACH(inject_without_room_on_the_port_is_refused),
		EACH(frames_of_the_kernel_are_sent_as_they_are),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
