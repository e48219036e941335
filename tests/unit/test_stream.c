/* SPDX-License-Identifier: BSD-3-Clause */
/* What is recorded of streams, against a model of RFC 3550 that is slow and plain, and against the
 * SRTP contexts that accepted and sealed the packets. */
#include "stream.h"

#include "endpoint_keys.h"
#include "endpoints_rig.h"
#include "fixture.h"
#include "relay_endpoint_view.h"

#include <endian.h>

enum { ROOM = 128, LEN = 40, KEY = 0x5a, IN = 0, OUT = 1, BURST = 24, SSRCS = RELAY_SSRCS };

static struct endpoints_rig *rig;
static struct support_rng rng;

static int open_rig(void **state)
{
	(void)state;
	rng.state = 3550;
	rig = endpoints_rig_open(2, fixture_engines[0]);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	endpoints_rig_close(rig);
	return 0;
}

static uint32_t install(uint32_t i, uint8_t suite, uint16_t clock_khz)
{
	struct relay_command c = endpoints_rig_install(rig, i, 1);

	c.clock_khz = clock_khz;
	assert_int_equal(endpoints_rig_command(rig, &c, suite, KEY), RELAY_OK);
	return c.endpoint;
}

static struct relay_endpoint_view view_of(uint32_t index)
{
	struct relay_endpoint_view view;

	assert_true(relay_endpoint_read(&rig->e.records[index], &view));
	return view;
}

static void write_rtp(uint8_t *p, uint32_t ssrc, uint16_t seq, uint32_t timestamp)
{
	uint32_t t = htobe32(timestamp);

	(void)fixture_pkt(p, SRTP_RTP, ssrc, seq);
	memcpy(p + 4, &t, sizeof(t));
}

/* A stream as its sender numbers it: 64 bits, which do not wrap. */
struct model {
	uint64_t next;        /* to send */
	uint64_t first, most; /* that came in */
	uint64_t received;
	uint32_t ssrc;
	uint32_t jitter16; /* A.8: scaled by 16 */
	uint32_t transit;
	uint32_t timestamp0;
};

static uint32_t timestamp_of(const struct model *m, uint64_t n)
{
	return m->timestamp0 + (uint32_t)(n * 160);
}

static void model_receive(struct model *m, uint64_t n, uint64_t now_us, uint32_t clock_khz)
{
	uint32_t arrival = (uint32_t)(now_us * clock_khz / 1000);
	uint32_t transit = arrival - timestamp_of(m, n);
	int64_t d = (int32_t)(transit - m->transit);

	if (m->received == 0) {
		m->first = m->most = n;
	} else {
		d = d < 0 ? -d : d;
		m->jitter16 += (uint32_t)d - ((m->jitter16 + 8) >> 4);
	}
	m->transit = transit;
	m->received++;
	if (n > m->most)
		m->most = n;
}

/* The next to arrive: mostly the next sent, sometimes after a gap, late, or once more. */
static uint64_t next_arrival(struct model *m)
{
	uint64_t n;

	if (support_chance(&rng, 30))
		m->next += 1 + support_below(&rng, 200); /* lost */
	n = m->next;
	if (m->received > 0 && support_chance(&rng, 100)) {
		uint64_t back = support_below(&rng, 40);

		return m->most - m->first > back ? m->most - back : m->most;
	}
	m->next++;
	return n;
}

static void receive_model(struct model *m, uint32_t index, uint64_t now_us, uint16_t clock_khz)
{
	uint64_t n = next_arrival(m);
	uint8_t p[ROOM];

	write_rtp(p, m->ssrc, (uint16_t)n, timestamp_of(m, n));
	stream_received(&rig->e, index, p,
		(struct stream_arrival){LEN, false, now_us, (uint32_t)(now_us / 1000)});
	model_receive(m, n, now_us, clock_khz);
}

static void compare_stream(const struct relay_stream_view *v, const struct model *m)
{
	assert_int_equal(v->ssrc, m->ssrc);
	assert_int_equal(v->received, m->received);
	assert_int_equal(v->expected, m->most - m->first + 1);
	assert_int_equal(v->lost, (int64_t)(m->most - m->first + 1) - (int64_t)m->received);
	assert_int_equal(v->jitter, m->jitter16 >> 4);
	assert_int_equal(v->state.seq, (uint16_t)m->most);
	assert_int_equal(v->state.roc, (m->most - (m->first & ~UINT64_C(0xffff))) >> 16);
}

