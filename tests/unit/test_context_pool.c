/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of mixed sizes, given out and back in any order, never overlap; pages go round. */
#include "context_pool.h"
#include "support.h"

#include <stdlib.h>

enum { PAGES = 6, BYTES = PAGES * CONTEXT_POOL_PAGE, BLOCKS_MAX = BYTES / CONTEXT_POOL_UNIT };

static uint8_t *arena;
static struct context_pool pool;
static struct context_pool_page pages[PAGES];

/* The model: what is in use, and whose each unit of the arena is. */
struct block {
	uint8_t *at;
	uint32_t size; /* as asked for */
	uint32_t id;   /* not 0 */
};

static struct block blocks[BLOCKS_MAX];
static uint32_t n_blocks, next_id, owner[BLOCKS_MAX];

static int open_pool(void **state)
{
	(void)state;
	arena = aligned_alloc(CONTEXT_POOL_UNIT, BYTES);
	if (arena == NULL)
		return -1;
	context_pool_init(&pool, arena, BYTES, pages);
	memset(owner, 0, sizeof(owner));
	n_blocks = next_id = 0;
	return 0;
}

static int close_pool(void **state)
{
	(void)state;
	free(arena);
	return 0;
}

static size_t rounded(uint32_t size)
{
	return ((size_t)size + CONTEXT_POOL_UNIT - 1) / CONTEXT_POOL_UNIT * CONTEXT_POOL_UNIT;
}

/* Marks the units from 'from' to 'to', which must all be there. */
static void mark(const struct block *b, uint32_t from, uint32_t to)
{
	size_t first = (size_t)(b->at - arena) / CONTEXT_POOL_UNIT;

	for (size_t i = first; i < first + rounded(b->size) / CONTEXT_POOL_UNIT; i++) {
		assert_int_equal(owner[i], from);
		owner[i] = to;
	}
}

/* Writes the whole block, so that what the pool keeps in blocks in use would be lost. */
static bool take(uint32_t size)
{
	struct block b = {context_pool_alloc(&pool, size), size, ++next_id};

	if (b.at == NULL)
		return false;
	assert_int_equal((uintptr_t)b.at % CONTEXT_POOL_UNIT, 0);
	assert_true(b.at >= arena && b.at + rounded(size) <= arena + BYTES);
	mark(&b, 0, b.id);
	memset(b.at, (int)b.id, rounded(size));
	blocks[n_blocks++] = b;
	return true;
}

static void give_back(uint32_t i)
{
	struct block b = blocks[i];

	for (size_t k = 0; k < rounded(b.size); k++)
		if (b.at[k] != (uint8_t)b.id)
			fail_msg("block %u was written at %zu", b.id, k);
	mark(&b, b.id, 0);
	blocks[i] = blocks[--n_blocks];
	context_pool_free(&pool, b.at);
}

static void check_used(void)
{
	size_t used = 0;

	for (uint32_t i = 0; i < n_blocks; i++)
		used += rounded(blocks[i].size);
	assert_int_equal(pool.used_bytes, used);
}

static void give_all_back(struct support_rng *rng)
{
	while (n_blocks > 0)
		give_back(support_below(rng, n_blocks));
	assert_int_equal(pool.used_bytes, 0);
}

/* How many blocks of one size the arena holds; all are in use then. */
static uint32_t take_all(uint32_t size)
{
	uint32_t n = 0;

	while (take(size))
		n++;
	return n;
}

static void arena_holds_what_its_pages_hold(void **state)
{
	struct support_rng rng = {5};

	(void)state;
	for (uint32_t size = 1; size <= CONTEXT_POOL_BLOCK_MAX; size += 1 + size / 7) {
		assert_int_equal(
			take_all(size), PAGES * (CONTEXT_POOL_PAGE / (uint32_t)rounded(size)));
		check_used();
		give_all_back(&rng);
	}
	assert_int_equal(take_all(CONTEXT_POOL_BLOCK_MAX), BYTES / CONTEXT_POOL_BLOCK_MAX);
	assert_int_equal(pool.used_bytes, BYTES);
}

