/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

/* Why a packet can't be sent by 'slot'; RELAY_DROP_COUNT: it can, by '*hop'. */
static enum relay_drop look_up(const struct worker *w, const struct relay_route *route,
	const struct endpoint *slot, const struct neighbour_hop **hop)
{
	/* relaxed: a number, which main checks when it makes the hop behind it */
	uint32_t destination = atomic_load_explicit(&slot->destination, memory_order_relaxed);

	if (unlikely(route->generation == 0 || slot->live != route->generation))
		return RELAY_DROP_NO_ROUTE;
	*hop = neighbour_hop(w->neighbours, destination);
	if (likely(*hop != NULL))
		return RELAY_DROP_COUNT;
	return slot->remote.family == RELAY_FAMILY_NONE ? RELAY_DROP_NO_REMOTE
							: RELAY_DROP_NO_NEIGHBOUR;
}

void route_run(struct worker *w, struct batch *b)
{
	const struct endpoint *slots = w->endpoints.slots;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		struct pkt_meta *meta = &b->meta[i];
		const struct relay_route *route = &slots[meta->in].routes[meta->class];
		enum relay_drop why = look_up(w, route, &slots[route->endpoint], &meta->hop);

		if (unlikely(why != RELAY_DROP_COUNT)) {
			worker_drop_of(w, b, i, why);
			continue;
		}
		meta->out = route->endpoint;
		rte_prefetch0(slots[meta->out].egress);
		batch_keep(b, kept++, i);
	}
	b->n = kept;
}