static void run_traffic(uint16_t clock_khz)
{
	struct model m[SSRCS];
	uint32_t index = install(IN, RELAY_PLAIN, clock_khz);
	uint64_t now_us = UINT64_C(1) << 40, packets = 0;

	for (uint32_t i = 0; i < SSRCS; i++)
		m[i] = (struct model){.ssrc = 100 + i,
			.next = i == 0 ? 65530 : support_below(&rng, 60000),
			.timestamp0 = i == 1 ? UINT32_MAX - 1000 : (uint32_t)support_random(&rng)};
	for (uint32_t i = 0; i < SSRCS; i++, packets++) /* first seen in this order */
		receive_model(&m[i], index, now_us, clock_khz);
	for (; packets < 400000; packets++) {
		now_us += support_below(&rng, 10000);
		receive_model(&m[support_below(&rng, SSRCS)], index, now_us, clock_khz);
		if (packets % 1000 == 0) {
			struct relay_endpoint_view v = view_of(index);

			assert_int_equal(v.n_ingress, SSRCS);
			assert_int_equal(v.rx_packets, packets + 1);
			for (uint32_t i = 0; i < SSRCS; i++)
				compare_stream(&v.ingress[i], &m[i]);
		}
	}
	for (uint32_t i = 0; i < SSRCS; i++)
		assert_true(m[i].most >> 16 > 1 && m[i].jitter16 > 0); /* it was worth it */
	assert_int_equal(view_of(index).rx_bytes, packets * LEN);
}

static void random_traffic_loss_and_jitter_as_rfc_3550(void **state)
{
	(void)state;
	run_traffic(8);
}

static void random_traffic_fast_clock_as_rfc_3550(void **state)
{
	(void)state;
	run_traffic(90);
}

static void clock_unknown_no_jitter(void **state)
{
	uint32_t index = install(IN, RELAY_PLAIN, 0);
	uint8_t p[ROOM];

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		write_rtp(p, 1, i, i * 977u);
		stream_received(&rig->e, index, p, (struct stream_arrival){LEN, false, i, 0});
	}
	assert_int_equal(view_of(index).ingress[0].jitter, 0);
	assert_int_equal(view_of(index).ingress[0].received, 100);
}

/* A timestamp that begins anew, as after a hold, is no jitter of hours. */
static void timeline_new_is_not_jitter(void **state)
{
	uint32_t index = install(IN, RELAY_PLAIN, 8);
	uint8_t p[ROOM];

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		write_rtp(p, 1, i, i * 160u + (i >= 50 ? 0x40000000u : 0));
		stream_received(&rig->e, index, p,
			(struct stream_arrival){LEN, false, UINT64_C(20000) * i, 0});
	}
	assert_int_equal(view_of(index).ingress[0].jitter, 0);
}

static void ssrc_one_too_many_counted_with_the_endpoint_only(void **state)
{
	uint32_t index = install(IN, RELAY_PLAIN, 8);
	struct relay_endpoint_view v;
	uint8_t p[ROOM];

	(void)state;
	for (uint32_t i = 0; i <= SSRCS; i++) {
		for (uint32_t k = 0; k <= i; k++) {
			write_rtp(p, i, (uint16_t)k, 0);
			stream_received(
				&rig->e, index, p, (struct stream_arrival){LEN, false, 0, 7 + i});
		}
	}
	v = view_of(index);
	assert_int_equal(v.n_ingress, SSRCS);
	for (uint32_t i = 0; i < SSRCS; i++) {
		assert_int_equal(v.ingress[i].ssrc, i);
		assert_int_equal(v.ingress[i].received, i + 1);
		assert_int_equal(v.ingress[i].seen_ms, 7 + i);
	}
	assert_int_equal(v.rx_packets, (SSRCS + 1) * (SSRCS + 2) / 2);
}

static void receive_at(uint32_t index, uint32_t ssrc, uint32_t now_ms)
{
	uint8_t p[ROOM];

	write_rtp(p, ssrc, 1, 0);
	stream_received(&rig->e, index, p,
		(struct stream_arrival){LEN, false, (uint64_t)now_ms * 1000, now_ms});
}

