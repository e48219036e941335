/* SPDX-License-Identifier: BSD-3-Clause */
#include "mirror.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

enum { UDP_LEN = 8, SOON = 1000, LATER = 1777 /* TSC of sending and receiving */ };

static const struct frame_link link = {.src = {2, 0, 0, 0, 0, 2}, .dst = {2, 0, 0, 0, 0, 1}};

static struct srtp_ctx *make_ctx(
	struct mirror *m, const struct call_leg *leg, enum srtp_direction direction)
{
	const uint8_t *key = direction == SRTP_UNPROTECT ? leg->send_key : leg->recv_key;
	struct srtp_ctx *ctx = NULL;

	if (leg->suite != NULL) {
		const struct srtp_ctx_params params = {.suite = leg->suite->id,
			.direction = direction,
			.master = {key, leg->suite->key_len, key + leg->suite->key_len,
				leg->suite->salt_len}};

		assert_int_equal(srtp_ctx_create(m->engine, &params, &ctx), SRTP_OK);
	}
	return ctx;
}

static void open_relay(struct mirror *m)
{
	size_t legs = (size_t)m->sheet->n_calls * CALL_LEGS;

	m->opening = calloc(legs, sizeof(struct srtp_ctx *));
	m->sealing = calloc(legs, sizeof(struct srtp_ctx *));
	if (m->opening == NULL || m->sealing == NULL)
		abort();
	for (uint32_t i = 0; i < m->sheet->n_calls * CALL_LEGS; i++) {
		const struct call_leg *leg = &m->sheet->calls[i / 2].legs[i % 2];

		m->opening[i] = make_ctx(m, leg, SRTP_UNPROTECT);
		m->sealing[i] = make_ctx(m, leg, SRTP_PROTECT);
	}
}

void mirror_open(struct mirror *m, const char *sheet, const char *codec, unsigned directions)
{
	const struct call_sheet_text text = {"sheet", sheet, strlen(sheet), 0};
	const struct stream_options options = {.link = link, .directions = directions};

	memset(m, 0, sizeof(*m));
	assert_int_equal(call_sheet_parse(&text, stderr, &m->sheet), 0);
	assert_int_equal(srtp_engine_create(NULL, NULL, &m->engine), SRTP_OK);
	assert_int_equal(stream_create(m->sheet, &options, m->engine, stderr, &m->streams), 0);
	m->transmitter = (struct transmitter){.streams = m->streams,
		.engine = m->engine,
		.codec.codec = codec_find(codec),
		.turn = 1};
	m->receiver = (struct receiver){.streams = m->streams,
		.engine = m->engine,
		.latency = &m->latency,
		.codec = m->transmitter.codec,
		.sample = 1};
	assert_non_null(m->transmitter.codec.codec);
	open_relay(m);
}

void mirror_close(struct mirror *m)
{
	for (uint32_t i = 0; i < m->sheet->n_calls * CALL_LEGS; i++) {
		srtp_ctx_destroy(m->opening[i]);
		srtp_ctx_destroy(m->sealing[i]);
	}
	free(m->opening);
	free(m->sealing);
	stream_destroy(m->streams);
	srtp_engine_destroy(m->engine);
	call_sheet_free(m->sheet);
}

void mirror_build(struct mirror *m, uint32_t n)
{
	assert_true(n <= MIRROR_FRAMES);
	for (uint32_t i = 0; i < n; i++)
		m->frames[i] = (struct tx_frame){.data = m->memory[i], .room = MIRROR_ROOM};
	assert_int_equal(transmit_build(&m->transmitter, m->frames, n, SOON), n);
}

static struct frame_view view_of(const struct tx_frame *frame)
{
	struct frame_view view;

	frame_parse(frame->data, frame->len, FRAME_NO_VLAN, true, &view);
	assert_int_equal(view.kind, FRAME_UDP);
	return view;
}

uint8_t *mirror_payload(const struct tx_frame *frame, uint32_t *len)
{
	struct frame_view view = view_of(frame);

	*len = view.payload_len;
	return view.payload;
}

static void frame_again(struct tx_frame *frame, const struct relay_sockaddr *src,
	const struct relay_sockaddr *dst, const uint8_t *payload, uint32_t len)
{
	struct frame_template t;

	frame_template_init(&t, &link, src, dst);
	memmove(frame->data + t.len, payload, len);
	frame->len = frame_finish(&t, frame->data, len);
}

void mirror_turn(struct tx_frame *frame, uint32_t len)
{
	struct frame_view view = view_of(frame);

	frame_again(frame, &view.dst, &view.src, view.payload, len);
}

/* Which leg of which call the frame came to. */
static uint32_t find_leg(const struct mirror *m, const struct frame_view *view, bool *rtcp_port)
{
	for (uint32_t i = 0; i < m->sheet->n_calls * CALL_LEGS; i++) {
		const struct call_leg *leg = &m->sheet->calls[i / 2].legs[i % 2];

		*rtcp_port = view->dst.port == leg->relay.port + 1;
		if (relay_address_same_host(&leg->relay, &view->dst) &&
			(view->dst.port == leg->relay.port || (*rtcp_port && !leg->rtcp_mux)))
			return i;
	}
	fail_msg("no leg has port %u", view->dst.port);
	return 0;
}

static void reseal(struct mirror *m, uint32_t from, struct srtp_pkt *pkt)
{
	pkt->ctx = m->opening[from];
	if (pkt->ctx != NULL) {
		(void)srtp_burst_unprotect(m->engine, pkt, 1);
		assert_int_equal(pkt->status, SRTP_OK);
	}
	pkt->ctx = m->sealing[from ^ 1];
	if (pkt->ctx != NULL) {
		(void)srtp_burst_protect(m->engine, pkt, 1);
		assert_int_equal(pkt->status, SRTP_OK);
	}
}

void mirror_relay(struct mirror *m, struct tx_frame *frame)
{
	struct frame_view view = view_of(frame);
	bool rtcp_port = false;
	uint32_t from = find_leg(m, &view, &rtcp_port);
	const struct call_leg *to = &m->sheet->calls[from / 2].legs[1 - from % 2];
	struct relay_sockaddr src = to->relay, dst = to->gen;
	uint8_t packet[MIRROR_ROOM];
	struct srtp_pkt pkt = {.data = packet, .len = view.payload_len, .room = sizeof(packet)};
	bool rtcp = rtcp_port || (view.payload[1] >= 192 && view.payload[1] <= 223);

	memcpy(packet, view.payload, view.payload_len);
	pkt.kind = rtcp ? SRTP_RTCP : SRTP_RTP;
	reseal(m, from, &pkt);
	if (rtcp && !to->rtcp_mux) {
		src.port++;
		dst.port++;
	}
	frame_again(frame, &src, &dst, packet, pkt.len);
}

void mirror_receive(struct mirror *m, const struct tx_frame *frames, uint32_t n)
{
	struct rx_frame rx[RECEIVE_BURST];

	assert_true(n <= RECEIVE_BURST);
	for (uint32_t i = 0; i < n; i++)
		rx[i] = (struct rx_frame){.data = frames[i].data, .len = frames[i].len};
	receive_run(&m->receiver, rx, n, LATER);
}
