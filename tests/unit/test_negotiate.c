/* SPDX-License-Identifier: BSD-3-Clause */
/* Transports, policies and keys; test_negotiate_media.c has what media do. */
#include "nego_rig.h"
#include "support.h"

#include <stdio.h>

#define TRANSPORT(name) ",\"transport-protocol\":\"" name "\""
#define OSRTP(what)     ",\"OSRTP\":[\"" what "\"]"
#define SDES(words)     ",\"SDES\":[" words "]"
#define KEY_A           NEGO_CRYPTO(7, NEGO_CM, NEGO_KEY_A)
#define ANSWER(proto)   NEGO_HEAD(2) NEGO_AUDIO(proto)

#define R CONFIG_REQUIRED
#define S CONFIG_SUPPORTED
#define F CONFIG_FORBIDDEN

/* What is offered, and what of it the other side is. */
static const struct {
	enum config_encryption from, to;
	const char *proto, *crypto, *more;
	enum ng_error error;
	const char *becomes;
	size_t n_crypto;
} offers[] = {
	{S, S, "RTP/AVP", "", "", NG_OK, "RTP/AVP", 0},
	{S, S, "RTP/AVPF", "", "", NG_OK, "RTP/AVPF", 0},
	{S, S, "RTP/SAVP", KEY_A, "", NG_OK, "RTP/SAVP", 3},
	{S, S, "RTP/SAVPF", KEY_A, "", NG_OK, "RTP/SAVPF", 3},
	{S, R, "RTP/AVP", "", "", NG_OK, "RTP/SAVP", 3},
	{S, R, "RTP/AVPF", "", "", NG_OK, "RTP/SAVPF", 3},
	{S, R, "RTP/SAVP", KEY_A, "", NG_OK, "RTP/SAVP", 3},
	{S, F, "RTP/AVP", "", "", NG_OK, "RTP/AVP", 0},
	{S, F, "RTP/SAVP", KEY_A, "", NG_OK, "RTP/AVP", 0},
	{S, F, "RTP/SAVPF", KEY_A, "", NG_OK, "RTP/AVPF", 0},
	{R, F, "RTP/SAVP", KEY_A, "", NG_OK, "RTP/AVP", 0},
	{R, S, "RTP/AVP", "", "", NG_ERROR_ENCRYPTION, NULL, 0},
	{R, S, "RTP/AVPF", "", "", NG_ERROR_ENCRYPTION, NULL, 0},
	{R, S, "RTP/AVP", KEY_A, "", NG_OK, "RTP/AVP", 0},
	{F, S, "RTP/SAVP", KEY_A, "", NG_ERROR_NO_ENCRYPTION, NULL, 0},
	{F, S, "RTP/SAVPF", KEY_A, "", NG_ERROR_NO_ENCRYPTION, NULL, 0},
	{F, R, "RTP/AVP", "", "", NG_OK, "RTP/SAVP", 3},
	/* keys that are of no use are none */
	{S, S, "RTP/SAVP", "", "", NG_ERROR_CRYPTO, NULL, 0},
	{S, S, "RTP/SAVP", NEGO_CRYPTO(1, "F8_128_HMAC_SHA1_80", NEGO_KEY_A), "", NG_ERROR_CRYPTO,
		NULL, 0},
	{S, S, "RTP/SAVP", "a=crypto:1 " NEGO_CM " inline:" NEGO_KEY_A " UNENCRYPTED_SRTP\r\n", "",
		NG_ERROR_CRYPTO, NULL, 0},
	{S, S, "RTP/SAVP", "a=crypto:1 " NEGO_CM " inline:" NEGO_KEY_A " KDR=1\r\n", "",
		NG_ERROR_CRYPTO, NULL, 0},
	{S, S, "RTP/SAVP", "a=crypto:1 " NEGO_CM " inline:short\r\n" KEY_A, "", NG_OK, "RTP/SAVP",
		3},
	/* DTLS is for later */
	{S, S, "UDP/TLS/RTP/SAVP", "", "", NG_ERROR_UNSUPPORTED, NULL, 0},
	{F, S, "UDP/TLS/RTP/SAVPF", "", "", NG_ERROR_UNSUPPORTED, NULL, 0},
	{S, S, "RTP/AVP", "", TRANSPORT("UDP/TLS/RTP/SAVPF"), NG_ERROR_UNSUPPORTED, NULL, 0},
	/* what the request wants, as far as the interface allows */
	{S, S, "RTP/AVP", "", TRANSPORT("RTP/SAVP"), NG_OK, "RTP/SAVP", 3},
	{S, S, "RTP/AVP", "", TRANSPORT("RTP/AVPF"), NG_OK, "RTP/AVPF", 0},
	{S, S, "RTP/SAVP", KEY_A, TRANSPORT("RTP/AVP"), NG_OK, "RTP/AVP", 0},
	{S, F, "RTP/AVP", "", TRANSPORT("RTP/SAVPF"), NG_OK, "RTP/AVPF", 0},
	{S, R, "RTP/SAVP", KEY_A, TRANSPORT("RTP/AVP"), NG_OK, "RTP/SAVP", 3},
	/* keys beside a transport in the clear */
	{S, S, "RTP/AVP", "", OSRTP("offer"), NG_OK, "RTP/AVP", 3},
	{S, F, "RTP/AVP", "", OSRTP("offer"), NG_OK, "RTP/AVP", 0},
	{S, R, "RTP/AVP", "", OSRTP("offer"), NG_OK, "RTP/SAVP", 3},
	{S, S, "RTP/AVP", "", OSRTP("offer") SDES("\"off\""), NG_OK, "RTP/AVP", 0},
	{S, S, "RTP/AVP", KEY_A, OSRTP("accept"), NG_OK, "RTP/AVP", 0},
	{F, S, "RTP/AVP", KEY_A, OSRTP("accept"), NG_OK, "RTP/AVP", 0},
	/* suites, as the request wants them */
	{S, R, "RTP/AVP", "", SDES("\"off\""), NG_ERROR_CRYPTO, NULL, 0},
	{S, R, "RTP/AVP", "", SDES("\"no-" NEGO_GCM "\""), NG_OK, "RTP/SAVP", 2},
	{S, R, "RTP/AVP", "", SDES("\"only-" NEGO_32 "\""), NG_OK, "RTP/SAVP", 1},
	{S, R, "RTP/AVP", "", SDES("\"only-AES_192_CM_HMAC_SHA1_80\""), NG_ERROR_CRYPTO, NULL, 0},
	{S, S, "RTP/SAVP", KEY_A, SDES("\"nonew\""), NG_OK, "RTP/SAVP", 1},
	{S, R, "RTP/AVP", "", SDES("\"nonew\""), NG_ERROR_CRYPTO, NULL, 0},
};

