/* SPDX-License-Identifier: BSD-3-Clause */
#include "ssrc_rig.h"

struct srtp_engine *ssrc_rig_engine;
const struct suite *ssrc_rig_suite;

struct srtp_ctx *ssrc_rig_ctx(enum srtp_direction direction, uint16_t max_ssrc)
{
	struct srtp_ctx_params p = fixture_params(ssrc_rig_suite->id, direction);

	p.max_ssrc = max_ssrc;
	p.idle_s = SSRC_RIG_IDLE_S;
	p.max_jump = SSRC_RIG_JUMP;
	return fixture_ctx(ssrc_rig_engine, &p);
}

/* A packet for the receiver, from one who has room for every SSRC. */
struct srtp_pkt ssrc_rig_sealed(
	struct srtp_ctx *tx, uint8_t *buf, enum srtp_kind kind, uint32_t ssrc, uint16_t seq)
{
	struct srtp_pkt pkt = fixture_pkt(buf, kind, ssrc, seq);

	assert_int_equal(fixture_run_one(ssrc_rig_engine, tx, SRTP_PROTECT, &pkt), SRTP_OK);
	return pkt;
}

enum srtp_status ssrc_rig_protect(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq)
{
	uint8_t buf[FIXTURE_ROOM];
	struct srtp_pkt pkt = fixture_pkt(buf, SRTP_RTP, ssrc, seq);

	return fixture_run_one(ssrc_rig_engine, ctx, SRTP_PROTECT, &pkt);
}

enum srtp_status ssrc_rig_unprotect(
	struct srtp_ctx *tx, struct srtp_ctx *rx, enum srtp_kind kind, uint32_t ssrc, uint16_t seq)
{
	uint8_t buf[FIXTURE_ROOM];
	struct srtp_pkt pkt = ssrc_rig_sealed(tx, buf, kind, ssrc, seq);

	return fixture_run_one(ssrc_rig_engine, rx, SRTP_UNPROTECT, &pkt);
}

/* Runs 'test' for each ssrc_rig_engine and suite, at time 0. */
void ssrc_rig_each(void (*test)(void))
{
	for (uint32_t i = 0; i < FIXTURE_ENGINES * SUITE_COUNT; i++) {
		ssrc_rig_engine = fixture_engines[i % FIXTURE_ENGINES];
		ssrc_rig_suite = suite_get(i / FIXTURE_ENGINES);
		srtp_engine_set_clock(ssrc_rig_engine, 0);
		test();
		srtp_engine_set_clock(ssrc_rig_engine, 0);
	}
}

struct srtp_ctx *ssrc_rig_heir(struct srtp_ctx *ctx, enum srtp_direction direction)
{
	struct srtp_ctx_params p = fixture_params(ssrc_rig_suite->id, direction);
	uint64_t retired[SRTP_RETIRED_WORDS];
	struct srtp_ssrc_state state;
	struct srtp_ctx *heir;
	uint32_t n = 0;

	srtp_ctx_get_retired(ctx, retired);
	p.max_ssrc = SSRC_RIG_PLACES;
	p.idle_s = SSRC_RIG_IDLE_S;
	p.max_jump = SSRC_RIG_JUMP;
	p.retired = retired;
	heir = fixture_ctx(ssrc_rig_engine, &p);
	for (uint32_t k = 0; srtp_ctx_get_ssrc_at(ctx, k, &state) == SRTP_OK; k++)
		assert_int_equal(srtp_ctx_set_ssrc(heir, &state), SRTP_OK);
	while (srtp_ctx_get_parked_at(ctx, n, &state) == SRTP_OK)
		n++;
	while (n-- > 0) {
		assert_int_equal(srtp_ctx_get_parked_at(ctx, n, &state), SRTP_OK);
		assert_int_equal(srtp_ctx_park(heir, &state), SRTP_OK);
	}
	srtp_ctx_destroy(ctx);
	return heir;
}

void ssrc_rig_talk(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq, uint32_t n)
{
	while (n-- > 0)
		assert_int_equal(ssrc_rig_protect(ctx, ssrc, seq++), SRTP_OK);
}
