/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"
#include "worker.h"

#include <rte_ethdev.h>

/* What the port does not take is dropped: waiting would lose what comes in meanwhile. */
static void send_port(struct worker *w, struct batch *b, uint32_t port, uint32_t n)
{
	const struct worker_port *p = &w->ports[port];
	const uint8_t *of = w->tx_of[port];
	uint64_t bytes = 0;
	uint32_t sent;

	for (uint32_t i = 0; i < n; i++)
		bytes += w->tx[port][i]->pkt_len;
	sent = rte_eth_tx_burst(p->port_id, p->tx_queue, w->tx[port], (uint16_t)n);
	for (uint32_t i = 0; i < sent; i++)
		stream_sent(&w->endpoints, b->meta[of[i]].out, b->meta[of[i]].len);
	for (uint32_t i = sent; i < n; i++) {
		bytes -= w->tx[port][i]->pkt_len;
		stream_lost(&w->endpoints, b->meta[of[i]].out);
		worker_drop_of(w, b, of[i], RELAY_DROP_TX_FULL);
	}
	w->sums.counts[RELAY_COUNTER_TX] += sent;
	w->sums.counts[RELAY_COUNTER_TX_BYTES] += bytes;
}

void tx_run(struct worker *w, struct batch *b)
{
	uint32_t n[HWPROFILE_PORTS_MAX] = {0};

	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t port = b->pkts[i]->port;

		w->tx_of[port][n[port]] = (uint8_t)i;
		w->tx[port][n[port]++] = b->pkts[i];
	}
	for (uint32_t port = 0; port < w->n_ports; port++) {
		if (n[port] > 0)
			send_port(w, b, port, n[port]);
	}
	b->n = 0;
	if (unlikely(b->n_dead > 0))
		rte_pktmbuf_free_bulk(b->dead, b->n_dead);
	b->n_dead = 0;
}
