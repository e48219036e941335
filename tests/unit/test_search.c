/* SPDX-License-Identifier: BSD-3-Clause */
/* The search finds the rate of a relay that is known, and does not take a generator's limit for it;
 * the pace keeps to a rate, and does not make up for a pause by a flood. */
#include "pace.h"
#include "search.h"

#include "support.h"

#include <errno.h>

/* A relay that loses above 'capacity', fed by a generator that can do 'reach'. */
struct model {
	double capacity, reach;
	double queue;        /* it takes no more than this, if not 0 */
	unsigned bad_trials; /* the first so many are sent too slowly */
	unsigned lossy;      /* the first of so many trials loses packets whatever its rate */
	unsigned n;
	int error;
};

static int run_model(void *context, double pps, struct search_trial *out)
{
	struct model *m = context;
	double sent = pps < m->reach ? pps : m->reach;

	bool full = m->queue != 0 && sent > m->queue, lost;

	if (full)
		sent = m->queue;
	if (m->n++ < m->bad_trials)
		sent = pps / 2;
	lost = sent > m->capacity || (m->lossy != 0 && m->n % m->lossy == 1);
	*out = (struct search_trial){.sent_pps = sent,
		.sent = (uint64_t)sent,
		.lost = lost,
		.refused = full ? (uint64_t)sent : 0,
		.passed = !lost};
	return m->error;
}

static struct search s;

static void search_finds_capacity(void **state)
{
	static const double capacities[] = {1, 12345, 1e6, 5.5e6, 9.99e6};

	(void)state;
	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		struct model m = {.capacity = capacities[i], .reach = 1e9};

		s = (struct search){.max = 10e6, .resolution = 0.01};
		assert_int_equal(search_run(&s, run_model, &m), 0);
		assert_true(s.best <= capacities[i]);
		assert_true(s.best >= capacities[i] * 0.98 || capacities[i] < 100);
		assert_int_equal(s.bound, SEARCH_BOUND_LOSS);
	}
}

static void search_ends_at_once_if_the_highest_passes(void **state)
{
	struct model m = {.capacity = 1e9, .reach = 1e9};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best == 10e6);
	assert_int_equal(s.n, 1);
}

static void search_says_if_the_generator_is_the_limit(void **state)
{
	struct model m = {.capacity = 1e9, .reach = 3e6};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best == 3e6); /* which was sent without loss, when more was asked for */
	assert_int_equal(s.bound, SEARCH_BOUND_GENERATOR);
	assert_true(s.n <= 8 * SEARCH_TRIES);
}

static void search_says_if_the_relay_takes_no_more(void **state)
{
	struct model m = {.capacity = 1e9, .reach = 1e9, .queue = 2.5e6};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best == 2.5e6);
	assert_int_equal(s.bound, SEARCH_BOUND_QUEUE);
	/* nor is a rate claimed at which packets were lost, for all that it was less than asked */
	m.capacity = 2e6;
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best <= 2e6 && s.best >= 1.96e6);
	assert_int_equal(s.bound, SEARCH_BOUND_LOSS);
}

/* Others on the machine make a trial lose packets now and then. */
static void rate_is_given_up_after_three_losses(void **state)
{
	struct model m = {.capacity = 5.5e6, .reach = 1e9, .lossy = 2};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best <= 5.5e6 && s.best >= 5.4e6);
	for (uint32_t i = 0; i < s.n; i++)
		assert_true(s.best >= s.trials[i].sent_pps || !s.trials[i].passed);
}

static void invalid_trial_is_tried_again(void **state)
{
	struct model m = {.capacity = 1e9, .reach = 1e9, .bad_trials = 2};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best == 10e6);
	assert_int_equal(s.n, 3);
	assert_false(s.trials[0].valid);
	assert_true(s.trials[2].valid);
}

static void search_where_nothing_passes_finds_nothing(void **state)
{
	struct model m = {.capacity = -1, .reach = 1e9};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), 0);
	assert_true(s.best == 0);
	assert_true(s.n > 10 && s.n <= SEARCH_TRIALS_MAX);
}

static void error_of_a_trial_ends_the_search(void **state)
{
	struct model m = {.capacity = 1e9, .reach = 1e9, .error = -EIO};

	(void)state;
	s = (struct search){.max = 10e6, .resolution = 0.01};
	assert_int_equal(search_run(&s, run_model, &m), -EIO);
	assert_int_equal(s.n, 0);
}

/* Packets that a clock of 1 GHz, looked at every 'step', lets go from 'from' until 'to'. */
static uint64_t packets(struct pace *p, uint64_t from, uint64_t to, uint64_t step)
{
	uint64_t n = 0;

	for (uint64_t now = from; now < to; now += step)
		n += pace_due(p, now) ? p->burst : 0;
	return n;
}

static void pace_keeps_to_its_rate(void **state)
{
	static const struct {
		double rate;
		uint32_t burst;
	} rows[] = {{50, 1}, {60000, 1}, {333333, 2}, {1e6, 5}, {8e6, 32}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pace p;
		uint64_t n;

		pace_init(&p, rows[i].rate, rows[i].burst, 0.03, 1e9);
		p.start = 12345;
		n = packets(&p, p.start, p.start + 1000000000, 211);
		assert_true((double)n >= rows[i].rate * 0.999 - rows[i].burst);
		assert_true((double)n <= rows[i].rate * 1.001 + rows[i].burst);
	}
}

/* 30 ms of pause at 4 Mpps are 120,000 packets; 40,000 of 10 ms may follow, and only slowly. */
static void pace_does_not_flood_after_a_pause(void **state)
{
	struct pace p;
	uint64_t n;

	(void)state;
	pace_init(&p, 4e6, 20, 0.03, 1e9);
	(void)packets(&p, 0, 100000000, 211);
	n = packets(&p, 130000000, 131000000, 211);
	assert_true(n >= 3950 && n <= 4200);
	n += packets(&p, 131000000, 230000000, 211);
	assert_true(n >= 400000 && n <= 415000);
	n += packets(&p, 230000000, 1130000000, 211);
	assert_true(n >= 4000000 + 39800 && n <= 4000000 + 40200);
}

static void slow_pace_makes_up_for_a_pause(void **state)
{
	struct pace p;
	uint64_t n;

	(void)state;
	pace_init(&p, 10000, 1, 0.03, 1e9);
	n = packets(&p, 0, 100000000, 211);
	n += packets(&p, 200000000, 1000000000, 211);
	assert_true(n >= 9995 && n <= 10005);
}

static void pace_without_rate_is_always_due(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 0, 32, 0.03, 1e9);
	assert_int_equal(packets(&p, 0, 100, 1), 3200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_finds_capacity),
		cmocka_unit_test(search_ends_at_once_if_the_highest_passes),
		cmocka_unit_test(search_says_if_the_generator_is_the_limit),
		cmocka_unit_test(search_says_if_the_relay_takes_no_more),
		cmocka_unit_test(rate_is_given_up_after_three_losses),
		cmocka_unit_test(invalid_trial_is_tried_again),
		cmocka_unit_test(search_where_nothing_passes_finds_nothing),
		cmocka_unit_test(error_of_a_trial_ends_the_search),
		cmocka_unit_test(pace_keeps_to_its_rate),
		cmocka_unit_test(pace_does_not_flood_after_a_pause),
		cmocka_unit_test(slow_pace_makes_up_for_a_pause),
		cmocka_unit_test(pace_without_rate_is_always_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
