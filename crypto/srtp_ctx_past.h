/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_ctx_past.h - places for SSRCs that have none, and what is left of those that lost theirs;
 * for srtp_ctx*.c and srtp_burst_*.c alone.
 *
 * Invariant: an SSRC that ever lost its place is in the set of the retired, and may be parked
 *            besides: then it goes on beyond where it was, else not at all.
 * Threads:   as srtp_ctx.h.
 * Ownership: a part of the context, if its SSRCs can lose their places.
 * Units:     seconds of the engine's clock, modulo 2^16.
 * Errors:    SRTP_NO_STREAM: there is no place; SRTP_REPLAYED: not beyond where it was.
 * Cost:      cold: a new SSRC alone comes here.
 */
#ifndef SRTP_CTX_PAST_H
#define SRTP_CTX_PAST_H

#include "srtp_ctx_layout.h"

/* SSRCs that have lost their places. All are in 'retired', also those that came back. */
struct srtp_past {
	uint64_t seed;
	uint64_t retired[SRTP_RETIRED_WORDS];
	struct srtp_ssrc_state
		parked[SRTP_PARKED_MAX]; /* the last first; empty ones are not valid */
	uint16_t idle_s;
	uint16_t made_s; /* when the context was */
	uint32_t jumped; /* of the last that came back too far ahead; 0: none */
};

_Static_assert(sizeof(struct srtp_past) == 112, "parts are 16-byte aligned");

static inline struct srtp_past *srtp_ctx_past(const struct srtp_ctx *ctx)
{
	uint16_t off = srtp_ctx_cold(ctx)->past_off;

	return off == 0 ? NULL : srtp_ctx_part(ctx, off);
}

/* An SSRC that was heard more than a little is proven: packets, of which one of SRTCP counts more,
 * as they are seldom. */
enum { SRTP_CTX_PROVEN = 8, SRTP_CTX_RTCP_HEARD = 3 };

static inline void srtp_ctx_hear(struct srtp_stream *stream, uint32_t n)
{
	if (__builtin_expect(stream->heard < SRTP_CTX_PROVEN, 0))
		stream->heard = (uint8_t)(stream->heard + n);
}

/* srtp_ctx.c: a stream's state, for those who know what they write. */
void srtp_ctx_read(
	const struct srtp_ctx *ctx, const struct srtp_stream *stream, struct srtp_ssrc_state *out);
void srtp_ctx_write(
	struct srtp_ctx *ctx, struct srtp_stream *stream, const struct srtp_ssrc_state *state);

/* A packet of an SSRC that has no place. */
struct srtp_claim {
	uint32_t ssrc;
	enum srtp_kind kind;
	uint64_t index;
};

/* Whether it may have one, if there is any: SRTP_REPLAYED if it comes back, and not beyond where it
 * was. Pure. */
enum srtp_status srtp_ctx_check_claim(const struct srtp_ctx *ctx, const struct srtp_claim *claim);

/* A place for it, which must be authentic: one that was here before goes on where it was.
 * SRTP_NO_STREAM: there is none. Nothing changes unless it has one. */
enum srtp_status srtp_ctx_admit(struct srtp_ctx *ctx, const struct srtp_claim *claim,
	uint16_t now_s, struct srtp_stream **stream);

/* Protect: whether it comes back further ahead than it may, and not beside the last that did. */
bool srtp_ctx_comes_back_far(struct srtp_ctx *ctx, uint32_t ssrc, uint64_t index);

/* Whether two packets far ahead of their stream are beside each other: either may be the later one,
 * and others between them be lost. */
static inline bool srtp_ctx_confirms(uint64_t index, uint64_t last)
{
	uint32_t apart = (uint32_t)(index - last);

	return apart != 0 && apart + 64 <= 128;
}

/* The index that 'seq' has when the SSRC comes back, or begins. */
uint64_t srtp_ctx_parked_index(const struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq);

#endif
