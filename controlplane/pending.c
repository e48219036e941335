/* SPDX-License-Identifier: BSD-3-Clause */
#include "pending.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct slot {
	struct pending_entry entry; /* no owner: it is free */
	uint32_t generation;
	uint32_t before, after; /* in the owner's list; 'after' alone in that of the free */
};

struct pending_table {
	uint32_t n, used, free;
	struct slot slots[];
};

int pending_create(uint32_t slots, struct pending_table **table)
{
	struct pending_table *t = calloc(1, sizeof(*t) + slots * sizeof(struct slot));

	if (t == NULL)
		return -ENOMEM;
	t->n = slots;
	for (uint32_t i = 0; i < slots; i++)
		t->slots[i].after = i + 1 < slots ? i + 1 : PENDING_NONE;
	*table = t;
	return 0;
}

void pending_destroy(struct pending_table *table)
{
	free(table);
}

int pending_open(
	struct pending_table *t, const struct pending_entry *entry, struct pending_handle *handle)
{
	struct pending_owner *owner = entry->owner;
	uint32_t at = t->free;
	struct slot *s;

	if (t->used == t->n)
		return -ENOBUFS;
	s = &t->slots[at];
	t->free = s->after;
	s->entry = *entry;
	s->before = PENDING_NONE;
	s->after = owner->first;
	if (owner->first != PENDING_NONE)
		t->slots[owner->first].before = at;
	owner->first = at;
	owner->n++;
	t->used++;
	*handle = (struct pending_handle){at, s->generation};
	return 0;
}

static void release(struct pending_table *t, uint32_t at)
{
	struct slot *s = &t->slots[at];
	struct pending_owner *owner = s->entry.owner;

	assert(owner != NULL);
	if (s->before != PENDING_NONE)
		t->slots[s->before].after = s->after;
	else
		owner->first = s->after;
	if (s->after != PENDING_NONE)
		t->slots[s->after].before = s->before;
	owner->n--;
	s->entry.owner = NULL;
	s->generation++;
	s->after = t->free;
	t->free = at;
	t->used--;
}

bool pending_take(
	struct pending_table *t, struct pending_handle handle, struct pending_entry *entry)
{
	const struct slot *s;

	if (handle.slot >= t->n)
		return false;
	s = &t->slots[handle.slot];
	if (s->entry.owner == NULL || s->generation != handle.generation)
		return false;
	*entry = s->entry;
	release(t, handle.slot);
	return true;
}

void pending_abandon(struct pending_table *t, struct pending_owner *owner)
{
	while (owner->first != PENDING_NONE)
		release(t, owner->first);
}

uint32_t pending_count(const struct pending_table *table)
{
	return table->used;
}
