/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_endpoint.h"

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
	uint64_t top = load64(&from->top);
	uint32_t rtcp = load32(&from->rtcp);

	if (!(top & RELAY_SEEN_RTP) && !(rtcp & RELAY_SEEN_RTCP))
		return false;
	*out = (struct relay_stream_view){
		.ssrc = load32(&from->ssrc),
		.received = load32(&from->received),
		.jitter = load32(&from->jitter) >> 4,
		.seen_ms = load32(&from->seen_ms),
	};
	if (top & RELAY_SEEN_RTP)
		out->expected = (uint32_t)top - load32(&from->base) + 1;
	out->lost = (int64_t)(out->expected - out->received);
	out->state = make_state(out->ssrc, top, rtcp);
	return true;
}

static void read_numbers(const struct relay_endpoint *from, struct relay_endpoint_view *out)
{
	out->since_ms = load32(&from->since_ms);
	out->rx_packets = load64(&from->rx_packets);
	out->rx_bytes = load64(&from->rx_bytes);
	out->tx_packets = load64(&from->tx_packets);
	out->tx_bytes = load64(&from->tx_bytes);
	out->tx_lost = load64(&from->tx_lost);
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
	/* the streams first: acquire, as a place that another SSRC has shows that the words have
	 * been written */
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		const struct relay_egress *e = relay_endpoint_egress(from, i);
		struct relay_ssrc s =
			make_state(load32(&e->ssrc), load64(&e->top), load32(&e->rtcp));

		if (read_ingress(relay_endpoint_ingress(from, i), &out->ingress[out->n_ingress]))
			out->n_ingress++;
		if (s.rtp_valid || s.rtcp_valid)
			out->egress[out->n_egress++] = s;
	}
	atomic_thread_fence(memory_order_acquire);
	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++) {
		out->ingress_retired[i] = load64(&from->ingress_retired[i]);
		out->egress_retired[i] = load64(&from->egress_retired[i]);
	}
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

void relay_endpoint_set_retired(
	_Atomic uint64_t to[SRTP_RETIRED_WORDS], const uint64_t words[SRTP_RETIRED_WORDS])
{
	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		atomic_store_explicit(&to[i], words[i], memory_order_relaxed);
	/* release: before what follows from it */
	atomic_thread_fence(memory_order_release);
}

/* A place is empty while it changes: the reader of a dead region finds no SSRC with the indices of
 * another, nor without what goes with them. */
static void hide(_Atomic uint64_t *top, _Atomic uint32_t *rtcp)
{
	atomic_store_explicit(top, 0, memory_order_relaxed);
	atomic_store_explicit(rtcp, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release); /* before the SSRC */
}

static void show(_Atomic uint64_t *top, uint64_t new_top, _Atomic uint32_t *rtcp, uint32_t new_rtcp)
{
	atomic_store_explicit(rtcp, new_rtcp, memory_order_release); /* after the SSRC */
	atomic_store_explicit(top, new_top, memory_order_release);
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
	struct relay_egress *s = i < RELAY_SSRCS - 1 ? &to->egress[i] : &to->egress_last;

	hide(&s->top, &s->rtcp);
	atomic_store_explicit(&s->ssrc, ssrc, memory_order_relaxed);
	show(&s->top, top, &s->rtcp, rtcp);
}
