/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_endpoint.h"

#include "relay_endpoint_view.h"
#include "relay_seqlock.h"

static uint32_t load32(const _Atomic uint32_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

static uint64_t load64(const _Atomic uint64_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

static struct relay_ssrc make_state(uint32_t ssrc, uint64_t top, uint32_t rtcp)
{
	struct relay_ssrc s = {.ssrc = ssrc};

	if (top & RELAY_CHANGING)
		return s;
	if (top & RELAY_SEEN_RTP) {
		s.rtp_valid = 1;
		s.roc = (uint32_t)(top >> 16);
		s.seq = (uint16_t)top;
	}
	if (rtcp & RELAY_SEEN_RTCP) {
		s.rtcp_valid = 1;
		s.rtcp_index = rtcp & ~RELAY_SEEN_RTCP;
	}
	return s;
}

static bool read_ingress(const struct relay_ingress *from, struct relay_stream_view *out)
{
	/* acquire: whoever reads the top finds what goes with it */
	uint64_t top = atomic_load_explicit(&from->top, memory_order_acquire);
	uint32_t rtcp = load32(&from->rtcp), ssrc = load32(&from->ssrc);
	struct relay_ssrc state = make_state(ssrc, top, rtcp);

	if (!state.rtp_valid && !state.rtcp_valid)
		return false;
	*out = (struct relay_stream_view){
		.ssrc = ssrc,
		.state = state,
		.received = load32(&from->received),
		.jitter = load32(&from->jitter) >> 4,
		.seen_ms = load32(&from->seen_ms),
	};
	if (top & RELAY_SEEN_RTP)
		out->expected = (uint32_t)top - load32(&from->base) + 1;
	out->lost = (int64_t)(out->expected - out->received);
	return true;
}

static struct relay_ssrc read_egress(const struct relay_egress *from)
{
	/* acquire: as in read_ingress */
	uint64_t top = atomic_load_explicit(&from->top, memory_order_acquire);

	return make_state(load32(&from->ssrc), top, load32(&from->rtcp));
}

static void read_past(const struct relay_past *from, struct relay_past_view *out)
{
	out->n = 0;
	for (uint32_t i = 0; i < RELAY_PARKED; i++) {
		struct relay_ssrc s = read_egress(&from->parked[i]);

		if (s.rtp_valid || s.rtcp_valid)
			out->parked[out->n++] = s;
	}
	atomic_thread_fence(memory_order_acquire); /* the words were written before these */
	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		out->retired[i] = load64(&from->retired[i]);
}

static void read_numbers(const struct relay_endpoint *from, struct relay_endpoint_view *out)
{
	out->since_ms = load32(&from->since_ms);
	out->rx_packets = load64(&from->rx_packets);
	out->rx_bytes = load64(&from->rx_bytes);
	out->tx_packets = load64(&from->tx_packets);
	out->tx_bytes = load64(&from->tx_bytes);
	out->tx_lost = load64(&from->tx_lost);
	out->rtcp_sent = load64(&from->rtcp_sent);
	out->rtcp_packets = load64(&from->rtcp_packets);
	out->dropped = load32(&from->dropped);
	out->auth_failed = load32(&from->auth_failed);
	out->streams_full = load32(&from->streams_full);
	out->went_back = load32(&from->went_back);
	out->ingress_key = load64(&from->ingress_key);
	out->egress_key = load64(&from->egress_key);
	/* acquire: pairs with the release by which a key's streams are shown, so what is read of
	 * them is of that key, or of a later one */
	atomic_thread_fence(memory_order_acquire);
	out->n_ingress = 0;
	out->n_egress = 0;
	/* the streams first: a place that another SSRC has shows that the past has been written */
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		struct relay_ssrc s = read_egress(relay_endpoint_egress(from, i));

		if (read_ingress(relay_endpoint_ingress(from, i), &out->ingress[out->n_ingress]))
			out->n_ingress++;
		if (s.rtp_valid || s.rtcp_valid)
			out->egress[out->n_egress++] = s;
	}
	read_past(&from->ingress_past, &out->ingress_past);
	read_past(&from->egress_past, &out->egress_past);
}

bool relay_endpoint_read(const struct relay_endpoint *from, struct relay_endpoint_view *out)
{
	struct relay_seqlock_reader r;

	RELAY_SEQLOCK_READ(r, &from->version)
	{
		relay_seqlock_copy_out(&out->identity, &from->identity, sizeof(out->identity));
		read_numbers(from, out);
	}
	return r.consistent;
}

void relay_endpoint_publish(struct relay_endpoint *to, const struct relay_identity *identity)
{
	relay_seqlock_begin(&to->version);
	relay_seqlock_copy_in(&to->identity, identity, sizeof(*identity));
	relay_seqlock_end(&to->version);
}

void relay_endpoint_begin(
	struct relay_endpoint *to, const struct relay_identity *identity, uint32_t since_ms)
{
	static const uint64_t zero[(sizeof(*to) - offsetof(struct relay_endpoint, rx_packets)) / 8];

	relay_seqlock_begin(&to->version);
	relay_seqlock_copy_in(&to->rx_packets, zero, sizeof(zero));
	/* release: whoever reads the new generation, if only from a dead writer's region, does not
	 * take the numbers of the endpoint before it for this one's */
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&to->since_ms, since_ms, memory_order_relaxed);
	relay_seqlock_copy_in(&to->identity, identity, sizeof(*identity));
	relay_seqlock_end(&to->version);
}

