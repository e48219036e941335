/* SPDX-License-Identifier: BSD-3-Clause */
/* More questions than main can answer at once: all are, in order, and none is lost. */
#include "answer.h"

#include "worker_rig.h"

#include <rte_ring_elem.h>

enum { RING = 2048, QUESTIONS = 3 * ANSWER_A_TURN - 10, ENDPOINTS = 100 };

static struct hwprofile profile;
static struct retire retire;
static struct neighbour *neighbour;
static struct worker_rig rig;
static struct worker *w;
static struct rte_ring *small_questions, *small_answers;

static struct rte_ring *make_ring(const char *name, uint32_t slots)
{
	struct rte_ring *ring = rte_ring_create_elem(name, sizeof(struct worker_question), slots,
		SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);

	assert_non_null(ring);
	return ring;
}

static int open_main(void **state)
{
	static const struct neighbour_port port = {.mac = {2, 0, 0, 0, 2, 0}, .mtu = 1500};

	(void)state;
	worker_rig_open(&rig, 1);
	w = rig.w[0];
	profile = (struct hwprofile){.n_ports = 1, .endpoints = ENDPOINTS};
	profile.neighbours[profile.n_neighbours++] =
		(struct hwprofile_neighbour){.mac = {2, 0, 0, 0, 1, 1}};
	retire_init(&retire, 1);
	assert_int_equal(neighbour_create(&profile, &port, &retire, &neighbour), 0);
	small_questions = w->questions;
	small_answers = w->answers;
	w->questions = make_ring("questions_many", RING);
	w->answers = make_ring("answers_many", RING);
	return 0;
}

static int close_main(void **state)
{
	(void)state;
	rte_ring_free(w->questions);
	rte_ring_free(w->answers);
	w->questions = small_questions;
	w->answers = small_answers;
	neighbour_destroy(neighbour);
	retire_fini(&retire);
	worker_rig_close(&rig);
	return 0;
}

static struct worker_question question(uint32_t i)
{
	return (struct worker_question){.endpoint = i,
		.generation = i + 7,
		.addr = {.ip = {20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
			.family = RELAY_FAMILY_IPV4}};
}

static void ask_many(uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		struct worker_question q = question(i);

		assert_int_equal(rte_ring_enqueue_elem(w->questions, &q, sizeof(q)), 0);
	}
}

/* Takes 'n' answers, those to the questions from 'first' on. */
static void expect_answers(uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		const struct worker_question want = question(i);
		struct worker_question a;

		assert_int_equal(rte_ring_dequeue_elem(w->answers, &a, sizeof(a)), 0);
		assert_int_equal(a.endpoint, want.endpoint);
		assert_int_equal(a.generation, want.generation);
		assert_true(relay_address_equal(&a.addr, &want.addr));
		assert_int_not_equal(a.destination, 0);
		assert_int_equal(a.destination, neighbour_find(neighbour, &want.addr));
	}
}

static void expect_waiting(uint32_t questions, uint32_t answers)
{
	assert_int_equal(rte_ring_count(w->questions), questions);
	assert_int_equal(rte_ring_count(w->answers), answers);
}

static void more_questions_than_a_turn_answers_wait(void **state)
{
	(void)state;
	ask_many(0, QUESTIONS);
	answer_run(neighbour, w);
	expect_waiting(QUESTIONS - ANSWER_A_TURN, ANSWER_A_TURN);
	answer_run(neighbour, w);
	expect_answers(0, ANSWER_A_TURN + 1);
	ask_many(QUESTIONS, 5);
	answer_run(neighbour, w);
	answer_run(neighbour, w);
	expect_waiting(0, QUESTIONS + 5 - ANSWER_A_TURN - 1);
	expect_answers(ANSWER_A_TURN + 1, QUESTIONS + 5 - ANSWER_A_TURN - 1);
	answer_run(neighbour, w);
	expect_waiting(0, 0);
}

/* The worker has not taken its answers: no question is lost for it. */
static void questions_wait_for_room_for_their_answers(void **state)
{
	uint32_t done = 0, given = 0;

	(void)state;
	while (rte_ring_free_count(w->answers) > 3) {
		uint32_t n = RTE_MIN(rte_ring_free_count(w->answers) - 3, (uint32_t)ANSWER_A_TURN);

		ask_many(done, n);
		answer_run(neighbour, w);
		done += n;
	}
	ask_many(done, QUESTIONS);
	answer_run(neighbour, w);
	answer_run(neighbour, w);
	expect_waiting(QUESTIONS - 3, RING - 1);
	for (; given < done + QUESTIONS; given++) {
		expect_answers(given, 1);
		answer_run(neighbour, w);
	}
	expect_waiting(0, 0);
}

/* The table of destinations is full, until a sweep has made room. */
static void questions_wait_for_room_in_the_table(void **state)
{
	uint32_t room = neighbour_room(neighbour), asked_for = 0;

	(void)state;
	for (; asked_for < room - 3; asked_for++) {
		struct worker_question q = question(asked_for);

		assert_int_not_equal(neighbour_find(neighbour, &q.addr), 0);
	}
	ask_many(asked_for, QUESTIONS);
	answer_run(neighbour, w);
	answer_run(neighbour, w);
	expect_waiting(QUESTIONS - 3, 3);
	expect_answers(asked_for, 3);
	assert_true(neighbour_sweep_wanted(neighbour));
	neighbour_sweep_begin(neighbour);
	neighbour_sweep_end(neighbour); /* nobody has any */
	while (rte_ring_count(w->questions) > 0)
		answer_run(neighbour, w);
	expect_answers(asked_for + 3, QUESTIONS - 3);
	expect_waiting(0, 0);
}

#define MAIN(test) cmocka_unit_test_setup_teardown(test, open_main, close_main)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAIN(more_questions_than_a_turn_answers_wait),
		MAIN(questions_wait_for_room_for_their_answers),
		MAIN(questions_wait_for_room_in_the_table),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
