/* SPDX-License-Identifier: BSD-3-Clause */
/* fixture.h - engines, contexts and packets for the tests of contexts and bursts. A step that
 * must succeed and does not fails the test. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "srtp_burst.h"
#include "support.h"

enum {
	FIXTURE_ENGINES = 2,
	FIXTURE_LEN = 32, /* of a plain packet */
	FIXTURE_ROOM = 128,
	FIXTURE_SSRCS = 4, /* that a look holds */
};

/* One of each backend, the default first, while a group runs. */
extern struct srtp_engine *fixture_engines[FIXTURE_ENGINES];
int fixture_open(void **state);
int fixture_close(void **state);

/* A fixed key and MKI, which is not used as its length is 0; else the defaults. */
struct srtp_ctx_params fixture_params(enum suite_id suite, enum srtp_direction direction);
struct srtp_ctx *fixture_ctx(struct srtp_engine *engine, const struct srtp_ctx_params *params);

/* Writes a plain packet of FIXTURE_LEN bytes; 'seq' is of no meaning for RTCP. */
struct srtp_pkt fixture_pkt(uint8_t *buf, enum srtp_kind kind, uint32_t ssrc, uint16_t seq);

void fixture_run(struct srtp_engine *engine, enum srtp_direction direction, struct srtp_pkt *pkts,
	uint32_t n);

/* Runs one packet through 'ctx' and returns its status. */
enum srtp_status fixture_run_one(struct srtp_engine *engine, struct srtp_ctx *ctx,
	enum srtp_direction direction, struct srtp_pkt *pkt);

/* All that a context tells of itself; without padding, so that two can be compared whole. */
struct fixture_look {
	uint64_t n_ssrc, rtp_used, rtcp_used;
	struct srtp_ssrc_state ssrcs[FIXTURE_SSRCS];
};

struct fixture_look fixture_look(const struct srtp_ctx *ctx);

#endif
