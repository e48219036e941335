/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop itself, on a thread: its clock, what it does when nothing comes, and its end. Then what
 * the path does seldom: fragments, the room kept for next hops, and a checksum that comes out as
 * none. */
#include "worker_rig.h"

#include <pthread.h>
#include <time.h>

enum { IN = 1, OUT = 2, SSRC = 5, RUN_MS = 200, NAP_US = 2000, RING = 512, RESERVED = 256 };

static struct worker_rig rig;
static struct retire retire;
static _Atomic bool stop;

static int open_rig(void **state)
{
	struct worker_rig_endpoint in = {.index = IN,
		.local = {WORKER_RIG_IPV4, 20000},
		.remote = rig_frame_ipv4(10, 5000),
		.to = OUT,
		.destination = WORKER_RIG_PLAIN_HOP};
	struct worker_rig_endpoint out = in;

	(void)state;
	out.index = OUT;
	out.local.port = 20002;
	out.remote = rig_frame_ipv4(11, 6000);
	out.to = IN;
	worker_rig_open(&rig, 1);
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
	retire_init(&retire, 1);
	rig.w[0]->retire = &retire;
	rig.w[0]->stop = &stop;
	atomic_store(&stop, false);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	retire_fini(&retire);
	worker_rig_close(&rig);
	return 0;
}

static uint64_t monotonic_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void *run(void *worker)
{
	worker_run(worker);
	return NULL;
}

/* For RUN_MS; what the worker published. */
static struct relay_counts run_a_while(void)
{
	const struct timespec a_while = {.tv_nsec = RUN_MS * 1000000L};
	struct relay_counts c;
	pthread_t thread;

	rig.w[0]->clock = (struct worker_clock){.base_us = 0};
	assert_int_equal(pthread_create(&thread, NULL, run, rig.w[0]), 0);
	(void)nanosleep(&a_while, NULL);
	retire_wait(&retire); /* it passes quiescent points, asleep or not */
	atomic_store(&stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(relay_counters_read(rig.w[0]->published, &c));
	return c;
}

static void clock_is_the_systems_and_polls_are_counted(void **state)
{
	const struct worker_clock *clock = &rig.w[0]->clock;
	struct relay_counts c;
	uint64_t before = monotonic_us();

	(void)state;
	c = run_a_while();
	assert_in_range(clock->now_us, before, monotonic_us() + 1);
	assert_true(clock->now_us - before >= RUN_MS * 1000 / 2);
	assert_int_equal(clock->now_ms, (uint32_t)(clock->now_us / 1000));
	assert_true(c.counts[RELAY_COUNTER_POLLS] > 1000);
	assert_int_equal(c.counts[RELAY_COUNTER_POLLS_EMPTY], c.counts[RELAY_COUNTER_POLLS]);
	assert_int_equal(c.counts[RELAY_COUNTER_RX], 0);
}

/* What it shows, what the system says, and what it shows then. */
static void clock_set_back_a_little_stands_still(void **state)
{
	static const struct {
		uint64_t shown, us, want;
	} rows[] = {
		{0, 5000000, 5000000}, /* the first time */
		{5000000, 5000000, 5000000},
		{5000000, 5000001, 5000001},
		{5000000, 4999999, 5000000},
		{5000000, 5000001 - WORKER_CLOCK_BACK_US, 5000000},
		{5000000, 5000000 - WORKER_CLOCK_BACK_US, 5000000 - WORKER_CLOCK_BACK_US},
		{UINT64_C(1) << 60, 5000000, 5000000},
		{UINT64_C(5000000000000), UINT64_C(4999999999999), UINT64_C(5000000000000)},
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct worker_clock clock = {.now_us = rows[i].shown};

		worker_clock_show(&clock, rows[i].us);
		assert_int_equal(clock.now_us, rows[i].want);
		assert_int_equal(clock.now_ms, (uint32_t)(rows[i].want / 1000));
	}
}

static void idle_worker_backs_off(void **state)
{
	struct relay_counts c;

	(void)state;
	rig.w[0]->backoff = true;
	rig.w[0]->idle_polls = 100;
	rig.w[0]->idle_sleep_us = NAP_US;
	c = run_a_while();
	/* some before it sleeps, and then one each nap */
	assert_in_range(c.counts[RELAY_COUNTER_POLLS], 100, 101 + RUN_MS * 1000 / NAP_US * 2);
}

static struct rig_frame media(const uint8_t *packet, uint32_t len)
{
	return (struct rig_frame){.from = rig_frame_ipv4(10, 5000),
		.to = rig_frame_ipv4(1, 20000),
		.payload = packet,
		.len = len};
}

static void packet_that_comes_ends_the_nap(void **state)
{
	uint8_t packet[50], frame[RIG_FRAME_MAX];
	const struct rig_frame f = media(packet, sizeof(packet));
	struct relay_counts c;

	(void)state;
	rig.w[0]->backoff = true;
	rig.w[0]->idle_polls = 100;
	rig.w[0]->idle_sleep_us = NAP_US;
	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	worker_rig_receive(0, 0, &f);
	c = run_a_while();
	assert_int_equal(c.counts[RELAY_COUNTER_TX], 1);
	assert_true(c.counts[RELAY_COUNTER_CYCLES_BUSY] > 0);
	assert_int_not_equal(worker_rig_sent(0, 0, frame), 0);
}

/* Later fragments go to the kernel, some of them: a flood must not keep main from other things. */
static void later_fragments_for_the_kernel_have_a_rate(void **state)
{
	struct rte_ring *small = rig.w[0]->to_kernel;
	struct rte_ring *ring =
		rte_ring_create("fragments", RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	uint8_t packet[50], frame[RIG_FRAME_MAX];
	const struct rig_frame f = media(packet, sizeof(packet));
	uint32_t len = rig_frame_build(frame, &f);
	struct relay_counts c;
	void *m = NULL;

	(void)state;
	assert_non_null(ring);
	rig.w[0]->to_kernel = ring;
	rig.w[0]->fragment_bucket = (struct worker_bucket){.step_us = 100000, .depth_us = 500000};
	frame[14 + 7] = 185; /* an offset */
	for (uint32_t i = 0; i < 9; i++) {
		worker_rig_put(0, 0, worker_rig_mbuf(frame, len));
		worker_rig_put(1, 0, worker_rig_mbuf(frame, len)); /* has no way to the kernel */
	}
	rig_frame_arp(frame);
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 42));
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_PUNT_KERNEL], 5 + 1);
	assert_int_equal(c.drops[RELAY_DROP_FRAGMENT_RATE], 4);
	assert_int_equal(c.drops[RELAY_DROP_NOT_OURS], 9);
	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
	rig.w[0]->to_kernel = small;
}

