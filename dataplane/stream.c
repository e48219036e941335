/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include "relay_seqlock.h"
#include "replay.h"
#include "rtp_header.h"
#include "worker_parts.h"

enum { JITTER_SECONDS_MAX = 10 }; /* a larger step is a new timeline, not jitter */

/* relaxed throughout: one writer, and each word stands for itself */
#define LOAD(p)     atomic_load_explicit(p, memory_order_relaxed)
#define STORE(p, v) atomic_store_explicit(p, v, memory_order_relaxed)

static bool ingress_used(const struct relay_ingress *s)
{
	return LOAD(&s->top) != 0 || LOAD(&s->rtcp) != 0;
}

static bool egress_used(const struct relay_egress *s)
{
	return LOAD(&s->top) != 0 || LOAD(&s->rtcp) != 0;
}

/* The places, of which the first are in the hot lines. */
static struct relay_ingress *ingress_at(struct relay_endpoint *r, uint32_t i)
{
	return i == 0 ? &r->first : &r->others[i - 1];
}

static struct relay_egress *egress_at(struct relay_endpoint *r, uint32_t i)
{
	return i < RELAY_SSRCS - 1 ? &r->egress[i] : &r->egress_last;
}

/* NULL: the SSRC has no place yet. */
static struct relay_ingress *find_ingress(struct relay_endpoint *r, uint32_t ssrc)
{
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		struct relay_ingress *s = ingress_at(r, i);

		if (LOAD(&s->ssrc) == ssrc && ingress_used(s))
			return s;
	}
	return NULL;
}

static struct relay_egress *find_egress(struct relay_endpoint *r, uint32_t ssrc)
{
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		struct relay_egress *s = egress_at(r, i);

		if (LOAD(&s->ssrc) == ssrc && egress_used(s))
			return s;
	}
	return NULL;
}

static struct relay_ssrc state_of(const struct srtp_ssrc_state *s)
{
	return (struct relay_ssrc){
		.ssrc = s->ssrc,
		.roc = s->roc,
		.rtcp_index = s->rtcp_index,
		.seq = s->seq,
		.rtp_valid = s->rtp_valid,
		.rtcp_valid = s->rtcp_valid,
	};
}

static void publish_past(struct relay_past *to, const struct srtp_ctx *ctx)
{
	struct relay_ssrc parked[RELAY_PARKED];
	uint64_t retired[SRTP_RETIRED_WORDS];
	struct srtp_ssrc_state state;
	uint32_t n = 0;

	while (n < RELAY_PARKED && srtp_ctx_get_parked_at(ctx, n, &state) == SRTP_OK)
		parked[n++] = state_of(&state);
	srtp_ctx_get_retired(ctx, retired);
	relay_endpoint_set_past(to, parked, n, retired);
}

/* The state of an SSRC that has a place. */
static struct relay_ssrc state_in(const struct srtp_ctx *ctx, uint32_t ssrc)
{
	struct srtp_ssrc_state state = {.ssrc = ssrc};

	(void)srtp_ctx_get_ssrc(ctx, ssrc, &state);
	return state_of(&state);
}

static bool has_place(const struct srtp_ctx *ctx, uint32_t ssrc)
{
	struct srtp_ssrc_state state;

	return srtp_ctx_get_ssrc(ctx, ssrc, &state) == SRTP_OK;
}

/* Under a key the context has found a place for the SSRC, by this very packet or one of its burst,
 * and knows its state: it may have been here before. Whose place it was is in the past before the
 * place is another's. */
static struct relay_ingress *place_keyed(
	struct relay_endpoint *r, const struct srtp_ctx *ctx, const uint8_t *packet, uint32_t ssrc)
{
	struct relay_ssrc s = state_in(ctx, ssrc);

	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		struct relay_ingress *place = ingress_at(r, i);

		if (ingress_used(place) && has_place(ctx, LOAD(&place->ssrc)))
			continue;
		relay_seqlock_begin(&r->version);
		publish_past(&r->ingress_past, ctx);
		relay_endpoint_set_ingress(
			r, i, ssrc, relay_endpoint_top(&s), relay_endpoint_rtcp(&s));
		if (packet != NULL)
			STORE(&place->base, rtp_header_seq(packet));
		relay_seqlock_end(&r->version);
		return place;
	}
	return NULL;
}

/* Without keys a place holds nothing but numbers, so when all are taken the one that was silent for
 * longest is given to the new stream: a sender that changes its SSRC is seen all along. */
static struct relay_ingress *place_plain(struct relay_endpoint *r, uint32_t ssrc, uint32_t now_ms)
{
	uint32_t oldest = 0, longest = 0;

	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		struct relay_ingress *s = ingress_at(r, i);
		uint32_t silent = worker_since_ms(now_ms, LOAD(&s->seen_ms));

		if (!ingress_used(s)) {
			STORE(&s->ssrc, ssrc);
			return s;
		}
		if (silent > longest) {
			oldest = i;
			longest = silent;
		}
	}
	if (longest < STREAM_SILENT_MS)
		return NULL;
	/* no reader takes the new SSRC with numbers of the old one's */
	relay_seqlock_begin(&r->version);
	relay_endpoint_set_ingress(r, oldest, ssrc, 0, 0);
	relay_seqlock_end(&r->version);
	return ingress_at(r, oldest);
}

static __attribute__((noinline, cold)) struct relay_ingress *place_ingress(struct endpoints *e,
	uint32_t index, const uint8_t *packet, uint32_t ssrc, const struct stream_arrival *a)
{
	const struct srtp_ctx *ctx = e->slots[index].ingress;
	struct relay_endpoint *r = &e->records[index];

	return ctx == NULL ? place_plain(r, ssrc, a->now_ms)
			   : place_keyed(r, ctx, a->rtcp ? NULL : packet, ssrc);
}

