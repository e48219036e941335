/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * A chunk of a burst is worked on in passes, so that crypto runs over many packets at once:
 *   protect:   prepare (check, take the index) | seal
 *   unprotect: prepare (check) | verify | commit (test again, remember) | settle (decrypt)
 * Heads of packets and of contexts are fetched AHEAD packets before they are needed, with the
 * lines of a context that follow the head: there begins the key. Other parts of a key are the
 * backend's to fetch.
 *
 * Between prepare and commit the same stream may move on, by other packets of the chunk. The
 * index estimate of a packet then rests on an older 'top' than a one-by-one run would have
 * used. This matters only when the sequence jumps by tens of thousands within a chunk; such a
 * packet is refused first, and run again alone if its estimate has changed.
 */
#include "srtp_burst.h"

#include "replay.h"
#include "rtp_header.h"
#include "secret.h"
#include "srtp_ctx_layout.h"
#include "srtp_engine_layout.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SELDOM      __attribute__((noinline, cold)) /* keeps registers free for the common way */

enum {
	AHEAD = 8,             /* packets */
	CTX_PREFETCH = 5 * 64, /* head and the whole of an AES-CM-128 key */
	RTCP_INDEX_LEN = 4,
};

#define RTCP_E_BIT UINT32_C(0x80000000)

/* Inline for the reason that backend_prefetch is. */
static inline __attribute__((always_inline)) void prefetch_pkt(
	const struct srtp_pkt *pkts, uint32_t n, uint32_t i)
{
	if (i < n) {
		backend_prefetch(pkts[i].ctx, CTX_PREFETCH);
		__builtin_prefetch(pkts[i].data);
	}
}

/* IV = salt * 2^16 ^ SSRC * 2^64 ^ index * 2^16 (RFC 3711 4.1.1); AEAD's lies within. */
static void set_iv(struct backend_op *op, const uint8_t salt[16], uint32_t ssrc, uint64_t index)
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
static uint8_t *place_rtp(struct backend_op *op, const struct srtp_ctx *ctx, uint8_t *data,
	uint32_t len, uint32_t header_len)
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
static uint8_t *place_rtcp(
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
	op->auth_len = len + RTCP_INDEX_LEN;
	op->tag = data + len + RTCP_INDEX_LEN + ctx->mki_len;
	return data + len;
}

/* False at the hard limit. */
static bool rtp_key_usable(const struct srtp_ctx *ctx, struct srtp_pkt *pkt)
{
	const struct srtp_ctx_cold *cold;

	if (LIKELY(ctx->rtp_budget > 0))
		return true;
	pkt->soft_limit = true;
	cold = srtp_ctx_cold(ctx);
	return cold->rtp_over < cold->rtp_hard - srtp_ctx_soft(cold->rtp_hard);
}

static void count_rtp(struct srtp_ctx *ctx)
{
	if (LIKELY(ctx->rtp_budget > 0))
		ctx->rtp_budget--;
	else
		srtp_ctx_cold(ctx)->rtp_over++;
}

static bool rtcp_key_usable(const struct srtp_ctx_cold *cold, struct srtp_pkt *pkt)
{
	if (cold->rtcp_used >= srtp_ctx_soft(cold->rtcp_hard))
		pkt->soft_limit = true;
	return cold->rtcp_used < cold->rtcp_hard;
}

static enum srtp_status check_call(
	const struct srtp_engine *engine, struct srtp_pkt *pkt, enum srtp_direction direction)
{
	pkt->soft_limit = false;
	if (UNLIKELY(pkt->ctx == NULL || pkt->data == NULL ||
		     pkt->ctx->guard != srtp_ctx_guard(engine->key_format, direction)))
		return SRTP_WRONG_CONTEXT;
	if (UNLIKELY(pkt->len > pkt->room))
		return SRTP_NO_ROOM;
	return pkt->len > RTP_PACKET_MAX ? SRTP_BAD_LENGTH : SRTP_OK;
}

