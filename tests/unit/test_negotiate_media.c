/* SPDX-License-Identifier: BSD-3-Clause */
/* Which media go on, in which directions, and where their RTCP goes. */
#include "nego_rig.h"
#include "support.h"

#include <stdio.h>

#define RTCP_MUX     "a=rtcp-mux\r\n"
#define MUX(words)   ",\"rtcp-mux\":[" words "]"
#define SRTP_B(last) NEGO_HEAD(last) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)

/* 'a' offers with or without mux, to 'b' who answers likewise. */
static const struct {
	const char *offer, *answer; /* more of the requests */
	enum sdp_rtcp_how how;
	bool asks, accepts, is_offered;
	bool muxed[2];
} muxes[] = {
	{"", "", SDP_RTCP_SEPARATE, false, false, false, {false, false}},
	{"", "", SDP_RTCP_SEPARATE, false, true, false, {false, false}},
	{"", "", SDP_RTCP_MUX_OFFER, true, false, true, {false, false}},
	{"", "", SDP_RTCP_MUX_OFFER, true, true, true, {true, true}},
	{"", MUX("\"accept\""), SDP_RTCP_MUX_OFFER, true, false, true, {true, false}},
	{MUX("\"demux\""), "", SDP_RTCP_SEPARATE, true, false, false, {true, false}},
	{MUX("\"offer\""), "", SDP_RTCP_MUX_OFFER, false, true, true, {false, true}},
	{MUX("\"require\""), "", SDP_RTCP_MUXED, false, true, true, {false, true}},
	{MUX("\"reject\""), "", SDP_RTCP_MUX_OFFER, true, true, true, {false, true}},
	{"", MUX("\"reject\""), SDP_RTCP_MUX_OFFER, true, true, true, {false, true}},
};

static void rtcp_is_muxed_where_asked_and_agreed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(muxes) / sizeof(muxes[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		assert_int_equal(nego_rig_offer(0, muxes[i].offer,
					 muxes[i].asks ? NEGO_PLAIN(1) RTCP_MUX : NEGO_PLAIN(1)),
			NG_OK);
		assert_int_equal(nego_rig_media(0)->rtcp_mux, muxes[i].is_offered);
		assert_int_equal(negotiate_rtcp_offered(&nego_rig.request, nego_rig_leg(0, 1)),
			muxes[i].how);
		assert_int_equal(nego_rig_answer(muxes[i].answer,
					 muxes[i].accepts ? NEGO_PLAIN(2) RTCP_MUX : NEGO_PLAIN(2)),
			NG_OK);
		for (unsigned side = 0; side < 2; side++)
			if (nego_rig_leg(0, side)->next.mux != muxes[i].muxed[side])
				fail_msg("row %zu side %u", i, side);
		assert_int_equal(nego_rig_media(0)->rtcp_mux, muxes[i].muxed[0]);
		assert_int_equal(nego_rig_media(0)->rtcp_port,
			nego_rig_leg(0, 0)->port + !muxes[i].muxed[0]);
	}
}

/* A second stream of SRTCP under the same key would begin with the same indices. */
static void rtcp_moves_only_with_a_new_key(void **state)
{
	static const char offer[] = NEGO_SRTP(1, NEGO_KEY_A) RTCP_MUX;
	static const char answer[] = SRTP_B(2) RTCP_MUX;
	struct call_key out[2];

	(void)state;
	nego_rig_call(0, offer, answer);
	for (unsigned side = 0; side < 2; side++) {
		assert_true(nego_rig_leg(0, side)->now.mux);
		out[side] = nego_rig_leg(0, side)->now.out;
	}
	/* the offerer takes it apart; the answerer would, but goes on with its key */
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A), SRTP_B(2));
	assert_false(nego_rig_leg(0, 0)->now.mux);
	assert_false(nego_rig_same_key(&out[0], &nego_rig_leg(0, 0)->now.out));
	assert_true(nego_rig_leg(0, 1)->now.mux);
	assert_true(nego_rig_same_key(&out[1], &nego_rig_leg(0, 1)->now.out));
	/* apart it stays */
	out[0] = nego_rig_leg(0, 0)->now.out;
	nego_rig_call(0, offer, answer);
	assert_false(nego_rig_leg(0, 0)->now.mux);
	assert_true(nego_rig_same_key(&out[0], &nego_rig_leg(0, 0)->now.out));
	/* with another suite the answerer may */
	nego_rig_call(
		0, offer, NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_C));
	assert_false(nego_rig_leg(0, 1)->now.mux);
}