static __attribute__((noinline, cold)) struct relay_egress *place_egress(
	struct relay_endpoint *r, const struct srtp_ctx *ctx, uint32_t ssrc)
{
	struct relay_ssrc s = state_in(ctx, ssrc);

	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		struct relay_egress *place = egress_at(r, i);

		if (egress_used(place) && has_place(ctx, LOAD(&place->ssrc)))
			continue;
		relay_seqlock_begin(&r->version);
		publish_past(&r->egress_past, ctx);
		relay_endpoint_set_egress(
			r, i, ssrc, relay_endpoint_top(&s), relay_endpoint_rtcp(&s));
		relay_seqlock_end(&r->version);
		return place;
	}
	return NULL;
}

/* RFC 3550 A.8. */
static void update_jitter(
	struct relay_ingress *s, uint32_t timestamp, uint16_t clock_khz, uint64_t now_us)
{
	uint32_t transit = (uint32_t)(now_us * clock_khz / 1000) - timestamp;
	int32_t d = (int32_t)(transit - LOAD(&s->transit));
	uint32_t step = d < 0 ? 0u - (uint32_t)d : (uint32_t)d;
	uint32_t jitter = LOAD(&s->jitter);

	STORE(&s->transit, transit);
	if (LOAD(&s->received) > 0 && step < JITTER_SECONDS_MAX * 1000u * clock_khz)
		STORE(&s->jitter, jitter + step - (jitter + 8) / 16);
}

/* 'top' as the SRTP context has it: the same estimate from the same packets. */
static uint64_t next_top(uint64_t top, uint16_t seq)
{
	uint64_t index;

	if (!(top & RELAY_SEEN_RTP))
		return seq | RELAY_SEEN_RTP;
	index = replay_estimate(top & ~RELAY_SEEN_RTP, seq) | RELAY_SEEN_RTP;
	return index > top ? index : top;
}

static void receive_rtp(struct relay_ingress *s, const uint8_t *packet, uint16_t clock_khz,
	const struct stream_arrival *a)
{
	uint64_t top = LOAD(&s->top);
	uint16_t seq = rtp_header_seq(packet);

	if (clock_khz != 0)
		update_jitter(s, rtp_header_load32(packet + 4), clock_khz, a->now_us);
	if (top == 0)
		STORE(&s->base, seq);
	STORE(&s->received, LOAD(&s->received) + 1);
	/* release: whoever reads the top finds what goes with it */
	atomic_store_explicit(&s->top, next_top(top, seq), memory_order_release);
}

static __attribute__((noinline, cold)) void receive_rtcp(
	struct endpoints *e, uint32_t index, struct relay_ingress *s, uint32_t ssrc)
{
	const struct srtp_ctx *ctx = e->slots[index].ingress;
	struct srtp_ssrc_state state = {.rtcp_index = 0};

	if (ctx != NULL)
		(void)srtp_ctx_get_ssrc(ctx, ssrc, &state);
	atomic_store_explicit(&s->rtcp, state.rtcp_index | RELAY_SEEN_RTCP, memory_order_release);
}

void stream_received(
	struct endpoints *e, uint32_t index, const uint8_t *packet, struct stream_arrival a)
{
	struct relay_endpoint *r = &e->records[index];
	uint32_t ssrc = a.rtcp ? rtp_header_rtcp_ssrc(packet) : rtp_header_ssrc(packet);
	struct relay_ingress *s = find_ingress(r, ssrc);

	STORE(&r->rx_packets, LOAD(&r->rx_packets) + 1);
	STORE(&r->rx_bytes, LOAD(&r->rx_bytes) + a.len);
	if (a.rtcp)
		STORE(&r->rtcp_packets, LOAD(&r->rtcp_packets) + 1);
	if (s == NULL)
		s = place_ingress(e, index, packet, ssrc, &a);
	if (s == NULL)
		return;
	STORE(&s->seen_ms, a.now_ms);
	if (a.rtcp)
		receive_rtcp(e, index, s, ssrc);
	else
		receive_rtp(s, packet, e->slots[index].clock_khz, &a);
}

static __attribute__((noinline, cold)) void seal_rtcp(
	struct relay_egress *s, const struct srtp_ctx *ctx, uint32_t ssrc)
{
	struct srtp_ssrc_state state;

	if (srtp_ctx_get_ssrc(ctx, ssrc, &state) == SRTP_OK && state.rtcp_valid)
		atomic_store_explicit(
			&s->rtcp, state.rtcp_index | RELAY_SEEN_RTCP, memory_order_release);
}

void stream_sealed(struct endpoints *e, uint32_t index, const uint8_t *packet, bool rtcp)
{
	uint32_t ssrc = rtcp ? rtp_header_rtcp_ssrc(packet) : rtp_header_ssrc(packet);
	const struct srtp_ctx *ctx = e->slots[index].egress;
	struct relay_endpoint *r = &e->records[index];
	struct relay_egress *s = find_egress(r, ssrc);

	if (s == NULL)
		s = place_egress(r, ctx, ssrc);
	if (rtcp)
		STORE(&r->rtcp_sent, LOAD(&r->rtcp_sent) + 1);
	if (s == NULL)
		return;
	if (rtcp)
		seal_rtcp(s, ctx, ssrc);
	else
		/* release: before the packet leaves */
		atomic_store_explicit(&s->top, next_top(LOAD(&s->top), rtp_header_seq(packet)),
			memory_order_release);
}
