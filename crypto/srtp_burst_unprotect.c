/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * A chunk of a burst is worked on in passes, so that crypto runs over many packets at once:
 * prepare (check) | verify | commit (test again, remember) | settle (decrypt). Memory is fetched
 * ahead as in srtp_burst_protect.c.
 *
 * Between prepare and commit the same stream may move on, by other packets of the chunk. The
 * index estimate of a packet then rests on an older 'top' than a one-by-one run would have
 * used. This matters only when the sequence jumps by tens of thousands within a chunk; such a
 * packet is refused first, and run again alone if its estimate has changed.
 */
#include "secret.h"
#include "srtp_ctx_past.h"
#include "srtp_packet.h"

/* Of an SSRC without a place: it begins, or comes back beyond where it was. */
static SELDOM enum srtp_status guess_claim(
	const struct srtp_ctx *ctx, const struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	if (pkt->kind == SRTP_RTP)
		guess->index = srtp_ctx_parked_index(ctx, guess->ssrc, rtp_header_seq(pkt->data));
	if (guess->index >= REPLAY_INDEX_LIMIT)
		return SRTP_KEY_USED_UP;
	return srtp_ctx_check_claim(
		ctx, &(struct srtp_claim){guess->ssrc, pkt->kind, guess->index});
}

/* Reads the stream, writes nothing of it. */
static enum srtp_status unprotect_rtp(struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	struct backend_op *op = guess->op;
	struct srtp_ctx *ctx = pkt->ctx;
	uint32_t trailer = (uint32_t)ctx->mki_len + ctx->rtp_tag_len;
	uint32_t header_len, len;
	const uint8_t *mki;
	enum srtp_status status;

	if (UNLIKELY(pkt->len < RTP_HEADER_MIN + trailer))
		return SRTP_BAD_LENGTH;
	len = pkt->len - trailer;
	status = rtp_header_check(pkt->data, len, &header_len);
	if (UNLIKELY(status != SRTP_OK))
		return status;
	if (UNLIKELY(!srtp_packet_rtp_key_usable(ctx, pkt)))
		return SRTP_KEY_USED_UP;
	mki = srtp_packet_place_rtp(op, ctx, pkt->data, len, header_len);
	if (UNLIKELY(
		    ctx->mki_len != 0 && !secret_equal(mki, srtp_ctx_cold(ctx)->mki, ctx->mki_len)))
		return SRTP_WRONG_MKI;

	guess->ssrc = rtp_header_ssrc(pkt->data);
	guess->stream = srtp_ctx_find(ctx, guess->ssrc);
	if (UNLIKELY(guess->stream == NULL)) {
		status = guess_claim(ctx, pkt, guess);
		if (status != SRTP_OK)
			return status;
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
	srtp_packet_set_iv(op, ctx->salt, guess->ssrc, guess->index);
	return SRTP_OK;
}

static SELDOM enum srtp_status unprotect_rtcp(struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	struct backend_op *op = guess->op;
	struct srtp_ctx *ctx = pkt->ctx;
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);
	uint32_t trailer = srtp_ctx_trailer_len(ctx, true);
	uint32_t index_word;
	const uint8_t *word;
	enum srtp_status status;

	if (pkt->len < RTCP_HEADER_LEN + trailer)
		return SRTP_BAD_LENGTH;
	status = rtp_header_check_rtcp(pkt->data, pkt->len - trailer);
	if (status != SRTP_OK)
		return status;
	if (!srtp_packet_rtcp_key_usable(cold, pkt))
		return SRTP_KEY_USED_UP;
	word = srtp_packet_place_rtcp(op, ctx, pkt->data, pkt->len - trailer);
	if (!secret_equal(word + SRTP_PACKET_INDEX_LEN, cold->mki, ctx->mki_len))
		return SRTP_WRONG_MKI;
	index_word = rtp_header_load32(word);
	if ((index_word & SRTP_PACKET_E_BIT) == 0)
		return SRTP_NOT_ENCRYPTED;

	guess->index = index_word & ~SRTP_PACKET_E_BIT;
	guess->ssrc = rtp_header_rtcp_ssrc(pkt->data);
	guess->stream = srtp_ctx_find(ctx, guess->ssrc);
	if (guess->stream != NULL) {
		const struct srtp_history *history = srtp_ctx_history(ctx, guess->stream);

		status = replay_check(
			&history->rtcp, history->rtcp_older, SRTP_RTCP_WINDOW, guess->index);
	} else {
		status = guess_claim(ctx, pkt, guess);
	}
	if (status != SRTP_OK)
		return status;
	srtp_packet_set_iv(op, cold->rtcp_salt, guess->ssrc, guess->index);
	return SRTP_OK;
}

static enum srtp_status unprotect_prepare(
	const struct srtp_engine *engine, struct srtp_pkt *pkt, struct srtp_guess *guess)
{
	enum srtp_status status = srtp_packet_check_call(engine, pkt, SRTP_UNPROTECT);

	if (UNLIKELY(status != SRTP_OK))
		return status;
	return LIKELY(pkt->kind == SRTP_RTP) ? unprotect_rtp(pkt, guess)
					     : unprotect_rtcp(pkt, guess);
}

/* The stream of an authenticated packet that was none when it was prepared, or whose place another
 * packet of the chunk has taken since. A new SSRC gets its state here. */
