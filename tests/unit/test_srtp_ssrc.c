/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has a place in a context's table of SSRCs: places that silent ones lose, SSRCs that may not
 * come again, and sequences that jump. On both backends and all suites. */
#include "srtp_burst.h"

#include "fixture.h"
#include "rtp_header.h"

#include <stdlib.h>

enum {
	ROOM = FIXTURE_ROOM,
	PLACES = 3,
	IDLE_S = 8,
	JUMP = 3000,
	CHURN_SSRCS = 24,
	CHURN_PACKETS = 60000,
	PAYLOAD_AT = 12,
	KEYSTREAM = 16, /* bytes that tell two keystreams apart */
};

static struct srtp_engine *engine;
static const struct suite *suite;

static struct srtp_ctx *make_ctx(enum srtp_direction direction, uint16_t max_ssrc)
{
	struct srtp_ctx_params p = fixture_params(suite->id, direction);

	p.max_ssrc = max_ssrc;
	p.idle_s = IDLE_S;
	p.max_jump = JUMP;
	return fixture_ctx(engine, &p);
}

/* A packet for the receiver, from one who has room for every SSRC. */
static struct srtp_pkt sealed(
	struct srtp_ctx *tx, uint8_t *buf, enum srtp_kind kind, uint32_t ssrc, uint16_t seq)
{
	struct srtp_pkt pkt = fixture_pkt(buf, kind, ssrc, seq);

	assert_int_equal(fixture_run_one(engine, tx, SRTP_PROTECT, &pkt), SRTP_OK);
	return pkt;
}

static enum srtp_status protect(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq)
{
	uint8_t buf[ROOM];
	struct srtp_pkt pkt = fixture_pkt(buf, SRTP_RTP, ssrc, seq);

	return fixture_run_one(engine, ctx, SRTP_PROTECT, &pkt);
}

static enum srtp_status unprotect(
	struct srtp_ctx *tx, struct srtp_ctx *rx, enum srtp_kind kind, uint32_t ssrc, uint16_t seq)
{
	uint8_t buf[ROOM];
	struct srtp_pkt pkt = sealed(tx, buf, kind, ssrc, seq);

	return fixture_run_one(engine, rx, SRTP_UNPROTECT, &pkt);
}

/* Runs 'test' for each engine and suite, at time 0. */
static void each(void (*test)(void))
{
	for (uint32_t i = 0; i < FIXTURE_ENGINES * SUITE_COUNT; i++) {
		engine = fixture_engines[i % FIXTURE_ENGINES];
		suite = suite_get(i / FIXTURE_ENGINES);
		srtp_engine_set_clock(engine, 0);
		test();
		srtp_engine_set_clock(engine, 0);
	}
}

static void silent_sender_loses_its_place(void)
{
	struct srtp_ctx *ctx = make_ctx(SRTP_PROTECT, PLACES), *next;
	struct srtp_ctx_params p = fixture_params(suite->id, SRTP_PROTECT);
	uint64_t retired[SRTP_RETIRED_WORDS];
	struct srtp_ssrc_state state;

	for (uint32_t s = 1; s <= PLACES; s++) {
		srtp_engine_set_clock(engine, s);
		assert_int_equal(protect(ctx, s, 100), SRTP_OK);
	}
	srtp_engine_set_clock(engine, IDLE_S - 1);
	assert_int_equal(protect(ctx, 1, 101), SRTP_OK);
	srtp_engine_set_clock(engine, IDLE_S + 1);
	assert_int_equal(protect(ctx, 7, 1), SRTP_NO_STREAM); /* 2 is silent for 7 s */
	srtp_engine_set_clock(engine, IDLE_S + 3);
	assert_int_equal(protect(ctx, 7, 1), SRTP_OK); /* 2 and 3 could go, 2 for longer */
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 2, &state), SRTP_NO_SUCH_SSRC);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 3, &state), SRTP_OK);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 7, &state), SRTP_OK);
	assert_int_equal(state.seq, 1);
	assert_false(state.rtcp_valid);
	assert_int_equal(srtp_ctx_ssrc_count(ctx), PLACES);
	/* there is another place to have, but not for one that was here before */
	assert_int_equal(protect(ctx, 2, 101), SRTP_NO_STREAM);
	assert_int_equal(protect(ctx, 8, 1), SRTP_OK);
	assert_int_equal(protect(ctx, 1, 102), SRTP_OK);

	/* nor in the context that takes over, whatever room it has */
	srtp_ctx_get_retired(ctx, retired);
	p.retired = retired;
	next = fixture_ctx(engine, &p);
	assert_int_equal(protect(next, 2, 101), SRTP_NO_STREAM);
	assert_int_equal(protect(next, 3, 101), SRTP_NO_STREAM);
	assert_int_equal(protect(next, 9, 101), SRTP_OK);
	srtp_ctx_destroy(next);
	srtp_ctx_destroy(ctx);
}