/* Under keys the context decides. The clock wraps. */
static void place_long_silent_is_taken_anew_without_keys(void **state)
{
	const uint32_t t0 = UINT32_MAX - 30000;
	uint32_t index = install(IN, RELAY_PLAIN, 8);
	struct relay_endpoint_view v;

	(void)state;
	for (uint32_t i = 0; i < SSRCS; i++)
		receive_at(index, i, t0 + (i == 2 ? 0 : 10 * (i + 1)));
	receive_at(index, 77, t0 + STREAM_SILENT_MS - 1);
	v = view_of(index);
	assert_int_equal(v.ingress[2].ssrc, 2);
	receive_at(index, 77, t0 + STREAM_SILENT_MS);
	receive_at(index, 78, t0 + STREAM_SILENT_MS); /* none is silent for so long */
	v = view_of(index);
	assert_int_equal(v.n_ingress, SSRCS);
	assert_int_equal(v.ingress[0].ssrc, 0);
	assert_int_equal(v.ingress[2].ssrc, 77);
	assert_int_equal(v.ingress[2].received, 1);
	assert_int_equal(v.ingress[2].expected, 1);
	assert_int_equal(v.ingress[2].seen_ms, t0 + STREAM_SILENT_MS);
	receive_at(index, 78, t0 + STREAM_SILENT_MS + 10);
	assert_int_equal(view_of(index).ingress[0].ssrc, 78);
}

/* A clock that was set back: who was heard in what is now the future has not been silent. */
static void place_seen_ahead_of_the_clock_is_kept(void **state)
{
	const uint32_t t0 = UINT32_MAX;
	uint32_t index = install(IN, RELAY_PLAIN, 8);

	(void)state;
	for (uint32_t i = 0; i < SSRCS; i++)
		receive_at(index, i, t0 + (i == 2));
	receive_at(index, 77, t0);
	for (uint32_t i = 0; i < SSRCS; i++)
		assert_int_equal(view_of(index).ingress[i].ssrc, i);
	receive_at(index, 77, t0 + STREAM_SILENT_MS);
	assert_int_equal(view_of(index).ingress[0].ssrc, 77);
	assert_int_equal(view_of(index).ingress[2].ssrc, 2);
}

/* RTCP of an SSRC comes before its RTP, and counts for itself. */
static void rtcp_first_is_not_a_packet_expected(void **state)
{
	uint32_t index = install(IN, RELAY_PLAIN, 8);
	struct relay_endpoint_view v;
	uint8_t p[ROOM];

	(void)state;
	(void)fixture_pkt(p, SRTP_RTCP, 77, 0);
	stream_received(&rig->e, index, p, (struct stream_arrival){LEN, true, 0, 0});
	v = view_of(index);
	assert_int_equal(v.n_ingress, 1);
	assert_int_equal(v.rtcp_packets, 1);
	assert_int_equal(v.ingress[0].expected, 0);
	assert_int_equal(v.ingress[0].received, 0);
	write_rtp(p, 77, 500, 0);
	stream_received(&rig->e, index, p, (struct stream_arrival){LEN, false, 0, 0});
	v = view_of(index);
	assert_int_equal(v.n_ingress, 1);
	assert_int_equal(v.ingress[0].expected, 1);
	assert_int_equal(v.ingress[0].lost, 0);
	assert_int_equal(v.rtcp_packets, 1);
}

/* What an earlier data plane received is not expected of this one, what was lost since is. */
static void stream_taken_over_counts_from_its_top(void **state)
{
	struct relay_command c = endpoints_rig_install(rig, IN, 1);
	struct relay_record r = endpoints_rig_record(&c, SUITE_AEAD_AES_128_GCM, KEY);
	struct relay_endpoint_view v;
	uint8_t p[ROOM];

	(void)state;
	r.ingress.n_ssrcs = 1;
	r.ingress.ssrcs[0] = (struct relay_ssrc){77, UINT16_MAX, 0, 65535, 1, 0};
	assert_int_equal(endpoint_command(&rig->e, &c, &r, 0), RELAY_OK);
	v = view_of(c.endpoint);
	assert_int_equal(v.ingress[0].expected, 0);
	assert_int_equal(v.ingress[0].lost, 0);
	write_rtp(p, 77, 2, 0);
	stream_received(&rig->e, c.endpoint, p, (struct stream_arrival){LEN, false, 0, 0});
	v = view_of(c.endpoint);
	assert_int_equal(v.n_ingress, 1);
	assert_int_equal(v.ingress[0].state.roc, UINT16_MAX + 1);
	assert_int_equal(v.ingress[0].expected, 3);
	assert_int_equal(v.ingress[0].received, 1);
	assert_int_equal(v.ingress[0].lost, 2);
	assert_int_equal(v.ingress[0].jitter, 0);
}

static void sent_counts_packets_and_bytes(void **state)
{
	uint32_t index = install(IN, RELAY_PLAIN, 8);

	(void)state;
	stream_sent(&rig->e, index, 100);
	stream_sent(&rig->e, index, 7);
	assert_int_equal(view_of(index).tx_packets, 2);
	assert_int_equal(view_of(index).tx_bytes, 107);
}

