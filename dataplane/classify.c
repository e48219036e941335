/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify.h"
#include "worker.h"

enum { RESERVED = 256 }; /* places of the ring to the kernel, for ARP and ND */

/* What the NIC says of the checksums, or what we find where it says nothing. */
static bool checksums_right(
	const struct worker *w, const struct rte_mbuf *m, const struct pkt_meta *meta)
{
	uint64_t l3 = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (l3 == RTE_MBUF_F_RX_IP_CKSUM_BAD || l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		return false;
	if (l4 != RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN || !w->ports[m->port].rx_verify)
		return true;
	return classify_checksums_right(rte_pktmbuf_mtod(m, const uint8_t *), meta);
}

/* A flood of other packets must not keep the kernel from finding next hops. */
static bool has_room(const struct worker *w, const struct rte_mbuf *m)
{
	return rte_ring_free_count(w->to_kernel) > RESERVED ||
	       classify_is_neighbour(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
}

static void to_kernel(struct worker *w, struct batch *b, uint32_t i)
{
	if (!w->ports[b->pkts[i]->port].to_kernel) {
		worker_drop(w, b, i, RELAY_DROP_NOT_OURS);
	} else if (!has_room(w, b->pkts[i]) || rte_ring_sp_enqueue(w->to_kernel, b->pkts[i]) != 0) {
		worker_drop(w, b, i, RELAY_DROP_KERNEL_FULL);
	} else {
		w->sums.counts[RELAY_COUNTER_PUNT]++;
		w->sums.counts[RELAY_COUNTER_PUNT_KERNEL]++;
	}
}

/* They can't be told from those of other packets; a flood of them must not make main busy. */
static void later_fragment(struct worker *w, struct batch *b, uint32_t i)
{
	if (w->ports[b->pkts[i]->port].to_kernel &&
		!worker_bucket_take(&w->fragment_bucket, w->clock.now_us))
		worker_drop(w, b, i, RELAY_DROP_FRAGMENT_RATE);
	else
		to_kernel(w, b, i);
}

/* True if the packet stays here. Who passes one on does not count it as received. */
static bool keep_or_hand_off(struct worker *w, struct batch *b, uint32_t i)
{
	uint32_t owner = relay_layout_port_worker(b->meta[i].local_port, w->n_workers);
	uint32_t wire_len = b->pkts[i]->pkt_len;

	if (likely(owner == w->id))
		return true;
	if (rte_ring_sp_enqueue(w->handoff_out[owner], b->pkts[i]) != 0) {
		worker_drop(w, b, i, RELAY_DROP_HANDOFF_FULL);
	} else {
		w->sums.counts[RELAY_COUNTER_HANDOFF_OUT]++;
		w->sums.counts[RELAY_COUNTER_RX]--;
		w->sums.counts[RELAY_COUNTER_RX_BYTES] -= wire_len;
	}
	return false;
}

static bool is_media(struct worker *w, struct batch *b, uint32_t i, enum classify_result result)
{
	switch (result) {
	case CLASSIFY_MEDIA:
		if (likely(checksums_right(w, b->pkts[i], &b->meta[i])))
			return true;
		worker_drop(w, b, i, RELAY_DROP_BAD_CHECKSUM);
		break;
	case CLASSIFY_KERNEL:
		to_kernel(w, b, i);
		break;
	case CLASSIFY_MALFORMED:
		worker_drop(w, b, i, RELAY_DROP_MALFORMED);
		break;
	case CLASSIFY_FRAGMENT:
		worker_drop(w, b, i, RELAY_DROP_FRAGMENT);
		break;
	case CLASSIFY_FRAGMENT_LATER:
		later_fragment(w, b, i);
		break;
	case CLASSIFY_NOT_MEDIA:
		worker_drop(w, b, i, RELAY_DROP_NOT_MEDIA);
		break;
	case CLASSIFY_OTHER_HOST:
		worker_drop(w, b, i, RELAY_DROP_OTHER_HOST);
		break;
	}
	return false;
}

void classify_run(struct worker *w, struct batch *b)
{
	const struct endpoints *e = &w->endpoints;
	const struct classify_config config = {e->local, e->port_min, e->port_max};
	uint32_t kept = 0;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct rte_mbuf *m = b->pkts[i];
		struct pkt_meta *meta = &b->meta[i];
		enum classify_result result;

		bytes += m->pkt_len;
		if (unlikely(m->nb_segs > 1)) {
			worker_drop(w, b, i, RELAY_DROP_CHAINED);
			continue;
		}
		result = classify_parse(&config, &w->ports[m->port].frames,
			rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, meta);
		if (unlikely(!is_media(w, b, i, result)) || unlikely(!keep_or_hand_off(w, b, i)))
			continue;
		rte_prefetch0(endpoint_port(e, meta->local_address, meta->local_port));
		batch_keep(b, kept++, i);
	}
	w->sums.counts[RELAY_COUNTER_RX] += b->n;
	w->sums.counts[RELAY_COUNTER_RX_BYTES] += bytes;
	b->n = kept;
}
