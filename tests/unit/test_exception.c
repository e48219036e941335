/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames between workers and the kernel, whose interface is played here: a queue each way. */
#include "exception.h"
#include "worker_rig.h"

#include <errno.h>

enum { FRAMES = 200, LEN = 60 };

struct tap {
	uint32_t waiting; /* frames of the kernel's */
	uint32_t written;
	uint8_t last; /* first byte of what was written last */
};

static struct tap fake;
static struct worker_rig rig;
static struct exception x;

int tap_open(const struct tap_config *config, FILE *out, struct tap **made)
{
	(void)config;
	(void)out;
	*made = &fake;
	return 0;
}

void tap_close(struct tap *tap)
{
	(void)tap;
}

int tap_fd(const struct tap *tap)
{
	return tap == &fake ? 0 : -1;
}

int tap_ifindex(const struct tap *tap)
{
	return tap == &fake ? 1 : 0;
}

uint32_t tap_frame_max(const struct tap *tap)
{
	return tap == &fake ? RIG_FRAME_MAX : 0;
}

int tap_carrier(struct tap *tap, bool on)
{
	return tap == &fake && on ? 0 : -ENODEV;
}

/* As the kernel's: a frame that does not fit is gone. */
ssize_t tap_read(struct tap *tap, void *frame, size_t room)
{
	if (tap->waiting == 0)
		return -EAGAIN;
	tap->waiting--;
	if (room < LEN + 14)
		return -EMSGSIZE;
	memset(frame, (int)tap->waiting, LEN + 14);
	return LEN + 14;
}

int tap_write(struct tap *tap, const void *frame, size_t len)
{
	assert_true(len > 0);
	memcpy(&tap->last, frame, 1);
	tap->written++;
	return 0;
}

static int open_rig(void **state)
{
	(void)state;
	worker_rig_open(&rig, 1);
	fake = (struct tap){.waiting = 0};
	x = (struct exception){.pool = rig.w[0]->pool, .taps = {&fake}};
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	worker_rig_close(&rig);
	return 0;
}

static uint32_t taken(void)
{
	return rte_ring_count(rig.w[0]->from_kernel);
}

static void frames_go_both_ways_and_a_bounded_number_in_a_turn(void **state)
{
	const uint8_t frame[LEN] = {7};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct rte_mbuf *m = worker_rig_mbuf(frame, LEN);

		m->port = 0;
		assert_int_equal(rte_ring_enqueue(rig.w[0]->to_kernel, m), 0);
	}
	fake.waiting = 2;
	exception_run(&x, rig.w, 1);
	assert_int_equal(fake.written, 3);
	assert_int_equal(fake.last, 7);
	assert_int_equal(taken(), 2);
	fake.waiting = FRAMES;
	exception_run(&x, rig.w, 1);
	assert_int_equal(fake.waiting, FRAMES - EXCEPTION_A_TURN);
	/* no more fit in the worker's ring */
	assert_int_equal(x.lost[0], 2 + EXCEPTION_A_TURN - taken());
}

static void frame_is_lost_only_where_there_was_one(void **state)
{
	struct rte_mbuf *all[2048];
	uint32_t n = 0;

	(void)state;
	while ((all[n] = rte_pktmbuf_alloc(x.pool)) != NULL)
		n++;
	for (uint32_t i = 0; i < 10; i++)
		exception_run(&x, rig.w, 1);
	assert_int_equal(x.lost[0], 0); /* nothing came */
	fake.waiting = 3;
	exception_run(&x, rig.w, 1);
	assert_int_equal(x.lost[0], 3);
	assert_int_equal(fake.waiting, 0); /* it does not wake main again */
	rte_pktmbuf_free_bulk(all, n);
	fake.waiting = 1;
	exception_run(&x, rig.w, 1);
	assert_int_equal(taken(), 1);
	assert_int_equal(x.lost[0], 3);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(frames_go_both_ways_and_a_bounded_number_in_a_turn),
		EACH(frame_is_lost_only_where_there_was_one),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