static void offer_by_policy_becomes_what_is_allowed(void **state)
{
	char sdp[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		(void)snprintf(sdp, sizeof(sdp), NEGO_HEAD(1) "m=audio 4000 %s 0\r\n%s",
			offers[i].proto, offers[i].crypto);
		nego_rig_renew(offers[i].from, offers[i].to);
		if (nego_rig_offer(0, offers[i].more, sdp) != offers[i].error)
			fail_msg("row %zu: %s %s", i, offers[i].proto, offers[i].more);
		if (offers[i].error != NG_OK)
			continue;
		assert_true(slice_is(nego_rig_media(0)->proto, offers[i].becomes));
		if (nego_rig_media(0)->n_crypto != offers[i].n_crypto)
			fail_msg("row %zu: %zu keys", i, nego_rig_media(0)->n_crypto);
		assert_true(offers[i].from != F || nego_rig_leg(0, 0)->theirs == NULL);
	}
}

/* To an offer of GCM, CM_80 and CM_32 by tags 1 to 3. */
static const struct {
	const char *proto, *crypto;
	enum ng_error error;
} answers[] = {
	{"RTP/SAVP", NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B), NG_OK},
	{"RTP/SAVP", NEGO_CRYPTO(1, NEGO_GCM, NEGO_KEY_GCM), NG_OK},
	{"RTP/AVP", NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B), NG_OK},
	{"RTP/SAVP", NEGO_CRYPTO(9, NEGO_CM, NEGO_KEY_B) NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_B),
		NG_OK},
	{"RTP/SAVP", NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_B), NG_ERROR_CRYPTO},
	{"RTP/SAVP", NEGO_CRYPTO(4, NEGO_CM, NEGO_KEY_B), NG_ERROR_CRYPTO},
	{"RTP/SAVP", NEGO_CRYPTO(2, NEGO_CM, "short"), NG_ERROR_CRYPTO},
	{"RTP/SAVP", "", NG_ERROR_CRYPTO},
	{"RTP/AVP", "", NG_ERROR_ENCRYPTION},
	{"UDP/TLS/RTP/SAVP", "", NG_ERROR_UNSUPPORTED},
};

