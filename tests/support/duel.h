/* SPDX-License-Identifier: BSD-3-Clause */
/* duel.h - a burst of packets through ours and through libsrtp. libsrtp gets each packet as soon
 * as it is added, ours get all of them at once; then each packet's verdict, length and bytes are
 * compared. A difference fails the test. */
#ifndef DUEL_H
#define DUEL_H

#include "network.h"
#include "verdict.h"

enum { DUEL_BURST_MAX = 128 };

struct duel_job {
	struct network_pkt *in;
	struct verdict_facts facts;
	unsigned theirs; /* srtp_err_status_t or VERDICT_NOT_ASKED */
	uint32_t theirs_len;
	uint8_t theirs_data[TRAFFIC_LEN_MAX + ORACLE_ROOM];
	uint8_t *mem;   /* ours: ends where the packet's room ends */
	uint32_t shift; /* of the packet in 'mem': it may lie at any address */
};

struct duel {
	struct srtp_engine *engine;
	const char *engine_name;
	struct support_rng *rng;
	uint64_t seed;
	uint32_t step; /* bursts so far */
	enum srtp_direction direction;
	uint32_t n;
	uint64_t chunk; /* of all so far, the one that the last packet added belongs to */
	struct duel_job jobs[DUEL_BURST_MAX];
	struct srtp_pkt pkts[DUEL_BURST_MAX];
	uint64_t packets[SUITE_COUNT]; /* compared so far */
};

void duel_begin(struct duel *d, enum srtp_direction direction);

/* With a buffer of 'room' bytes for ours to protect in. True if libsrtp has protected it. */
bool duel_protect(struct duel *d, struct network_pkt *in, uint32_t room);
void duel_unprotect(struct duel *d, struct network_pkt *in);

/* Lets ours run. After it, 'pkts' point to what has become of each packet, until the end. */
void duel_run(struct duel *d);
void duel_end(struct duel *d);

#endif
