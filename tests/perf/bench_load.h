/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_load.h - the packets that every contender of the crypto benchmark gets.
 *
 * Packet k belongs to stream order[k mod streams] and is the stream's packet k / streams. Streams
 * lie in memory in another order than packets come, as calls do. All streams have equal master
 * keys and SSRCs, but a context each: so one sender's packet is valid for every receiver, and what
 * the caches see is as many keys as streams. Buffers are SLICE in number and used again, as those
 * of a NIC's mempool are; between slices they are filled anew, and that is not timed. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "srtp_burst.h"

enum {
	BENCH_SLICE = 256, /* packets between two readings of the clock */
	BENCH_ROOM = 1536,
	BENCH_HEADER = 12,
};

struct bench_load {
	const struct suite *suite;
	bool unprotect;
	uint32_t payload;
	uint32_t streams;
	uint32_t *order;
	struct kdf_master master;
	struct kdf_session session;
	uint8_t (*bufs)[BENCH_ROOM];
	uint32_t stream[BENCH_SLICE]; /* of the slice's packets */
	uint32_t len;                 /* of each packet as it comes */

	/* the sender */
	struct srtp_engine *engine;
	struct srtp_ctx *sender;
	uint64_t next; /* packet to send */
	uint64_t round;
	uint8_t packet[BENCH_ROOM]; /* of this round */
};

/* Huge-page memory, zeroed, as a data plane has; aborts when there is none. */
void *bench_slab(size_t bytes);
void bench_slab_free(void *slab, size_t bytes);

void bench_load_open(
	struct bench_load *l, struct srtp_engine *engine, enum suite_id suite, uint32_t streams);
void bench_load_close(struct bench_load *l);

/* Starts at the first packet of every stream. */
void bench_load_start(struct bench_load *l, uint32_t payload, bool unprotect);

/* Fills the buffers and 'stream'. */
void bench_load_fill(struct bench_load *l);

#endif