static void place_without_idle_time_is_kept(void)
{
	struct srtp_ctx_params p = fixture_params(suite->id, SRTP_PROTECT);
	struct srtp_ctx *ctx;

	p.max_ssrc = 1;
	ctx = fixture_ctx(engine, &p);
	assert_int_equal(protect(ctx, 1, 1), SRTP_OK);
	srtp_engine_set_clock(engine, 30000);
	assert_int_equal(protect(ctx, 2, 1), SRTP_NO_STREAM);
	srtp_ctx_destroy(ctx);
}

/* What a receiver has forgotten can't be played to it again; RTCP keeps a place as RTP does, and a
 * packet that does not verify neither keeps nor takes one. */
static void silent_source_loses_its_place_with_its_replays(void)
{
	struct srtp_ctx *tx = make_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = make_ctx(SRTP_UNPROTECT, PLACES);
	uint8_t first[ROOM], again[ROOM], forged[ROOM];
	struct srtp_pkt pkt = sealed(tx, first, SRTP_RTP, 1, 500), replay = pkt, bad;

	memcpy(again, first, ROOM);
	assert_int_equal(fixture_run_one(engine, rx, SRTP_UNPROTECT, &pkt), SRTP_OK);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 2, 1), SRTP_OK);
	assert_int_equal(unprotect(tx, rx, SRTP_RTCP, 3, 0), SRTP_OK);
	bad = sealed(tx, forged, SRTP_RTP, 1, 501);
	forged[bad.len - 1] ^= 1;
	srtp_engine_set_clock(engine, IDLE_S - 1);
	assert_int_equal(fixture_run_one(engine, rx, SRTP_UNPROTECT, &bad), SRTP_TAG_MISMATCH);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 2, 2), SRTP_OK);
	assert_int_equal(unprotect(tx, rx, SRTP_RTCP, 3, 0), SRTP_OK);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 4, 9), SRTP_NO_STREAM);

	srtp_engine_set_clock(engine, IDLE_S);
	bad = sealed(tx, forged, SRTP_RTP, 4, 10);
	forged[bad.len - 1] ^= 1;
	assert_int_equal(fixture_run_one(engine, rx, SRTP_UNPROTECT, &bad), SRTP_TAG_MISMATCH);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 1, 502), SRTP_OK); /* it still has it */
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 4, 11), SRTP_NO_STREAM);
	srtp_engine_set_clock(engine, 2 * IDLE_S - 1);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 4, 12), SRTP_OK); /* 2's */
	assert_int_equal(unprotect(tx, rx, SRTP_RTCP, 5, 0), SRTP_OK); /* 3's */
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 2, 3), SRTP_NO_STREAM);
	srtp_engine_set_clock(engine, 2 * IDLE_S);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 6, 0), SRTP_OK); /* 1's */
	replay.data = again;
	assert_int_equal(fixture_run_one(engine, rx, SRTP_UNPROTECT, &replay), SRTP_NO_STREAM);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
}

/* In one burst a new SSRC takes the place of one whose packet comes behind it. */
static void place_taken_within_a_burst(void)
{
	struct srtp_ctx *tx = make_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = make_ctx(SRTP_UNPROTECT, 1);
	uint8_t bufs[4][ROOM];
	struct srtp_pkt pkts[4];
	struct srtp_ssrc_state state;

	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 1, 40), SRTP_OK);
	srtp_engine_set_clock(engine, IDLE_S);
	pkts[0] = sealed(tx, bufs[0], SRTP_RTP, 2, 7);
	pkts[1] = sealed(tx, bufs[1], SRTP_RTP, 1, 41);
	pkts[2] = sealed(tx, bufs[2], SRTP_RTCP, 1, 0);
	pkts[3] = sealed(tx, bufs[3], SRTP_RTP, 2, 8);
	for (uint32_t i = 0; i < 4; i++)
		pkts[i].ctx = rx;
	fixture_run(engine, SRTP_UNPROTECT, pkts, 4);
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

