/* SPDX-License-Identifier: BSD-3-Clause */
/* What the other side reads. That no address and no key of the sender is in it, and that it has as
 * many media lines, nego_rig looks at each time. */
#include "nego_rig.h"
#include "support.h"

#include <stdio.h>

#define FLAGS(words)   ",\"flags\":[" words "]"
#define REPLACE(words) ",\"replace\":[" words "]"
#define CODECS                                                                                     \
	NEGO_HEAD(1)                                                                               \
	"m=audio 4000 RTP/AVP 0 8 97\r\na=rtpmap:97 opus/48000/2\r\n"                              \
	"a=fmtp:97 useinbandfec=1\r\n"
#define LINE(text) "\r\n" text "\r\n"

/* An offer, and up to three texts that are in what 'b' gets, or "!text" that is not. */
static const struct {
	const char *more, *sdp;
	const char *texts[3];
} offers[] = {
	{"", NEGO_PLAIN(1), {LINE("c=IN IP4 203.0.113.2"), LINE("s=theirs"), "!m=audio 4000"}},
	{"", NEGO_PLAIN(1), {LINE("a=rtpmap:0 PCMU/8000"), LINE("a=sendrecv"), "!a=crypto"}},
	{",\"address-family\":\"IP6\"", NEGO_PLAIN(1),
		{LINE("c=IN IP6 2001:db8::2"), "o=peer 77 5 IN IP6 2001:db8::2\r\n", "!IP4"}},
	{",\"media-address\":\"192.0.2.99\"", NEGO_PLAIN(1),
		{LINE("c=IN IP4 192.0.2.99"), "IN IP4 192.0.2.99\r\n", "!203.0.113"}},
	{FLAGS("\"full-rtcp-attribute\""), NEGO_PLAIN(1), {" IN IP4 203.0.113.2\r\n", "a=rtcp:"}},
	{FLAGS("\"no-rtcp-attribute\""), NEGO_PLAIN(1), {"!a=rtcp"}},
	{FLAGS("\"loop-protect\""), NEGO_PLAIN(1), {LINE("a=rtpengine:0123456789ab")}},
	{FLAGS("\"generate-mid\""), NEGO_PLAIN(1), {LINE("a=mid:1")}},
	{FLAGS("\"original-sendrecv\""), NEGO_PLAIN(1), {"!sendrecv"}},
	{FLAGS("\"strip-extmap\""), NEGO_PLAIN(1) "a=extmap:1 urn:x\r\n", {"!extmap"}},
	/* the rig always replaces the origin's address */
	{"", NEGO_PLAIN(1), {"o=peer 77 5 IN IP4 203.0.113.2\r\n"}},
	{REPLACE("\"origin\",\"session-name\""), NEGO_PLAIN(1), {LINE("s=sluice"), "!theirs"}},
	{REPLACE("\"origin-full\",\"username\""), NEGO_PLAIN(1), {"IN IP4 203.0.113.2\r\n"}},
	{REPLACE("\"origin\",\"SDP-version\",\"force-increment-sdp-ver\""), NEGO_PLAIN(1),
		{"o=peer 77 "}},
	/* codecs */
	{",\"codec\":{\"strip\":[\"PCMU\"]}", CODECS, {" RTP/AVP 8 97\r\n", "!PCMU"}},
	{",\"codec\":{\"strip\":[\"all\"],\"except\":[\"opus\"]}", CODECS,
		{" RTP/AVP 97\r\n", "a=fmtp:97", "!PCMA"}},
	{",\"codec\":{\"strip\":[\"all\"],\"offer\":[\"PCMA\",\"PCMU\"]}", CODECS,
		{" RTP/AVP 8 0\r\n", "!opus", "!fmtp"}},
	/* attributes */
	{",\"sdp-attr\":{\"audio\":{\"add\":[\"x:1\"],\"remove\":[\"y\"]}}",
		NEGO_PLAIN(1) "a=y\r\na=z\r\n", {LINE("a=x:1"), "!a=y", LINE("a=z")}},
	{",\"sdp-attr\":{\"session\":{\"add\":[\"x:1\"]},\"video\":{\"add\":[\"v\"]}}",
		NEGO_PLAIN(1), {"a=x:1\r\nm=audio", "!a=v"}},
	{",\"sdp-attr\":{\"audio\":{\"substitute\":[[\"y\",\"w:2\"]]}}", NEGO_PLAIN(1) "a=y\r\n",
		{LINE("a=w:2"), "!a=y"}},
	/* what is not for us, or would lead past us */
	{"", NEGO_HEAD(1) "a=group:BUNDLE 1\r\n" NEGO_AUDIO("RTP/AVP") "a=mid:1\r\n",
		{"!BUNDLE", LINE("a=mid:1")}},
	{"",
		NEGO_PLAIN(1) "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
			      "a=candidate:1 1 UDP 1 198.51.100.1 4000 typ host\r\n",
		{"!a=ice", "!candidate"}},
	{"", NEGO_PLAIN(1) "a=fingerprint:sha-1 00:01\r\na=setup:actpass\r\n",
		{"!fingerprint", "!setup"}},
	{"", NEGO_PLAIN(1) "m=image 4004 udptl t38\r\na=T38FaxVersion:0\r\n",
		{LINE("m=image 0 udptl t38"), "!T38Fax"}},
	{"", NEGO_PLAIN(1) "m=audio 0 RTP/AVP 8\r\na=x\r\n", {LINE("m=audio 0 RTP/AVP 8"), "!a=x"}},
	{"", NEGO_HEAD(1) "m=audio 4000/2 RTP/AVP 0\r\n", {"!/2"}},
	{"", NEGO_PLAIN(1) "m=message 4004 TCP/MSRP *\r\na=path:msrp://198.51.100.1:4004/x;tcp\r\n",
		{LINE("m=message 4004 TCP/MSRP *"), "c=IN IP4 198.51.100.1\r\na=path:msrp://"}},
	{",\"transport-protocol\":\"RTP/SAVPF\"", NEGO_PLAIN(1),
		{" RTP/SAVPF 0\r\n", "a=crypto:1 " NEGO_GCM " inline:", "a=crypto:3 " NEGO_32}},
	{"", NEGO_HEAD_OF("IN IP4 0.0.0.0") NEGO_AUDIO("RTP/AVP"), {LINE("c=IN IP4 0.0.0.0")}},
};