static enum srtp_status check_trailer_room(const struct srtp_pkt *pkt, uint32_t trailer)
{
	if (UNLIKELY(pkt->len + trailer > pkt->room))
		return SRTP_NO_ROOM;
	return pkt->len + trailer > RTP_PACKET_MAX ? SRTP_BAD_LENGTH : SRTP_OK;
}

/* Takes the index: from here on no other packet of the SSRC can have it. */
static enum srtp_status protect_rtp(struct srtp_pkt *pkt, struct backend_op *op)
{
	struct srtp_ctx *ctx = pkt->ctx;
	uint32_t trailer = (uint32_t)ctx->mki_len + ctx->rtp_tag_len;
	uint32_t header_len, ssrc;
	struct srtp_stream *stream;
	enum srtp_status status;
	uint64_t index;
	uint8_t *mki;

	status = rtp_header_check(pkt->data, pkt->len, &header_len);
	if (status == SRTP_OK)
		status = check_trailer_room(pkt, trailer);
	if (UNLIKELY(status != SRTP_OK))
		return status;
	if (UNLIKELY(!rtp_key_usable(ctx, pkt)))
		return SRTP_KEY_USED_UP;

	ssrc = rtp_header_ssrc(pkt->data);
	stream = srtp_ctx_find(ctx, ssrc);
	index = replay_estimate(stream == NULL ? 0 : stream->rtp.top, rtp_header_seq(pkt->data));
	if (UNLIKELY(index >= REPLAY_INDEX_LIMIT))
		return SRTP_KEY_USED_UP;
	if (UNLIKELY(stream == NULL)) {
		stream = srtp_ctx_add(ctx, ssrc);
		if (stream == NULL)
			return SRTP_NO_STREAM;
	}
	status = replay_commit(
		&stream->rtp, srtp_ctx_history(ctx, stream)->rtp_older, ctx->window, index);
	if (UNLIKELY(status != SRTP_OK))
		return status;
	count_rtp(ctx);

	mki = place_rtp(op, ctx, pkt->data, pkt->len, header_len);
	if (UNLIKELY(ctx->mki_len != 0))
		memcpy(mki, srtp_ctx_cold(ctx)->mki, ctx->mki_len);
	op->roc_be = htobe32((uint32_t)(index >> 16));
	set_iv(op, ctx->salt, ssrc, index);
	pkt->len += trailer;
	return SRTP_OK;
}

static SELDOM enum srtp_status protect_rtcp(struct srtp_pkt *pkt, struct backend_op *op)
{
	struct srtp_ctx *ctx = pkt->ctx;
	struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);
	uint32_t trailer = srtp_ctx_trailer_len(ctx, true);
	uint32_t ssrc, word_be;
	struct srtp_stream *stream;
	enum srtp_status status;
	uint64_t *next;
	uint8_t *word;

	status = rtp_header_check_rtcp(pkt->data, pkt->len);
	if (status == SRTP_OK)
		status = check_trailer_room(pkt, trailer);
	if (status != SRTP_OK)
		return status;
	ssrc = rtp_header_rtcp_ssrc(pkt->data);
	stream = srtp_ctx_find(ctx, ssrc);
	if (!rtcp_key_usable(cold, pkt))
		return SRTP_KEY_USED_UP;
	if (stream == NULL)
		stream = srtp_ctx_add(ctx, ssrc);
	if (stream == NULL)
		return SRTP_NO_STREAM;
	next = &srtp_ctx_history(ctx, stream)->rtcp.top;
	if (*next >= SRTP_LIFETIME_RTCP_MAX)
		return SRTP_KEY_USED_UP;

	word = place_rtcp(op, ctx, pkt->data, pkt->len);
	word_be = htobe32(RTCP_E_BIT | (uint32_t)*next);
	memcpy(word, &word_be, RTCP_INDEX_LEN);
	memcpy(word + RTCP_INDEX_LEN, cold->mki, ctx->mki_len);
	set_iv(op, cold->rtcp_salt, ssrc, *next);
	(*next)++;
	cold->rtcp_used++;
	pkt->len += trailer;
	return SRTP_OK;
}

