/* SPDX-License-Identifier: BSD-3-Clause */
/* A party's SDP says what its leg is, and what the relay answers is taken only if all of it fits.
 */
#include "caller.h"
#include "sdp_parse.h"
#include "support.h"

static struct caller_options options(const char *legs)
{
	struct caller_options o = {.n_legs = 1};

	assert_true(legs_parse(legs, &o.legs[0]));
	assert_true(caller_addresses("198.18.0.2,198.18.0.4", &o.parties[CALL_LEG_A]));
	assert_true(caller_addresses("2001:2::2,2001:2::3", &o.parties[CALL_LEG_B]));
	return o;
}

static void calls_share_nothing(void **state)
{
	struct caller_options o = options("srtp-srtp");
	struct call first, second, far;

	(void)state;
	assert_int_equal(caller_room(&o), 2 * 24576);
	assert_int_equal(caller_make(&o, codec_find("g711"), 0, &first), 0);
	assert_int_equal(caller_make(&o, codec_find("g711"), 1, &second), 0);
	assert_int_equal(caller_make(&o, codec_find("g711"), 24576, &far), 0);
	assert_int_equal(first.legs[0].gen.port, 16384);
	assert_int_equal(second.legs[0].gen.port, 16386);
	assert_int_equal(far.legs[0].gen.port, 16384);
	assert_int_equal(far.legs[0].gen.ip[3], 4);
	assert_int_equal(second.legs[1].ssrc, first.legs[1].ssrc + 2);
	assert_int_equal(first.legs[1].ssrc, first.legs[0].ssrc + 1);
	assert_memory_not_equal(first.legs[0].send_key, first.legs[1].send_key, 30);
	assert_memory_not_equal(first.legs[0].send_key, second.legs[0].send_key, 30);
}

static void caller_bad_addresses_refused(void **state)
{
	static const char *const rows[] = {"", ",", "198.18.0.2,", "198.18.0.2,2001:2::2",
		"198.18.0", "198.18.0.2:5060", "example.org"};
	struct call_sheet_addresses list;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (caller_addresses(rows[i], &list))
			fail_msg("taken: %s", rows[i]);
}

/* What each kind of leg writes, our own reader takes, and finds the key in it. */
static void party_writes_what_it_is(void **state)
{
	static const char *const legs[] = {"rtp-srtp", "srtp-rtp:AEAD_AES_256_GCM",
		"srtp-srtp:AES_256_CM_HMAC_SHA1_32,AEAD_AES_128_GCM"};
	static const char *const codecs[] = {"g711", "opus", "video"};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned leg = 0; leg < CALL_LEGS; leg++) {
			struct caller_options o = options(legs[i]);
			const struct codec *codec = codec_find(codecs[i]);
			struct party_says says = {.codec = codec, .session = 7, .tag = 3};
			struct buffer out = {.limit = 4096};
			struct call_leg back;
			struct call call;
			uint32_t tag;

			assert_int_equal(caller_make(&o, codec, 5, &call), 0);
			party_write(&call.legs[leg], &says, &out);
			assert_false(out.failed);
			back = call.legs[leg];
			memset(back.recv_key, 0, sizeof(back.recv_key));
			assert_int_equal(party_read(buffer_all(&out), &back, &tag), PARTY_GOOD);
			assert_memory_equal(&back.relay, &call.legs[leg].gen, sizeof(back.relay));
			assert_true(back.rtcp_mux);
			assert_int_equal(tag, back.suite != NULL ? 3 : 0);
			assert_memory_equal(
				back.recv_key, call.legs[leg].send_key, sizeof(back.recv_key));
			buffer_fini(&out);
		}
}

#define KEY    "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define HEAD   "v=0\r\no=- 1 1 IN IP4 198.18.0.1\r\ns=-\r\nt=0 0\r\n"
#define PLAIN  "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 198.18.0.1\r\n"
#define SEALED "m=audio 30000 RTP/SAVP 0\r\nc=IN IP4 198.18.0.1\r\n"
#define CRYPTO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY

