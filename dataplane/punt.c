/* SPDX-License-Identifier: BSD-3-Clause */
#include "punt.h"

#include "encap.h"
#include "header.h"
#include "question.h"

#include <rte_ethdev.h>

static struct link *link_of(struct worker *w)
{
	/* acquire: pairs with main's release when it made the link */
	return atomic_load_explicit(&w->link, memory_order_acquire);
}

static bool punt(struct worker *w, const struct batch *b, uint32_t i)
{
	const struct pkt_meta *meta = &b->meta[i];
	struct link *link = link_of(w);
	const struct relay_packet head = {
		.endpoint = meta->in,
		.generation = w->endpoints.slots[meta->in].generation,
		.remote = meta->source,
		.len = meta->len,
		.class = meta->class == PKT_STUN ? RELAY_PACKET_STUN : RELAY_PACKET_DTLS,
	};

	int sent = -1;

	if (link != NULL && worker_bucket_take(&w->punt_bucket, w->clock.now_us))
		sent = link_punt_send(&link->workers[w->id], &head, batch_payload(b, i));
	if (sent > 0)
		worker_wake_client(w);
	else if (sent == -EPROTO)
		worker_ring_broken(w);
	return sent >= 0;
}

void punt_packet(struct worker *w, struct batch *b, uint32_t i)
{
	const struct pkt_meta *meta = &b->meta[i];

	if (!punt(w, b, i)) {
		worker_drop_of(w, b, i, RELAY_DROP_PUNT_RATE);
		return;
	}
	w->sums.counts[RELAY_COUNTER_PUNT]++;
	b->dead[b->n_dead++] = b->pkts[i];
	/* the answer will go there */
	if (!relay_address_same_host(&w->endpoints.slots[meta->in].remote, &meta->source))
		(void)question_peer(w, &meta->source, false);
}

/* One packet out of a worker's turn; counted by the caller. */
static bool send_one(struct worker *w, struct rte_mbuf *m, uint32_t port)
{
	const struct worker_port *p = &w->ports[port];

	if (rte_eth_tx_burst(p->port_id, p->tx_queue, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

static const struct neighbour_hop *hop_of(
	struct worker *w, uint32_t index, const struct relay_sockaddr *to)
{
	struct endpoint *slot = &w->endpoints.slots[index];
	uint32_t destination;

	if (relay_address_same_host(&slot->remote, to))
		destination = atomic_load_explicit(&slot->destination, memory_order_relaxed);
	else
		destination = question_peer(w, to, true);
	return neighbour_hop(w->neighbours, destination);
}

static bool is_valid(const struct worker *w, const struct relay_packet *p)
{
	const struct endpoints *e = &w->endpoints;

	return p->endpoint - e->first < e->n && p->generation != 0 &&
	       e->slots[p->endpoint].generation == p->generation && p->class == 0 &&
	       relay_address_valid(&p->remote);
}

static bool inject(struct worker *w, const struct relay_packet *p)
{
	const struct endpoints *e = &w->endpoints;
	const struct endpoint_cold *cold = &e->cold[p->endpoint];
	struct relay_sockaddr from = e->local->addresses[cold->local.address];
	struct relay_sockaddr to =
		p->remote.family == RELAY_FAMILY_NONE ? e->slots[p->endpoint].remote : p->remote;
	const struct neighbour_hop *hop;
	uint8_t header[ENDPOINT_HEADER_MAX];
	struct rte_mbuf *m;
	char *data;

	from.port = cold->local.port;
	if (to.family != from.family || to.port == 0)
		return false;
	hop = hop_of(w, p->endpoint, &to);
	m = hop == NULL ? NULL : rte_pktmbuf_alloc(w->pool);
	if (m == NULL)
		return false;
	data = rte_pktmbuf_append(m, p->len);
	if (data != NULL) {
		memcpy(data, p->data, p->len);
		header_build(header, &from, &to, cold->dscp, ENDPOINT_TTL);
	}
	if (data == NULL || !encap_frame(w, m, 0, p->len, hop, header)) {
		rte_pktmbuf_free(m);
		return false;
	}
	return send_one(w, m, m->port);
}

void punt_run_inject(struct worker *w, struct link *link)
{
	struct relay_packet p;

	for (uint32_t i = 0; i < PUNT_A_TURN; i++) {
		int got = link_inject_next(&link->workers[w->id], &p);

		if (got == 0)
			return;
		if (got == -EPROTO) {
			worker_ring_broken(w);
			return;
		}
		if (got > 0 && is_valid(w, &p) && inject(w, &p))
			w->sums.counts[RELAY_COUNTER_INJECTED]++;
		else
			w->sums.counts[RELAY_COUNTER_INJECT_REFUSED]++;
	}
}

void punt_run_kernel(struct worker *w)
{
	struct rte_mbuf *pkts[PUNT_A_TURN];
	uint32_t n = rte_ring_sc_dequeue_burst(w->from_kernel, (void **)pkts, PUNT_A_TURN, NULL);

	for (uint32_t i = 0; i < n; i++) {
		if (send_one(w, pkts[i], pkts[i]->port))
			w->sums.counts[RELAY_COUNTER_KERNEL_TX]++;
		else
			w->sums.counts[RELAY_COUNTER_KERNEL_TX_LOST]++;
	}
}