static enum srtp_status protect_prepare(
	const struct srtp_engine *engine, struct srtp_pkt *pkt, struct backend_op *op)
{
	enum srtp_status status = check_call(engine, pkt, SRTP_PROTECT);

	if (UNLIKELY(status != SRTP_OK))
		return status;
	return LIKELY(pkt->kind == SRTP_RTP) ? protect_rtp(pkt, op) : protect_rtcp(pkt, op);
}

static void protect_chunk(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	uint32_t n_ops = 0;

	for (uint32_t i = 0; i < AHEAD; i++)
		prefetch_pkt(pkts, n, i);
	for (uint32_t i = 0; i < n; i++) {
		struct srtp_pkt *pkt = &pkts[i];

		prefetch_pkt(pkts, n, i + AHEAD);
		pkt->status = (uint8_t)protect_prepare(engine, pkt, &engine->ops[n_ops]);
		n_ops += pkt->status == SRTP_OK;
	}
	if (LIKELY(engine->backend->seal(engine->state, engine->ops, n_ops)))
		return;
	for (uint32_t i = 0, op = 0; i < n; i++)
		if (pkts[i].status == SRTP_OK && UNLIKELY(!engine->ops[op++].ok))
			pkts[i].status = SRTP_CRYPTO_FAILED;
}

/* Reads the stream, writes nothing of it. */
static enum srtp_status unprotect_rtp(struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	struct backend_op *op = guess->op;
	struct srtp_ctx *ctx = pkt->ctx;
	uint32_t trailer = (uint32_t)ctx->mki_len + ctx->rtp_tag_len;
	uint32_t header_len, ssrc, len;
	const uint8_t *mki;
	enum srtp_status status;

	if (UNLIKELY(pkt->len < RTP_HEADER_MIN + trailer))
		return SRTP_BAD_LENGTH;
	len = pkt->len - trailer;
	status = rtp_header_check(pkt->data, len, &header_len);
	if (UNLIKELY(status != SRTP_OK))
		return status;
	if (UNLIKELY(!rtp_key_usable(ctx, pkt)))
		return SRTP_KEY_USED_UP;
	mki = place_rtp(op, ctx, pkt->data, len, header_len);
	if (UNLIKELY(
		    ctx->mki_len != 0 && !secret_equal(mki, srtp_ctx_cold(ctx)->mki, ctx->mki_len)))
		return SRTP_WRONG_MKI;

	ssrc = rtp_header_ssrc(pkt->data);
	guess->stream = srtp_ctx_find(ctx, ssrc);
	if (UNLIKELY(guess->stream == NULL)) {
		if (srtp_ctx_full(ctx))
			return SRTP_NO_STREAM;
		guess->index = rtp_header_seq(pkt->data);
	} else {
		guess->index = replay_estimate(guess->stream->rtp.top, rtp_header_seq(pkt->data));
		if (UNLIKELY(guess->index >= REPLAY_INDEX_LIMIT))
			return SRTP_KEY_USED_UP;
		status = replay_check(&guess->stream->rtp,
			srtp_ctx_history(ctx, guess->stream)->rtp_older, ctx->window, guess->index);
		if (UNLIKELY(status != SRTP_OK))
			return status;
	}
	op->roc_be = htobe32((uint32_t)(guess->index >> 16));
	set_iv(op, ctx->salt, ssrc, guess->index);
	return SRTP_OK;
}

