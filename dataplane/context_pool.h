/* SPDX-License-Identifier: BSD-3-Clause */
/* context_pool.h - memory for SRTP contexts, which come in a few sizes and go in any order.
 *
 * The arena is cut into pages; a page holds blocks of one size, and goes back to the free pages
 * with its last block, so that a change of suites does not strand memory.
 *
 * Invariant: a block is in use or in its page's free list; 'used' of a page counts the former.
 * Threads:   one: the worker whose contexts they are.
 * Ownership: the arena is the caller's; blocks are aligned to 64. Wiping is the caller's.
 * Units:     bytes.
 * Errors:    alloc: NULL when the arena is used up or the size is over CONTEXT_POOL_BLOCK_MAX.
 * Cost:      constant; no system allocation.
 */
#ifndef CONTEXT_POOL_H
#define CONTEXT_POOL_H

#include <stddef.h>
#include <stdint.h>

enum {
	CONTEXT_POOL_UNIT = 64,
	CONTEXT_POOL_BLOCK_MAX = 8192,
	CONTEXT_POOL_CLASSES = CONTEXT_POOL_BLOCK_MAX / CONTEXT_POOL_UNIT + 1,
	CONTEXT_POOL_PAGE = 65536,
};

#define CONTEXT_POOL_NONE UINT32_MAX

struct context_pool_page {
	void *free; /* blocks given back, linked through their first word */
	uint32_t next, prev;
	uint16_t class; /* block size in units */
	uint16_t used;
	uint16_t fresh; /* blocks never given out yet begin here */
	uint16_t blocks;
};

struct context_pool {
	uint8_t *arena;
	struct context_pool_page *pages;
	uint32_t n_pages;
	uint32_t free_pages;
	uint32_t partial[CONTEXT_POOL_CLASSES]; /* pages with a free block */
	size_t used_bytes;
};

/* 'arena' of 'bytes', aligned to 64; at least a page. 'pages' has a row for each whole page. */
void context_pool_init(
	struct context_pool *pool, void *arena, size_t bytes, struct context_pool_page *pages);
void *context_pool_alloc(struct context_pool *pool, size_t bytes);
void context_pool_free(struct context_pool *pool, void *block);

#endif
