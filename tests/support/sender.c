/* SPDX-License-Identifier: BSD-3-Clause */
#include "sender.h"

enum { LIVE_STREAMS = 4 };

struct twin_stream *sender_pick(struct support_rng *rng, struct twin *t)
{
	uint32_t live = t->n_streams < LIVE_STREAMS ? t->n_streams : LIVE_STREAMS;
	struct twin_stream *stream;

	if (live == 0)
		return twin_add(t, rng);
	stream = &t->streams[t->n_streams - 1 - support_below(rng, live)];
	if (stream->left > 0)
		stream->left--;
	else if (t->n_streams < TWIN_STREAMS_MAX)
		stream = twin_add(t, rng);
	return stream;
}

void sender_rtp(struct support_rng *rng, struct twin *t, struct twin_stream *stream, uint16_t seq,
	struct network_pkt *pkt)
{
	pkt->twin = t;
	pkt->kind = SRTP_RTP;
	pkt->intact = true;
	pkt->index = traffic_index(stream->tx_top, seq);
	pkt->len = traffic_make_rtp(rng, stream->ssrc, seq, pkt->data);
}

void sender_rtcp(struct support_rng *rng, struct twin *t, struct twin_stream *stream,
	struct network_pkt *pkt)
{
	twin_prime_rtcp(t, stream);
	pkt->twin = t;
	pkt->kind = SRTP_RTCP;
	pkt->intact = true;
	pkt->index = stream->rtcp_sent + 1;
	pkt->len = traffic_make_rtcp(rng, stream->ssrc, pkt->data);
}

void sender_any(struct support_rng *rng, struct twin *t, struct twin_stream *stream,
	struct network_pkt *pkt)
{
	const struct traffic_pace pace = {t->window, stream->floor, t->wild};

	if (support_chance(rng, t->rtcp_per_mille))
		sender_rtcp(rng, t, stream, pkt);
	else if (stream->started)
		sender_rtp(rng, t, stream, traffic_next_seq(rng, &pace, stream->tx_top), pkt);
	else
		sender_rtp(rng, t, stream, traffic_first_seq(rng), pkt);
}