static SELDOM enum srtp_status unprotect_rtcp(struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	struct backend_op *op = guess->op;
	struct srtp_ctx *ctx = pkt->ctx;
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);
	uint32_t trailer = srtp_ctx_trailer_len(ctx, true);
	uint32_t ssrc, index_word;
	const uint8_t *word;
	enum srtp_status status;

	if (pkt->len < RTCP_HEADER_LEN + trailer)
		return SRTP_BAD_LENGTH;
	status = rtp_header_check_rtcp(pkt->data, pkt->len - trailer);
	if (status != SRTP_OK)
		return status;
	if (!rtcp_key_usable(cold, pkt))
		return SRTP_KEY_USED_UP;
	word = place_rtcp(op, ctx, pkt->data, pkt->len - trailer);
	if (!secret_equal(word + RTCP_INDEX_LEN, cold->mki, ctx->mki_len))
		return SRTP_WRONG_MKI;
	index_word = rtp_header_load32(word);
	if ((index_word & RTCP_E_BIT) == 0)
		return SRTP_NOT_ENCRYPTED;

	guess->index = index_word & ~RTCP_E_BIT;
	ssrc = rtp_header_rtcp_ssrc(pkt->data);
	guess->stream = srtp_ctx_find(ctx, ssrc);
	if (guess->stream == NULL && srtp_ctx_full(ctx))
		return SRTP_NO_STREAM;
	if (guess->stream != NULL) {
		const struct srtp_history *history = srtp_ctx_history(ctx, guess->stream);

		status = replay_check(
			&history->rtcp, history->rtcp_older, SRTP_RTCP_WINDOW, guess->index);
		if (status != SRTP_OK)
			return status;
	}
	set_iv(op, cold->rtcp_salt, ssrc, guess->index);
	return SRTP_OK;
}

static enum srtp_status unprotect_prepare(
	const struct srtp_engine *engine, struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	enum srtp_status status = check_call(engine, pkt, SRTP_UNPROTECT);

	if (UNLIKELY(status != SRTP_OK))
		return status;
	return LIKELY(pkt->kind == SRTP_RTP) ? unprotect_rtp(pkt, guess)
					     : unprotect_rtcp(pkt, guess);
}

/* The stream of an authenticated packet; a new SSRC gets its state here. */
static SELDOM struct srtp_stream *commit_stream(struct srtp_ctx *ctx, const struct srtp_pkt *pkt)
{
	uint32_t ssrc = pkt->kind == SRTP_RTP ? rtp_header_ssrc(pkt->data)
					      : rtp_header_rtcp_ssrc(pkt->data);
	struct srtp_stream *stream = srtp_ctx_find(ctx, ssrc);

	return stream != NULL ? stream : srtp_ctx_add(ctx, ssrc);
}

static enum srtp_status commit_rtp(struct srtp_pkt *pkt, struct srtp_stream *stream, uint64_t index)
{
	struct srtp_ctx *ctx = pkt->ctx;
	enum srtp_status status;

	if (UNLIKELY(!rtp_key_usable(ctx, pkt)))
		return SRTP_KEY_USED_UP;
	status = replay_commit(
		&stream->rtp, srtp_ctx_history(ctx, stream)->rtp_older, ctx->window, index);
	if (LIKELY(status == SRTP_OK)) {
		count_rtp(ctx);
		pkt->len -= (uint32_t)ctx->mki_len + ctx->rtp_tag_len;
	}
	return status;
}

static SELDOM enum srtp_status commit_rtcp(
	struct srtp_pkt *pkt, struct srtp_stream *stream, uint64_t index)
{
	struct srtp_ctx_cold *cold = srtp_ctx_cold(pkt->ctx);
	struct srtp_history *history = srtp_ctx_history(pkt->ctx, stream);
	enum srtp_status status;

	if (!rtcp_key_usable(cold, pkt))
		return SRTP_KEY_USED_UP;
	status = replay_commit(&history->rtcp, history->rtcp_older, SRTP_RTCP_WINDOW, index);
	if (status == SRTP_OK) {
		cold->rtcp_used++;
		pkt->len -= srtp_ctx_trailer_len(pkt->ctx, true);
	}
	return status;
}

static enum srtp_status commit(struct srtp_pkt *pkt, const struct srtp_guess *guess)
{
	struct srtp_stream *stream = guess->stream;
	struct backend_op *op = guess->op;
	enum srtp_status status;

	op->accept = false;
	if (UNLIKELY(!op->ok))
		return SRTP_TAG_MISMATCH;
	if (UNLIKELY(stream == NULL))
		stream = commit_stream(pkt->ctx, pkt);
	if (UNLIKELY(stream == NULL))
		return SRTP_NO_STREAM;
	status = LIKELY(pkt->kind == SRTP_RTP) ? commit_rtp(pkt, stream, guess->index)
					       : commit_rtcp(pkt, stream, guess->index);
	op->accept = status == SRTP_OK;
	return status;
}

