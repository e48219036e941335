/* SPDX-License-Identifier: BSD-3-Clause */
#include "transmit.h"

#include "payload.h"
#include "report.h"
#include "rtp_header.h"

enum { AHEAD = 4 /* streams fetched before their turn */, RTP_VERSION_2 = 0x80 };

uint32_t transmit_frame_max(const struct transmitter *t)
{
	uint32_t payload = t->codec.payload != 0 ? t->codec.payload : t->codec.codec->payload_max;

	return FRAME_HEADER_MAX + RTP_HEADER_MIN + payload + TRANSMIT_TRAILER_MAX;
}

static void store32(uint8_t *p, uint32_t value)
{
	value = htobe32(value);
	memcpy(p, &value, sizeof(value));
}

/* RTP packet 'n' of the stream at 'out'; its length. */
static uint32_t write_rtp(
	const struct transmitter *t, struct tx_stream *stream, uint8_t *out, uint64_t tsc)
{
	struct codec_packet packet =
		codec_packet(t->codec, stream->id, stream->index - stream->first);
	struct payload_stamp stamp = {stream->index, tsc, stream->id};

	out[0] = RTP_VERSION_2;
	out[1] = (uint8_t)(stream->payload_type | (packet.marker ? 0x80 : 0));
	out[2] = (uint8_t)(stream->index >> 8);
	out[3] = (uint8_t)stream->index;
	store32(out + 4, stream->ticks + packet.ticks);
	store32(out + 8, stream->ssrc);
	payload_write(&stamp, out + RTP_HEADER_MIN, packet.payload_len);
	stream->index++;
	return RTP_HEADER_MIN + packet.payload_len;
}

static struct tx_stream *next_stream(struct transmitter *t)
{
	struct tx_stream *stream = &t->streams->tx[t->cursor];
	uint32_t ahead = t->cursor + AHEAD;

	if (ahead < t->streams->n) {
		__builtin_prefetch(&t->streams->tx[ahead]);
		__builtin_prefetch((const uint8_t *)&t->streams->tx[ahead] + 64);
	}
	if (++t->in_turn == t->turn) {
		t->in_turn = 0;
		t->cursor = t->cursor + 1 < t->streams->n ? t->cursor + 1 : 0;
	}
	return stream;
}

/* Packets without context are done as they are. */
static bool seal(struct transmitter *t, struct srtp_pkt *pkts, uint32_t n)
{
	(void)srtp_burst_protect(t->engine, pkts, n);
	for (uint32_t i = 0; i < n; i++)
		if (pkts[i].status != SRTP_OK) {
			t->failure = pkts[i].status;
			return false;
		}
	return true;
}

uint32_t transmit_build(struct transmitter *t, struct tx_frame *frames, uint32_t n, uint64_t tsc)
{
	struct tx_stream *streams[TRANSMIT_BURST];
	struct srtp_pkt pkts[TRANSMIT_BURST];
	uint32_t sealed[TRANSMIT_BURST], n_sealed = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct tx_stream *stream = streams[i] = next_stream(t);
		uint8_t *rtp = frames[i].data + stream->headers.len;

		frames[i].len = write_rtp(t, stream, rtp, tsc);
		if (stream->ctx == NULL)
			continue;
		pkts[n_sealed] = (struct srtp_pkt){.ctx = stream->ctx,
			.data = rtp,
			.len = frames[i].len,
			.room = frames[i].room - stream->headers.len,
			.kind = SRTP_RTP};
		sealed[n_sealed++] = i;
	}
	if (n_sealed > 0 && !seal(t, pkts, n_sealed))
		return 0;
	for (uint32_t i = 0; i < n_sealed; i++)
		frames[sealed[i]].len = pkts[i].len;
	for (uint32_t i = 0; i < n; i++)
		frames[i].len = frame_finish(&streams[i]->headers, frames[i].data, frames[i].len);
	return n;
}

bool transmit_build_report(struct transmitter *t, struct tx_frame *frame, uint64_t tsc)
{
	struct tx_stream *stream = &t->streams->tx[t->rtcp_cursor];
	struct frame_template headers = stream->headers;
	struct srtp_pkt pkt = {.ctx = stream->ctx,
		.data = frame->data + headers.len,
		.len = REPORT_LEN,
		.room = frame->room - headers.len,
		.kind = SRTP_RTCP};

	t->rtcp_cursor = t->rtcp_cursor + 1 < t->streams->n ? t->rtcp_cursor + 1 : 0;
	if (!stream->rtcp_mux)
		frame_template_next_ports(&headers);
	report_write(&(struct report){stream->ssrc, stream->id, ++stream->n_sr, tsc}, pkt.data);
	if (stream->ctx != NULL && !seal(t, &pkt, 1))
		return false;
	frame->len = frame_finish(&headers, frame->data, pkt.len);
	return true;
}
