/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_fill.h"

#include "hwprofile_memory.h"

#include <string.h>

enum { ENDPOINTS_MAX = 1000000 };

/* Workers that were given a queue of this port, and those that were given no list at all. */
static uint16_t count_pollers(const struct hwprofile_build *b, uint32_t port)
{
	uint16_t n = 0;

	for (uint32_t i = 0; i < b->profile.n_workers; i++)
		if (!b->queues_given[i] || b->profile.workers[i].queue[port] != HWPROFILE_NO_QUEUE)
			n++;
	return n;
}

static void fill_port(struct hwprofile_build *b, uint32_t i)
{
	struct hwprofile *p = &b->profile;
	struct hwprofile_port *port = &p->ports[i];

	if (port->rx_queues == 0)
		port->rx_queues = count_pollers(b, i);
	if (port->tx_queues == 0)
		port->tx_queues = (uint16_t)p->n_workers;
	if (port->exception == HWPROFILE_EXCEPTION_TAP && port->tap[0] == '\0') {
		(void)snprintf(b->taps[i], sizeof(b->taps[i]), "sluice%u", i % HWPROFILE_PORTS_MAX);
		port->tap = b->taps[i];
	}
	for (uint32_t w = 0; w < p->n_workers; w++)
		if (!b->queues_given[w] && w < port->rx_queues)
			p->workers[w].queue[i] = (uint16_t)w;
}

void hwprofile_fill_queues(struct hwprofile_build *b)
{
	for (uint32_t i = 0; i < b->profile.n_ports; i++)
		fill_port(b, i);
}

void hwprofile_fill_memory(struct hwprofile_build *b)
{
	struct hwprofile *p = &b->profile;
	struct hwprofile_memory m;
	uint32_t share;

	if (p->n_workers == 0)
		return;
	share = (p->endpoints + p->n_workers - 1) / p->n_workers;
	if (share * p->n_workers > ENDPOINTS_MAX)
		share = ENDPOINTS_MAX / p->n_workers;
	p->endpoints = share * p->n_workers;
	if (p->crypto_memory_mb == 0)
		p->crypto_memory_mb =
			(uint32_t)hwprofile_memory_crypto_mb(p->endpoints, p->n_workers);
	/* a quarter more, for drivers that hold more than their rings */
	if (p->mbufs == 0)
		p->mbufs = (uint32_t)(hwprofile_memory_packets(p) * 5 / 4 | 1023);
	if (p->memory_mb == 0) {
		hwprofile_memory_estimate(p, &m);
		p->memory_mb = (uint32_t)(m.total_mb + 63) & ~UINT32_C(63);
	}
}
