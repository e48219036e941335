/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has a place in a context's table of SSRCs: places that silent ones lose, who comes back, and
 * who may not. On both backends and all suites. */
#include "srtp_burst.h"

#include "rtp_header.h"
#include "ssrc_rig.h"

#include <stdlib.h>

enum {
	ROOM = FIXTURE_ROOM,
	CHURN_SSRCS = 24,
	CHURN_PACKETS = 60000,
	PAYLOAD_AT = 12,
	KEYSTREAM = 16, /* bytes that tell two keystreams apart */
};

static void silent_stray_loses_its_place(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, SSRC_RIG_PLACES);
	struct srtp_ssrc_state state;

	for (uint32_t s = 1; s <= SSRC_RIG_PLACES; s++) {
		srtp_engine_set_clock(ssrc_rig_engine, s);
		assert_int_equal(ssrc_rig_protect(ctx, s, 100), SRTP_OK);
	}
	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S - 1);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 101), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S + 2);
	assert_int_equal(ssrc_rig_protect(ctx, 7, 1), SRTP_NO_STREAM); /* 2 is silent for 8 s */
	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S + 4);
	assert_int_equal(ssrc_rig_protect(ctx, 7, 1), SRTP_OK); /* 2 and 3 could go, 2 for longer */
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 2, &state), SRTP_NO_SUCH_SSRC);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 3, &state), SRTP_OK);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 7, &state), SRTP_OK);
	assert_int_equal(state.seq, 1);
	assert_false(state.rtcp_valid);
	assert_int_equal(srtp_ctx_ssrc_count(ctx), SSRC_RIG_PLACES);
	/* there is another place to have, but not for one that was here before */
	assert_int_equal(ssrc_rig_protect(ctx, 2, 101), SRTP_NO_STREAM);
	assert_int_equal(ssrc_rig_protect(ctx, 8, 1), SRTP_OK);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 102), SRTP_OK);
	assert_int_equal(srtp_ctx_get_parked_at(ctx, 0, &state), SRTP_NO_SUCH_SSRC);

	/* nor in the context that takes over */
	ctx = ssrc_rig_heir(ctx, SRTP_PROTECT);
	srtp_engine_set_clock(ssrc_rig_engine, 3 * SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_protect(ctx, 2, 101), SRTP_NO_STREAM);
	assert_int_equal(ssrc_rig_protect(ctx, 3, 101), SRTP_NO_STREAM);
	assert_int_equal(ssrc_rig_protect(ctx, 9, 101), SRTP_OK);
	srtp_ctx_destroy(ctx);
}

/* Who was heard more than a little is the last to go, however long it was silent; and it comes back
 * to where it was, in this context or the next. */
static void proven_sender_comes_back(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, SSRC_RIG_PLACES);
	struct srtp_ssrc_state state;
	uint8_t buf[ROOM];
	uint32_t now = 0;

	ssrc_rig_talk(ctx, 1, 65530, 20);
	for (uint32_t i = 0; i < 3; i++)
		(void)ssrc_rig_sealed(ctx, buf, SRTP_RTCP, 1, 0);
	for (uint32_t s = 2; s < 12; s++) { /* strays turn out each other */
		now += s < 4 ? 1 : 2 * SSRC_RIG_IDLE_S;
		srtp_engine_set_clock(ssrc_rig_engine, now);
		assert_int_equal(ssrc_rig_protect(ctx, s, 9), SRTP_OK);
		assert_int_equal(srtp_ctx_get_ssrc(ctx, 1, &state), SRTP_OK);
	}
	ssrc_rig_talk(ctx, 11, 10, 10);
	now += 8 * SSRC_RIG_IDLE_S;
	srtp_engine_set_clock(ssrc_rig_engine, now);
	ssrc_rig_talk(ctx, 12, 0, 10);
	ssrc_rig_talk(ctx, 13, 0, 10); /* two strays have gone, or one and 11 */
	now += 1;
	srtp_engine_set_clock(ssrc_rig_engine, now);
	(void)ssrc_rig_protect(ctx, 14, 0);
	(void)ssrc_rig_protect(ctx, 15, 0);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 1, &state), SRTP_NO_SUCH_SSRC);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 14), SRTP_NO_STREAM); /* all talk */
	ctx = ssrc_rig_heir(ctx, SRTP_PROTECT);
	now += 20 * SSRC_RIG_IDLE_S;
	srtp_engine_set_clock(ssrc_rig_engine, now);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 14), SRTP_OK);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 1, &state), SRTP_OK);
	assert_int_equal(state.roc, 1);
	assert_int_equal(state.seq, 14);
	assert_int_equal(state.rtcp_index, 2);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 13), SRTP_REPLAYED);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 65530), SRTP_REPLAYED);
	(void)ssrc_rig_sealed(ctx, buf, SRTP_RTCP, 1, 0);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 1, &state), SRTP_OK);
	assert_int_equal(state.rtcp_index, 3);
	srtp_ctx_destroy(ctx);
}