static void answer_chooses_by_tag_and_suite(void **state)
{
	char sdp[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct call_leg *leg;

		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		assert_int_equal(nego_rig_offer(0, "", NEGO_SRTP(1, NEGO_KEY_A)), NG_OK);
		(void)snprintf(sdp, sizeof(sdp), NEGO_HEAD(2) "m=audio 4000 %s 0\r\n%s",
			answers[i].proto, answers[i].crypto);
		if (nego_rig_answer("", sdp) != answers[i].error)
			fail_msg("row %zu", i);
		if (answers[i].error != NG_OK)
			continue;
		leg = nego_rig_leg(0, 1);
		assert_int_equal(leg->next.in.suite, leg->next.out.suite);
		/* the offerer hears our key, by the tag of his, under his transport */
		assert_true(slice_is(nego_rig_media(0)->proto, "RTP/SAVP"));
		assert_int_equal(nego_rig_media(0)->n_crypto, 1);
		assert_int_equal(nego_rig_media(0)->crypto[0].tag, 1);
		assert_false(nego_rig_same_key(&nego_rig_leg(0, 0)->next.out, &leg->next.out));
	}
}

static void answer_in_the_clear_is_for_those_who_allow_it(void **state)
{
	(void)state;
	assert_int_equal(nego_rig_offer(0, OSRTP("offer"), NEGO_PLAIN(1)), NG_OK);
	assert_int_equal(nego_rig_answer("", NEGO_PLAIN(2)), NG_OK);
	assert_int_equal(nego_rig_leg(0, 1)->next.out.suite, RELAY_PLAIN);
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	assert_int_equal(nego_rig_answer("", NEGO_PLAIN(2)), NG_ERROR_ENCRYPTION);
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_FORBIDDEN);
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	assert_int_equal(nego_rig_answer("", NEGO_SRTP(2, NEGO_KEY_B)), NG_ERROR_CRYPTO);
}

/* A configuration that was read anew holds for what is answered then. */
static void answer_keeps_to_the_policy_of_its_time(void **state)
{
	static const struct {
		const char *offer, *answer;
		enum config_encryption policy;
		enum ng_error error;
	} rows[] = {
		{NEGO_PLAIN(1), NEGO_PLAIN(2), CONFIG_REQUIRED, NG_ERROR_ENCRYPTION},
		{NEGO_SRTP(1, NEGO_KEY_A),
			NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B),
			CONFIG_FORBIDDEN, NG_ERROR_NO_ENCRYPTION},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		assert_int_equal(nego_rig_offer(0, "", rows[i].offer), NG_OK);
		nego_rig.config.interfaces[0].encryption = rows[i].policy;
		assert_int_equal(nego_rig_answer("", rows[i].answer), rows[i].error);
		nego_rig.config.interfaces[0].encryption = CONFIG_SUPPORTED;
		assert_int_equal(nego_rig_answer("", rows[i].answer), NG_OK);
		nego_rig.config.interfaces[1].encryption = rows[i].policy;
		assert_int_equal(nego_rig_answer("", rows[i].answer), rows[i].error);
	}
}