static void size_out_of_bounds_gets_nothing(void **state)
{
	static const size_t rows[] = {
		0, CONTEXT_POOL_BLOCK_MAX + 1, CONTEXT_POOL_PAGE, SIZE_MAX - 62, SIZE_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_null(context_pool_alloc(&pool, rows[i]));
	assert_int_equal(pool.used_bytes, 0);
	assert_non_null(context_pool_alloc(&pool, CONTEXT_POOL_BLOCK_MAX));
}

static void part_of_a_page_at_the_end_is_not_used(void **state)
{
	(void)state;
	context_pool_init(&pool, arena, 2 * CONTEXT_POOL_PAGE - 1, pages);
	assert_int_equal(take_all(1000), CONTEXT_POOL_PAGE / 1024);
	for (uint32_t i = 0; i < n_blocks; i++)
		assert_true(blocks[i].at < arena + CONTEXT_POOL_PAGE);
}

/* The first page loses its blocks one by one; the others stay full. */
static void page_serves_another_size_once_its_last_block_is_back(void **state)
{
	(void)state;
	assert_int_equal(take_all(1024), PAGES * 64);
	assert_false(take(512));
	for (uint32_t i = n_blocks; i-- > 0;)
		if (blocks[i].at < arena + CONTEXT_POOL_PAGE && blocks[i].at != arena)
			give_back(i);
	assert_false(take(512)); /* one block of 1024 keeps it */
	for (uint32_t i = n_blocks; i-- > 0;)
		if (blocks[i].at == arena)
			give_back(i);
	assert_int_equal(take_all(512), CONTEXT_POOL_PAGE / 512);
	assert_false(take(1024));
	check_used();
}

/* One block back from each full page: all are found again, and none twice. */
static void full_pages_with_a_hole_are_used_again(void **state)
{
	(void)state;
	assert_int_equal(take_all(8192), PAGES * 8);
	for (uint32_t i = n_blocks; i-- > 0;)
		if ((size_t)(blocks[i].at - arena) % CONTEXT_POOL_PAGE == 8192)
			give_back(i);
	assert_int_equal(n_blocks, PAGES * 7);
	assert_int_equal(take_all(8192), PAGES);
}

/* Phases that fill and that drain, over few sizes, as suites are, and over many. */
static void random_use_keeps_to_the_model(void **state)
{
	static const uint32_t sizes[] = {1, 64, 65, 576, 1000, 2112, 8191, 8192};
	struct support_rng rng = {6};
	uint32_t refused = 0;

	(void)state;
	for (uint32_t step = 0; step < 200000; step++) {
		bool filling = step / 2000 % 2 == 0;
		bool few = step / 4000 % 2 == 0;

		if (n_blocks == 0 || support_chance(&rng, filling ? 700 : 300)) {
			uint32_t size = few ? sizes[support_below(&rng, 8)]
					    : 1 + support_below(&rng, CONTEXT_POOL_BLOCK_MAX);

			refused += !take(size);
		} else {
			give_back(support_below(&rng, n_blocks));
		}
		if (step % 500 == 0)
			check_used();
	}
	assert_true(refused > 0); /* the arena was full at times */
	check_used();
	give_all_back(&rng);
	assert_int_equal(take_all(64), BLOCKS_MAX); /* no page got lost */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			arena_holds_what_its_pages_hold, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			size_out_of_bounds_gets_nothing, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			part_of_a_page_at_the_end_is_not_used, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			page_serves_another_size_once_its_last_block_is_back, open_pool,
			close_pool),
		cmocka_unit_test_setup_teardown(
			full_pages_with_a_hole_are_used_again, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(
			random_use_keeps_to_the_model, open_pool, close_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