/* The places of those that can come back are few. */
static void parked_are_the_last_few(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);
	struct srtp_ssrc_state state;

	for (uint32_t s = 0; s <= SRTP_PARKED_MAX + 1; s++) {
		srtp_engine_set_clock(ssrc_rig_engine, 4 * s * SSRC_RIG_IDLE_S);
		ssrc_rig_talk(ctx, s, 7, 8);
	}
	for (uint32_t i = 0; i < SRTP_PARKED_MAX; i++) {
		assert_int_equal(srtp_ctx_get_parked_at(ctx, i, &state), SRTP_OK);
		assert_int_equal(state.ssrc, SRTP_PARKED_MAX - i);
	}
	assert_int_equal(srtp_ctx_get_parked_at(ctx, SRTP_PARKED_MAX, &state), SRTP_NO_SUCH_SSRC);
	srtp_engine_set_clock(ssrc_rig_engine, 4 * (SRTP_PARKED_MAX + 2) * SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_protect(ctx, 0, 15), SRTP_NO_STREAM);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 15), SRTP_OK); /* the oldest of them */
	assert_int_equal(srtp_ctx_get_parked_at(ctx, 0, &state), SRTP_OK);
	assert_int_equal(state.ssrc, SRTP_PARKED_MAX + 1);
	assert_int_equal(srtp_ctx_get_parked_at(ctx, SRTP_PARKED_MAX - 1, &state), SRTP_OK);
	assert_int_equal(state.ssrc, 2);
	/* what has no place to lose, and what is told twice */
	assert_int_equal(srtp_ctx_park(ctx, &state), SRTP_STATE_BACKWARDS);
	state.ssrc = 1;
	assert_int_equal(srtp_ctx_park(ctx, &state), SRTP_STATE_BACKWARDS);
	state = (struct srtp_ssrc_state){.ssrc = 99};
	assert_int_equal(srtp_ctx_park(ctx, &state), SRTP_STATE_BACKWARDS);
	assert_int_equal(srtp_ctx_park(NULL, &state), SRTP_NULL_ARGUMENT);
	state.rtcp_valid = true;
	state.rtcp_index = UINT32_MAX;
	assert_int_equal(srtp_ctx_park(ctx, &state), SRTP_BAD_LIFETIME);
	srtp_ctx_destroy(ctx);
}

/* The clock has 16 bits. */
static void long_silence_is_silence(void)
{
	static const uint32_t silent[] = {
		SSRC_RIG_IDLE_S + 1, 20000, 32767, 32768, 40000, 65000, 65536 + 60};

	for (uint32_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);

		srtp_engine_set_clock(ssrc_rig_engine, 1000);
		assert_int_equal(ssrc_rig_protect(ctx, 1, 0), SRTP_OK);
		srtp_engine_set_clock(ssrc_rig_engine, 1000 + silent[i]);
		assert_int_equal(ssrc_rig_protect(ctx, 2, 0), SRTP_OK);
		srtp_ctx_destroy(ctx);
	}
}