/* A place is empty while it changes, by one store: the reader of a dead region finds no half of a
 * stream, and no SSRC with the indices of another. */
static void hide(_Atomic uint64_t *top, _Atomic uint32_t *rtcp)
{
	atomic_store_explicit(top, RELAY_CHANGING, memory_order_relaxed);
	atomic_thread_fence(memory_order_release); /* before the rest */
	atomic_store_explicit(rtcp, 0, memory_order_relaxed);
}

static void show(_Atomic uint64_t *top, uint64_t new_top, _Atomic uint32_t *rtcp, uint32_t new_rtcp)
{
	atomic_store_explicit(rtcp, new_rtcp, memory_order_relaxed);
	atomic_store_explicit(top, new_top, memory_order_release); /* after the rest */
}

static void set_egress(struct relay_egress *s, uint32_t ssrc, uint64_t top, uint32_t rtcp)
{
	hide(&s->top, &s->rtcp);
	atomic_store_explicit(&s->ssrc, ssrc, memory_order_relaxed);
	show(&s->top, top, &s->rtcp, rtcp);
}

void relay_endpoint_set_past(struct relay_past *to, const struct relay_ssrc *parked, uint32_t n,
	const uint64_t retired[SRTP_RETIRED_WORDS])
{
	static const struct relay_ssrc none;

	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		atomic_store_explicit(&to->retired[i], retired[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_release); /* before what follows from it */
	for (uint32_t i = 0; i < RELAY_PARKED; i++) {
		const struct relay_ssrc *s = i < n ? &parked[i] : &none;

		set_egress(&to->parked[i], s->ssrc, relay_endpoint_top(s), relay_endpoint_rtcp(s));
	}
	atomic_thread_fence(memory_order_release);
}

void relay_endpoint_set_ingress(
	struct relay_endpoint *to, uint32_t i, uint32_t ssrc, uint64_t top, uint32_t rtcp)
{
	struct relay_ingress *s = i == 0 ? &to->first : &to->others[i - 1];

	hide(&s->top, &s->rtcp);
	atomic_store_explicit(&s->ssrc, ssrc, memory_order_relaxed);
	atomic_store_explicit(&s->base, (uint32_t)top + 1, memory_order_relaxed);
	atomic_store_explicit(&s->received, 0, memory_order_relaxed);
	atomic_store_explicit(&s->jitter, 0, memory_order_relaxed);
	atomic_store_explicit(&s->seen_ms, 0, memory_order_relaxed);
	show(&s->top, top, &s->rtcp, rtcp);
}

void relay_endpoint_set_egress(
	struct relay_endpoint *to, uint32_t i, uint32_t ssrc, uint64_t top, uint32_t rtcp)
{
	set_egress(i < RELAY_SSRCS - 1 ? &to->egress[i] : &to->egress_last, ssrc, top, rtcp);
}
