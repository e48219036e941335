/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_client_impl.h"

#include "relay_packet.h"

#include <errno.h>

/* Who gets what was taken. */
struct receiver {
	plane_client_event_fn *event;
	plane_client_punt_fn *punt;
	void *arg;
};

/* 1: took one, 0: there is none, or no more. */
typedef int take_fn(struct plane_client *c, uint32_t worker, const struct receiver *to);

static bool owns(const struct plane_client *c, uint32_t worker, uint32_t endpoint)
{
	return endpoint < c->geometry.endpoints && endpoint / c->per_worker == worker;
}

static bool event_valid(const struct plane_client *c, uint32_t worker, const struct relay_event *e)
{
	return e->version == RELAY_ABI_VERSION && e->type >= RELAY_EVENT_INSTALLED &&
	       e->type <= RELAY_EVENT_WENT_BACK && e->status < RELAY_STATUS_COUNT &&
	       owns(c, worker, e->endpoint) && relay_address_valid(&e->remote) &&
	       (e->type != RELAY_EVENT_REMOTE || e->remote.family != RELAY_FAMILY_NONE) &&
	       relay_message_zero(e->reserved, sizeof(e->reserved));
}

static int take_event(struct plane_client *c, uint32_t worker, const struct receiver *to)
{
	struct plane_client_worker *w = &c->workers[worker];
	struct relay_event e;
	int err = relay_ring_peek(&w->event, &e);

	if (err == -EPROTO)
		plane_client_broke(c, w, PLANE_CLIENT_EVENT);
	if (err != 0)
		return 0;
	relay_ring_release(&w->event);
	if (event_valid(c, worker, &e))
		to->event(to->arg, &e);
	else
		c->faults.bad_events++;
	return 1;
}

static bool punt_valid(const struct plane_client *c, uint32_t worker, const struct relay_packet *p)
{
	return owns(c, worker, p->endpoint) && p->generation != 0 &&
	       (p->class == RELAY_PACKET_STUN || p->class == RELAY_PACKET_DTLS) &&
	       relay_address_valid(&p->remote) && p->remote.family != RELAY_FAMILY_NONE &&
	       relay_message_zero(p->reserved, sizeof(p->reserved));
}

static int take_punt(struct plane_client *c, uint32_t worker, const struct receiver *to)
{
	struct plane_client_worker *w = &c->workers[worker];
	struct relay_packet p;
	const void *slot = NULL;
	bool fits;
	int err = relay_ring_oldest(&w->punt, &slot);

	if (err == -EPROTO)
		plane_client_broke(c, w, PLANE_CLIENT_PUNT);
	if (err != 0)
		return 0;
	fits = relay_packet_copy(slot, &p);
	relay_ring_release(&w->punt);
	if (fits && punt_valid(c, worker, &p))
		to->punt(to->arg, &p);
	else
		c->faults.bad_punts++;
	return 1;
}

static int take(struct plane_client *c, uint32_t *next, take_fn *one, const struct receiver *to,
	uint32_t max)
{
	uint32_t workers = c->geometry.workers, first = *next, n = 0;

	if (max > INT32_MAX)
		max = INT32_MAX;
	*next = (first + 1) % workers;
	for (uint32_t i = 0; i < workers; i++)
		while (n < max && one(c, (first + i) % workers, to) == 1)
			n++;
	if (c->broken_told != c->faults.broken_rings) {
		c->broken_told = c->faults.broken_rings;
		return -EPROTO;
	}
	return (int)n;
}

int plane_client_events(
	struct plane_client *c, plane_client_event_fn *callback, void *arg, uint32_t max)
{
	const struct receiver to = {.event = callback, .arg = arg};

	/* an answer comes after its command was acknowledged */
	for (uint32_t i = 0; i < c->geometry.workers; i++)
		plane_client_wipe(c, &c->workers[i]);
	return take(c, &c->next_event, take_event, &to, max);
}

int plane_client_punts(
	struct plane_client *c, plane_client_punt_fn *callback, void *arg, uint32_t max)
{
	const struct receiver to = {.punt = callback, .arg = arg};

	return take(c, &c->next_punt, take_punt, &to, max);
}
