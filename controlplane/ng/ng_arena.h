/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_arena.h - the memory of one message, given back all at once.
 *
 * Invariant: no more than 'limit' bytes are handed out; once 'failed' it hands out nothing, so a
 *            builder of many values need look only at its end.
 * Threads:   one owner.
 * Ownership: what it hands out lives until reset or fini, which wipe it: messages have keys in
 *            them. Reset keeps the first chunk for the next message.
 * Units:     bytes, aligned for any type of ours.
 * Errors:    NULL and 'failed': over the limit, or no memory.
 * Cost:      a malloc for each 16 KiB and more.
 */
#ifndef NG_ARENA_H
#define NG_ARENA_H

#include "slice.h"

struct ng_arena_chunk;

struct ng_arena {
	struct ng_arena_chunk *newest;
	size_t used;
	size_t limit;
	bool failed;
};

void ng_arena_init(struct ng_arena *arena, size_t limit);
void ng_arena_reset(struct ng_arena *arena);
void ng_arena_fini(struct ng_arena *arena);

/* Zeroed. */
void *ng_arena_alloc(struct ng_arena *arena, size_t size);

/* A copy that lives as long; "not there" where there is no memory. */
struct slice ng_arena_copy(struct ng_arena *arena, struct slice text);

#endif