/* What a context knows of an SSRC, be it in a place or parked. */
static enum srtp_status known(
	const struct srtp_ctx *ctx, uint32_t ssrc, struct srtp_ssrc_state *state)
{
	enum srtp_status status = srtp_ctx_get_ssrc(ctx, ssrc, state);

	for (uint32_t i = 0; status != SRTP_OK && i < RELAY_PARKED; i++) {
		if (srtp_ctx_get_parked_at(ctx, i, state) == SRTP_OK && state->ssrc == ssrc)
			return SRTP_OK;
	}
	return status;
}

static void compare_state(const struct srtp_ctx *ctx, const struct relay_ssrc *s)
{
	struct srtp_ssrc_state want;

	assert_int_equal(known(ctx, s->ssrc, &want), SRTP_OK);
	assert_int_equal(s->rtp_valid, want.rtp_valid);
	assert_int_equal(s->rtcp_valid, want.rtcp_valid);
	assert_int_equal(s->roc, want.roc);
	assert_int_equal(s->seq, want.seq);
	assert_int_equal(s->rtcp_index, want.rtcp_index);
}

static bool has(const struct relay_ssrc *all, uint32_t n, uint32_t ssrc)
{
	while (n > 0 && all[n - 1].ssrc != ssrc)
		n--;
	return n > 0;
}

/* Who takes over finds each stream of the context, as it is there, and no other. Who was heard and
 * refused may be in its place here and parked there, or the other way. */
static void compare_streams(const struct srtp_ctx *ctx, const struct relay_ssrc *places, uint32_t n,
	const struct relay_past_view *past)
{
	struct relay_ssrc all[RELAY_SSRCS + RELAY_PARKED];
	uint64_t retired[SRTP_RETIRED_WORDS];
	struct srtp_ssrc_state state;

	memcpy(all, places, n * sizeof(*places));
	for (uint32_t i = 0; i < past->n; i++)
		if (!has(all, n, past->parked[i].ssrc))
			all[n++] = past->parked[i];
	for (uint32_t i = 0; i < n; i++)
		compare_state(ctx, &all[i]);
	for (uint32_t i = 0; srtp_ctx_get_ssrc_at(ctx, i, &state) == SRTP_OK; i++)
		assert_true(has(all, n, state.ssrc));
	for (uint32_t i = 0; srtp_ctx_get_parked_at(ctx, i, &state) == SRTP_OK; i++)
		assert_true(has(all, n, state.ssrc));
	srtp_ctx_get_retired(ctx, retired);
	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		assert_int_equal(past->retired[i] & ~retired[i], 0);
}

static void compare_with_contexts(uint32_t in, uint32_t out)
{
	struct relay_endpoint_view v = view_of(in);
	struct relay_ssrc ingress[RELAY_SSRCS] = {{.ssrc = 0}};

	for (uint32_t i = 0; i < v.n_ingress; i++)
		ingress[i] = v.ingress[i].state;
	compare_streams(rig->e.slots[in].ingress, ingress, v.n_ingress, &v.ingress_past);
	v = view_of(out);
	compare_streams(rig->e.slots[out].egress, v.egress, v.n_egress, &v.egress_past);
}

/* Packets of 'out' on their way to 'in', as a network delivers them. */
struct flight {
	uint8_t data[BURST][ROOM];
	struct srtp_pkt pkts[BURST];
	uint32_t n;
};

static uint32_t first_ssrc = 50;

static void seal_burst(struct flight *f, uint32_t out, uint64_t next[SSRCS + 1])
{
	for (uint32_t i = 0; i < BURST; i++) {
		uint32_t ssrc = support_below(&rng, SSRCS + 1); /* one more than there is room */
		bool rtcp = support_chance(&rng, 150);

		next[ssrc] += support_chance(&rng, 40) ? support_below(&rng, 3000) : 1;
		f->pkts[i] = fixture_pkt(f->data[i], rtcp ? SRTP_RTCP : SRTP_RTP, first_ssrc + ssrc,
			(uint16_t)next[ssrc]);
		f->pkts[i].ctx = rig->e.slots[out].egress;
	}
	f->n = 0;
	fixture_run(rig->e.engine, SRTP_PROTECT, f->pkts, BURST);
	for (uint32_t i = 0; i < BURST; i++) {
		if (f->pkts[i].status != SRTP_OK)
			continue;
		stream_sealed(&rig->e, out, f->data[i], f->pkts[i].kind == SRTP_RTCP);
		if (f->n != i) {
			memcpy(f->data[f->n], f->data[i], ROOM);
			f->pkts[f->n] = f->pkts[i];
			f->pkts[f->n].data = f->data[f->n];
		}
		f->n++;
	}
}