/* Would the packet be taken for another one by now? Only what was refused before or by the
 * tag: a tag that verified has settled the index. */
static SELDOM bool estimate_changed(const struct srtp_pkt *pkt, const struct srtp_guess *guess)
{
	const struct srtp_stream *stream;

	if (pkt->kind != SRTP_RTP)
		return false;
	stream = srtp_ctx_find(pkt->ctx, rtp_header_ssrc(pkt->data));
	return stream != NULL &&
	       replay_estimate(stream->rtp.top, rtp_header_seq(pkt->data)) != guess->index;
}

static SELDOM enum srtp_status unprotect_alone(struct srtp_engine *engine, struct srtp_pkt *pkt)
{
	struct backend_op op;
	struct srtp_guess guess = {.op = &op};
	enum srtp_status status = unprotect_prepare(engine, pkt, &guess);

	if (status != SRTP_OK)
		return status;
	engine->backend->verify(engine->state, &op, 1);
	status = commit(pkt, &guess);
	(void)engine->backend->settle(engine->state, &op, 1);
	return op.accept && !op.ok ? SRTP_CRYPTO_FAILED : status;
}

static enum srtp_status unprotect_finish(
	struct srtp_engine *engine, struct srtp_pkt *pkt, const struct srtp_guess *guess)
{
	enum srtp_status status = pkt->status;

	if (LIKELY(status == SRTP_OK)) {
		status = commit(pkt, guess);
		if (LIKELY(status != SRTP_TAG_MISMATCH))
			return status;
	} else if (status != SRTP_REPLAYED && status != SRTP_TOO_OLD) {
		return status;
	}
	return estimate_changed(pkt, guess) ? unprotect_alone(engine, pkt) : status;
}

static void unprotect_chunk(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	uint32_t n_ops = 0;

	for (uint32_t i = 0; i < AHEAD; i++)
		prefetch_pkt(pkts, n, i);
	for (uint32_t i = 0; i < n; i++) {
		struct srtp_guess *guess = &engine->guesses[i];
		struct srtp_pkt *pkt = &pkts[i];

		prefetch_pkt(pkts, n, i + AHEAD);
		guess->op = &engine->ops[n_ops];
		pkt->status = (uint8_t)unprotect_prepare(engine, pkt, guess);
		if (LIKELY(pkt->status == SRTP_OK))
			n_ops++;
		else
			guess->op = NULL;
	}
	engine->backend->verify(engine->state, engine->ops, n_ops);
	for (uint32_t i = 0; i < n; i++)
		pkts[i].status = (uint8_t)unprotect_finish(engine, &pkts[i], &engine->guesses[i]);
	if (LIKELY(engine->backend->settle(engine->state, engine->ops, n_ops)))
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct backend_op *op = engine->guesses[i].op;

		if (UNLIKELY(op != NULL && op->accept && !op->ok))
			pkts[i].status = SRTP_CRYPTO_FAILED;
	}
}

enum srtp_status srtp_burst_protect(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	if (engine == NULL || (pkts == NULL && n > 0))
		return SRTP_NULL_ARGUMENT;
	for (uint32_t i = 0; i < n; i += BACKEND_BURST_MAX)
		protect_chunk(
			engine, &pkts[i], n - i < BACKEND_BURST_MAX ? n - i : BACKEND_BURST_MAX);
	return SRTP_OK;
}

enum srtp_status srtp_burst_unprotect(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	if (engine == NULL || (pkts == NULL && n > 0))
		return SRTP_NULL_ARGUMENT;
	for (uint32_t i = 0; i < n; i += BACKEND_BURST_MAX)
		unprotect_chunk(
			engine, &pkts[i], n - i < BACKEND_BURST_MAX ? n - i : BACKEND_BURST_MAX);
	return SRTP_OK;
}
