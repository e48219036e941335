/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN: no walk over the directory when a client attaches. A slot is looked at when slot_take
 * first comes by it, and from then on what is known of it is kept here. */
#include "plane_client_impl.h"

#include <errno.h>

enum { FLAGS = PLANE_CLIENT_SLOT_LISTED | PLANE_CLIENT_SLOT_TAKEN };

static uint32_t pop(const struct plane_client *c, struct plane_client_worker *w)
{
	uint32_t i = w->free;

	if (i != PLANE_CLIENT_SLOT_NONE) {
		w->free = c->slots[i].next & ~(uint32_t)FLAGS;
		c->slots[i].next &= ~(uint32_t)PLANE_CLIENT_SLOT_LISTED;
	}
	return i;
}

static bool taken(const struct plane_client *c, uint32_t i)
{
	return (c->slots[i].next & PLANE_CLIENT_SLOT_TAKEN) != 0;
}

/* Whether a slot that was not looked at is free. */
static bool look(const struct plane_client *c, uint32_t i)
{
	struct relay_identity identity = {.state = RELAY_STATE_FREE};

	if (taken(c, i))
		return false;
	if (!plane_client_identity(c, i, &identity) || identity.state == RELAY_STATE_LIVE)
		c->slots[i].next |= PLANE_CLIENT_SLOT_TAKEN;
	c->slots[i].generation = identity.generation;
	return !taken(c, i);
}

static uint32_t find(const struct plane_client *c, struct plane_client_worker *w)
{
	uint32_t i;

	while ((i = pop(c, w)) != PLANE_CLIENT_SLOT_NONE)
		if (!taken(c, i))
			return i;
	while (w->fresh < w->end)
		if (look(c, w->fresh++))
			return w->fresh - 1;
	return PLANE_CLIENT_SLOT_NONE;
}

int plane_client_slot_take(struct plane_client *c, uint32_t worker, struct relay_route *slot)
{
	struct plane_client_slot *s;
	uint32_t i;

	if (worker >= c->geometry.workers)
		return -EINVAL;
	i = find(c, &c->workers[worker]);
	if (i == PLANE_CLIENT_SLOT_NONE)
		return -ENOSPC;
	s = &c->slots[i];
	s->next |= PLANE_CLIENT_SLOT_TAKEN;
	s->generation++;
	if (s->generation == 0) /* means none */
		s->generation++;
	*slot = (struct relay_route){.endpoint = i, .generation = s->generation};
	return 0;
}

void plane_client_slot_claim(struct plane_client *c, const struct relay_route *slot)
{
	if (slot->endpoint >= c->geometry.endpoints)
		return;
	c->slots[slot->endpoint].generation = slot->generation;
	c->slots[slot->endpoint].next |= PLANE_CLIENT_SLOT_TAKEN;
}

void plane_client_slot_give(struct plane_client *c, uint32_t endpoint)
{
	struct plane_client_worker *w;
	struct plane_client_slot *s;

	if (endpoint >= c->geometry.endpoints)
		return;
	w = plane_client_owner(c, endpoint);
	s = &c->slots[endpoint];
	if (endpoint >= w->fresh || (s->next & PLANE_CLIENT_SLOT_LISTED) != 0) {
		s->next &= ~(uint32_t)PLANE_CLIENT_SLOT_TAKEN;
		return;
	}
	if (!taken(c, endpoint))
		return;
	s->next = w->free | PLANE_CLIENT_SLOT_LISTED;
	w->free = endpoint;
}
