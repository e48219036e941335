/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * Pair i has the ports 2i and 2i + 1, and is of class i mod 32 (relay_layout.h), so a class has
 * every 32nd pair, and a word of its bitmap 64 of these. A place is drawn among all pairs of the
 * range, which weighs words by how much of them is in range; its word, or the next that has any,
 * gives one of its free pairs, drawn again. The walk goes through all classes of the worker.
 *
 * Pairs that rest lie in a ring, the oldest first: all rest equally long.
 */
#include "portpool.h"

#include "config.h"
#include "relay_layout.h"

#include <assert.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum {
	PAIRS = 32768,
	WORDS = PAIRS / RELAY_CLASSES / 64, /* of a class */
	WORD_PAIRS = RELAY_CLASSES * 64,    /* from a word to the next */
	RANDOM_BYTES = 1024,
};

struct rest {
	uint64_t until_ms;
	uint16_t pair;
};

struct place {
	struct relay_sockaddr local; /* port 0 */
	uint64_t ours[RELAY_CLASSES][WORDS];
	uint64_t taken[RELAY_CLASSES][WORDS];
	uint64_t resting[RELAY_CLASSES][WORDS];
	uint32_t n_free[RELAY_CLASSES];
	uint32_t n_ours, n_taken;
	uint32_t rest_head, rest_tail; /* counts; a pair rests once, so the ring can't run over */
	struct rest rests[PAIRS];
};

struct portpool {
	uint32_t workers;
	uint64_t refused;
	uint8_t random[RANDOM_BYTES];
	uint32_t random_left; /* bytes, at the end */
	uint32_t n;
	struct place *places[CONFIG_INTERFACES_MAX * CONFIG_ADDRESSES_MAX];
};

/* The pairs within a range of ports; first > last: none. */
struct span {
	uint32_t first, last;
};

struct bit {
	uint32_t class, word;
	uint64_t mask;
};

static struct span span_of(uint32_t min, uint32_t max)
{
	return max == 0 ? (struct span){1, 0} : (struct span){(min + 1) / 2, (max - 1) / 2};
}

static struct bit bit_of(uint32_t pair)
{
	return (struct bit){pair % RELAY_CLASSES, pair / WORD_PAIRS,
		UINT64_C(1) << (pair / RELAY_CLASSES % 64)};
}

static bool is_set(uint64_t map[RELAY_CLASSES][WORDS], struct bit b)
{
	return (map[b.class][b.word] & b.mask) != 0;
}

static struct place *find(const struct portpool *pool, const struct relay_sockaddr *local)
{
	for (uint32_t i = 0; i < pool->n; i++)
		if (relay_address_same_host(&pool->places[i]->local, local))
			return pool->places[i];
	return NULL;
}

/* The same, and a new one for an address that is not there. */
static struct place *find_or_add(struct portpool *pool, const struct relay_sockaddr *local)
{
	struct place *p = find(pool, local);

	if (p != NULL)
		return p;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->local = *local;
	p->local.port = 0;
	pool->places[pool->n++] = p;
	return p;
}

static void add_span(struct place *p, struct span span)
{
	for (uint32_t pair = span.first; pair <= span.last; pair++) {
		struct bit b = bit_of(pair);

		if (is_set(p->ours, b))
			continue;
		p->ours[b.class][b.word] |= b.mask;
		p->n_free[b.class]++;
		p->n_ours++;
	}
}

int portpool_create(const struct config *config, uint32_t workers, struct portpool **pool)
{
	struct portpool *made = calloc(1, sizeof(*made));
	int err = made == NULL ? -ENOMEM : portpool_set_workers(made, workers);

	for (uint32_t i = 0; err == 0 && i < config->n_interfaces; i++) {
		const struct config_interface *in = &config->interfaces[i];

		for (uint32_t k = 0; err == 0 && k < in->n_addresses; k++) {
			struct place *p = find_or_add(made, &in->addresses[k].local);

			if (p == NULL)
				err = -ENOMEM;
			else
				add_span(p, span_of(in->port_min, in->port_max));
		}
	}
	if (err != 0)
		portpool_destroy(made);
	else
		*pool = made;
	return err;
}