static void suites_are_offered_as_configured_or_asked(void **state)
{
	static const struct {
		const char *more;
		enum suite_id suites[NEGO_RIG_SUITES];
	} rows[] = {
		{"", {SUITE_AEAD_AES_256_GCM, SUITE_AES_CM_128_HMAC_SHA1_80,
			     SUITE_AES_CM_128_HMAC_SHA1_32}},
		{SDES("\"order:" NEGO_32 ";" NEGO_CM "\""),
			{SUITE_AES_CM_128_HMAC_SHA1_32, SUITE_AES_CM_128_HMAC_SHA1_80,
				SUITE_AEAD_AES_256_GCM}},
		{SDES("\"order:F8_128_HMAC_SHA1_80;" NEGO_CM ";" NEGO_CM "\""),
			{SUITE_AES_CM_128_HMAC_SHA1_80, SUITE_AEAD_AES_256_GCM,
				SUITE_AES_CM_128_HMAC_SHA1_32}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
		assert_int_equal(nego_rig_offer(0, rows[i].more, NEGO_PLAIN(1)), NG_OK);
		for (uint32_t j = 0; j < NEGO_RIG_SUITES; j++) {
			assert_int_equal(nego_rig_media(0)->crypto[j].suite->id, rows[i].suites[j]);
			assert_int_equal(nego_rig_media(0)->crypto[j].tag, j + 1);
			assert_int_equal(nego_rig_media(0)->crypto[j].lifetime, 0);
		}
	}
	assert_int_equal(nego_rig_offer(0, SDES("\"lifetime\",\"pad\""), NEGO_PLAIN(1)), NG_OK);
	assert_true(nego_rig_says("=|2^31"));
}

static void mki_and_lifetime_are_the_peers(void **state)
{
	static const char answer[] =
		ANSWER("RTP/SAVP") "a=crypto:2 " NEGO_CM " inline:" NEGO_KEY_B "|2^20|1:4\r\n";
	const struct call_key *in, *out;

	(void)state;
	assert_int_equal(nego_rig_offer(0, "", NEGO_SRTP(1, NEGO_KEY_A)), NG_OK);
	assert_int_equal(nego_rig_answer("", answer), NG_OK);
	in = &nego_rig_leg(0, 1)->next.in;
	out = &nego_rig_leg(0, 1)->next.out;
	assert_int_equal(in->lifetime, 1 << 20);
	assert_int_equal(in->mki_len, 4);
	assert_int_equal(in->mki[3], 1);
	assert_int_equal(out->lifetime, 0);
	assert_int_equal(out->mki_len, 0);
	assert_false(nego_rig_says("2^20"));
}

/* What the data plane could not do, and would refuse when all was said. */
static void same_key_with_another_mki_is_refused_before(void **state)
{
	static const char with_mki[] =
		ANSWER("RTP/SAVP") "a=crypto:2 " NEGO_CM " inline:" NEGO_KEY_B "|2^20|1:4\r\n";
	static const char with_lifetime[] =
		ANSWER("RTP/SAVP") "a=crypto:2 " NEGO_CM " inline:" NEGO_KEY_B "|2^20\r\n";

	(void)state;
	nego_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2)); /* nothing to go on with */
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	nego_rig_call(0, NEGO_PLAIN(1), ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B));
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	assert_int_equal(nego_rig_answer("", with_mki), NG_ERROR_CRYPTO);
	assert_int_equal(nego_rig_answer("", with_lifetime), NG_OK);
	assert_int_equal(nego_rig_leg(0, 1)->next.in.lifetime, 0);
}