/* A sender whose packets are refused is not silent, and a clock that goes back silences nobody. */
static void sender_that_is_refused_is_not_silent(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);

	srtp_engine_set_clock(ssrc_rig_engine, 100);
	ssrc_rig_talk(ctx, 1, 0, 3);
	ssrc_rig_talk(ctx, 1, 2000, 1);
	srtp_engine_set_clock(ssrc_rig_engine, 99);
	assert_int_equal(ssrc_rig_protect(ctx, 2, 0), SRTP_NO_STREAM);
	for (uint32_t t = 100; t < 130; t++) {
		srtp_engine_set_clock(ssrc_rig_engine, t);
		assert_int_equal(ssrc_rig_protect(ctx, 1, 3), SRTP_TOO_OLD);
	}
	assert_int_equal(ssrc_rig_protect(ctx, 2, 0), SRTP_NO_STREAM);
	srtp_ctx_destroy(ctx);
}

static void place_without_idle_time_is_kept(void)
{
	struct srtp_ssrc_state state = {.ssrc = 3, .rtp_valid = true};
	struct srtp_ctx_params p = fixture_params(ssrc_rig_suite->id, SRTP_PROTECT);
	struct srtp_ctx *ctx;

	p.max_ssrc = 1;
	ctx = fixture_ctx(ssrc_rig_engine, &p);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 1), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, 30000);
	assert_int_equal(ssrc_rig_protect(ctx, 2, 1), SRTP_NO_STREAM);
	assert_int_equal(srtp_ctx_park(ctx, &state), SRTP_NO_STREAM);
	assert_int_equal(srtp_ctx_get_parked_at(ctx, 0, &state), SRTP_NO_SUCH_SSRC);
	srtp_ctx_destroy(ctx);
}

/* What a receiver has forgotten can't be played to it again; RTCP keeps a place as RTP does, and a
 * packet that does not verify neither keeps nor takes one. */
static void silent_source_loses_its_place_with_its_replays(void)
{
	struct srtp_ctx *tx = ssrc_rig_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = ssrc_rig_ctx(SRTP_UNPROTECT, SSRC_RIG_PLACES);
	uint8_t first[ROOM], again[ROOM], forged[ROOM];
	struct srtp_pkt pkt = ssrc_rig_sealed(tx, first, SRTP_RTP, 1, 500), replay = pkt, bad;

	memcpy(again, first, ROOM);
	assert_int_equal(fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &pkt), SRTP_OK);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 2, 1), SRTP_OK);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTCP, 3, 0), SRTP_OK);
	bad = ssrc_rig_sealed(tx, forged, SRTP_RTP, 1, 501);
	forged[bad.len - 1] ^= 1;
	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S - 1);
	assert_int_equal(
		fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &bad), SRTP_TAG_MISMATCH);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 2, 2), SRTP_OK);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTCP, 3, 0), SRTP_OK);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 4, 9), SRTP_NO_STREAM);

	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S + 1);
	bad = ssrc_rig_sealed(tx, forged, SRTP_RTP, 4, 10);
	forged[bad.len - 1] ^= 1;
	assert_int_equal(
		fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &bad), SRTP_TAG_MISMATCH);
	assert_int_equal(
		ssrc_rig_unprotect(tx, rx, SRTP_RTP, 1, 502), SRTP_OK); /* it still has it */
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 4, 11), SRTP_NO_STREAM);
	srtp_engine_set_clock(ssrc_rig_engine, 2 * SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 4, 12), SRTP_OK); /* 2's */
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTCP, 5, 0), SRTP_OK); /* 3's */
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 2, 3), SRTP_NO_STREAM);
	srtp_engine_set_clock(ssrc_rig_engine, 2 * SSRC_RIG_IDLE_S + 2);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 6, 0), SRTP_OK); /* 1's */
	replay.data = again;
	assert_int_equal(
		fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &replay), SRTP_NO_STREAM);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
}

/* A peer that was on hold is heard again, over the wrap of its sequence, and its replays are not.
 */