/* Nothing of the old SSRC is the new one's: neither what was seen nor SRTCP's index. */
static void place_taken_begins_anew(void)
{
	struct srtp_ctx *tx = make_ctx(SRTP_PROTECT, SRTP_SSRC_MAX);
	struct srtp_ctx *rx = make_ctx(SRTP_UNPROTECT, 1), *out = make_ctx(SRTP_PROTECT, 1);
	struct srtp_ssrc_state state;
	uint8_t buf[ROOM];

	for (uint16_t seq = 0; seq < 300; seq++) {
		assert_int_equal(unprotect(tx, rx, SRTP_RTP, 1, seq), SRTP_OK);
		(void)sealed(out, buf, SRTP_RTCP, 1, 0);
	}
	srtp_engine_set_clock(engine, IDLE_S);
	assert_int_equal(unprotect(tx, rx, SRTP_RTP, 2, 290), SRTP_OK);
	for (uint16_t seq = 290; seq-- > 0;) /* they come in the wrong order */
		assert_int_equal(unprotect(tx, rx, SRTP_RTP, 2, seq), SRTP_OK);
	(void)sealed(out, buf, SRTP_RTCP, 2, 0);
	assert_int_equal(srtp_ctx_get_ssrc(out, 2, &state), SRTP_OK);
	assert_int_equal(state.rtcp_index, 0);
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
	srtp_ctx_destroy(out);
}

static void state_taken_over_counts_as_heard(void)
{
	const struct srtp_ssrc_state state = {.ssrc = 1, .roc = 1, .seq = 5, .rtp_valid = true};
	struct srtp_ctx *ctx;

	srtp_engine_set_clock(engine, 40000);
	ctx = make_ctx(SRTP_PROTECT, 1);
	assert_int_equal(srtp_ctx_set_ssrc(ctx, &state), SRTP_OK);
	srtp_engine_set_clock(engine, 40000 + IDLE_S - 1);
	assert_int_equal(protect(ctx, 2, 1), SRTP_NO_STREAM);
	srtp_engine_set_clock(engine, 40000 + IDLE_S);
	assert_int_equal(protect(ctx, 2, 1), SRTP_OK);
	srtp_ctx_destroy(ctx);
}

struct row {
	uint16_t seq;
	uint8_t want;
};

static void run_rows(const struct row *rows, uint32_t n)
{
	struct srtp_ctx *ctx = make_ctx(SRTP_PROTECT, 1);

	for (uint32_t i = 0; i < n; i++) {
		enum srtp_status got = protect(ctx, 1, rows[i].seq);

		if (got != rows[i].want)
			print_error("row %u: seq %u\n", i, rows[i].seq);
		assert_int_equal(got, rows[i].want);
	}
	srtp_ctx_destroy(ctx);
}

#define RUN_ROWS(rows) run_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void jump_wants_a_second_packet(void)
{
	static const struct row strays[] = {
		{60000, SRTP_OK}, /* a stream may begin anywhere */
		{60001, SRTP_OK},
		{60001 + JUMP, SRTP_OK},
		{(uint16_t)(60002 + 2 * JUMP), SRTP_JUMPED}, /* over the wrap */
		{60002 + JUMP, SRTP_OK},                     /* and nothing came of it */
		{60001 + JUMP - 600, SRTP_OK},
		{60001 + JUMP - 1024, SRTP_TOO_OLD},
		{(uint16_t)(60003 + 3 * JUMP), SRTP_JUMPED},
		{(uint16_t)(60005 + 3 * JUMP), SRTP_JUMPED}, /* not the next one */
		{(uint16_t)(60006 + 3 * JUMP), SRTP_OK},
		{(uint16_t)(60005 + 3 * JUMP), SRTP_OK}, /* a late one has no index of another's */
		{60003 + JUMP, SRTP_TOO_OLD},
	};
	static const struct row old_promise[] = {
		{0, SRTP_OK},
		{10000, SRTP_JUMPED},
		{1, SRTP_OK},
		{20000, SRTP_JUMPED},
		{10001, SRTP_JUMPED}, /* the last jump alone counts */
		{20001, SRTP_JUMPED},
		{20002, SRTP_OK},
	};

	RUN_ROWS(strays);
	RUN_ROWS(old_promise);
}

