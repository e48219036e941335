/* SPDX-License-Identifier: BSD-3-Clause */
#include "portpool.h"

#include "config.h"
#include "relay_layout.h"
#include "support.h"

#include <errno.h>
#include <stdio.h>

static const struct relay_sockaddr first = {.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4},
				   second = {.ip = {0x20, 1}, .family = RELAY_FAMILY_IPV6},
				   stranger = {.ip = {192, 0, 2, 9}, .family = RELAY_FAMILY_IPV4};

/* One interface a row, with one address; the last has no local one. */
struct range {
	const struct relay_sockaddr *local;
	uint16_t min, max;
};

static struct portpool *open_pool(const struct range *ranges, uint32_t workers)
{
	static struct config config;
	struct portpool *pool = NULL;

	config.n_interfaces = 0;
	for (; ranges->local != NULL; ranges++) {
		struct config_interface *in = &config.interfaces[config.n_interfaces++];

		in->addresses[0].local = *ranges->local;
		in->n_addresses = 1;
		in->port_min = ranges->min;
		in->port_max = ranges->max;
	}
	assert_int_equal(portpool_create(&config, workers, &pool), 0);
	return pool;
}

/* All that a worker has, each looked at; how many. */
static uint32_t take_all(
	struct portpool *pool, uint16_t min, uint16_t max, uint32_t worker, uint32_t workers)
{
	static bool seen[65536];
	uint32_t n = 0;
	uint16_t port = 0;

	memset(seen, 0, sizeof(seen));
	while (portpool_take(pool, &first, min, max, worker, 0, &port) == 0) {
		assert_int_equal(port % 2, 0);
		assert_true(port >= min && port + 1 <= max);
		assert_int_equal(relay_layout_port_worker(port, workers), worker);
		assert_false(seen[port]);
		seen[port] = true;
		n++;
	}
	return n;
}