/* Some swapped, some lost, some damaged: only what verifies may be recorded. */
static uint32_t open_burst(struct flight *f, uint32_t in)
{
	struct srtp_pkt pkts[BURST];
	uint32_t n = 0, accepted = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		if (support_chance(&rng, 100))
			continue;
		if (support_chance(&rng, 50))
			f->data[i][f->pkts[i].len - 1] ^= 1;
		pkts[n] = f->pkts[i];
		pkts[n++].ctx = rig->e.slots[in].ingress;
	}
	for (uint32_t i = 1; i < n; i++) {
		struct srtp_pkt p = pkts[i];
		uint32_t k = support_chance(&rng, 200) ? support_below(&rng, i) : i;

		pkts[i] = pkts[k];
		pkts[k] = p;
	}
	fixture_run(rig->e.engine, SRTP_UNPROTECT, pkts, n);
	for (uint32_t i = 0; i < n; i++) {
		if (pkts[i].status != SRTP_OK)
			continue;
		accepted++;
		stream_received(&rig->e, in, pkts[i].data,
			(struct stream_arrival){pkts[i].len, pkts[i].kind == SRTP_RTCP, i, i});
	}
	return accepted;
}

static void run_protected(uint8_t suite)
{
	uint32_t in = install(IN, suite, 8), out = install(OUT, suite, 8);
	uint64_t next[SSRCS + 1] = {65000};
	static struct flight f;
	uint32_t sealed = 0, accepted = 0;

	for (uint32_t i = 0; i < 2000; i++) {
		seal_burst(&f, out, next);
		sealed += f.n;
		accepted += open_burst(&f, in);
		compare_with_contexts(in, out);
	}
	assert_true(accepted > sealed / 2 && accepted < sealed);
	assert_int_equal(view_of(in).n_ingress, SSRCS);
	assert_int_equal(view_of(out).n_egress, SSRCS);
	assert_true(view_of(out).egress[0].roc > 1);
}

static void protected_traffic_records_equal_contexts(void **state)
{
	(void)state;
	run_protected(SUITE_AES_CM_128_HMAC_SHA1_80);
}

static void protected_traffic_aead_records_equal_contexts(void **state)
{
	(void)state;
	run_protected(SUITE_AEAD_AES_256_GCM);
}

/* Senders that give way to others, and come back: who takes over finds the same as in the contexts,
 * at each step. */
static void places_change_hands_as_in_the_contexts(void **state)
{
	uint32_t in = install(IN, SUITE_AES_CM_128_HMAC_SHA1_80, 8);
	uint32_t out = install(OUT, SUITE_AES_CM_128_HMAC_SHA1_80, 8);
	uint64_t next[SSRCS + 1] = {0};
	static struct flight f;

	(void)state;
	for (uint32_t i = 0; i < 800; i++) {
		srtp_engine_set_clock(rig->e.engine, i * (ENDPOINT_KEYS_IDLE_S / 4));
		first_ssrc = i % 200 < 100 ? 50 : 50 + i / 40;
		seal_burst(&f, out, next);
		(void)open_burst(&f, in);
		compare_with_contexts(in, out);
	}
	srtp_engine_set_clock(rig->e.engine, 0);
	first_ssrc = 50;
	assert_true(view_of(in).ingress_past.n > 0 && view_of(out).egress_past.n > 0);
}

#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STREAM_TEST(random_traffic_loss_and_jitter_as_rfc_3550),
		STREAM_TEST(random_traffic_fast_clock_as_rfc_3550),
		STREAM_TEST(clock_unknown_no_jitter),
		STREAM_TEST(timeline_new_is_not_jitter),
		STREAM_TEST(place_long_silent_is_taken_anew_without_keys),
		STREAM_TEST(place_seen_ahead_of_the_clock_is_kept),
		STREAM_TEST(ssrc_one_too_many_counted_with_the_endpoint_only),
		STREAM_TEST(rtcp_first_is_not_a_packet_expected),
		STREAM_TEST(stream_taken_over_counts_from_its_top),
		STREAM_TEST(sent_counts_packets_and_bytes),
		STREAM_TEST(protected_traffic_records_equal_contexts),
		STREAM_TEST(protected_traffic_aead_records_equal_contexts),
		STREAM_TEST(places_change_hands_as_in_the_contexts),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
