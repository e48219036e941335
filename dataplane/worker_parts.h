/* SPDX-License-Identifier: BSD-3-Clause */
/* worker_parts.h - what a worker is made of: queues, ports, questions to main, clock, rates.
 *
 * Invariant: of a bucket, 'full_us' less now is never more than 'depth_us'.
 * Threads:   the worker, but for what is marked.
 * Ownership: embedded in struct worker.
 * Units:     in the names.
 * Errors:    none.
 * Cost:      some additions.
 */
#ifndef WORKER_PARTS_H
#define WORKER_PARTS_H

#include "classify.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct worker_queue {
	uint16_t port_id; /* DPDK's */
	uint16_t queue;
	uint8_t port; /* the profile's */
};

/* What a worker knows of a port. */
struct worker_port {
	uint16_t port_id;
	uint16_t tx_queue;
	bool rx_verify;  /* checksums in software where the NIC said nothing */
	bool tx_offload; /* UDP checksums */
	bool to_kernel;  /* has an exception path */
	struct classify_port frames;
};

/* Asks the main thread where an address is; and its answer. */
struct worker_question {
	uint32_t endpoint, generation;
	struct relay_sockaddr addr;
	uint32_t destination;
};

_Static_assert(sizeof(struct worker_question) == 32, "elements of a ring");

#define WORKER_PEER_QUESTION UINT32_MAX /* in place of an endpoint */

enum { WORKER_PEER_WAYS = 4, WORKER_PEERS = 64 * WORKER_PEER_WAYS };

/* Where packets go that the control plane sends elsewhere than to an endpoint's remote address:
 * checks of ICE. 'destination' is 0 until the main thread has answered. An address has its place
 * among the WORKER_PEER_WAYS of its set. */
struct worker_peer {
	struct relay_sockaddr addr;
	_Atomic uint32_t destination; /* main: ro */
	uint32_t used_ms;             /* asked for last */
	uint32_t answered;            /* the control plane has sent there */
};

/* The clock of a poll: TSC, turned into microseconds without a division. */
struct worker_clock {
	uint64_t base_tsc, base_us;
	uint64_t us_per_tsc; /* 32 fractional bits */
	uint64_t tsc;
	uint64_t now_us;
	uint32_t now_ms;
};

enum { WORKER_CLOCK_BACK_US = 100000 };

/* Shows 'us'. Where that lies a little behind, as when the TSC ran fast before the clock began
 * anew, it stands still; what lies further behind is followed: the TSC had jumped. */
static inline void worker_clock_show(struct worker_clock *c, uint64_t us)
{
	if (likely(c->now_us - us >= WORKER_CLOCK_BACK_US))
		c->now_us = us;
	c->now_ms = (uint32_t)(c->now_us / 1000);
}

/* Milliseconds since 'then'; none if that lies ahead, by a clock that was set back. */
static inline uint32_t worker_since_ms(uint32_t now_ms, uint32_t then_ms)
{
	int32_t since = (int32_t)(now_ms - then_ms);

	return since > 0 ? (uint32_t)since : 0;
}

/* A bucket that fills with time. */
struct worker_bucket {
	uint64_t full_us; /* when it will be full */
	uint64_t step_us, depth_us;
};

/* Holds a tenth of a second's, and one at least; of rate 0, none. */
static inline struct worker_bucket worker_bucket_of(uint32_t per_second)
{
	const uint64_t second_us = 1000000;
	uint64_t step_us = per_second == 0 ? 1 : second_us / per_second;
	uint64_t depth_us = step_us > second_us / 10 ? step_us : second_us / 10;

	return (struct worker_bucket){
		.step_us = step_us, .depth_us = per_second == 0 ? 0 : depth_us};
}

/* Takes one from the bucket, if there is one. */
static inline bool worker_bucket_take(struct worker_bucket *bucket, uint64_t now_us)
{
	uint64_t full = bucket->full_us > now_us ? bucket->full_us : now_us;

	if (full + bucket->step_us > now_us + bucket->depth_us)
		return false;
	bucket->full_us = full + bucket->step_us;
	return true;
}

#endif