static void every_pair_of_a_worker_is_taken_once(void **state)
{
	static const struct {
		uint16_t min, max;
		uint32_t workers;
	} rows[] = {{20000, 29999, 1}, {20001, 29998, 2}, {1024, 65535, 3}, {16384, 16447, 5},
		{16384, 32767, 32}, {20003, 20006, 1}, {65534, 65535, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct range ranges[] = {{&first, rows[i].min, rows[i].max}, {NULL, 0, 0}};
		struct portpool *pool = open_pool(ranges, rows[i].workers);
		uint32_t want = 0, got = 0;
		struct portpool_numbers numbers;

		for (uint32_t p = rows[i].min; p + 1 <= rows[i].max; p++)
			want += p % 2 == 0;
		for (uint32_t w = 0; w < rows[i].workers; w++) {
			uint32_t n_free = portpool_free(pool, &first, w);

			assert_int_equal(
				take_all(pool, rows[i].min, rows[i].max, w, rows[i].workers),
				n_free);
			assert_int_equal(portpool_free(pool, &first, w), 0);
			got += n_free;
		}
		assert_int_equal(got, want);
		portpool_numbers(pool, NULL, &numbers);
		assert_int_equal(numbers.pairs, want);
		assert_int_equal(numbers.taken, want);
		assert_int_equal(numbers.refused, rows[i].workers);
		portpool_destroy(pool);
	}
	portpool_destroy(NULL);
}

static void range_asked_for_is_kept_within_a_wider_one(void **state)
{
	static const struct range ranges[] = {{&first, 1024, 65535}, {NULL, 0, 0}};
	static const struct {
		uint16_t min, max;
		uint32_t pairs;
	} rows[] = {{20001, 20006, 2}, {30000, 30001, 1}, {30000, 30000, 0}, {30001, 30002, 0},
		{400, 300, 0}, {0, 0, 0}, {0, 1025, 1}, {40000, 44999, 2500}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct portpool *pool = open_pool(ranges, 1);

		assert_int_equal(take_all(pool, rows[i].min, rows[i].max, 0, 1), rows[i].pairs);
		portpool_destroy(pool);
	}
}

static void pair_rests_before_it_is_taken_again(void **state)
{
	static const struct range ranges[] = {{&first, 20000, 20003}, {NULL, 0, 0}};
	struct portpool *pool = open_pool(ranges, 1);
	struct portpool_numbers numbers;
	uint16_t a = 0, b = 0, c = 0;

	(void)state;
	assert_int_equal(portpool_take(pool, &first, 20000, 20003, 0, 10, &a), 0);
	assert_int_equal(portpool_take(pool, &first, 20000, 20003, 0, 10, &b), 0);
	portpool_give(pool, &first, b, 20);
	portpool_give(pool, &first, b, 20); /* twice is once */
	portpool_give(pool, &first, a, 30);
	portpool_numbers(pool, &first, &numbers);
	assert_int_equal(numbers.resting, 2);
	assert_int_equal(numbers.taken, 0);
	/* nothing else is left, and still */
	assert_int_equal(
		portpool_take(pool, &first, 20000, 20003, 0, 19 + PORTPOOL_REST_MS, &c), -ENOSPC);
	assert_int_equal(portpool_claim(pool, &first, a), -EADDRINUSE);
	assert_int_equal(
		portpool_take(pool, &first, 20000, 20003, 0, 20 + PORTPOOL_REST_MS, &c), 0);
	assert_int_equal(c, b);
	assert_int_equal(
		portpool_take(pool, &first, 20000, 20003, 0, 29 + PORTPOOL_REST_MS, &c), -ENOSPC);
	assert_int_equal(
		portpool_take(pool, &first, 20000, 20003, 0, 30 + PORTPOOL_REST_MS, &c), 0);
	assert_int_equal(c, a);
	portpool_destroy(pool);
}

static void claimed_pair_is_taken_wherever_it_lies(void **state)
{
	static const struct range ranges[] = {{&first, 20000, 20003}, {NULL, 0, 0}};
	struct portpool *pool = open_pool(ranges, 1);
	uint16_t port = 0;

	(void)state;
	assert_int_equal(portpool_claim(pool, &first, 20002), 0);
	assert_int_equal(portpool_claim(pool, &first, 20002), -EADDRINUSE);
	assert_int_equal(portpool_claim(pool, &first, 20001), -EINVAL);
	assert_int_equal(portpool_claim(pool, &stranger, 20000), -EADDRNOTAVAIL);
	assert_int_equal(portpool_take(pool, &first, 20000, 20003, 0, 0, &port), 0);
	assert_int_equal(port, 20000);
	/* of ranges that were configured once */
	assert_int_equal(portpool_claim(pool, &first, 30000), 0);
	assert_int_equal(portpool_claim(pool, &first, 30000), -EADDRINUSE);
	portpool_give(pool, &first, 30000, 0);
	portpool_give(pool, &first, 20001, 0); /* no pair */
	portpool_give(pool, &first, 20004, 0); /* nobody has it */
	portpool_give(pool, &stranger, 20000, 0);
	assert_int_equal(portpool_take(pool, &first, 1024, 65535, 0, 1000000, &port), -ENOSPC);
	assert_int_equal(portpool_claim(pool, &first, 30000), 0);
	portpool_destroy(pool);
}

static void interfaces_share_the_pairs_of_an_address(void **state)
{
	static const struct range ranges[] = {{&first, 20000, 20007}, {&first, 20004, 20011},
		{&second, 20000, 20001}, {NULL, 0, 0}};
	const struct relay_sockaddr with_port = {
		.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4, .port = 5};
	struct portpool *pool = open_pool(ranges, 1);
	struct portpool_numbers numbers;
	uint16_t port = 0;

	(void)state;
	assert_int_equal(portpool_free(pool, &with_port, 0), 6);
	assert_int_equal(take_all(pool, 20000, 20007, 0, 1), 4);
	assert_int_equal(take_all(pool, 20004, 20011, 0, 1), 2);
	assert_int_equal(portpool_free(pool, &second, 0), 1);
	assert_int_equal(portpool_take(pool, &second, 20000, 20007, 0, 0, &port), 0);
	portpool_numbers(pool, &second, &numbers);
	assert_int_equal(numbers.pairs, 1);
	portpool_numbers(pool, NULL, &numbers);
	assert_int_equal(numbers.pairs, 7);
	portpool_destroy(pool);
}

static void arguments_are_checked(void **state)
{
	static const struct range ranges[] = {{&first, 20000, 20007}, {NULL, 0, 0}};
	static const struct config none;
	struct portpool *pool = open_pool(ranges, 2), *other = NULL;
	uint16_t port = 0;

	(void)state;
	assert_int_equal(portpool_take(pool, &stranger, 1024, 65535, 0, 0, &port), -EADDRNOTAVAIL);
	assert_int_equal(portpool_take(pool, &first, 1024, 65535, 2, 0, &port), -EINVAL);
	assert_int_equal(portpool_free(pool, &stranger, 0), 0);
	assert_int_equal(portpool_free(pool, &first, 2), 0);
	assert_int_equal(portpool_create(&none, 0, &other), -EINVAL);
	assert_int_equal(portpool_create(&none, RELAY_WORKERS_MAX + 1, &other), -EINVAL);
	assert_null(other);
	/* another data plane has other workers */
	assert_int_equal(portpool_free(pool, &first, 0), 2);
	assert_int_equal(portpool_set_workers(pool, 1), 0);
	assert_int_equal(portpool_free(pool, &first, 0), 4);
	assert_int_equal(portpool_set_workers(pool, 0), -EINVAL);
	portpool_destroy(pool);
}

/* Each pair as often as any other, also where the range cuts words of the bitmap: chi-square, of
 * which the bound is six standard deviations off. */
static void every_pair_is_drawn_as_often(void **state)
{
	enum { MIN = 20000, PAIRS = 1500, ROUNDS = 200 };
	static const struct range ranges[] = {{&first, 1024, 65535}, {NULL, 0, 0}};
	static uint32_t hits[PAIRS];
	struct portpool *pool = open_pool(ranges, 1);
	double sum = 0;
	uint64_t now = 0;

	(void)state;
	memset(hits, 0, sizeof(hits));
	for (uint32_t i = 0; i < PAIRS * ROUNDS; i++) {
		uint16_t port = 0;

		assert_int_equal(
			portpool_take(pool, &first, MIN, MIN + 2 * PAIRS - 1, 0, now, &port), 0);
		hits[(port - MIN) / 2]++;
		now += PORTPOOL_REST_MS;
		portpool_give(pool, &first, port, now - PORTPOOL_REST_MS);
	}
	for (uint32_t i = 0; i < PAIRS; i++)
		sum += ((double)hits[i] - ROUNDS) * ((double)hits[i] - ROUNDS) / ROUNDS;
	print_message("chi-square %.0f of %u\n", sum, PAIRS - 1);
	assert_true(sum < PAIRS + 6 * 55);
	portpool_destroy(pool);
}

/* With few left each of them still may be next. */
static void last_ones_come_in_no_order(void **state)
{
	enum { LEFT = 20, TRIES = 2000 };
	static const struct range ranges[] = {{&first, 16384, 32767}, {NULL, 0, 0}};
	uint16_t left[LEFT], port = 0;
	uint32_t hits[LEFT] = {0};
	struct portpool *pool = open_pool(ranges, 1);

	(void)state;
	while (portpool_free(pool, &first, 0) > 0)
		assert_int_equal(portpool_take(pool, &first, 16384, 32767, 0, 0, &port), 0);
	for (uint32_t i = 0; i < LEFT; i++) {
		left[i] = (uint16_t)(16384 + 2 * i * 409);
		portpool_give(pool, &first, left[i], 0);
	}
	for (uint32_t i = 1; i <= TRIES; i++) {
		uint64_t now = i * (uint64_t)PORTPOOL_REST_MS;
		uint32_t k = 0;

		assert_int_equal(portpool_take(pool, &first, 16384, 32767, 0, now, &port), 0);
		while (k < LEFT - 1 && left[k] != port)
			k++;
		assert_int_equal(left[k], port);
		hits[k]++;
		portpool_give(pool, &first, port, now);
	}
	for (uint32_t i = 0; i < LEFT; i++)
		assert_true(hits[i] > 0);
	portpool_destroy(pool);
}

/* Against a list of what each pair is. */
static void model_agrees_with_any_history(void **state)
{
	enum { MIN = 21000, PAIRS = 200, STEPS = 100000, WORKERS = 3 };
	static const struct range ranges[] = {{&first, MIN, MIN + 2 * PAIRS - 1}, {NULL, 0, 0}};
	struct portpool *pool = open_pool(ranges, WORKERS);
	struct support_rng rng = {7};
	uint64_t free_at[PAIRS] = {0}, now = 0; /* UINT64_MAX: taken */

	(void)state;
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t worker = support_below(&rng, WORKERS), n = 0;
		uint32_t k = support_below(&rng, PAIRS);
		uint16_t port = 0;
		int err;

		now += support_below(&rng, 60);
		if (support_chance(&rng, 480)) {
			if (free_at[k] == UINT64_MAX) {
				portpool_give(pool, &first, (uint16_t)(MIN + 2 * k), now);
				free_at[k] = now + PORTPOOL_REST_MS;
			}
			continue;
		}
		for (uint32_t i = 0; i < PAIRS; i++)
			n += free_at[i] <= now &&
			     relay_layout_port_worker((uint16_t)(MIN + 2 * i), WORKERS) == worker;
		err = portpool_take(pool, &first, MIN, MIN + 2 * PAIRS - 1, worker, now, &port);
		assert_int_equal(err, n > 0 ? 0 : -ENOSPC);
		assert_int_equal(portpool_free(pool, &first, worker), n > 0 ? n - 1 : 0);
		if (err != 0)
			continue;
		assert_true(free_at[(port - MIN) / 2] <= now);
		free_at[(port - MIN) / 2] = UINT64_MAX;
	}
	portpool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_a_worker_is_taken_once),
		cmocka_unit_test(range_asked_for_is_kept_within_a_wider_one),
		cmocka_unit_test(pair_rests_before_it_is_taken_again),
		cmocka_unit_test(claimed_pair_is_taken_wherever_it_lies),
		cmocka_unit_test(interfaces_share_the_pairs_of_an_address),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(every_pair_is_drawn_as_often),
		cmocka_unit_test(last_ones_come_in_no_order),
		cmocka_unit_test(model_agrees_with_any_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
