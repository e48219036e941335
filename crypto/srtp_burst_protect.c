/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * A chunk of a burst is worked on in passes, so that crypto runs over many packets at once:
 * prepare (check, take the index) | seal. Memory is fetched some packets before it is needed, in
 * two steps: the heads of packet and context, then what the head of the context leads to.
 */
#include "srtp_ctx_past.h"
#include "srtp_packet.h"

enum {
	JUMP_LOOK = 64, /* packets ahead of its stream from which on one is looked at closely */
};

static enum srtp_status check_trailer_room(const struct srtp_pkt *pkt, uint32_t trailer)
{
	if (UNLIKELY(pkt->len + trailer > pkt->room))
		return SRTP_NO_ROOM;
	return pkt->len + trailer > RTP_PACKET_MAX ? SRTP_BAD_LENGTH : SRTP_OK;
}

/* Far ahead of the stream, and not beside the last such packet? A stray packet would otherwise
 * leave those of the stream behind the window. A stream that has none yet may begin anywhere. */
static SELDOM bool is_stray(struct srtp_ctx *ctx, const struct srtp_stream *stream, uint64_t index)
{
	struct srtp_history *history = srtp_ctx_history(ctx, stream);
	uint32_t max = srtp_ctx_cold(ctx)->max_jump;
	uint64_t last = history->jumped;

	if (max == 0 || index - stream->rtp.top <= max ||
		!replay_has(&stream->rtp, history->rtp_older, ctx->window, stream->rtp.top))
		return false;
	history->jumped = index;
	return last == 0 || !srtp_ctx_confirms(index, last);
}

/* Takes the index: from here on no other packet of the SSRC can have it. */
static enum srtp_status protect_rtp(struct srtp_pkt *pkt, struct backend_op *op, uint16_t now_s)
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
	if (UNLIKELY(!srtp_packet_rtp_key_usable(ctx, pkt)))
		return SRTP_KEY_USED_UP;

	ssrc = rtp_header_ssrc(pkt->data);
	stream = srtp_ctx_find(ctx, ssrc);
	if (UNLIKELY(stream == NULL)) {
		index = srtp_ctx_parked_index(ctx, ssrc, rtp_header_seq(pkt->data));
		if (index >= REPLAY_INDEX_LIMIT)
			return SRTP_KEY_USED_UP;
		if (!pkt->authentic && srtp_ctx_comes_back_far(ctx, ssrc, index))
			return SRTP_JUMPED;
		status = srtp_ctx_admit(
			ctx, &(struct srtp_claim){ssrc, SRTP_RTP, index}, now_s, &stream);
		if (status != SRTP_OK)
			return status;
	} else {
		stream->seen_s = now_s; /* it is here, even if what it sends is refused */
		index = replay_estimate(stream->rtp.top, rtp_header_seq(pkt->data));
		if (UNLIKELY(index >= REPLAY_INDEX_LIMIT))
			return SRTP_KEY_USED_UP;
		if (UNLIKELY(index > stream->rtp.top + JUMP_LOOK) && !pkt->authentic &&
			is_stray(ctx, stream, index))
			return SRTP_JUMPED;
	}
	status = replay_commit(
		&stream->rtp, srtp_ctx_history(ctx, stream)->rtp_older, ctx->window, index);
	if (UNLIKELY(status != SRTP_OK))
		return status;
	srtp_packet_count_rtp(ctx);
	srtp_ctx_hear(stream, 1);

	mki = srtp_packet_place_rtp(op, ctx, pkt->data, pkt->len, header_len);
	if (UNLIKELY(ctx->mki_len != 0))
		memcpy(mki, srtp_ctx_cold(ctx)->mki, ctx->mki_len);
	op->roc_be = htobe32((uint32_t)(index >> 16));
	srtp_packet_set_iv(op, ctx->salt, ssrc, index);
	pkt->len += trailer;
	return SRTP_OK;
}

static SELDOM enum srtp_status protect_rtcp(
	struct srtp_pkt *pkt, struct backend_op *op, uint16_t now_s)
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
	if (!srtp_packet_rtcp_key_usable(cold, pkt))
		return SRTP_KEY_USED_UP;
	if (stream == NULL)
		status = srtp_ctx_admit(
			ctx, &(struct srtp_claim){ssrc, SRTP_RTCP, UINT64_MAX}, now_s, &stream);
	if (status != SRTP_OK)
		return status;
	stream->seen_s = now_s;
	next = &srtp_ctx_history(ctx, stream)->rtcp_next;
	if (*next >= SRTP_LIFETIME_RTCP_MAX)
		return SRTP_KEY_USED_UP;

	word = srtp_packet_place_rtcp(op, ctx, pkt->data, pkt->len);
	word_be = htobe32(SRTP_PACKET_E_BIT | (uint32_t)*next);
	memcpy(word, &word_be, SRTP_PACKET_INDEX_LEN);
	memcpy(word + SRTP_PACKET_INDEX_LEN, cold->mki, ctx->mki_len);
	srtp_packet_set_iv(op, cold->rtcp_salt, ssrc, *next);
	(*next)++;
	srtp_ctx_hear(stream, SRTP_CTX_RTCP_HEARD);
	cold->rtcp_used++;
	pkt->len += trailer;
	return SRTP_OK;
}

static enum srtp_status protect_prepare(
	const struct srtp_engine *engine, struct srtp_pkt *pkt, struct backend_op *op)
{
	enum srtp_status status = srtp_packet_check_call(engine, pkt, SRTP_PROTECT);

	if (UNLIKELY(status != SRTP_OK))
		return status;
	return LIKELY(pkt->kind == SRTP_RTP) ? protect_rtp(pkt, op, engine->now_s)
					     : protect_rtcp(pkt, op, engine->now_s);
}

static void protect_chunk(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	uint32_t n_ops = 0;

	for (uint32_t i = 0; i < 2 * SRTP_PACKET_AHEAD; i++)
		srtp_packet_prefetch(pkts, n, i);
	for (uint32_t i = 0; i < n; i++) {
		struct srtp_pkt *pkt = &pkts[i];

		srtp_packet_prefetch(pkts, n, i + 2 * SRTP_PACKET_AHEAD);
		pkt->status = (uint8_t)protect_prepare(engine, pkt, &engine->ops[n_ops]);
		n_ops += pkt->status == SRTP_OK;
	}
	if (LIKELY(engine->backend->seal(engine->state, engine->ops, n_ops)))
		return;
	for (uint32_t i = 0, op = 0; i < n; i++) {
		if (pkts[i].status != SRTP_OK || engine->ops[op++].ok)
			continue;
		pkts[i].status = SRTP_CRYPTO_FAILED;
		pkts[i].len -= srtp_ctx_trailer_len(pkts[i].ctx, pkts[i].kind != SRTP_RTP);
	}
}

enum srtp_status srtp_burst_protect(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n)
{
	if (engine == NULL || (pkts == NULL && n > 0))
		return SRTP_NULL_ARGUMENT;
	while (n > 0) {
		uint32_t chunk = n < BACKEND_BURST_MAX ? n : BACKEND_BURST_MAX;

		protect_chunk(engine, pkts, chunk);
		pkts += chunk;
		n -= chunk;
	}
	return SRTP_OK;
}
