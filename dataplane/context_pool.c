/* SPDX-License-Identifier: BSD-3-Clause */
#include "context_pool.h"

#include <string.h>

static void list_push(struct context_pool *pool, uint32_t *head, uint32_t page)
{
	pool->pages[page].prev = CONTEXT_POOL_NONE;
	pool->pages[page].next = *head;
	if (*head != CONTEXT_POOL_NONE)
		pool->pages[*head].prev = page;
	*head = page;
}

static void list_remove(struct context_pool *pool, uint32_t *head, uint32_t page)
{
	struct context_pool_page *p = &pool->pages[page];

	if (p->prev != CONTEXT_POOL_NONE)
		pool->pages[p->prev].next = p->next;
	else
		*head = p->next;
	if (p->next != CONTEXT_POOL_NONE)
		pool->pages[p->next].prev = p->prev;
}

void context_pool_init(
	struct context_pool *pool, void *arena, size_t bytes, struct context_pool_page *pages)
{
	*pool = (struct context_pool){
		.arena = arena,
		.pages = pages,
		.n_pages = (uint32_t)(bytes / CONTEXT_POOL_PAGE),
		.free_pages = CONTEXT_POOL_NONE,
	};
	for (uint32_t i = 0; i < CONTEXT_POOL_CLASSES; i++)
		pool->partial[i] = CONTEXT_POOL_NONE;
	for (uint32_t i = pool->n_pages; i-- > 0;)
		list_push(pool, &pool->free_pages, i);
}

static uint32_t open_page(struct context_pool *pool, uint32_t class)
{
	uint32_t page = pool->free_pages;
	struct context_pool_page *p;

	if (page == CONTEXT_POOL_NONE)
		return page;
	list_remove(pool, &pool->free_pages, page);
	p = &pool->pages[page];
	p->free = NULL;
	p->class = (uint16_t) class;
	p->used = 0;
	p->fresh = 0;
	p->blocks = (uint16_t)(CONTEXT_POOL_PAGE / (class * CONTEXT_POOL_UNIT));
	list_push(pool, &pool->partial[class], page);
	return page;
}

void *context_pool_alloc(struct context_pool *pool, size_t bytes)
{
	uint32_t class = (uint32_t)((bytes + CONTEXT_POOL_UNIT - 1) / CONTEXT_POOL_UNIT);
	struct context_pool_page *p;
	uint32_t page;
	uint8_t *block;

	if (bytes == 0 || bytes > CONTEXT_POOL_BLOCK_MAX)
		return NULL;
	page = pool->partial[class];
	if (page == CONTEXT_POOL_NONE)
		page = open_page(pool, class);
	if (page == CONTEXT_POOL_NONE)
		return NULL;
	p = &pool->pages[page];
	block = p->free;
	if (block != NULL)
		memcpy(&p->free, block, sizeof(p->free));
	else
		block = pool->arena + (size_t)page * CONTEXT_POOL_PAGE +
			(size_t)p->fresh++ * class * CONTEXT_POOL_UNIT;
	if (++p->used == p->blocks)
		list_remove(pool, &pool->partial[class], page);
	pool->used_bytes += (size_t) class * CONTEXT_POOL_UNIT;
	return block;
}

void context_pool_free(struct context_pool *pool, void *block)
{
	uint32_t page = (uint32_t)((size_t)((uint8_t *)block - pool->arena) / CONTEXT_POOL_PAGE);
	struct context_pool_page *p = &pool->pages[page];
	uint32_t *partial = &pool->partial[p->class];

	pool->used_bytes -= (size_t)p->class * CONTEXT_POOL_UNIT;
	memcpy(block, &p->free, sizeof(p->free));
	p->free = block;
	if (p->used-- == p->blocks)
		list_push(pool, partial, page);
	if (p->used == 0) {
		list_remove(pool, partial, page);
		list_push(pool, &pool->free_pages, page);
	}
}