void portpool_destroy(struct portpool *pool)
{
	if (pool == NULL)
		return;
	for (uint32_t i = 0; i < pool->n; i++)
		free(pool->places[i]);
	free(pool);
}

int portpool_set_workers(struct portpool *pool, uint32_t workers)
{
	if (workers == 0 || workers > RELAY_WORKERS_MAX)
		return -EINVAL;
	pool->workers = workers;
	return 0;
}

/* Below 'limit', which is small against 2^32. */
static int draw(struct portpool *pool, uint32_t limit, uint32_t *out)
{
	uint32_t number;

	if (pool->random_left == 0) {
		if (RAND_bytes(pool->random, sizeof(pool->random)) != 1)
			return -EIO;
		pool->random_left = sizeof(pool->random);
	}
	memcpy(&number, &pool->random[sizeof(pool->random) - pool->random_left], sizeof(number));
	pool->random_left -= (uint32_t)sizeof(number);
	*out = (uint32_t)((uint64_t)number * limit >> 32);
	return 0;
}

static void wake_rested(struct place *p, uint64_t now_ms)
{
	while (p->rest_head != p->rest_tail) {
		const struct rest *oldest = &p->rests[p->rest_head % PAIRS];
		struct bit b = bit_of(oldest->pair);

		if (oldest->until_ms > now_ms)
			return;
		p->resting[b.class][b.word] &= ~b.mask;
		if (is_set(p->ours, b))
			p->n_free[b.class]++;
		p->rest_head++;
	}
}

/* Of a class' word, the pairs that are free and in the span. */
static uint64_t free_in(const struct place *p, struct span span, uint32_t class, uint32_t word)
{
	uint64_t bits = p->ours[class][word] & ~(p->taken[class][word] | p->resting[class][word]);
	/* bit k is pair base + 32 k */
	uint32_t base = word * WORD_PAIRS + class;

	if (span.first > base) {
		uint32_t skip = (span.first - base + RELAY_CLASSES - 1) / RELAY_CLASSES;

		bits &= skip > 63 ? 0 : UINT64_MAX << skip;
	}
	if (span.last < base)
		return 0;
	if ((span.last - base) / RELAY_CLASSES < 63)
		bits &= (UINT64_C(2) << (span.last - base) / RELAY_CLASSES) - 1;
	return bits;
}

static uint64_t nth_bit(uint64_t bits, uint32_t n)
{
	while (n-- > 0)
		bits &= bits - 1;
	return bits & ~(bits - 1);
}

/* From the place that was drawn on: the first word with a pair that will do. */
static uint64_t walk(const struct portpool *pool, const struct place *p, struct span span,
	uint32_t worker, struct bit *at)
{
	uint32_t low = span.first / WORD_PAIRS, high = span.last / WORD_PAIRS;

	/* the class that was begun with is come to again, for its words before the place */
	for (uint32_t n = 0; n <= RELAY_CLASSES / pool->workers + 1; n++) {
		if (p->n_free[at->class] > 0)
			for (; at->word <= high; at->word++) {
				uint64_t bits = free_in(p, span, at->class, at->word);

				if (bits != 0)
					return bits;
			}
		at->word = low;
		at->class += pool->workers;
		if (at->class >= RELAY_CLASSES)
			at->class = worker;
	}
	return 0;
}

/* Any of the range, and of its class's neighbours the one that is the worker's. */
static int draw_place(struct portpool *pool, struct span span, uint32_t worker, struct bit *at)
{
	uint32_t pair = 0, class;
	int err = draw(pool, span.last - span.first + 1, &pair);

	pair += span.first;
	class = pair % RELAY_CLASSES / pool->workers * pool->workers + worker;
	/* where the workers share the classes unevenly */
	*at = (struct bit){class < RELAY_CLASSES ? class : worker, pair / WORD_PAIRS, 0};
	return err;
}

