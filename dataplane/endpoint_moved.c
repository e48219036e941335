/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint_moved.h"

void endpoint_moved_wait(struct endpoints *e, uint32_t index)
{
	struct endpoint_cold *cold = &e->cold[index];

	if (cold->waiting)
		return;
	cold->waiting = true;
	cold->next_move = 0;
	if (e->last_move != 0)
		e->cold[e->last_move - 1].next_move = index + 1;
	else
		e->first_move = index + 1;
	e->last_move = index + 1;
}

static uint32_t take(struct endpoints *e)
{
	uint32_t index = e->first_move - 1;

	e->first_move = e->cold[index].next_move;
	if (e->first_move == 0)
		e->last_move = 0;
	e->cold[index].waiting = false;
	return index;
}

/* Not if it is gone, or a command has had it asked for since. */
static bool is_wanted(const struct endpoints *e, uint32_t index)
{
	const struct endpoint *slot = &e->slots[index];

	return slot->generation != 0 && slot->remote.family != RELAY_FAMILY_NONE &&
	       !e->cold[index].resolving &&
	       atomic_load_explicit(&slot->destination, memory_order_relaxed) == 0;
}

bool endpoint_moved_next(
	struct endpoints *e, uint32_t *index, uint32_t *generation, struct relay_sockaddr *addr)
{
	for (uint32_t n = 0; n < ENDPOINT_LOOKS && e->first_move != 0; n++) {
		uint32_t i = take(e);

		if (!is_wanted(e, i))
			continue;
		*index = i;
		*generation = e->slots[i].generation;
		*addr = e->slots[i].remote;
		return true;
	}
	return false;
}
