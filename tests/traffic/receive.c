/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst goes through parse, find, check, open, settle; each pass fetches what the next reads. */
#include "receive.h"

#include "payload.h"
#include "report.h"
#include "rtp_header.h"

#define RECEIVE_NAME(id, name, help) name,
#define RECEIVE_HELP(id, name, help) help,
const char *const receive_fault_names[RECEIVE_FAULT_COUNT] = {RECEIVE_FAULTS(RECEIVE_NAME)};
const char *const receive_fault_helps[RECEIVE_FAULT_COUNT] = {RECEIVE_FAULTS(RECEIVE_HELP)};

enum { NOT_OPENED = UINT32_MAX, RTCP_FIRST = 192, RTCP_LAST = 223 };

/* A frame on its way. 'stream' NULL: done with. */
struct item {
	struct frame_view view;
	struct rx_stream *stream;
	int64_t index;
	uint32_t hash;
	uint32_t number;    /* of the stream */
	uint32_t opened_at; /* in the burst that is opened, or NOT_OPENED */
	bool rtcp;
	bool rtcp_port;
	bool compare;
};

static void fault(struct receiver *r, struct item *item, enum receive_fault reason)
{
	r->counts.faults[reason]++;
	item->stream = NULL;
}

static void parse(struct receiver *r, struct rx_frame *frame, struct item *item)
{
	bool check_ip = (frame->checksums & RECEIVE_IP_GOOD) == 0;

	item->stream = NULL;
	frame->question = false;
	r->counts.frames++;
	r->counts.bytes += frame->len;
	frame_parse(frame->data, frame->len, r->vlan, check_ip, &item->view);
	switch ((enum frame_kind)item->view.kind) {
	case FRAME_UDP:
		item->hash = address_index_hash(&item->view.dst);
		address_index_prefetch(r->streams->index, item->hash);
		if (item->view.ip_bad || (frame->checksums & RECEIVE_BAD) != 0) {
			r->counts.faults[RECEIVE_BAD_CHECKSUM]++;
			item->view.kind = FRAME_FOREIGN; /* counted */
		}
		break;
	case FRAME_ARP:
	case FRAME_NEIGHBOUR:
		r->counts.questions++;
		frame->question = true;
		break;
	case FRAME_FOREIGN:
		r->counts.foreign++;
		break;
	}
}

/* To one of our addresses, though to no call's port? */
static bool own_host(const struct receiver *r, const struct frame_view *view)
{
	struct relay_sockaddr host = view->dst;

	host.port = 0;
	return address_index_find(r->streams->index, &host, address_index_hash(&host)) ==
	       STREAM_OWN_HOST;
}

static void find(struct receiver *r, struct item *item)
{
	uint32_t value;

	if (item->view.kind != FRAME_UDP)
		return;
	value = address_index_find(r->streams->index, &item->view.dst, item->hash);
	if (value >= STREAM_OWN_HOST) {
		if (own_host(r, &item->view))
			r->counts.faults[RECEIVE_UNKNOWN_CALL]++;
		else
			r->counts.foreign++;
		return;
	}
	item->number = value >> 1;
	item->rtcp_port = value & 1;
	item->stream = &r->streams->rx[item->number];
	__builtin_prefetch(item->stream);
	__builtin_prefetch((const uint8_t *)item->stream + 64);
}

/* RFC 5761 4: by the second byte, on a port that may have both. */
static bool is_rtcp(const struct item *item)
{
	uint8_t type = item->view.payload[1];

	return item->rtcp_port ||
	       (item->stream->rtcp_mux && type >= RTCP_FIRST && type <= RTCP_LAST);
}

static bool from_relay(const struct item *item)
{
	struct relay_sockaddr from = item->stream->from;

	from.port = (uint16_t)(from.port + item->rtcp_port);
	return relay_address_equal(&from, &item->view.src);
}

static bool sampled(const struct receiver *r, const struct item *item)
{
	return r->sample != 0 && (((uint64_t)item->index + item->number) & (r->sample - 1)) == 0;
}

/* What can be said of a packet before it is opened; false: it was counted and is done with. */
static bool check_packet(struct receiver *r, struct item *item)
{
	const uint8_t *data = item->view.payload;
	uint32_t len = item->view.payload_len, header_len;
	bool good;

	if (!from_relay(item)) {
		fault(r, item, RECEIVE_WRONG_SOURCE);
		return false;
	}
	item->rtcp = len >= 2 && is_rtcp(item);
	good = (item->rtcp ? rtp_header_check_rtcp(data, len)
			   : rtp_header_check(data, len, &header_len)) == SRTP_OK;
	if (!good) {
		fault(r, item, RECEIVE_MALFORMED);
		return false;
	}
	if ((item->rtcp ? rtp_header_rtcp_ssrc(data) : rtp_header_ssrc(data)) !=
		item->stream->ssrc) {
		fault(r, item, RECEIVE_WRONG_SSRC);
		return false;
	}
	item->index = order_index(&item->stream->order, rtp_header_seq(data));
	item->compare = item->rtcp ? r->sample != 0 : sampled(r, item);
	return true;
}