static int pick(struct portpool *pool, const struct place *p, struct span span, uint32_t worker,
	struct bit *at)
{
	uint32_t n = 0;
	uint64_t bits;
	int err = draw_place(pool, span, worker, at);

	if (err != 0)
		return err;
	bits = walk(pool, p, span, worker, at);
	if (bits == 0)
		return -ENOSPC;
	err = draw(pool, (uint32_t)__builtin_popcountll(bits), &n);
	at->mask = nth_bit(bits, n);
	return err;
}

/* NOLINTNEXTLINE(readability-function-size): seven things that each call has at hand */
int portpool_take(struct portpool *pool, const struct relay_sockaddr *local, uint16_t min,
	uint16_t max, uint32_t worker, uint64_t now_ms, uint16_t *port)
{
	struct place *p = find(pool, local);
	struct span span = span_of(min, max);
	struct bit at;
	int err;

	if (p == NULL)
		return -EADDRNOTAVAIL;
	if (worker >= pool->workers)
		return -EINVAL;
	wake_rested(p, now_ms);
	err = span.first > span.last ? -ENOSPC : pick(pool, p, span, worker, &at);
	if (err != 0) {
		pool->refused += err == -ENOSPC;
		return err;
	}
	p->taken[at.class][at.word] |= at.mask;
	p->n_free[at.class]--;
	p->n_taken++;
	*port = (uint16_t)(2 * (at.word * WORD_PAIRS + at.class +
				       RELAY_CLASSES * (uint32_t)__builtin_ctzll(at.mask)));
	return 0;
}

void portpool_give(
	struct portpool *pool, const struct relay_sockaddr *local, uint16_t port, uint64_t now_ms)
{
	struct place *p = find(pool, local);
	struct bit b = bit_of(port / 2U);

	if (p == NULL || port % 2 != 0 || !is_set(p->taken, b))
		return;
	wake_rested(p, now_ms);
	p->taken[b.class][b.word] &= ~b.mask;
	p->n_taken--;
	p->resting[b.class][b.word] |= b.mask;
	p->rests[p->rest_tail++ % PAIRS] = (struct rest){now_ms + PORTPOOL_REST_MS, port / 2U};
	assert(p->rest_tail - p->rest_head <= PAIRS);
}

int portpool_claim(struct portpool *pool, const struct relay_sockaddr *local, uint16_t port)
{
	struct place *p = find(pool, local);
	struct bit b = bit_of(port / 2U);

	if (p == NULL)
		return -EADDRNOTAVAIL;
	if (port % 2 != 0)
		return -EINVAL;
	if (is_set(p->taken, b) || is_set(p->resting, b))
		return -EADDRINUSE;
	p->taken[b.class][b.word] |= b.mask;
	p->n_taken++;
	if (is_set(p->ours, b))
		p->n_free[b.class]--;
	return 0;
}

uint32_t portpool_free(
	const struct portpool *pool, const struct relay_sockaddr *local, uint32_t worker)
{
	const struct place *p = find(pool, local);
	uint32_t n = 0;

	if (p != NULL && worker < pool->workers)
		for (uint32_t class = worker; class < RELAY_CLASSES; class += pool->workers)
			n += p->n_free[class];
	return n;
}

void portpool_numbers(const struct portpool *pool, const struct relay_sockaddr *local,
	struct portpool_numbers *out)
{
	*out = (struct portpool_numbers){.refused = pool->refused};
	for (uint32_t i = 0; i < pool->n; i++) {
		const struct place *p = pool->places[i];

		if (local != NULL && !relay_address_same_host(&p->local, local))
			continue;
		out->pairs += p->n_ours;
		out->taken += p->n_taken;
		out->resting += p->rest_tail - p->rest_head;
	}
}
