/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

static uint32_t take_queue(const struct worker_queue *q, struct rte_mbuf **pkts, uint32_t most)
{
	uint32_t n = rte_eth_rx_burst(q->port_id, q->queue, pkts, (uint16_t)most);

	for (uint32_t i = 0; i < n; i++)
		pkts[i]->port = q->port; /* from here on the profile's number */
	return n;
}

static uint32_t take_handoff(struct worker *w, struct rte_mbuf **pkts, uint32_t most)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < w->n_workers && n < most; k++) {
		uint32_t i = w->next_handoff;

		w->next_handoff = i + 1 < w->n_workers ? i + 1 : 0;
		if (w->handoff_in[i] != NULL)
			n += rte_ring_sc_dequeue_burst(
				w->handoff_in[i], (void **)&pkts[n], most - n, NULL);
	}
	w->sums.counts[RELAY_COUNTER_HANDOFF_IN] += n;
	return n;
}

uint32_t rx_run(struct worker *w, struct batch *b)
{
	uint32_t n = w->n_workers > 1 ? take_handoff(w, b->pkts, (w->burst + 1) / 2) : 0;

	for (uint32_t i = 0; i < w->n_queues && n < w->burst; i++) {
		n += take_queue(&w->queues[w->next_queue], &b->pkts[n], w->burst - n);
		w->next_queue = w->next_queue + 1 < w->n_queues ? w->next_queue + 1 : 0;
	}
	for (uint32_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->pkts[i], void *));
	b->n = n;
	b->n_dead = 0;
	return n;
}