static const struct reply {
	const char *text;
	bool sealed;
	enum party_fault fault;
} replies[] = {
	{HEAD PLAIN, false, PARTY_GOOD},
	{HEAD PLAIN "a=rtcp:30001\r\n", false, PARTY_GOOD},
	{HEAD PLAIN "a=rtcp:30000\r\na=rtcp-mux\r\n", false, PARTY_GOOD},
	{HEAD SEALED CRYPTO "\r\n", true, PARTY_GOOD},
	{HEAD SEALED "a=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\r\n" CRYPTO "\r\n", true, PARTY_GOOD},
	{HEAD SEALED "a=crypto:1 AEAD_AES_128_GCM " KEY "\r\n" CRYPTO "\r\n", true, PARTY_GOOD},
	{"", false, PARTY_UNREADABLE},
	{"v=1", false, PARTY_UNREADABLE},
	{HEAD, false, PARTY_MEDIA},
	{HEAD PLAIN PLAIN, false, PARTY_MEDIA},
	{HEAD "m=audio 0 RTP/AVP 0\r\nc=IN IP4 198.18.0.1\r\n", false, PARTY_REJECTED},
	{HEAD "m=audio 30000 RTP/AVP 0\r\n", false, PARTY_ADDRESS},
	{HEAD "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", false, PARTY_ADDRESS},
	{HEAD "m=audio 30000 RTP/AVP 0\r\nc=IN IP6 2001:2::1\r\n", false, PARTY_ADDRESS},
	{HEAD "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 relay.example\r\n", false, PARTY_UNREADABLE},
	{HEAD PLAIN, true, PARTY_PROTOCOL},
	{HEAD SEALED CRYPTO "\r\n", false, PARTY_PROTOCOL},
	{HEAD "m=audio 30000 RTP/AVP 8\r\nc=IN IP4 198.18.0.1\r\n", false, PARTY_FORMAT},
	{HEAD PLAIN "a=inactive\r\n", false, PARTY_DIRECTION},
	{HEAD SEALED, true, PARTY_NO_KEY},
	{HEAD SEALED "a=crypto:1 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n", true, PARTY_NO_KEY},
	{HEAD SEALED "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAEC\r\n", true, PARTY_NO_KEY},
	{HEAD SEALED CRYPTO "|1:4\r\n", true, PARTY_NO_KEY},
	{HEAD SEALED CRYPTO " UNENCRYPTED_SRTP\r\n", true, PARTY_NO_KEY},
	{HEAD SEALED CRYPTO " KDR=1\r\n", true, PARTY_NO_KEY},
	{HEAD PLAIN CRYPTO "\r\n", false, PARTY_UNDUE_KEY},
	{HEAD PLAIN "a=rtcp:40000\r\n", false, PARTY_RTCP},
};

static void party_reads_all_or_nothing(void **state)
{
	static uint8_t key[CALL_SHEET_KEY_MAX];

	(void)state;
	for (uint8_t i = 0; i < 30; i++)
		key[i] = i;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct caller_options o = options(replies[i].sealed ? "srtp-rtp" : "rtp-rtp");
		enum party_fault fault;
		struct call call;
		struct call_leg leg;
		uint32_t tag = 77;

		assert_int_equal(caller_make(&o, codec_find("g711"), 0, &call), 0);
		leg = call.legs[0];
		fault = party_read(slice_of(replies[i].text), &leg, &tag);
		if (fault != replies[i].fault)
			fail_msg("%s\n%s", replies[i].text, party_fault_texts[fault]);
		if (fault != PARTY_GOOD) {
			assert_memory_equal(&leg, &call.legs[0], sizeof(leg));
			continue;
		}
		assert_int_equal(leg.relay.port, 30000);
		assert_int_equal(leg.rtcp_mux, strstr(replies[i].text, "mux") != NULL);
		assert_int_equal(tag, replies[i].sealed ? 1 : 0);
		if (replies[i].sealed)
			assert_memory_equal(leg.recv_key, key, sizeof(key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_share_nothing),
		cmocka_unit_test(caller_bad_addresses_refused),
		cmocka_unit_test(party_writes_what_it_is),
		cmocka_unit_test(party_reads_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
