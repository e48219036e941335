/* SPDX-License-Identifier: BSD-3-Clause */
/* batch.h - the packets of one poll, on their way through the stages.
 *
 * Invariant: pkts[i] and meta[i], i < n, are the packets still on their way, in the order in which
 *            they came; dead ones wait in 'dead' until the poll ends. A stage writes only what
 *            its line in struct pkt_meta says.
 * Threads:   one worker's.
 * Ownership: the batch owns its packets until tx or another ring has them.
 * Units:     offsets in bytes from the mbuf's data.
 * Errors:    a packet that must go no further is dropped with a reason (worker_drop).
 * Cost:      keeping every packet costs nothing; after a drop, each keep copies a line.
 */
#ifndef BATCH_H
#define BATCH_H

#include "relay_address.h"
#include "relay_counters.h"

#include <rte_mbuf.h>
#include <stdint.h>

enum {
	BATCH_MAX = 64,  /* packets */
	BATCH_AHEAD = 4, /* how far ahead memory is fetched, in packets */
};

_Static_assert((int)BATCH_MAX == (int)RELAY_POLL_MAX, "a takeover allows for what was not counted");

enum pkt_class { PKT_RTP, PKT_RTCP, PKT_STUN, PKT_DTLS };

struct neighbour_hop;

/* What the stages learn of a packet. */
struct pkt_meta {
	/* classify */
	struct relay_sockaddr source;
	uint16_t off, len; /* of the UDP payload; unprotect and protect change 'len' */
	uint16_t local_address;
	uint16_t local_port;
	uint8_t class; /* enum pkt_class */
	uint8_t reserved[3];
	/* flow */
	uint32_t in; /* slot */
	/* route */
	uint32_t out; /* slot */
	const struct neighbour_hop *hop;
	uint64_t reserved2[2];
};

_Static_assert(sizeof(struct pkt_meta) == 64, "one line");

struct batch {
	uint32_t n;
	uint32_t n_dead;
	struct rte_mbuf *pkts[BATCH_MAX];
	struct rte_mbuf *dead[BATCH_MAX];
	_Alignas(64) struct pkt_meta meta[BATCH_MAX];
};

/* Packet 'i' goes on, as number 'to', which is not past it. */
static inline void batch_keep(struct batch *b, uint32_t to, uint32_t i)
{
	if (likely(to == i))
		return;
	b->pkts[to] = b->pkts[i];
	b->meta[to] = b->meta[i];
}

static inline uint8_t *batch_payload(const struct batch *b, uint32_t i)
{
	return rte_pktmbuf_mtod_offset(b->pkts[i], uint8_t *, b->meta[i].off);
}

#endif
