/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_packet.h - what protect and unprotect have in common: where the parts of a packet lie, its
 * IV, and how much of the key is used. For srtp_burst_protect.c and srtp_burst_unprotect.c alone.
 *
 * Invariant: lengths have been checked before a place is worked out.
 * Threads:   as srtp_burst.h.
 * Ownership: the caller's op, packet and context.
 * Units:     lengths and offsets in bytes.
 * Errors:    srtp_packet_check_call returns the packet's status.
 * Cost:      hot: inline.
 */
#ifndef SRTP_PACKET_H
#define SRTP_PACKET_H

#include "rtp_header.h"
#include "srtp_burst.h"
#include "srtp_ctx_layout.h"
#include "srtp_engine_layout.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SELDOM      __attribute__((noinline, cold)) /* keeps registers free for the common way */

#define SRTP_PACKET_E_BIT UINT32_C(0x80000000)
enum {
	SRTP_PACKET_AHEAD = 4,             /* packets */
	SRTP_PACKET_KEY_PREFETCH = 4 * 64, /* the whole of an AES-CM-128 key */
	SRTP_PACKET_INDEX_LEN = 4,         /* SRTCP's E bit and index */
};

/* Step 'i' of a pipeline: heads of context and packet, then an HMAC suite's key. AEAD's is too
 * long to wait in the cache, its backend fetches it. Inline as backend_prefetch must be. */
static inline __attribute__((always_inline)) void srtp_packet_prefetch(
	const struct srtp_pkt *pkts, uint32_t n, uint32_t i)
{
	if (i < n && LIKELY(pkts[i].ctx != NULL)) {
		__builtin_prefetch(pkts[i].ctx);
		__builtin_prefetch(pkts[i].data);
	}
	if (i >= SRTP_PACKET_AHEAD && i - SRTP_PACKET_AHEAD < n) {
		const struct srtp_ctx *ctx = pkts[i - SRTP_PACKET_AHEAD].ctx;

		if (LIKELY(ctx != NULL) && !ctx->aead)
			backend_prefetch(ctx->rtp_key, SRTP_PACKET_KEY_PREFETCH);
	}
}

/* IV = salt * 2^16 ^ SSRC * 2^64 ^ index * 2^16 (RFC 3711 4.1.1); AEAD's lies within. */
static inline void srtp_packet_set_iv(
	struct backend_op *op, const uint8_t salt[16], uint32_t ssrc, uint64_t index)
{
	uint64_t hi, lo;

	memcpy(&hi, salt, 8);
	memcpy(&lo, salt + 8, 8);
	hi ^= htobe64(ssrc);
	lo ^= htobe64(index << 16);
	memcpy(op->iv, &hi, 8);
	memcpy(op->iv + 8, &lo, 8);
}

/* Where the parts of an SRTP packet lie: header and payload, then MKI and tag; AEAD has the
 * tag before the MKI (RFC 7714 8.2). 'len' is without trailer. Returns the MKI's place. */
static inline uint8_t *srtp_packet_place_rtp(struct backend_op *op, const struct srtp_ctx *ctx,
	uint8_t *data, uint32_t len, uint32_t header_len)
{
	op->key = ctx->rtp_key;
	op->data = data;
	op->crypt_off = header_len;
	op->crypt_len = len - header_len;
	op->key_len = suite_table[ctx->suite].key_len;
	op->aead = ctx->aead;
	op->kind = SRTP_RTP;
	op->tag_len = ctx->rtp_tag_len;
	if (ctx->aead) {
		op->auth_len = header_len;
		op->tag = data + len;
		return data + len + BACKEND_GCM_TAG_LEN;
	}
	op->auth_len = len;
	op->tag = data + len + ctx->mki_len;
	return data + len;
}

/* The same for SRTCP: HMAC has index word, MKI, tag (RFC 3711 3.4); AEAD has tag, index word,
 * MKI (RFC 7714 9.3). Returns the index word's place; the MKI follows it. */
static inline uint8_t *srtp_packet_place_rtcp(
	struct backend_op *op, const struct srtp_ctx *ctx, uint8_t *data, uint32_t len)
{
	op->key = srtp_ctx_part(ctx, srtp_ctx_cold(ctx)->rtcp_key_off);
	op->data = data;
	op->crypt_off = RTCP_HEADER_LEN;
	op->crypt_len = len - RTCP_HEADER_LEN;
	op->key_len = suite_table[ctx->suite].key_len;
	op->aead = ctx->aead;
	op->kind = SRTP_RTCP;
	if (ctx->aead) {
		op->tag_len = BACKEND_GCM_TAG_LEN;
		op->auth_len = RTCP_HEADER_LEN;
		op->tag = data + len;
		return data + len + BACKEND_GCM_TAG_LEN;
	}
	op->tag_len = suite_table[ctx->suite].rtcp_tag_len;
	op->auth_len = len + SRTP_PACKET_INDEX_LEN;
	op->tag = data + len + SRTP_PACKET_INDEX_LEN + ctx->mki_len;
	return data + len;
}

/* False at the hard limit. */
static inline bool srtp_packet_rtp_key_usable(const struct srtp_ctx *ctx, struct srtp_pkt *pkt)
{
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);

	if (LIKELY(ctx->rtp_budget > 0))
		return true;
	pkt->soft_limit = true;
	return cold->rtp_over < cold->rtp_hard - srtp_ctx_soft(cold->rtp_hard);
}

static inline void srtp_packet_count_rtp(struct srtp_ctx *ctx)
{
	if (LIKELY(ctx->rtp_budget > 0))
		ctx->rtp_budget--;
	else
		srtp_ctx_cold(ctx)->rtp_over++;
}

static inline bool srtp_packet_rtcp_key_usable(
	const struct srtp_ctx_cold *cold, struct srtp_pkt *pkt)
{
	if (cold->rtcp_used >= srtp_ctx_soft(cold->rtcp_hard))
		pkt->soft_limit = true;
	return cold->rtcp_used < cold->rtcp_hard;
}

static inline enum srtp_status srtp_packet_check_call(
	const struct srtp_engine *engine, struct srtp_pkt *pkt, enum srtp_direction direction)
{
	pkt->soft_limit = false;
	if (UNLIKELY(pkt->data == NULL || pkt->kind > SRTP_RTCP))
		return SRTP_BAD_PACKET;
	if (UNLIKELY(pkt->ctx == NULL ||
		     pkt->ctx->guard != srtp_ctx_guard(engine->key_format, direction)))
		return SRTP_WRONG_CONTEXT;
	if (UNLIKELY(pkt->len > pkt->room))
		return SRTP_NO_ROOM;
	return pkt->len > RTP_PACKET_MAX ? SRTP_BAD_LENGTH : SRTP_OK;
}

#endif