/* Frames to a port that is the kernel's fill the ring up to what is kept for next hops. */
static void kernels_ring_keeps_room_for_next_hops(void **state)
{
	struct rte_ring *small = rig.w[0]->to_kernel;
	struct rte_ring *ring =
		rte_ring_create("kernel_room", RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	uint8_t packet[50], arp[42];
	struct rig_frame f = media(packet, sizeof(packet));
	uint64_t passed = 0, dropped = 0;
	void *m = NULL;

	(void)state;
	assert_non_null(ring);
	rig.w[0]->to_kernel = ring;
	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	rig_frame_arp(arp);
	f.to.port = 53;
	for (uint32_t i = 0; i < RING; i++) {
		struct relay_counts c;

		worker_rig_receive(0, 0, &f);
		c = worker_rig_run(&rig, 0);
		passed += c.counts[RELAY_COUNTER_PUNT_KERNEL];
		dropped += c.drops[RELAY_DROP_KERNEL_FULL];
	}
	assert_int_equal(passed, RING - 1 - RESERVED);
	assert_int_equal(dropped, RING - passed);
	for (uint32_t i = 0; i < RESERVED; i++) {
		worker_rig_put(0, 0, worker_rig_mbuf(arp, sizeof(arp)));
		assert_int_equal(worker_rig_run(&rig, 0).counts[RELAY_COUNTER_PUNT_KERNEL], 1);
	}
	worker_rig_put(0, 0, worker_rig_mbuf(arp, sizeof(arp)));
	assert_int_equal(worker_rig_run(&rig, 0).drops[RELAY_DROP_KERNEL_FULL], 1);
	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
	rig.w[0]->to_kernel = small;
}

/* RFC 768: a checksum of zero says that there is none, so it is sent as its other zero. */
static void checksum_that_is_zero_is_sent_as_ones(void **state)
{
	uint8_t packet[50], frame[RIG_FRAME_MAX];
	const struct rig_frame f = media(packet, sizeof(packet));
	struct rig_frame_seen seen;
	uint32_t sum;

	(void)state;
	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	for (uint32_t i = 0; i < 2; i++) {
		worker_rig_receive(0, 0, &f);
		assert_int_equal(worker_rig_run(&rig, 0).counts[RELAY_COUNTER_TX], 1);
		rig_frame_parse(frame, worker_rig_sent(0, 0, frame), true, &seen);
		/* what is missing in the sum, put into the last word of the payload */
		sum = ((uint32_t)packet[48] << 8 | packet[49]) + seen.udp_checksum;
		sum = (sum & 0xffff) + (sum >> 16);
		packet[48] = (uint8_t)(sum >> 8);
		packet[49] = (uint8_t)sum;
	}
	assert_int_equal(seen.udp_checksum, 0xffff);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(clock_is_the_systems_and_polls_are_counted),
		EACH(clock_set_back_a_little_stands_still),
		EACH(idle_worker_backs_off),
		EACH(packet_that_comes_ends_the_nap),
		EACH(later_fragments_for_the_kernel_have_a_rate),
		EACH(kernels_ring_keeps_room_for_next_hops),
		EACH(checksum_that_is_zero_is_sent_as_ones),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