static void our_own_key_is_no_answer(void **state)
{
	char sdp[1024];
	struct slice line;

	(void)state;
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	line = nego_rig_media(0)->crypto[1].value;
	(void)snprintf(sdp, sizeof(sdp), "%sa=crypto:%.*s\r\n", ANSWER("RTP/SAVP"), (int)line.len,
		line.ptr);
	assert_int_equal(nego_rig_answer("", sdp), NG_ERROR_CRYPTO);
	(void)snprintf(sdp, sizeof(sdp), "%sa=crypto:%s", ANSWER("RTP/SAVP"),
		"2 " NEGO_CM " inline:" NEGO_KEY_B "\r\n");
	assert_int_equal(nego_rig_answer("", sdp), NG_OK);
}

static void both_legs_keep_their_keys_over_a_reinvite(void **state)
{
	struct call_key out[2];

	(void)state;
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A),
		ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B));
	out[0] = nego_rig_leg(0, 0)->now.out;
	out[1] = nego_rig_leg(0, 1)->now.out;
	for (unsigned from = 0; from < 2; from++) {
		nego_rig_call(from, NEGO_SRTP(1, NEGO_KEY_A),
			ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B));
		assert_true(nego_rig_same_key(&out[0], &nego_rig_leg(0, 0)->now.out));
		assert_true(nego_rig_same_key(&out[1], &nego_rig_leg(0, 1)->now.out));
		assert_int_equal(nego_rig_leg(0, from)->now.out.tag, 1);
		assert_int_equal(nego_rig_leg(0, 1 - from)->now.out.tag, 2);
	}
	/* another suite is another key, and so is the first one when it comes again */
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A),
		ANSWER("RTP/SAVP") NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_C));
	assert_true(nego_rig_same_key(&out[0], &nego_rig_leg(0, 0)->now.out));
	assert_int_equal(nego_rig_leg(0, 1)->now.out.suite, SUITE_AES_CM_128_HMAC_SHA1_32);
}

static void offer_made_again_has_the_same_keys(void **state)
{
	struct sdp_crypto first[NEGO_RIG_SUITES];

	(void)state;
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	memcpy(first, nego_rig_media(0)->crypto, sizeof(first));
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	for (uint32_t i = 0; i < NEGO_RIG_SUITES; i++)
		assert_memory_equal(
			nego_rig_media(0)->crypto[i].key, first[i].key, sizeof(first[i].key));
	assert_int_equal(
		nego_rig_answer("", ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)), NG_OK);
	assert_memory_equal(nego_rig_leg(0, 1)->next.out.key, first[1].key, 16);
}

/* Whoever takes a key out of use marks it, in the list that answers choose from. */
static void spent_key_is_neither_chosen_nor_offered(void **state)
{
	struct call_key spent;

	(void)state;
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A),
		ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B));
	assert_int_equal(
		nego_rig_answer("", ANSWER("RTP/SAVP") NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_C)), NG_OK);
	nego_rig_commit();
	spent = nego_rig_leg(0, 1)->ours->keys[1];
	nego_rig_leg(0, 1)->ours->keys[1].suite = RELAY_PLAIN;
	assert_int_equal(
		nego_rig_answer("", ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)),
		NG_ERROR_CRYPTO);
	assert_int_equal(nego_rig_offer(0, "", NEGO_SRTP(1, NEGO_KEY_A)), NG_OK);
	assert_int_equal(nego_rig_media(0)->n_crypto, NEGO_RIG_SUITES);
	assert_memory_not_equal(nego_rig_media(0)->crypto[1].key, spent.key, 16);
}