static uint32_t check(struct receiver *r, const struct rx_frame *frame, struct item *item,
	struct srtp_pkt *opening, uint32_t n)
{
	item->opened_at = NOT_OPENED;
	if (item->stream == NULL || !check_packet(r, item))
		return n;
	if (item->compare && (frame->checksums & RECEIVE_UDP_GOOD) == 0 &&
		!frame_udp_checksum_good(&item->view)) {
		fault(r, item, RECEIVE_BAD_CHECKSUM);
		return n;
	}
	if (!item->compare || item->stream->ctx == NULL)
		return n;
	opening[n] = (struct srtp_pkt){.ctx = item->stream->ctx,
		.data = item->view.payload,
		.len = item->view.payload_len,
		.room = item->view.payload_len,
		.kind = item->rtcp ? SRTP_RTCP : SRTP_RTP};
	item->opened_at = n;
	return n + 1;
}

/* Takes the result of opening; false: done with. */
static bool take_opened(struct receiver *r, struct item *item, const struct srtp_pkt *opening)
{
	const struct srtp_pkt *pkt = &opening[item->opened_at];

	if (pkt->status == SRTP_OK) {
		item->view.payload_len = pkt->len;
		return true;
	}
	if (pkt->status == SRTP_REPLAYED || pkt->status == SRTP_TOO_OLD) {
		if (item->rtcp)
			r->counts.reports_again++;
		else
			r->counts.duplicated++;
		return false;
	}
	fault(r, item, pkt->status == SRTP_TAG_MISMATCH ? RECEIVE_TAG : RECEIVE_MALFORMED);
	return false;
}

static void note_latency(struct receiver *r, uint64_t sent, uint64_t now)
{
	histogram_add(r->latency, now > sent ? now - sent : 0);
}

static uint64_t sent_at(const struct receiver *r, const struct item *item, uint64_t payload_tsc)
{
	uint64_t n = (uint64_t)item->index - item->stream->first;

	if (r->stamps.tsc == NULL)
		return payload_tsc;
	return r->stamps.tsc[(n * r->streams->n + item->number) % r->stamps.n];
}

/* Byte for byte: the whole packet follows from stream and index, but for the time within. */
static bool compare(struct receiver *r, struct item *item, uint64_t now)
{
	const uint8_t *data = item->view.payload;
	const struct rx_stream *stream = item->stream;
	struct payload_stamp stamp = {(uint64_t)item->index, 0, stream->id};
	struct codec_packet packet =
		codec_packet(r->codec, stream->id, (uint64_t)item->index - stream->first);
	uint64_t tsc;

	if (data[0] != 0x80 || data[1] != (stream->payload_type | (packet.marker ? 0x80 : 0)) ||
		rtp_header_load32(data + 4) != stream->ticks + packet.ticks) {
		fault(r, item, RECEIVE_HEADER);
		return false;
	}
	if (item->view.payload_len != RTP_HEADER_MIN + packet.payload_len ||
		!payload_check(data + RTP_HEADER_MIN, packet.payload_len, stamp, &tsc)) {
		fault(r, item, RECEIVE_PAYLOAD);
		return false;
	}
	note_latency(r, sent_at(r, item, tsc), now);
	return true;
}

static void settle_report(struct receiver *r, struct item *item)
{
	struct rx_stream *stream = item->stream;
	struct report report = {.ssrc = stream->ssrc, .id = stream->id};

	if (item->compare && !report_check(item->view.payload, item->view.payload_len, &report)) {
		fault(r, item, RECEIVE_REPORT);
		return;
	}
	if (item->compare && report.n <= stream->top_sr) {
		r->counts.reports_again++;
		return;
	}
	stream->top_sr = item->compare ? report.n : 0;
	r->counts.reports++;
}

static void settle(
	struct receiver *r, struct item *item, const struct srtp_pkt *opening, uint64_t now)
{
	struct rx_stream *stream = item->stream;
	enum order_verdict verdict;

	if (stream == NULL || (item->opened_at != NOT_OPENED && !take_opened(r, item, opening)))
		return;
	if (item->rtcp) {
		settle_report(r, item);
		return;
	}
	if (item->compare && !compare(r, item, now))
		return;
	verdict = order_see(&stream->order, item->index);
	if (verdict == ORDER_AGAIN || verdict == ORDER_OLD) {
		r->counts.duplicated++;
		return;
	}
	r->counts.good++;
	r->counts.reordered += verdict == ORDER_LATE;
	r->counts.verified += item->compare;
	if (!stream->heard) {
		stream->heard = true;
		r->counts.heard++;
	}
}

void receive_run(struct receiver *r, struct rx_frame *frames, uint32_t n, uint64_t tsc)
{
	struct item items[RECEIVE_BURST];
	struct srtp_pkt opening[RECEIVE_BURST];
	uint32_t n_opening = 0;

	for (uint32_t i = 0; i < n; i++)
		parse(r, &frames[i], &items[i]);
	for (uint32_t i = 0; i < n; i++)
		find(r, &items[i]);
	for (uint32_t i = 0; i < n; i++)
		n_opening = check(r, &frames[i], &items[i], opening, n_opening);
	if (n_opening > 0)
		(void)srtp_burst_unprotect(r->engine, opening, n_opening);
	for (uint32_t i = 0; i < n; i++)
		settle(r, &items[i], opening, tsc);
}