static void proven_source_comes_back_without_its_replays(void)
{
	struct srtp_ctx *tx = ssrc_rig_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = ssrc_rig_ctx(SRTP_UNPROTECT, 1);
	uint8_t bufs[4][ROOM];
	struct srtp_pkt old, oldest, report;

	for (uint16_t seq = 65500; seq != 40; seq++)
		assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 1, seq), SRTP_OK);
	oldest = ssrc_rig_sealed(tx, bufs[0], SRTP_RTP, 1, 40);
	report = ssrc_rig_sealed(tx, bufs[1], SRTP_RTCP, 1, 0);
	memcpy(bufs[2], bufs[1], ROOM);
	memcpy(bufs[3], bufs[0], ROOM);
	old = oldest;
	old.data = bufs[3];
	assert_int_equal(fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &oldest), SRTP_OK);
	oldest = report;
	assert_int_equal(fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &oldest), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, 2 * SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 2, 0), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, 4 * SSRC_RIG_IDLE_S);
	rx = ssrc_rig_heir(rx, SRTP_UNPROTECT);
	assert_int_equal(fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &old), SRTP_REPLAYED);
	report.data = bufs[2];
	assert_int_equal(
		fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &report), SRTP_REPLAYED);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 1, 41), SRTP_OK);
	assert_int_equal(fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &old), SRTP_REPLAYED);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTCP, 1, 0), SRTP_OK);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
}

/* In one burst a new SSRC takes the place of one whose packet comes behind it. */
static void place_taken_within_a_burst(void)
{
	struct srtp_ctx *tx = ssrc_rig_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = ssrc_rig_ctx(SRTP_UNPROTECT, 1);
	uint8_t bufs[4][ROOM];
	struct srtp_pkt pkts[4];
	struct srtp_ssrc_state state;

	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 1, 40), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S + 1);
	pkts[0] = ssrc_rig_sealed(tx, bufs[0], SRTP_RTP, 2, 7);
	pkts[1] = ssrc_rig_sealed(tx, bufs[1], SRTP_RTP, 1, 41);
	pkts[2] = ssrc_rig_sealed(tx, bufs[2], SRTP_RTCP, 1, 0);
	pkts[3] = ssrc_rig_sealed(tx, bufs[3], SRTP_RTP, 2, 8);
	for (uint32_t i = 0; i < 4; i++)
		pkts[i].ctx = rx;
	fixture_run(ssrc_rig_engine, SRTP_UNPROTECT, pkts, 4);
	assert_int_equal(pkts[0].status, SRTP_OK);
	assert_int_equal(pkts[1].status, SRTP_NO_STREAM);
	assert_int_equal(pkts[2].status, SRTP_NO_STREAM);
	assert_int_equal(pkts[3].status, SRTP_OK);
	assert_int_equal(srtp_ctx_get_ssrc(rx, 2, &state), SRTP_OK);
	assert_int_equal(state.seq, 8);
	assert_false(state.rtcp_valid);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
}

/* A late packet of one that loses its place in the same burst brings nobody back: it lies before
 * where its SSRC was. */
static void late_packet_brings_nobody_back(void)
{
	struct srtp_ctx *tx = ssrc_rig_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = ssrc_rig_ctx(SRTP_UNPROTECT, 2);
	struct srtp_pkt pkts[2];
	struct srtp_ssrc_state state;
	uint8_t bufs[2][ROOM];

	for (uint16_t seq = 0; seq < 20; seq++) {
		assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 3, seq), SRTP_OK);
		if (seq == 15)
			pkts[1] = ssrc_rig_sealed(tx, bufs[1], SRTP_RTP, 1, seq);
		else
			assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 1, seq), SRTP_OK);
	}
	srtp_engine_set_clock(ssrc_rig_engine, 1);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 3, 20), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, 2 * SSRC_RIG_IDLE_S);
	pkts[0] = ssrc_rig_sealed(tx, bufs[0], SRTP_RTP, 2, 0);
	pkts[0].ctx = pkts[1].ctx = rx;
	fixture_run(ssrc_rig_engine, SRTP_UNPROTECT, pkts, 2);
	assert_int_equal(pkts[0].status, SRTP_OK); /* 1's place */
	assert_int_equal(pkts[1].status, SRTP_REPLAYED);
	assert_int_equal(srtp_ctx_get_parked_at(rx, 0, &state), SRTP_OK);
	assert_int_equal(state.ssrc, 1);
	assert_int_equal(srtp_ctx_get_ssrc(rx, 3, &state), SRTP_OK);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
}

