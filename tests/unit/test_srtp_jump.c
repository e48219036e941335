/* SPDX-License-Identifier: BSD-3-Clause */
/* Sequences that jump: one stray packet does not leave its stream behind the window. On both
 * backends and all suites. */
#include "srtp_burst.h"

#include "ssrc_rig.h"

enum { ROOM = FIXTURE_ROOM };

struct row {
	uint16_t seq;
	uint8_t want;
};

static void run_rows(const struct row *rows, uint32_t n)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);

	for (uint32_t i = 0; i < n; i++) {
		enum srtp_status got = ssrc_rig_protect(ctx, 1, rows[i].seq);

		if (got != rows[i].want)
			print_error("row %u: seq %u\n", i, rows[i].seq);
		assert_int_equal(got, rows[i].want);
	}
	srtp_ctx_destroy(ctx);
}

#define RUN_ROWS(rows) run_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* One stray of a sender that was pushed out does not bring it back far ahead of where it is. */
static void stray_does_not_bring_a_sender_back(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);
	uint8_t buf[ROOM];
	struct srtp_pkt pkt;

	ssrc_rig_talk(ctx, 1, 0, 20);
	srtp_engine_set_clock(ssrc_rig_engine, 2 * SSRC_RIG_IDLE_S);
	ssrc_rig_talk(ctx, 2, 0, 20);
	srtp_engine_set_clock(ssrc_rig_engine, 4 * SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 20000), SRTP_JUMPED);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 20), SRTP_OK);
	srtp_engine_set_clock(ssrc_rig_engine, 6 * SSRC_RIG_IDLE_S);
	ssrc_rig_talk(ctx, 2, 20, 1);
	srtp_engine_set_clock(ssrc_rig_engine, 8 * SSRC_RIG_IDLE_S);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 20000), SRTP_JUMPED);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 20000), SRTP_JUMPED);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 20002), SRTP_OK); /* it is where it says */
	srtp_engine_set_clock(ssrc_rig_engine, 10 * SSRC_RIG_IDLE_S);
	ssrc_rig_talk(ctx, 2, 21, 1);
	srtp_engine_set_clock(ssrc_rig_engine, 12 * SSRC_RIG_IDLE_S);
	pkt = fixture_pkt(buf, SRTP_RTP, 1, 40000);
	pkt.authentic = true;
	assert_int_equal(fixture_run_one(ssrc_rig_engine, ctx, SRTP_PROTECT, &pkt), SRTP_OK);
	srtp_ctx_destroy(ctx);
}

/* What came under a key is its sender's word. */
static void jump_of_an_authentic_packet_passes(void)
{
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);
	uint8_t buf[ROOM];
	struct srtp_pkt pkt;

	assert_int_equal(ssrc_rig_protect(ctx, 1, 0), SRTP_OK);
	pkt = fixture_pkt(buf, SRTP_RTP, 1, 20000);
	pkt.authentic = true;
	assert_int_equal(fixture_run_one(ssrc_rig_engine, ctx, SRTP_PROTECT, &pkt), SRTP_OK);
	srtp_ctx_destroy(ctx);
}

static void jump_wants_a_second_packet(void)
{
	static const struct row strays[] = {
		{60000, SRTP_OK}, /* a stream may begin anywhere */
		{60001, SRTP_OK},
		{60001 + SSRC_RIG_JUMP, SRTP_OK},
		{(uint16_t)(60002 + 2 * SSRC_RIG_JUMP), SRTP_JUMPED}, /* over the wrap */
		{60002 + SSRC_RIG_JUMP, SRTP_OK},                     /* and nothing came of it */
		{60001 + SSRC_RIG_JUMP - 600, SRTP_OK},
		{60001 + SSRC_RIG_JUMP - 1024, SRTP_TOO_OLD},
		{(uint16_t)(60100 + 3 * SSRC_RIG_JUMP), SRTP_JUMPED},
		{(uint16_t)(60100 + 3 * SSRC_RIG_JUMP), SRTP_JUMPED}, /* the same one */
		{(uint16_t)(60165 + 3 * SSRC_RIG_JUMP), SRTP_JUMPED}, /* not beside it */
		{(uint16_t)(60101 + 3 * SSRC_RIG_JUMP),
			SRTP_OK}, /* a little before, as it is late */
		{(uint16_t)(60165 + 3 * SSRC_RIG_JUMP), SRTP_OK},
		{(uint16_t)(60100 + 3 * SSRC_RIG_JUMP), SRTP_OK},
		{60003 + SSRC_RIG_JUMP, SRTP_TOO_OLD},
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
	struct srtp_ctx *ctx = ssrc_rig_ctx(SRTP_PROTECT, 1);
	uint8_t buf[ROOM];

	(void)ssrc_rig_sealed(ctx, buf, SRTP_RTCP, 1, 0);
	(void)ssrc_rig_sealed(ctx, buf, SRTP_RTCP, 1, 0);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 40000), SRTP_OK);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 40000 + SSRC_RIG_JUMP + 1), SRTP_JUMPED);
	(void)ssrc_rig_sealed(ctx, buf, SRTP_RTCP, 1, 0);
	assert_int_equal(ssrc_rig_protect(ctx, 1, 40000 + SSRC_RIG_JUMP + 2), SRTP_OK);
	srtp_ctx_destroy(ctx);
}

SSRC_RIG_EACH(stray_does_not_bring_a_sender_back)
SSRC_RIG_EACH(jump_of_an_authentic_packet_passes)
SSRC_RIG_EACH(jump_wants_a_second_packet)
SSRC_RIG_EACH(stream_that_began_with_rtcp_begins_anywhere)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stray_does_not_bring_a_sender_back_each),
		cmocka_unit_test(jump_of_an_authentic_packet_passes_each),
		cmocka_unit_test(jump_wants_a_second_packet_each),
		cmocka_unit_test(stream_that_began_with_rtcp_begins_anywhere_each),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