static void key_of_a_leg_without_media_is_not_taken_up(void **state)
{
	struct call_key before[2];

	(void)state;
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A),
		ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B));
	for (unsigned side = 0; side < 2; side++) {
		before[side] = nego_rig_leg(0, side)->now.out;
		nego_rig_leg(0, side)->now.active = false; /* and nothing is wiped */
	}
	call_keys_destroy(nego_rig_leg(0, 1)->ours);
	nego_rig_leg(0, 1)->ours = NULL;
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A),
		ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B));
	for (unsigned side = 0; side < 2; side++)
		assert_false(nego_rig_same_key(&before[side], &nego_rig_leg(0, side)->now.out));
}

/* A proxy may send the answer to an offer that we refused. */
static void refused_offer_changes_nothing(void **state)
{
	struct call_leg before[2];

	(void)state;
	nego_rig_renew(CONFIG_REQUIRED, CONFIG_FORBIDDEN);
	nego_rig_call(0, NEGO_SRTP(1, NEGO_KEY_A), NEGO_PLAIN(2));
	memcpy(before, nego_rig.bridge->medias[0].legs, sizeof(before));
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_ERROR_ENCRYPTION);
	assert_memory_equal(before, nego_rig.bridge->medias[0].legs, sizeof(before));
	assert_int_equal(nego_rig_answer("", NEGO_PLAIN(2)), NG_OK);
	assert_int_equal(nego_rig_leg(0, 0)->next.out.suite, SUITE_AES_CM_128_HMAC_SHA1_80);
	/* also where it was the second media that was wrong */
	memcpy(before, nego_rig.bridge->medias[0].legs, sizeof(before));
	assert_int_equal(
		nego_rig_offer(0, ",\"TOS\":8", NEGO_SRTP(1, NEGO_KEY_B) NEGO_VIDEO("RTP/AVP")),
		NG_ERROR_ENCRYPTION);
	assert_memory_equal(before, nego_rig.bridge->medias[0].legs, sizeof(before));
	assert_false(nego_rig_leg(1, 0)->next.active);
	assert_int_equal(nego_rig.bridge->sides[0].dscp, 46);
}

static void refused_answer_can_be_given_again(void **state)
{
	static const char two[] = NEGO_PLAIN(1) NEGO_VIDEO("RTP/AVP");
	static const char good[] = ANSWER("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)
		NEGO_VIDEO("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B);

	(void)state;
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	assert_int_equal(nego_rig_offer(0, "", two), NG_OK);
	assert_int_equal(nego_rig_answer("", ANSWER("RTP/SAVP") "m=audio 0 RTP/SAVP 0\r\n"
								"m=video 1 RTP/SAVP 0\r\n"),
		NG_ERROR_SDP_INCOMPLETE);
	assert_int_equal(nego_rig_answer("", NEGO_HEAD(2) "m=audio 0 RTP/SAVP 0\r\n"
							  "m=video 1 RTP/SAVP 96\r\n"),
		NG_ERROR_CRYPTO);
	assert_int_equal(nego_rig_answer("", good), NG_OK);
	assert_true(nego_rig_leg(0, 0)->next.active);
	assert_true(nego_rig_leg(1, 0)->next.active);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, nego_rig_open, nego_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(offer_by_policy_becomes_what_is_allowed),
		TEST(answer_chooses_by_tag_and_suite),
		TEST(answer_in_the_clear_is_for_those_who_allow_it),
		TEST(answer_keeps_to_the_policy_of_its_time),
		TEST(suites_are_offered_as_configured_or_asked),
		TEST(mki_and_lifetime_are_the_peers),
		TEST(same_key_with_another_mki_is_refused_before),
		TEST(our_own_key_is_no_answer),
		TEST(both_legs_keep_their_keys_over_a_reinvite),
		TEST(offer_made_again_has_the_same_keys),
		TEST(spent_key_is_neither_chosen_nor_offered),
		TEST(key_of_a_leg_without_media_is_not_taken_up),
		TEST(refused_offer_changes_nothing),
		TEST(refused_answer_can_be_given_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