/* Strays that come one after the other must be silent for longer and longer. */
static void many_strays_take_places_slowly(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);
	uint64_t retired[SRTP_RETIRED_WORDS];
	uint32_t now = 0, wait = 0;

	for (uint32_t s = 1; s < 60; s++) {
		for (wait = 0; ssrc_rig_protect(ctx, s * 7919, 1) == SRTP_NO_STREAM && wait < 100;
			wait++)
			srtp_engine_set_clock(ssrc_rig_engine, ++now);
		srtp_ctx_get_retired(ctx, retired);
		if (wait < 100) /* else it is taken for one that was here */
			assert_true(
				wait <= SSRC_RIG_IDLE_S * (2 + srtp_retired_fill(retired) / 32));
	}
	assert_true(now > 59 * 2 * SSRC_RIG_IDLE_S);
	srtp_ctx_destroy(ctx);
}

/* Nothing of the old SSRC is the new one's: neither what was seen nor SRTCP's index. */
static void place_taken_begins_anew(void)
{
	struct srtp_ctx *tx = ssrc_rig_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = ssrc_rig_ctx(SRTP_UNPROTECT, 1), *out = ssrc_rig_ctx(SRTP_PROTECT, 1);
	struct srtp_ssrc_state state;
	uint8_t buf[ROOM];

	for (uint16_t seq = 0; seq < 300; seq++) {
		assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 1, seq), SRTP_OK);
		(void)ssrc_rig_sealed(out, buf, SRTP_RTCP, 1, 0);
	}
	srtp_engine_set_clock(ssrc_rig_engine, SSRC_RIG_IDLE_S + 1);
	assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 2, 290), SRTP_OK);
	for (uint16_t seq = 290; seq-- > 0;) /* they come in the wrong order */
		assert_int_equal(ssrc_rig_unprotect(tx, rx, SRTP_RTP, 2, seq), SRTP_OK);
	(void)ssrc_rig_sealed(out, buf, SRTP_RTCP, 2, 0);
	assert_int_equal(srtp_ctx_get_ssrc(out, 2, &state), SRTP_OK);
	assert_int_equal(state.rtcp_index, 0);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
	srtp_ctx_destroy(out);
}

static void state_taken_over_counts_as_heard(void)
{
	const struct srtp_ssrc_state state = {.ssrc = 1, .roc = 1, .seq = 5, .rtp_valid = true};
	struct srtp_ssrc_state parked;
	struct srtp_ctx *ctx;

	srtp_engine_set_clock(ssrc_rig_engine, 40000);
	ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);
	assert_int_equal(srtp_ctx_set_ssrc(ctx, &state), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, 40000 + SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_protect(ctx, 2, 1), SRTP_NO_STREAM);
	srtp_engine_set_clock(ssrc_rig_engine, 40000 + SSRC_RIG_IDLE_S + 1);
	assert_int_equal(ssrc_rig_protect(ctx, 2, 1), SRTP_OK);
	/* and as proven, as nobody knows how often it was heard */
	assert_int_equal(srtp_ctx_get_parked_at(ctx, 0, &parked), SRTP_OK);
	assert_int_equal(parked.ssrc, 1);
	srtp_ctx_destroy(ctx);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, KEYSTREAM);
}

/* The keystream itself, from a payload of zeros; no two packets may have the same, whoever comes
 * and goes, jumps, or is taken over with what its context tells of itself. */
