/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * Two passes, so that no packet waits for memory: the first finds the slot and fetches its line
 * and its record's, the second reads them and fetches what route and protect will read.
 */
#include "punt.h"
#include "worker.h"

static void find(struct worker *w, struct batch *b)
{
	const struct endpoints *e = &w->endpoints;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		struct pkt_meta *meta = &b->meta[i];
		uint32_t slot = *endpoint_port(e, meta->local_address, meta->local_port);

		if (unlikely(slot == 0)) {
			worker_drop(w, b, i, RELAY_DROP_NO_ENDPOINT);
			continue;
		}
		meta->in = slot - 1;
		rte_prefetch0(&e->slots[meta->in]);
		rte_prefetch0(&e->records[meta->in].rx_packets);
		batch_keep(b, kept++, i);
	}
	b->n = kept;
}

/* RELAY_DROP_COUNT: the packet may go on. */
static enum relay_drop refuse(
	const struct worker *w, const struct endpoint *slot, const struct pkt_meta *meta)
{
	if (unlikely((slot->media & (RELAY_MEDIA_RTP << (meta->class == PKT_RTCP))) == 0))
		return RELAY_DROP_WRONG_MEDIA;
	if (unlikely(!endpoint_source_allowed(slot, &meta->source, w->clock.now_ms)))
		return RELAY_DROP_SOURCE;
	return RELAY_DROP_COUNT;
}

static void fetch_ahead(const struct endpoints *e, const struct endpoint *slot, uint8_t class)
{
	uint32_t out = slot->routes[class].endpoint;

	rte_prefetch0(slot->ingress);
	rte_prefetch0(&e->slots[out].egress);
	rte_prefetch0(&e->records[out].tx_packets);
}

void flow_run(struct worker *w, struct batch *b)
{
	const struct endpoints *e = &w->endpoints;
	uint32_t kept = 0;

	find(w, b);
	for (uint32_t i = 0; i < b->n; i++) {
		struct pkt_meta *meta = &b->meta[i];
		const struct endpoint *slot = &e->slots[meta->in];
		enum relay_drop why;

		if (unlikely(meta->class > PKT_RTCP)) {
			punt_packet(w, b, i);
			continue;
		}
		why = refuse(w, slot, meta);
		if (unlikely(why != RELAY_DROP_COUNT)) {
			worker_drop_of(w, b, i, why);
			continue;
		}
		fetch_ahead(e, slot, meta->class);
		batch_keep(b, kept++, i);
	}
	b->n = kept;
}
