/* SPDX-License-Identifier: BSD-3-Clause */
/* ssrc_rig.h - contexts with few places for SSRCs, of which silent ones lose theirs; for each
 * engine and suite in turn. A step that must succeed and does not fails the test. */
#ifndef SSRC_RIG_H
#define SSRC_RIG_H

#include "fixture.h"

enum {
	SSRC_RIG_PLACES = 3,
	SSRC_RIG_IDLE_S = 8,
	SSRC_RIG_JUMP = 3000,
};

extern struct srtp_engine *ssrc_rig_engine;
extern const struct suite *ssrc_rig_suite;

/* Runs 'test' for each engine and suite, at time 0. */
void ssrc_rig_each(void (*test)(void));

struct srtp_ctx *ssrc_rig_ctx(enum srtp_direction direction, uint16_t max_ssrc);

/* Another context that takes over what 'ctx' tells of itself; 'ctx' is gone. */
struct srtp_ctx *ssrc_rig_heir(struct srtp_ctx *ctx, enum srtp_direction direction);

/* A packet for the receiver, from one who has room for every SSRC. */
struct srtp_pkt ssrc_rig_sealed(
	struct srtp_ctx *tx, uint8_t *buf, enum srtp_kind kind, uint32_t ssrc, uint16_t seq);

enum srtp_status ssrc_rig_protect(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq);
enum srtp_status ssrc_rig_unprotect(
	struct srtp_ctx *tx, struct srtp_ctx *rx, enum srtp_kind kind, uint32_t ssrc, uint16_t seq);

/* 'n' packets in a row. */
void ssrc_rig_talk(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq, uint32_t n);

/* A test of cmocka's that runs 'f' for each. */
#define SSRC_RIG_EACH(f)                                                                           \
	static void f##_each(void **state)                                                         \
	{                                                                                          \
		(void)state;                                                                       \
		ssrc_rig_each(f);                                                                  \
	}

#endif
