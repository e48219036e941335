/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_ctx_layout.h - the memory of a context, for srtp_ctx*.c, srtp_packet.h and srtp_burst_*.c.
 *
 * Invariant: [head, 64 bytes][SRTP key][cold][SRTCP key][streams but the first][histories]
 *            [past: srtp_ctx_past.h], each part 16-byte aligned. An in-order packet of the first
 *            SSRC touches the head and the key, 5 cache lines for AES-CM-128, and writes the head
 *            alone.
 * Threads:   as srtp_ctx.h.
 * Ownership: one block; offsets are from its start.
 * Units:     offsets in bytes.
 * Errors:    none.
 * Cost:      finding the first SSRC is one comparison, another one a scan of the others.
 */
#ifndef SRTP_CTX_LAYOUT_H
#define SRTP_CTX_LAYOUT_H

#include "backend.h"
#include "replay.h"
#include "srtp_ctx.h"

/* Made from engine and direction; one comparison tells a context of another direction, of a
 * backend with other keys, or one that fini has wiped. */
static inline uint16_t srtp_ctx_guard(uint8_t key_format, enum srtp_direction direction)
{
	return (uint16_t)((unsigned)key_format << 8 | (unsigned)direction);
}

struct srtp_stream {
	struct replay rtp;
	uint32_t ssrc;
	uint8_t slot;
	uint8_t heard;   /* see srtp_ctx_hear */
	uint16_t seen_s; /* last packet, on the engine's clock modulo 2^16 */
};

/* One SSRC, the rest. */
struct srtp_history {
	union {
		struct replay rtcp;         /* unprotect */
		struct {                    /* protect */
			uint64_t rtcp_next; /* index to send */
			uint64_t jumped;    /* SRTP index of the last refused for it; 0: none */
		};
	};
	uint64_t rtcp_older[SRTP_RTCP_WINDOW / 64];
	uint64_t rtp_older[]; /* window / 64 words */
};

struct srtp_ctx {
	uint16_t guard;
	uint8_t suite; /* enum suite_id */
	bool aead;
	uint8_t rtp_tag_len, mki_len;
	uint16_t window;
	uint16_t n_ssrc;
	uint16_t cold_off, histories_off;
	uint16_t history_bytes;
	uint8_t salt[16];    /* as IVs want it: see srtp_ctx.c */
	uint64_t rtp_budget; /* packets to the soft limit */
	struct srtp_stream first;
	uint8_t rtp_key[];
};

/* What only SRTCP, MKIs, limits and further SSRCs need. */
struct srtp_ctx_cold {
	const struct backend *backend;
	uint64_t rtp_hard;
	uint64_t rtp_over; /* used beyond the soft limit */
	uint32_t rtcp_hard, rtcp_used;
	uint16_t max_ssrc, max_jump;
	uint16_t rtcp_key_off, streams_off;
	uint16_t past_off; /* 0: SSRCs keep their places */
	uint8_t mki[SRTP_MKI_MAX];
	uint8_t rtcp_salt[16];
};

_Static_assert(sizeof(struct srtp_ctx) == 64, "the head of a context is one cache line");
_Static_assert(sizeof(struct srtp_ctx_cold) % 16 == 0, "parts are 16-byte aligned");
_Static_assert(sizeof(struct srtp_history) == 32, "parts are 16-byte aligned");

/* The soft limit lies at 7/8 of the hard one. */
static inline uint64_t srtp_ctx_soft(uint64_t hard)
{
	return hard - hard / 8;
}

/* A part of the block. Like strchr, it hands on the writability that the caller has. */
static inline void *srtp_ctx_part(const struct srtp_ctx *ctx, size_t off)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): -Wcast-qual leaves no other way */
	return (void *)((uintptr_t)ctx + off);
}

static inline struct srtp_ctx_cold *srtp_ctx_cold(const struct srtp_ctx *ctx)
{
	return srtp_ctx_part(ctx, ctx->cold_off);
}

static inline bool srtp_ctx_is_protect(const struct srtp_ctx *ctx)
{
	return (ctx->guard & 0xff) == SRTP_PROTECT;
}

static inline struct srtp_stream *srtp_ctx_stream(const struct srtp_ctx *ctx, uint32_t slot)
{
	struct srtp_stream *others;

	if (slot == 0)
		return srtp_ctx_part(ctx, offsetof(struct srtp_ctx, first));
	others = srtp_ctx_part(ctx, srtp_ctx_cold(ctx)->streams_off);
	return &others[slot - 1];
}

static inline struct srtp_history *srtp_ctx_history(
	const struct srtp_ctx *ctx, const struct srtp_stream *stream)
{
	return srtp_ctx_part(ctx, ctx->histories_off + (size_t)stream->slot * ctx->history_bytes);
}

/* NULL if the context has no state for the SSRC. */
static inline struct srtp_stream *srtp_ctx_find(const struct srtp_ctx *ctx, uint32_t ssrc)
{
	for (uint32_t i = 0; i < ctx->n_ssrc; i++) {
		struct srtp_stream *stream = srtp_ctx_stream(ctx, i);

		if (stream->ssrc == ssrc)
			return stream;
	}
	return NULL;
}

/* NULL if the table is full. */
static inline struct srtp_stream *srtp_ctx_add(struct srtp_ctx *ctx, uint32_t ssrc)
{
	struct srtp_stream *stream;

	if (ctx->n_ssrc >= srtp_ctx_cold(ctx)->max_ssrc)
		return NULL;
	stream = srtp_ctx_stream(ctx, ctx->n_ssrc);
	stream->ssrc = ssrc;
	stream->slot = (uint8_t)ctx->n_ssrc++;
	return stream;
}

#endif
