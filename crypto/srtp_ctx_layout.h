/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_ctx_layout.h - the memory of a context, for srtp_ctx.c and srtp_burst.c alone.
 *
 * Invariant: [head, 64 bytes][SRTP key][cold][SRTCP key][SSRC table][streams], each part
 *            16-byte aligned; an in-order AES-CM-128 packet touches 7 cache lines: head,
 *            4 of the key, SSRC with stream head, one of the window.
 * Threads:   as srtp_ctx.h.
 * Ownership: one block; offsets are from its start.
 * Units:     offsets in bytes.
 * Errors:    none.
 * Cost:      finding an SSRC reads up to n_ssrc words in a row.
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

/* One SSRC. */
struct srtp_stream {
	uint64_t rtp_top;   /* highest index authenticated or sent */
	uint64_t rtcp_next; /* protect: the index to send; unprotect: the highest seen */
	uint64_t rtcp_seen[SRTP_RTCP_WINDOW / 64];
	uint64_t rtp_seen[]; /* window / 64 words */
};

/* What only SRTCP and limits need. */
struct srtp_ctx_cold {
	const struct backend *backend;
	uint64_t rtp_hard;
	uint32_t rtcp_hard;
	uint32_t rtcp_used;
	uint8_t rtcp_salt[16];
	uint8_t pad[8];
};

struct srtp_ctx {
	uint16_t guard;
	uint8_t suite; /* enum suite_id */
	uint8_t rtp_tag_len;
	uint8_t mki_len;
	bool aead;
	uint16_t n_ssrc;
	uint16_t max_ssrc;
	uint16_t window;
	uint16_t cold_off;
	uint16_t rtcp_key_off;
	uint16_t ssrc_off;
	uint16_t stream_off;
	uint16_t stream_bytes;
	uint8_t mki[SRTP_MKI_MAX];
	uint8_t pad[6];
	uint64_t rtp_used;
	uint64_t rtp_soft;
	uint8_t salt[16]; /* as IVs want it: see srtp_ctx_salt */
	uint8_t rtp_key[];
};

_Static_assert(sizeof(struct srtp_ctx) == 64, "the head of a context is one cache line");
_Static_assert(sizeof(struct srtp_ctx_cold) == 48, "parts are 16-byte aligned");
_Static_assert(sizeof(struct srtp_stream) == 32, "parts are 16-byte aligned");

/* A part of the block. Like strchr, it hands on the writability that the caller has. */
static inline void *srtp_ctx_part(const struct srtp_ctx *ctx, size_t off)
{
	return (void *)((uintptr_t)ctx + off);
}

static inline struct srtp_ctx_cold *srtp_ctx_cold(const struct srtp_ctx *ctx)
{
	return srtp_ctx_part(ctx, ctx->cold_off);
}

static inline uint32_t *srtp_ctx_ssrcs(const struct srtp_ctx *ctx)
{
	return srtp_ctx_part(ctx, ctx->ssrc_off);
}

static inline struct srtp_stream *srtp_ctx_stream(const struct srtp_ctx *ctx, uint32_t slot)
{
	return srtp_ctx_part(ctx, ctx->stream_off + (size_t)slot * ctx->stream_bytes);
}

/* NULL if the context has no state for the SSRC. */
static inline struct srtp_stream *srtp_ctx_find(const struct srtp_ctx *ctx, uint32_t ssrc)
{
	const uint32_t *ssrcs = srtp_ctx_ssrcs(ctx);

	for (uint32_t i = 0; i < ctx->n_ssrc; i++)
		if (ssrcs[i] == ssrc)
			return srtp_ctx_stream(ctx, i);
	return NULL;
}

/* NULL if the table is full. */
static inline struct srtp_stream *srtp_ctx_add(struct srtp_ctx *ctx, uint32_t ssrc)
{
	if (ctx->n_ssrc >= ctx->max_ssrc)
		return NULL;
	srtp_ctx_ssrcs(ctx)[ctx->n_ssrc] = ssrc;
	return srtp_ctx_stream(ctx, ctx->n_ssrc++);
}

#endif