/* RTCP gives an SSRC its place, and says nothing of its sequence. */
static void stream_that_began_with_rtcp_begins_anywhere(void)
{
	struct srtp_ctx *ctx = make_ctx(SRTP_PROTECT, 1);
	uint8_t buf[ROOM];

	(void)sealed(ctx, buf, SRTP_RTCP, 1, 0);
	(void)sealed(ctx, buf, SRTP_RTCP, 1, 0);
	assert_int_equal(protect(ctx, 1, 40000), SRTP_OK);
	assert_int_equal(protect(ctx, 1, 40000 + JUMP + 1), SRTP_JUMPED);
	(void)sealed(ctx, buf, SRTP_RTCP, 1, 0);
	assert_int_equal(protect(ctx, 1, 40000 + JUMP + 2), SRTP_OK);
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
	struct srtp_ctx *ctx = make_ctx(SRTP_PROTECT, PLACES);
	struct support_rng rng = {.state = 3711};
	uint16_t next[CHURN_SSRCS] = {0};
	uint32_t n = 0, now = 0, refused = 0;

	for (uint32_t i = 0; i < CHURN_PACKETS; i++) {
		uint32_t s = support_below(&rng, support_chance(&rng, 20) ? CHURN_SSRCS : PLACES);
		uint8_t buf[ROOM];
		struct srtp_pkt pkt;

		next[s] = (uint16_t)(support_chance(&rng, 10) ? support_below(&rng, 65536)
							      : next[s] + 1u);
		now += support_chance(&rng, 50) ? support_below(&rng, IDLE_S) : 0;
		srtp_engine_set_clock(engine, now);
		pkt = fixture_pkt(buf, SRTP_RTP, s, next[s]);
		memset(buf + PAYLOAD_AT, 0, KEYSTREAM);
		if (fixture_run_one(engine, ctx, SRTP_PROTECT, &pkt) == SRTP_OK)
			memcpy(seen[n++], buf + PAYLOAD_AT, KEYSTREAM);
		else
			refused++;
		if (support_chance(&rng, 1)) { /* a crash */
			struct srtp_ctx_params p = fixture_params(suite->id, SRTP_PROTECT);
			uint64_t retired[SRTP_RETIRED_WORDS];
			struct srtp_ssrc_state state;
			struct srtp_ctx *heir;

			srtp_ctx_get_retired(ctx, retired);
			p.max_ssrc = PLACES;
			p.idle_s = IDLE_S;
			p.max_jump = JUMP;
			p.retired = retired;
			heir = fixture_ctx(engine, &p);
			for (uint32_t k = 0; srtp_ctx_get_ssrc_at(ctx, k, &state) == SRTP_OK; k++)
				assert_int_equal(srtp_ctx_set_ssrc(heir, &state), SRTP_OK);
			srtp_ctx_destroy(ctx);
			ctx = heir;
		}
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

		for (uint32_t i = 0; i < 20; i++) /* in a row: the worst that senders do */
			srtp_retired_add(words, base + i);
		for (uint32_t i = 0; i < 20; i++)
			assert_true(srtp_retired_has(words, base + i));
		for (uint32_t i = 20; i < 120; i++)
			wrong += srtp_retired_has(words, base + i);
	}
	assert_true(wrong < 100000 / 100);
}

#define EACH(f)                                                                                    \
	static void f##_each(void **state)                                                         \
	{                                                                                          \
		(void)state;                                                                       \
		each(f);                                                                           \
	}

EACH(silent_sender_loses_its_place)
EACH(place_without_idle_time_is_kept)
EACH(silent_source_loses_its_place_with_its_replays)
EACH(place_taken_within_a_burst)
EACH(place_taken_begins_anew)
EACH(state_taken_over_counts_as_heard)
EACH(jump_wants_a_second_packet)
EACH(stream_that_began_with_rtcp_begins_anywhere)
EACH(no_keystream_comes_twice)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_sender_loses_its_place_each),
		cmocka_unit_test(place_without_idle_time_is_kept_each),
		cmocka_unit_test(silent_source_loses_its_place_with_its_replays_each),
		cmocka_unit_test(place_taken_within_a_burst_each),
		cmocka_unit_test(place_taken_begins_anew_each),
		cmocka_unit_test(state_taken_over_counts_as_heard_each),
		cmocka_unit_test(jump_wants_a_second_packet_each),
		cmocka_unit_test(stream_that_began_with_rtcp_begins_anywhere_each),
		cmocka_unit_test(no_keystream_comes_twice_each),
		cmocka_unit_test(retired_finds_all_and_few_others),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