static void no_keystream_comes_twice(void)
{
	static uint8_t seen[CHURN_PACKETS][KEYSTREAM];
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, SSRC_RIG_PLACES);
	struct support_rng rng = {.state = 3711};
	uint16_t next[CHURN_SSRCS] = {0};
	uint32_t n = 0, now = 0, refused = 0;

	for (uint32_t i = 0; i < CHURN_PACKETS; i++) {
		uint32_t s = support_below(
			&rng, support_chance(&rng, 20) ? CHURN_SSRCS : SSRC_RIG_PLACES);
		uint8_t buf[ROOM];
		struct srtp_pkt pkt;

		next[s] = (uint16_t)(support_chance(&rng, 10) ? support_below(&rng, 65536)
							      : next[s] + 1u);
		now += support_chance(&rng, 50) ? support_below(&rng, SSRC_RIG_IDLE_S) : 0;
		srtp_engine_set_clock(ssrc_rig_engine, now);
		pkt = fixture_pkt(buf, SRTP_RTP, s, next[s]);
		memset(buf + PAYLOAD_AT, 0, KEYSTREAM);
		if (fixture_run_one(ssrc_rig_engine, ctx, SRTP_PROTECT, &pkt) == SRTP_OK)
			memcpy(seen[n++], buf + PAYLOAD_AT, KEYSTREAM);
		else
			refused++;
		if (support_chance(&rng, 1)) /* a crash */
			ctx = ssrc_rig_heir(ctx, SRTP_PROTECT);
	}
	srtp_ctx_destroy(ctx);
	assert_true(n > CHURN_PACKETS / 10 && refused > CHURN_PACKETS / 10);
	qsort(seen, n, KEYSTREAM, by_bytes);
	for (uint32_t i = 1; i < n; i++)
		assert_memory_not_equal(seen[i - 1], seen[i], KEYSTREAM);
}

/* The set: all that was added, and few others. */
static void retired_finds_all_and_few_others(void **state)
{
	struct support_rng rng = {.state = 44};
	uint32_t wrong = 0;

	(void)state;
	for (uint32_t round = 0; round < 1000; round++) {
		uint64_t words[SRTP_RETIRED_WORDS] = {0};
		uint32_t base = (uint32_t)support_random(&rng);
		uint64_t seed = support_random(&rng);

		for (uint32_t i = 0; i < 20; i++) /* in a row: the worst that senders do */
			srtp_retired_add(words, seed, base + i);
		for (uint32_t i = 0; i < 20; i++)
			assert_true(srtp_retired_has(words, seed, base + i));
		for (uint32_t i = 20; i < 120; i++)
			wrong += srtp_retired_has(words, seed, base + i);
	}
	assert_true(wrong < 100000 / 100);
}

SSRC_RIG_EACH(silent_stray_loses_its_place)
SSRC_RIG_EACH(proven_sender_comes_back)
SSRC_RIG_EACH(parked_are_the_last_few)
SSRC_RIG_EACH(long_silence_is_silence)
SSRC_RIG_EACH(sender_that_is_refused_is_not_silent)
SSRC_RIG_EACH(proven_source_comes_back_without_its_replays)
SSRC_RIG_EACH(place_without_idle_time_is_kept)
SSRC_RIG_EACH(silent_source_loses_its_place_with_its_replays)
SSRC_RIG_EACH(place_taken_within_a_burst)
SSRC_RIG_EACH(late_packet_brings_nobody_back)
SSRC_RIG_EACH(many_strays_take_places_slowly)
SSRC_RIG_EACH(place_taken_begins_anew)
SSRC_RIG_EACH(state_taken_over_counts_as_heard)
SSRC_RIG_EACH(no_keystream_comes_twice)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_stray_loses_its_place_each),
		cmocka_unit_test(proven_sender_comes_back_each),
		cmocka_unit_test(parked_are_the_last_few_each),
		cmocka_unit_test(long_silence_is_silence_each),
		cmocka_unit_test(sender_that_is_refused_is_not_silent_each),
		cmocka_unit_test(proven_source_comes_back_without_its_replays_each),
		cmocka_unit_test(place_without_idle_time_is_kept_each),
		cmocka_unit_test(silent_source_loses_its_place_with_its_replays_each),
		cmocka_unit_test(place_taken_within_a_burst_each),
		cmocka_unit_test(late_packet_brings_nobody_back_each),
		cmocka_unit_test(many_strays_take_places_slowly_each),
		cmocka_unit_test(place_taken_begins_anew_each),
		cmocka_unit_test(state_taken_over_counts_as_heard_each),
		cmocka_unit_test(no_keystream_comes_twice_each),
		cmocka_unit_test(retired_finds_all_and_few_others),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
