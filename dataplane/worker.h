/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.h - what belongs to a polling core, and the order of the stages.
 *
 * Invariant: packets go through the stages in the order that worker_poll gives, and nothing else
 *            decides it. A packet that this worker owns is counted once as received and once as
 *            sent, punted or dropped, before the counters are published.
 * Threads:   a worker is one thread's, but for what is marked.
 * Ownership: what points elsewhere is the caller's of worker_run, and outlives it.
 * Units:     in the names; 'now' is taken once a poll.
 * Errors:    none while polling: packets are counted.
 * Cost:      hot. No allocation, syscall, log, lock or wait between rx and tx.
 */
#ifndef WORKER_H
#define WORKER_H

#include "batch.h"
#include "endpoint.h"
#include "link.h"
#include "neighbour.h"
#include "retire.h"
#include "srtp_burst.h"
#include "worker_parts.h"

#include <rte_mempool.h>
#include <rte_ring.h>

struct worker {
	uint32_t id, n_workers;
	uint32_t burst;
	uint32_t n_queues;
	uint32_t next_queue, next_handoff; /* to begin with: under overload none starves */
	struct worker_queue queues[HWPROFILE_PORTS_MAX];
	struct worker_port ports[HWPROFILE_PORTS_MAX];
	uint32_t n_ports;
	struct endpoints endpoints;
	struct srtp_engine *engine;
	const struct neighbour_table *neighbours;
	struct worker_clock clock;
	struct relay_counts sums;
	struct relay_worker_counters *published;
	struct worker_bucket punt_bucket, notice_bucket, fragment_bucket;
	struct worker_bucket peer_bucket, stranger_bucket, move_bucket; /* of questions */
	struct worker_peer peers[WORKER_PEERS];
	struct rte_mempool *pool;

	/* between workers: [i] is the ring of worker i, made by main; NULL for itself */
	struct rte_ring *handoff_out[RELAY_WORKERS_MAX], *handoff_in[RELAY_WORKERS_MAX];
	/* to and from the main thread */
	struct rte_ring *to_kernel, *from_kernel; /* mbufs; 'port' of the mbuf is the profile's */
	struct rte_ring *questions, *answers;     /* struct worker_question */
	_Atomic(struct link *) link;              /* main: wo, worker: ro; NULL: no control plane */
	_Atomic bool wake_wanted; /* worker: sets, main: clears and wakes the client */
	_Atomic bool *stop;       /* main: wo */
	struct retire *retire;
	bool ring_told; /* RING_BROKEN was counted for this link */

	/* idle */
	bool backoff;
	uint32_t idle_polls, idle_sleep_us;
	uint32_t polls_empty; /* in a row */
	bool stage_cycles;
	uint64_t stage_tsc;

	struct srtp_pkt crypto[BATCH_MAX];
	uint32_t crypto_of[BATCH_MAX]; /* packet of crypto[i] */
	struct rte_mbuf *tx[HWPROFILE_PORTS_MAX][BATCH_MAX];
	uint8_t tx_of[HWPROFILE_PORTS_MAX][BATCH_MAX]; /* its number in the batch */
};

_Static_assert(BATCH_MAX <= UINT8_MAX + 1, "tx_of");
_Static_assert(2 * RELAY_WORKERS_MAX * WORKER_PEERS <= NEIGHBOUR_EXTRA_MIN, "room for all peers");

/* The stages, in order; rx returns its count. */
uint32_t rx_run(struct worker *w, struct batch *b);
void classify_run(struct worker *w, struct batch *b);
void flow_run(struct worker *w, struct batch *b);
void unprotect_run(struct worker *w, struct batch *b);
void route_run(struct worker *w, struct batch *b);
void protect_run(struct worker *w, struct batch *b);
void encap_run(struct worker *w, struct batch *b);
void tx_run(struct worker *w, struct batch *b);

/* One turn: everything above, for what has come. How many packets that was. */
uint32_t worker_poll(struct worker *w);

/* Polls until '*stop'. */
void worker_run(struct worker *w);

/* Packet 'i' goes no further. */
static inline void worker_drop(struct worker *w, struct batch *b, uint32_t i, enum relay_drop why)
{
	w->sums.drops[why]++;
	b->dead[b->n_dead++] = b->pkts[i];
}

/* The same where its endpoint is known. */
static inline void worker_drop_of(
	struct worker *w, struct batch *b, uint32_t i, enum relay_drop why)
{
	_Atomic uint32_t *dropped = &w->endpoints.records[b->meta[i].in].dropped;

	atomic_store_explicit(dropped, atomic_load_explicit(dropped, memory_order_relaxed) + 1,
		memory_order_relaxed);
	worker_drop(w, b, i, why);
}

/* Counted once for each link. */
static inline void worker_ring_broken(struct worker *w)
{
	w->sums.counts[RELAY_COUNTER_RING_BROKEN] += !w->ring_told;
	w->ring_told = true;
}

/* After a send on the link: the client sleeps. */
static inline void worker_wake_client(struct worker *w)
{
	/* release: pairs with main's exchange; what was sent is there when the client wakes */
	atomic_store_explicit(&w->wake_wanted, true, memory_order_release);
}

#endif
