/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_arena.h"

#include "secret.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK = 16 * 1024 };

struct ng_arena_chunk {
	struct ng_arena_chunk *older;
	size_t len;
	size_t room;
	alignas(max_align_t) char bytes[];
};

void ng_arena_init(struct ng_arena *arena, size_t limit)
{
	*arena = (struct ng_arena){.limit = limit};
}

static struct ng_arena_chunk *drop(struct ng_arena_chunk *chunk)
{
	struct ng_arena_chunk *older = chunk->older;

	secret_wipe(chunk->bytes, chunk->len);
	free(chunk);
	return older;
}

void ng_arena_reset(struct ng_arena *arena)
{
	struct ng_arena_chunk *chunk = arena->newest;

	while (chunk != NULL && chunk->older != NULL)
		chunk = drop(chunk);
	if (chunk != NULL) {
		secret_wipe(chunk->bytes, chunk->len);
		chunk->len = 0;
	}
	arena->newest = chunk;
	arena->used = 0;
	arena->failed = false;
}

void ng_arena_fini(struct ng_arena *arena)
{
	while (arena->newest != NULL)
		arena->newest = drop(arena->newest);
	ng_arena_init(arena, arena->limit);
}

static bool add_chunk(struct ng_arena *arena, size_t size)
{
	size_t room = size > CHUNK ? size : CHUNK;
	struct ng_arena_chunk *chunk = malloc(sizeof(*chunk) + room);

	if (chunk == NULL)
		return false;
	chunk->older = arena->newest;
	chunk->len = 0;
	chunk->room = room;
	arena->newest = chunk;
	return true;
}

void *ng_arena_alloc(struct ng_arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct ng_arena_chunk *chunk = arena->newest;
	void *mem;

	if (arena->failed)
		return NULL;
	if (size > arena->limit) {
		arena->failed = true;
		return NULL;
	}
	size = (size + align - 1) / align * align;
	if (size > arena->limit - arena->used ||
		((chunk == NULL || size > chunk->room - chunk->len) && !add_chunk(arena, size))) {
		arena->failed = true;
		return NULL;
	}
	chunk = arena->newest;
	mem = chunk->bytes + chunk->len;
	chunk->len += size;
	arena->used += size;
	memset(mem, 0, size);
	return mem;
}

struct slice ng_arena_copy(struct ng_arena *arena, struct slice text)
{
	char *mem = ng_arena_alloc(arena, text.len == 0 ? 1 : text.len);

	if (mem == NULL)
		return (struct slice){NULL, 0};
	if (text.len > 0)
		memcpy(mem, text.ptr, text.len);
	return (struct slice){mem, text.len};
}
