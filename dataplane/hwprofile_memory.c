/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_memory.h"

#include "context_pool.h"

enum {
	CACHE_PACKETS = 512 * 3 / 2, /* of the pool, for each worker: it may overfill by half */
	HANDOFF_PACKETS = 1024,      /* on the way to another worker, for each */
	BASE_MB = 64,
	PORT_MB = 16,
	WORKER_MB = 8,
};

static uint64_t to_mb(uint64_t bytes)
{
	return (bytes + (1u << 20) - 1) >> 20;
}

uint64_t hwprofile_memory_packets(const struct hwprofile *p)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->n_ports; i++) {
		const struct hwprofile_port *port = &p->ports[i];

		n += (uint64_t)port->rx_queues * port->rx_descriptors;
		n += (uint64_t)port->tx_queues * port->tx_descriptors;
	}
	return n + (uint64_t)p->n_workers *
			   (CACHE_PACKETS + HANDOFF_PACKETS + p->inject_slots + 2u * p->burst);
}

uint64_t hwprofile_memory_crypto_mb(uint64_t endpoints, uint32_t workers)
{
	const uint64_t in_page = CONTEXT_POOL_PAGE / HWPROFILE_CONTEXT_BYTES;
	uint64_t share = (endpoints + workers - 1) / workers;
	uint64_t pages = (2 * share + in_page - 1) / in_page;

	return to_mb(pages * workers * CONTEXT_POOL_PAGE);
}

/* Each worker has a word for every UDP port of every address. */
static uint64_t port_tables(const struct hwprofile *p)
{
	uint64_t ports = (uint64_t)p->media_port_max - p->media_port_min + 1;

	return ports * sizeof(uint32_t) * p->n_addresses * p->n_workers;
}

void hwprofile_memory_estimate(const struct hwprofile *p, struct hwprofile_memory *m)
{
	m->packets_mb = to_mb((uint64_t)p->mbufs * HWPROFILE_MBUF_BYTES);
	m->endpoints_mb = to_mb((uint64_t)p->endpoints * HWPROFILE_ENDPOINT_BYTES);
	m->crypto_mb = p->crypto_memory_mb;
	m->rest_mb = BASE_MB + (uint64_t)p->n_ports * PORT_MB + (uint64_t)p->n_workers * WORKER_MB +
		     to_mb(port_tables(p));
	m->total_mb = m->packets_mb + m->endpoints_mb + m->crypto_mb + m->rest_mb;
	m->records_mb = to_mb((uint64_t)p->endpoints * HWPROFILE_RECORD_BYTES);
}
