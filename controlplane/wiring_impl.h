/* SPDX-License-Identifier: BSD-3-Clause */
/* wiring_impl.h - one flow of a leg, as a command to the data plane.
 *
 * Invariant: as wiring.h.
 * Threads:   the event loop's.
 * Ownership: as wiring.h.
 * Units:     -
 * Errors:    -errno.
 * Cost:      as wiring.h.
 */
#ifndef WIRING_IMPL_H
#define WIRING_IMPL_H

#include "wiring.h"

/* One port of one side of one media. */
struct wiring_place {
	struct call_bridge *bridge;
	struct call_media *media;
	unsigned side;
	unsigned flow; /* RELAY_ROUTE_* */
};

static inline struct call_leg *wiring_leg(const struct wiring_place *p)
{
	return &p->media->legs[p->side];
}

static inline struct call_flow *wiring_flow(const struct wiring_place *p)
{
	return &wiring_leg(p)->flows[p->flow];
}

static inline const struct relay_sockaddr *wiring_local(
	const struct wiring *w, const struct call_bridge *b, unsigned side)
{
	const struct call_side *s = &b->sides[side];

	return &w->config->interfaces[s->interface].addresses[s->address].local;
}

/* The next place of the bridge; begins with one whose media is NULL. */
bool wiring_next(struct wiring_place *p);

bool wiring_is_wanted(const struct wiring_place *p, const struct call_terms *terms);

/* All that the place's endpoint is, by 'now'; slots of both legs must be there. */
int wiring_command(
	const struct wiring *w, const struct wiring_place *p, struct relay_command *command);

/* Both keys of 'now', and where the peer's was if the leg has had it before. The caller wipes. */
int wiring_record(const struct wiring_place *p, struct relay_record *record);

/* One flow: installed, or changed by 'set', after 'now'. */
int wiring_send(const struct wiring *w, const struct wiring_place *p, uint8_t set);

/* What the data plane shows of the peer's key in 'slot' is kept with the leg, as the key is about
 * to go there. False without memory. */
bool wiring_retire(
	const struct wiring *w, const struct wiring_place *p, const struct relay_route *slot);

/* The same of what was read already, by the name that is shown, whatever we think that it has. */
bool wiring_keep_past(struct call_leg *leg, const struct relay_endpoint_view *view);

/* As dplink_slot_take; the flow knows of which data plane it is. */
int wiring_slot_take(const struct wiring *w, uint32_t worker, struct call_flow *flow);

/* A leg has no media any more: what it has agreed to and all its keys go. */
void wiring_close(struct call_leg *leg);

/* Takes an endpoint out, and with 'port' its leg's ports afterwards. */
void wiring_take_out(const struct wiring *w, const struct wiring_place *p, uint16_t port);

void wiring_give_ports(const struct wiring *w, const struct wiring_place *p);

#endif