static SELDOM enum srtp_status commit_claim(struct srtp_pkt *pkt, const struct srtp_guess *guess,
	uint16_t now_s, struct srtp_stream **stream)
{
	struct srtp_ctx *ctx = pkt->ctx;
	bool usable = pkt->kind == SRTP_RTP ? srtp_packet_rtp_key_usable(ctx, pkt)
					    : srtp_packet_rtcp_key_usable(srtp_ctx_cold(ctx), pkt);

	*stream = srtp_ctx_find(ctx, guess->ssrc);
	if (*stream != NULL)
		return SRTP_OK;
	if (!usable)
		return SRTP_KEY_USED_UP;
	return srtp_ctx_admit(
		ctx, &(struct srtp_claim){guess->ssrc, pkt->kind, guess->index}, now_s, stream);
}

static enum srtp_status commit_rtp(struct srtp_pkt *pkt, struct srtp_stream *stream, uint64_t index)
{
	struct srtp_ctx *ctx = pkt->ctx;
	enum srtp_status status;

	if (UNLIKELY(!srtp_packet_rtp_key_usable(ctx, pkt)))
		return SRTP_KEY_USED_UP;
	status = replay_commit(
		&stream->rtp, srtp_ctx_history(ctx, stream)->rtp_older, ctx->window, index);
	if (LIKELY(status == SRTP_OK)) {
		srtp_packet_count_rtp(ctx);
		srtp_ctx_hear(stream, 1);
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

	if (!srtp_packet_rtcp_key_usable(cold, pkt))
		return SRTP_KEY_USED_UP;
	status = replay_commit(&history->rtcp, history->rtcp_older, SRTP_RTCP_WINDOW, index);
	if (status == SRTP_OK) {
		srtp_ctx_hear(stream, SRTP_CTX_RTCP_HEARD);
		cold->rtcp_used++;
		pkt->len -= srtp_ctx_trailer_len(pkt->ctx, true);
	}
	return status;
}

static enum srtp_status commit(struct srtp_pkt *pkt, const struct srtp_guess *guess, uint16_t now_s)
{
	struct srtp_stream *stream = guess->stream;
	struct backend_op *op = guess->op;
	enum srtp_status status = SRTP_OK;

	op->accept = false;
	if (UNLIKELY(!op->ok))
		return SRTP_TAG_MISMATCH;
	if (UNLIKELY(stream == NULL || stream->ssrc != guess->ssrc))
		status = commit_claim(pkt, guess, now_s, &stream);
	if (UNLIKELY(status != SRTP_OK))
		return status;
	status = LIKELY(pkt->kind == SRTP_RTP) ? commit_rtp(pkt, stream, guess->index)
					       : commit_rtcp(pkt, stream, guess->index);
	if (LIKELY(status == SRTP_OK))
		stream->seen_s = now_s;
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

/* Gives the length back to a packet that the backend verified and then could not settle, and says
 * so; its index stays remembered. */
static SELDOM bool restore_unsettled(struct srtp_pkt *pkt, const struct srtp_guess *guess)
{
	if (guess->op == NULL || !guess->op->accept || guess->op->ok)
		return false;
	pkt->len += srtp_ctx_trailer_len(pkt->ctx, pkt->kind != SRTP_RTP);
	return true;
}

static SELDOM enum srtp_status unprotect_alone(struct srtp_engine *engine, struct srtp_pkt *pkt)
{
	struct backend_op op;
	struct srtp_guess guess = {.op = &op};
	enum srtp_status status = unprotect_prepare(engine, pkt, &guess);

	if (status != SRTP_OK)
		return status;
	engine->backend->verify(engine->state, &op, 1);
	status = commit(pkt, &guess, engine->now_s);
	(void)engine->backend->settle(engine->state, &op, 1);
	return restore_unsettled(pkt, &guess) ? SRTP_CRYPTO_FAILED : status;
}

static enum srtp_status unprotect_finish(
	struct srtp_engine *engine, struct srtp_pkt *pkt, const struct srtp_guess *guess)
{
	enum srtp_status status = pkt->status;

	if (LIKELY(status == SRTP_OK)) {
		status = commit(pkt, guess, engine->now_s);
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

	for (uint32_t i = 0; i < 2 * SRTP_PACKET_AHEAD; i++)
		srtp_packet_prefetch(pkts, n, i);
	for (uint32_t i = 0; i < n; i++) {
		struct srtp_guess *guess = &engine->guesses[i];
		struct srtp_pkt *pkt = &pkts[i];

		srtp_packet_prefetch(pkts, n, i + 2 * SRTP_PACKET_AHEAD);
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
		if (restore_unsettled(&pkts[i], &engine->guesses[i]))
			pkts[i].status = SRTP_CRYPTO_FAILED;
	}
}

enum srtp_status srtp_burst_unprotect(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	if (engine == NULL || (pkts == NULL && n > 0))
		return SRTP_NULL_ARGUMENT;
	while (n > 0) {
		uint32_t chunk = n < BACKEND_BURST_MAX ? n : BACKEND_BURST_MAX;

		unprotect_chunk(engine, pkts, chunk);
		pkts += chunk;
		n -= chunk;
	}
	return SRTP_OK;
}
