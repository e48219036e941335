/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker asks of main of its endpoints, how often and in which order. */
#include "question.h"

#include "worker_rig.h"

#include <rte_ring_elem.h>

enum { MOVERS = 12, TURNS = 4 };

static struct worker_rig rig;
static struct worker *w;
static uint32_t sources;

/* Endpoints 0 to 11 learn, and have been asked for. */
static void install(uint32_t index, uint8_t host)
{
	const struct worker_rig_endpoint e = {.index = index,
		.local = {WORKER_RIG_IPV4, (uint16_t)(20000 + 2 * index)},
		.remote = rig_frame_ipv4(host, 5000),
		.source = RELAY_SOURCE_LEARN,
		.learn_ds = 200,
		.to = index};

	worker_rig_install(&rig, &e);
}

static bool take_question(struct worker_question *q)
{
	return rte_ring_dequeue_elem(w->questions, q, sizeof(*q)) == 0;
}

/* Has the worker ask; how many questions came. */
static uint32_t asked(void)
{
	struct worker_question q;
	uint32_t n = 0;

	for (uint32_t i = 0; i < TURNS; i++)
		question_run(w);
	while (take_question(&q))
		n++;
	return n;
}

static int open_rig(void **state)
{
	(void)state;
	worker_rig_open(&rig, 1);
	w = rig.w[0];
	w->move_bucket = (struct worker_bucket){.step_us = 100000, .depth_us = 500000}; /* 5 */
	sources = 0;
	for (uint32_t i = 0; i < MOVERS; i++)
		install(i, (uint8_t)(10 + i));
	assert_int_equal(asked(), MOVERS);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	worker_rig_close(&rig);
	return 0;
}

/* A packet from a host that was never seen. */
static struct relay_sockaddr move(uint32_t index)
{
	const struct relay_sockaddr from = {
		{10, 9, (uint8_t)(sources >> 8), (uint8_t)sources}, 4000, RELAY_FAMILY_IPV4, 0};
	uint8_t packet[50];
	struct relay_counts c;

	sources++;
	rig_frame_rtp(packet, sizeof(packet), 5, 1);
	worker_rig_receive(0, 0,
		&(struct rig_frame){.from = from,
			.to = rig_frame_ipv4(1, (uint16_t)(20000 + 2 * index)),
			.payload = packet,
			.len = sizeof(packet)});
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.drops[RELAY_DROP_NO_ROUTE], 1);
	assert_true(relay_address_equal(&w->endpoints.slots[index].remote, &from));
	return from;
}

static void move_all(void)
{
	for (uint32_t i = 0; i < MOVERS; i++)
		(void)move(i);
}

/* As many as there are calls, each a command's doing. */
static void first_move_after_a_command_has_no_rate(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 3; round++) {
		move_all();
		assert_int_equal(asked(), MOVERS);
		for (uint32_t i = 0; i < MOVERS; i++) {
			struct relay_command c = {.version = RELAY_ABI_VERSION,
				.type = RELAY_COMMAND_UPDATE,
				.set = RELAY_SET_REMOTE,
				.endpoint = i,
				.generation = worker_rig_generation(i),
				.remote = rig_frame_ipv4(
					(uint8_t)(100 + i), (uint16_t)(5000 + round)),
				.source = RELAY_SOURCE_LEARN,
				.learn_ds = 200};

			assert_int_equal(endpoint_command(&w->endpoints, &c, NULL, w->clock.now_ms),
				RELAY_OK);
		}
		assert_int_equal(asked(), MOVERS);
	}
}

/* However many packets move them, and nothing is lost: the last address is asked for. */
static void further_moves_wait_their_turn_and_are_all_asked(void **state)
{
	struct relay_sockaddr last[MOVERS];
	struct worker_question q;
	uint32_t n = 0;

	(void)state;
	move_all();
	assert_int_equal(asked(), MOVERS);
	for (uint32_t round = 0; round < 50; round++)
		for (uint32_t i = 0; i < MOVERS; i++)
			last[i] = move(i);
	for (uint32_t second = 0; n < MOVERS; second++) {
		uint32_t now = 0;

		for (uint32_t i = 0; i < TURNS; i++)
			question_run(w);
		for (; take_question(&q); now++, n++) {
			assert_int_equal(q.endpoint, n); /* in the order of their moves */
			assert_true(relay_address_equal(&q.addr, &last[n]));
		}
		assert_int_equal(now, second < 2 ? 5 : 2);
		w->clock.now_us += 1000000;
	}
	assert_int_equal(asked(), 0);
}

static void remove_slot(uint32_t i)
{
	const struct relay_command remove = {.version = RELAY_ABI_VERSION,
		.type = RELAY_COMMAND_REMOVE,
		.endpoint = i,
		.generation = worker_rig_generation(i)};

	assert_int_equal(endpoint_command(&w->endpoints, &remove, NULL, w->clock.now_ms), RELAY_OK);
	w->endpoints.records[i].identity.generation--; /* so that it may be used again */
}

/* A slot that waits may go, and serve another endpoint: those behind it are asked for still. */
static void slot_used_again_takes_none_out_of_the_list(void **state)
{
	struct worker_question q;
	uint32_t n = 0;

	(void)state;
	w->move_bucket = (struct worker_bucket){.step_us = 1, .depth_us = 1000};
	move_all();
	assert_int_equal(asked(), MOVERS);
	move_all();
	remove_slot(3);
	remove_slot(5);
	install(5, 115);
	(void)move(5);
	(void)move(5);
	question_run(w);
	while (take_question(&q)) {
		static const uint8_t order[] = {5, 0, 1, 2, 4, 6, 7, 8, 9, 10, 11};

		/* 5 is asked for by its install, and its second move waits in its old place */
		assert_in_range(n, 0, sizeof(order));
		if (q.endpoint != 5 || n == 0)
			assert_int_equal(q.endpoint, order[n++]);
	}
	assert_int_equal(n, MOVERS - 1);
	assert_int_equal(asked(), 0);
}

static void commands_do_not_wait_behind_moves(void **state)
{
	struct worker_question q;

	(void)state;
	move_all();
	assert_int_equal(asked(), MOVERS);
	move_all();
	install(MOVERS, 90);
	question_run(w);
	assert_true(take_question(&q));
	assert_int_equal(q.endpoint, MOVERS);
	assert_int_equal(asked(), 5);
	/* nor behind one of its own, which is then not asked for twice */
	for (uint32_t i = 5; i < MOVERS; i++) {
		remove_slot(i);
		if (i % 2 == 0)
			install(i, (uint8_t)(110 + i));
	}
	for (uint32_t i = 6; i < MOVERS; i += 2) {
		question_run(w);
		assert_true(take_question(&q));
		assert_int_equal(q.endpoint, i);
		assert_int_equal(q.addr.ip[3], 110 + i);
		q.destination = WORKER_RIG_PLAIN_HOP;
		assert_int_equal(rte_ring_enqueue_elem(w->answers, &q, sizeof(q)), 0);
		question_run(w);
	}
	w->clock.now_us += 1000000;
	assert_int_equal(asked(), 0);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(first_move_after_a_command_has_no_rate),
		RIG(further_moves_wait_their_turn_and_are_all_asked),
		RIG(slot_used_again_takes_none_out_of_the_list),
		RIG(commands_do_not_wait_behind_moves),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