static void expect(size_t row, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n && texts[i] != NULL; i++) {
		bool wanted = texts[i][0] != '!';

		if (nego_rig_says(texts[i] + !wanted) != wanted)
			fail_msg("row %zu: %s in %.*s", row, texts[i],
				SLICE_ARGS(buffer_all(&nego_rig.out)));
	}
}

static void offer_says_what_was_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		if (nego_rig_offer(0, offers[i].more, offers[i].sdp) != NG_OK)
			fail_msg("row %zu", i);
		expect(i, offers[i].texts, 3);
	}
}

static void answer_is_translated_back(void **state)
{
	static const char *const plain[] = {
		" RTP/AVP 0\r\n", LINE("c=IN IP4 203.0.113.1"), "!crypto"};
	static const char *const srtp[] = {
		" RTP/SAVPF 0\r\n", "a=crypto:4 " NEGO_32 " inline:", "!a=crypto:1"};
	static const char *const video[] = {LINE("m=video 0 RTP/AVP 96"), "!VP8", "!m=video 4002"};

	(void)state;
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	nego_rig_call(0, NEGO_PLAIN(1),
		NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(1, NEGO_GCM, NEGO_KEY_GCM));
	expect(0, plain, 3);
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_FORBIDDEN);
	nego_rig_call(0, NEGO_HEAD(1) NEGO_AUDIO("RTP/SAVPF") NEGO_CRYPTO(4, NEGO_32, NEGO_KEY_A),
		NEGO_HEAD(2) NEGO_AUDIO("RTP/AVPF"));
	expect(1, srtp, 3);
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	nego_rig_call(0, NEGO_PLAIN(1) NEGO_VIDEO("RTP/AVP"),
		NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP")
			NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B) "m=video 0 RTP/AVP 96\r\n");
	expect(2, video, 3);
}

/* Codecs are chosen for the offer alone: the answer is what is agreed. */
static void answer_keeps_its_codecs(void **state)
{
	static const char strip[] = ",\"codec\":{\"strip\":[\"PCMU\"]}";

	(void)state;
	assert_int_equal(nego_rig_offer(0, strip, CODECS), NG_OK);
	assert_int_equal(nego_rig_answer(strip, NEGO_PLAIN(2)), NG_OK);
	assert_true(nego_rig_says(" RTP/AVP 0\r\n"));
}

static void version_goes_up_only_when_something_changed(void **state)
{
	static const char more[] = REPLACE("\"origin\",\"SDP-version\"");
	uint64_t first;

	(void)state;
	assert_int_equal(nego_rig_offer(0, more, NEGO_PLAIN(1)), NG_OK);
	first = nego_rig.ours->origin.version;
	assert_int_equal(nego_rig_offer(0, more, NEGO_PLAIN(1)), NG_OK);
	assert_int_equal(nego_rig.ours->origin.version, first);
	assert_int_equal(nego_rig_offer(0, more, NEGO_PLAIN(1) "a=inactive\r\n"), NG_OK);
	assert_int_equal(nego_rig.ours->origin.version, first + 1);
}

static void sixty_four_media_with_all_keys_fit(void **state)
{
	static char sdp[65536];
	size_t used = (size_t)snprintf(sdp, sizeof(sdp), "%s", NEGO_HEAD(1));

	(void)state;
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_REQUIRED);
	for (uint32_t i = 0; i < CALL_MEDIAS_MAX; i++)
		used += (size_t)snprintf(
			sdp + used, sizeof(sdp) - used, "%s", NEGO_AUDIO("RTP/AVP"));
	assert_int_equal(nego_rig_offer(0, "", sdp), NG_OK);
	for (uint32_t i = 0; i < CALL_MEDIAS_MAX; i++) {
		assert_int_equal(nego_rig_media(i)->n_crypto, NEGO_RIG_SUITES);
		assert_memory_not_equal(nego_rig_media(i)->crypto[0].key,
			nego_rig_media((i + 1) % CALL_MEDIAS_MAX)->crypto[0].key, 32);
	}
}

static void answer_without_room_is_an_error(void **state)
{
	(void)state;
	nego_rig.out.limit = 100;
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_ERROR_MEMORY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, nego_rig_open, nego_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(offer_says_what_was_asked),
		TEST(answer_is_translated_back),
		TEST(answer_keeps_its_codecs),
		TEST(version_goes_up_only_when_something_changed),
		TEST(sixty_four_media_with_all_keys_fit),
		TEST(answer_without_room_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