static void rtcp_of_plain_media_moves_freely(void **state)
{
	(void)state;
	nego_rig_call(0, NEGO_PLAIN(1) RTCP_MUX, NEGO_PLAIN(2) RTCP_MUX);
	nego_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	assert_false(nego_rig_leg(0, 0)->now.mux);
	assert_false(nego_rig_leg(0, 1)->now.mux);
}

/* Offers and answers again give the same, whoever offers. */
static void answer_given_again_changes_nothing(void **state)
{
	static const char *const flags[] = {"", MUX("\"accept\"")};
	struct call_leg legs[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		assert_int_equal(nego_rig_offer(0, "", NEGO_SRTP(1, NEGO_KEY_A) RTCP_MUX), NG_OK);
		assert_int_equal(nego_rig_answer(flags[i], SRTP_B(2)), NG_OK);
		nego_rig_commit();
		memcpy(legs, nego_rig.bridge->medias[0].legs, sizeof(legs));
		assert_int_equal(nego_rig_answer(flags[i], SRTP_B(2)), NG_OK);
		nego_rig_commit();
		assert_memory_equal(legs, nego_rig.bridge->medias[0].legs, sizeof(legs));
	}
}

static void hold_is_passed_on_and_ends(void **state)
{
	static const struct {
		const char *offer, *answer;
		enum sdp_direction direction[2];
		bool silent;
	} rows[] = {
		{NEGO_PLAIN(1) "a=sendonly\r\n", NEGO_PLAIN(2) "a=recvonly\r\n",
			{SDP_DIRECTION_SENDONLY, SDP_DIRECTION_RECVONLY}, false},
		{NEGO_PLAIN(1) "a=inactive\r\n", NEGO_PLAIN(2) "a=inactive\r\n",
			{SDP_DIRECTION_INACTIVE, SDP_DIRECTION_INACTIVE}, false},
		{NEGO_HEAD_OF("IN IP4 0.0.0.0") NEGO_AUDIO("RTP/AVP"), NEGO_PLAIN(2),
			{SDP_DIRECTION_SENDRECV, SDP_DIRECTION_SENDRECV}, true},
		{NEGO_HEAD_OF("IN IP4 0.0.0.0") "a=sendonly\r\n" NEGO_AUDIO("RTP/AVP"),
			NEGO_PLAIN(2) "a=recvonly\r\n",
			{SDP_DIRECTION_SENDONLY, SDP_DIRECTION_RECVONLY}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		nego_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
		assert_int_equal(nego_rig_offer(0, "", rows[i].offer), NG_OK);
		assert_int_equal(nego_rig_media(0)->section.direction, rows[i].direction[0]);
		assert_int_equal(nego_rig_media(0)->section.connection.zero, rows[i].silent);
		assert_int_not_equal(nego_rig_media(0)->port, 0);
		assert_int_equal(nego_rig_answer("", rows[i].answer), NG_OK);
		nego_rig_commit();
		for (unsigned side = 0; side < 2; side++) {
			const struct call_terms *now = &nego_rig_leg(0, side)->now;

			assert_int_equal(now->direction, rows[i].direction[side]);
			assert_int_equal(now->silent, side == 0 && rows[i].silent);
			assert_int_equal(now->remote[0].family == RELAY_FAMILY_NONE, now->silent);
		}
		nego_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
		assert_int_equal(nego_rig_leg(0, 0)->now.direction, SDP_DIRECTION_SENDRECV);
		assert_false(nego_rig_leg(0, 0)->now.silent);
		assert_int_equal(nego_rig_leg(0, 0)->now.remote[0].port, 4000);
	}
}

/* Media lines of an offer, and of its answer; which are active then. */
static const struct {
	const char *offer, *answer;
	enum ng_error error;
	uint32_t n;
	bool active[3];
} lines[] = {
	{NEGO_AUDIO("RTP/AVP") NEGO_VIDEO("RTP/AVP"), NEGO_AUDIO("RTP/AVP") NEGO_VIDEO("RTP/AVP"),
		NG_OK, 2, {true, true}},
	{NEGO_AUDIO("RTP/AVP") NEGO_VIDEO("RTP/AVP"),
		NEGO_AUDIO("RTP/AVP") "m=video 0 RTP/AVP 96\r\n", NG_OK, 2, {true, false}},
	{"m=audio 0 RTP/AVP 0\r\n" NEGO_VIDEO("RTP/AVP"),
		"m=audio 0 RTP/AVP 0\r\n" NEGO_VIDEO("RTP/AVP"), NG_OK, 2, {false, true}},
	/* who takes up what was rejected is not heard */
	{"m=audio 0 RTP/AVP 0\r\n" NEGO_VIDEO("RTP/AVP"),
		NEGO_AUDIO("RTP/AVP") NEGO_VIDEO("RTP/AVP"), NG_OK, 2, {false, true}},
	{NEGO_AUDIO("RTP/AVP") NEGO_VIDEO("RTP/AVP"), NEGO_AUDIO("RTP/AVP"), NG_OK, 2,
		{true, false}},
	{NEGO_AUDIO("RTP/AVP"), NEGO_AUDIO("RTP/AVP") NEGO_VIDEO("RTP/AVP"),
		NG_ERROR_SDP_INCOMPLETE, 1, {true}},
	{NEGO_AUDIO("RTP/AVP") "m=image 4004 udptl t38\r\n",
		NEGO_AUDIO("RTP/AVP") "m=image 4004 udptl t38\r\n", NG_OK, 2, {true, false}},
	{NEGO_AUDIO("RTP/AVP") "m=application 4004 UDP/BFCP *\r\n",
		NEGO_AUDIO("RTP/AVP") "m=application 0 UDP/BFCP *\r\n", NG_OK, 2, {true, false}},
	{NEGO_AUDIO("RTP/AVP") "m=audio 4004 RTP/FOO 0\r\n" NEGO_VIDEO("RTP/AVPF"),
		NEGO_AUDIO("RTP/AVP") "m=audio 0 RTP/FOO 0\r\n" NEGO_VIDEO("RTP/AVPF"), NG_OK, 3,
		{true, false, true}},
	{NEGO_AUDIO("RTP/AVP") "m=message 4004 TCP/MSRP *\r\n",
		NEGO_AUDIO("RTP/AVP") "m=message 4006 TCP/MSRP *\r\n", NG_OK, 2, {true, false}},
};

static void media_lines_are_matched_by_place(void **state)
{
	char sdp[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		(void)snprintf(sdp, sizeof(sdp), "%s%s", NEGO_HEAD(1), lines[i].offer);
		assert_int_equal(nego_rig_offer(0, "", sdp), NG_OK);
		assert_int_equal(nego_rig.bridge->n_medias, lines[i].n);
		(void)snprintf(sdp, sizeof(sdp), "%s%s", NEGO_HEAD(2), lines[i].answer);
		if (nego_rig_answer("", sdp) != lines[i].error)
			fail_msg("row %zu", i);
		for (uint32_t j = 0; lines[i].error == NG_OK && j < nego_rig.ours->n_medias; j++) {
			const struct sdp_media *m = nego_rig_media(j);
			bool foreign = negotiate_is_foreign(m);

			assert_int_equal(nego_rig_leg(j, 0)->next.active, lines[i].active[j]);
			assert_int_equal(nego_rig_leg(j, 1)->next.active, lines[i].active[j]);
			if (!foreign)
				assert_int_equal(m->port != 0, lines[i].active[j]);
			else
				assert_int_equal(m->port, 4006);
		}
	}
}

static void offer_of_nothing_we_relay_is_refused(void **state)
{
	(void)state;
	assert_int_equal(nego_rig_offer(0, "", NEGO_HEAD(1) "m=image 4004 udptl t38\r\n"),
		NG_ERROR_UNSUPPORTED);
	assert_int_equal(
		nego_rig_offer(0, "", NEGO_HEAD(1) "m=message 4004 TCP/MSRP *\r\n"), NG_OK);
	assert_int_equal(nego_rig_offer(0, "", NEGO_HEAD(1) "m=audio 0 RTP/AVP 0\r\n"), NG_OK);
}

static void media_come_and_go_by_reinvite(void **state)
{
	static const char one[] = NEGO_PLAIN(1), other[] = NEGO_PLAIN(2);
	static const char two[] = NEGO_PLAIN(1) NEGO_VIDEO("RTP/AVP");
	static const char others[] = NEGO_PLAIN(2) NEGO_VIDEO("RTP/AVP");

	(void)state;
	nego_rig_call(0, one, other);
	nego_rig_call(1, others, two);
	assert_int_equal(nego_rig.bridge->n_medias, 2);
	assert_true(nego_rig_leg(1, 0)->now.active && nego_rig_leg(1, 1)->now.active);
	nego_rig_call(0, one, other); /* against RFC 3264, but seen */
	assert_int_equal(nego_rig.bridge->n_medias, 2);
	assert_true(nego_rig_leg(0, 0)->now.active);
	assert_false(nego_rig_leg(1, 0)->now.active || nego_rig_leg(1, 1)->now.active);
	assert_int_equal(nego_rig_offer(0, ",\"sdp-media-remove\":[\"video\"]", two), NG_OK);
	assert_int_equal(nego_rig_media(1)->port, 0);
	assert_false(nego_rig_leg(1, 0)->next.active);
}

static void so_many_media_and_no_more(void **state)
{
	static char sdp[65536];
	size_t used;

	(void)state;
	for (uint32_t n = 64; n <= 65; n++) {
		used = (size_t)snprintf(sdp, sizeof(sdp), "%s", NEGO_HEAD(1));
		for (uint32_t i = 0; i < n; i++)
			used += (size_t)snprintf(
				sdp + used, sizeof(sdp) - used, "%s", NEGO_AUDIO("RTP/AVP"));
		assert_int_equal(nego_rig_offer(0, "", sdp), n == 64 ? NG_OK : NG_ERROR_SDP);
	}
	assert_int_equal(nego_rig.bridge->n_medias, 64);
	assert_true(nego_rig_leg(63, 1)->next.active);
}

/* An INVITE without SDP: the callee offers, the caller answers, and may offer next. */
static void late_offer_goes_the_other_way(void **state)
{
	(void)state;
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	assert_int_equal(nego_rig_offer(1, "", NEGO_SRTP(2, NEGO_KEY_B)), NG_OK);
	assert_int_equal(nego_rig_media(0)->n_crypto, NEGO_RIG_SUITES);
	assert_int_equal(nego_rig_answer("", NEGO_HEAD(1) NEGO_AUDIO("RTP/SAVP")
						     NEGO_CRYPTO(1, NEGO_GCM, NEGO_KEY_GCM)),
		NG_OK);
	assert_int_equal(nego_rig_leg(0, 0)->next.out.suite, SUITE_AEAD_AES_256_GCM);
	assert_int_equal(nego_rig_leg(0, 1)->next.out.suite, SUITE_AES_CM_128_HMAC_SHA1_80);
}

static void clock_is_that_of_the_first_codec(void **state)
{
	(void)state;
	nego_rig_call(0, NEGO_PLAIN(1) NEGO_VIDEO("RTP/AVP"), NEGO_PLAIN(2) NEGO_VIDEO("RTP/AVP"));
	assert_int_equal(nego_rig.bridge->medias[0].clock_khz, 8);
	assert_int_equal(nego_rig.bridge->medias[1].clock_khz, 90);
	nego_rig_call(0, NEGO_PLAIN(1),
		NEGO_HEAD(2) "m=audio 1 RTP/AVP 97 98\r\na=rtpmap:97 x/99999999999\r\n"
			     "a=rtpmap:98 opus/48000/2\r\n");
	assert_int_equal(nego_rig.bridge->medias[0].clock_khz, 48);
}

/* Lines that are closed take no ports, and count for none. */
static void media_beyond_the_limit_are_refused(void **state)
{
	static const char three[] = NEGO_PLAIN(1) NEGO_VIDEO("RTP/AVP") NEGO_VIDEO("RTP/AVP");
	static const char two[] = NEGO_PLAIN(1) "m=video 0 RTP/AVP 96\r\n" NEGO_VIDEO("RTP/AVP");
	static const char answer[] = NEGO_PLAIN(2) "m=video 0 RTP/AVP 96\r\n" NEGO_VIDEO("RTP/AVP");

	(void)state;
	nego_rig.config.media_limit = 2;
	assert_int_equal(nego_rig_offer(0, "", three), NG_ERROR_NO_PORTS);
	nego_rig_call(0, two, answer);
	/* nor does a later offer of too many change what there is */
	assert_int_equal(nego_rig_offer(1, "", three), NG_ERROR_NO_PORTS);
	assert_true(nego_rig_leg(2, 0)->now.active);
	assert_false(nego_rig_leg(1, 0)->next.active);
	nego_rig_call(1, two, answer);
	nego_rig.config.media_limit = 3;
	assert_int_equal(nego_rig_offer(0, "", three), NG_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, nego_rig_open, nego_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rtcp_is_muxed_where_asked_and_agreed),
		TEST(media_beyond_the_limit_are_refused),
		TEST(rtcp_moves_only_with_a_new_key),
		TEST(rtcp_of_plain_media_moves_freely),
		TEST(answer_given_again_changes_nothing),
		TEST(hold_is_passed_on_and_ends),
		TEST(media_lines_are_matched_by_place),
		TEST(offer_of_nothing_we_relay_is_refused),
		TEST(media_come_and_go_by_reinvite),
		TEST(so_many_media_and_no_more),
		TEST(late_offer_goes_the_other_way),
		TEST(clock_is_that_of_the_first_codec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
