/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.h - the loop that sends and receives, on a core of its own.
 *
 * Invariant: what the port refused is tried again before anything new is made; 'sent' counts what
 *            the port took.
 * Threads:   worker_run on one lcore. 'live' and 'stop' are what another thread may touch
 * meanwhile. Ownership: everything it points to is the caller's. Units:     TSC cycles; packets.
 * Errors:    a packet that could not be sealed ends the sending; see transmitter.failure.
 * Cost:      hot: no allocation, syscall or log.
 */
#ifndef WORKER_H
#define WORKER_H

#include "pace.h"
#include "port.h"
#include "presealed.h"
#include "receive.h"

#include <stdatomic.h>

enum { WORKER_PENDING = TRANSMIT_BURST + 1 };

struct worker_counts {
	uint64_t sent, sent_bytes; /* RTP packets that the port took; bytes of all frames */
	uint64_t reports;          /* RTCP, the same */
	uint64_t answers;          /* ARP and neighbour advertisements */
	uint64_t tx_refused;       /* times a packet was turned away and kept for the next try */
	uint64_t tx_abandoned;     /* still turned away at the end */
	uint64_t no_mbuf;
	uint64_t segmented; /* frames in several parts, which are none of ours */
	uint64_t tx_cycles, rx_cycles;
	uint64_t sending_cycles; /* from the first burst to the end of sending */
};

/* Copies of counts, for those who watch. Written by the worker alone. */
struct worker_live {
	_Atomic uint64_t sent, good, faulty, refused;
};

struct worker {
	struct port *port;
	struct frame_link link;
	struct transmitter *transmitter;
	struct receiver *receiver;
	struct presealed *presealed; /* NULL: made while sending */
	struct pace pace, report_pace;
	bool with_reports;
	uint64_t send_cycles, drain_cycles;
	struct worker_counts counts;
	struct rte_mbuf *pending[WORKER_PENDING];
	uint32_t n_pending, pending_reports; /* reports are at the end */
	bool sending;
	struct worker_live live;
	atomic_bool stop;
};

/* For rte_eal_remote_launch: sends, drains, returns 0. */
int worker_run(void *worker);

#endif
