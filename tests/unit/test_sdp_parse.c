/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_media.h"
#include "sdp_parse.h"

#include "repeat.h"
#include "sanitized.h"
#include "sdp_case.h"
#include "support.h"

#include <errno.h>
#include <time.h>

#define V "v=0\n"
#define O "o=- 1545997027 1 IN IP4 198.51.100.1\n"
#define S "s=tester\n"
#define C "c=IN IP4 198.51.100.1\n"
#define T "t=0 0\n"
#define M "m=audio 2000 RTP/AVP 0\n"

static struct sdp *parse(const char *text)
{
	return sdp_case_parse(slice_of(text));
}

static const char full[] = "v=0\r\n"
			   "o=user 1545997027 18446744073709551615 IN IP6 2001:db8::7\r\n"
			   "s=a session\r\n"
			   "i=about it\r\n"
			   "u=http://example.org\r\n"
			   "e=a@example.org\r\n"
			   "p=+1\r\n"
			   "c=IN IP4 198.51.100.1/127\r\n"
			   "b=AS:128\r\n"
			   "b=CT:7\r\n"
			   "t=0 0\r\n"
			   "r=7d 1h 0 25h\r\n"
			   "z=0 0\r\n"
			   "k=clear:x\r\n"
			   "a=group:BUNDLE 0 1\r\n"
			   "a=group:LS 0 1\r\n"
			   "a=ice-lite\r\n"
			   "a=ice-ufrag:sess\r\n"
			   "a=setup:actpass\r\n"
			   "a=sendonly\r\n"
			   "a=x-first\r\n"
			   "m=audio 2000/2 RTP/SAVP 96 0 101 96\r\n"
			   "i=sound\r\n"
			   "c=IN IP6 2001:db8::1\r\n"
			   "b=TIAS:64000\r\n"
			   "b=RR:0\r\n"
			   "b=RS:800\r\n"
			   "a=rtpmap:96 opus/48000/2\r\n"
			   "a=fmtp:96 a=1\r\n"
			   "a=rtcp-fb:96 nack\r\n"
			   "a=rtcp-fb:* ccm\r\n"
			   "a=rtpmap:101 telephone-event/8000\r\n"
			   "a=rtpmap:99 not/offered\r\n"
			   "a=crypto:1 F8_128_HMAC_SHA1_80 inline:x\r\n"
			   "a=crypto:2 AES_CM_128_HMAC_SHA1_80 "
			   "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
			   "a=rtcp:2005 IN IP4 198.51.100.5\r\n"
			   "a=rtcp-mux\r\n"
			   "a=mid:0\r\n"
			   "a=label:7\r\n"
			   "a=ptime:20\r\n"
			   "a=maxptime:60\r\n"
			   "a=extmap:1 urn:x\r\n"
			   "a=ice-ufrag:own\r\n"
			   "a=ice-pwd:secret\r\n"
			   "a=candidate:1 1 udp 2130706431 198.51.100.1 2000 typ host\r\n"
			   "a=end-of-candidates\r\n"
			   "a=recvonly\r\n"
			   "a=x-second:\r\n"
			   "m=image 0 udptl t38\r\n"
			   "a=T38FaxVersion:0\r\n"
			   "m=message 2855 TCP/MSRP *\r\n"
			   "c=IN IP4 0.0.0.0\r\n"
			   "a=bundle-only";

static void assert_session(const struct sdp *sdp)
{
	assert_true(sdp->has_origin);
	assert_true(slice_is(sdp->origin.username, "user"));
	assert_true(sdp->origin.version == UINT64_MAX);
	assert_int_equal(sdp->origin.family, 6);
	assert_true(slice_is(sdp->origin.address, "2001:db8::7"));
	assert_true(slice_is(sdp->session_name, "a session"));
	assert_true(slice_is(sdp->session.information, "about it"));
	assert_true(slice_is(sdp->uri, "http://example.org"));
	assert_true(slice_is(sdp->email, "a@example.org"));
	assert_true(slice_is(sdp->phone, "+1"));
	assert_true(slice_is(sdp->timing, "0 0"));
	assert_true(slice_is(sdp->bundle, "0 1"));
	assert_true(slice_is(sdp->session.connection.text, "198.51.100.1"));
	assert_int_equal(sdp->session.bandwidth.as, 128);
	assert_int_equal(sdp->session.bandwidth.ct, 7);
	assert_int_equal(sdp->session.bandwidth.rr, -1);
	assert_int_equal(sdp->session.n_attributes, 7);
	assert_true(sdp->session.ice_lite);
	assert_int_equal(sdp->n_medias, 3);
}

static void assert_audio(const struct sdp *sdp, const struct sdp_media *m)
{
	assert_int_equal(m->kind, SDP_KIND_AUDIO);
	assert_int_equal(m->port, 2000);
	assert_int_equal(m->port_count, 2);
	assert_int_equal(m->transport, SDP_RTP_SAVP);
	assert_true(slice_is(m->formats_text, "96 0 101 96"));
	assert_true(slice_is(m->section.information, "sound"));
	assert_int_equal(m->section.connection.family, 6);
	assert_int_equal(m->section.bandwidth.tias, 64000);
	assert_int_equal(m->section.bandwidth.rr, 0);
	assert_int_equal(m->section.bandwidth.rs, 800);
	assert_int_equal(m->rtcp_port, 2005);
	assert_true(slice_is(m->rtcp_address.text, "198.51.100.5"));
	assert_true(m->rtcp_mux && m->end_of_candidates && m->section.has_extmap);
	assert_true(slice_is(m->mid, "0") && slice_is(m->label, "7"));
	assert_int_equal(m->ptime, 20);
	assert_int_equal(m->maxptime, 60);
	assert_int_equal(m->n_candidates, 1);
	assert_int_equal(m->n_crypto, 2);
	assert_int_equal(m->crypto[0].status, SDP_CRYPTO_UNKNOWN_SUITE);
	assert_int_equal(m->crypto[1].status, SDP_CRYPTO_USABLE);
	assert_int_equal(m->crypto[1].tag, 2);
	assert_int_equal(sdp_media_direction(sdp, m), SDP_DIRECTION_RECVONLY);
	assert_true(slice_is(sdp_media_setup(sdp, m), "actpass"));
	assert_true(slice_is(sdp_media_ice_ufrag(sdp, m), "own"));
	assert_true(slice_is(sdp_media_ice_pwd(sdp, m), "secret"));
}

static void assert_formats(const struct sdp_media *m)
{
	const struct sdp_attribute *a = m->formats[0].first;

	assert_int_equal(m->n_formats, 4);
	assert_int_equal(m->formats[0].pt, 96);
	assert_int_equal(m->formats[2].pt, 101);
	assert_int_equal(a->id, SDP_RTPMAP);
	assert_int_equal(a->next_of_format->id, SDP_FMTP);
	assert_int_equal(a->next_of_format->next_of_format->id, SDP_RTCP_FB);
	assert_null(a->next_of_format->next_of_format->next_of_format);
	assert_true(slice_is(sdp_media_codec(&m->formats[0]), "opus/48000/2"));
	assert_true(slice_is(sdp_media_codec(&m->formats[1]), "PCMU/8000"));
	assert_true(slice_is(sdp_media_codec(&m->formats[2]), "telephone-event/8000"));
	assert_null(m->formats[3].first); /* the same number again */
}

static void parse_full_reads_every_field(void **state)
{
	struct sdp *sdp = parse(full);
	const struct sdp_media *last = &sdp->medias[2];

	(void)state;
	assert_session(sdp);
	assert_audio(sdp, &sdp->medias[0]);
	assert_formats(&sdp->medias[0]);
	assert_int_equal(sdp->medias[1].kind, SDP_KIND_IMAGE);
	assert_int_equal(sdp->medias[1].transport, SDP_UDPTL);
	assert_int_equal(sdp->medias[1].port, 0);
	assert_int_equal(sdp_media_direction(sdp, &sdp->medias[1]), SDP_DIRECTION_SENDONLY);
	assert_int_equal(last->kind, SDP_KIND_MESSAGE);
	assert_int_equal(last->transport, SDP_TRANSPORT_OTHER);
	assert_true(last->section.connection.zero && last->bundle_only);
	assert_int_equal(last->formats[0].pt, -1);
	assert_true(sdp_parse_complete(sdp));
	sdp_parse_free(sdp);
}

static const char *const good[] = {
	V,
	"v=0",
	"v=0\r\n",
	V O S C T M,
	V M C,                                 /* no o=, s=, t= */
	V O S T M C "\nm=audio 1 RTP/AVP 0\n", /* what comes behind an empty line does not count */
	V O S T M C "\r\ngarbage",
	V O "s=\n" T,
	V O "s= \n" T,
	V "o=- 1 2 IN IP4 host.example.org\n",
	V "o=- 1 99999999999999999999999 IN IP4 198.51.100.1\n",
	V "o=-  1  2  IN  IP4  198.51.100.1 \n",
	V "m=audio 65535 RTP/AVP 0\n",
	V "m=audio 1/10 RTP/AVP 0\n",
	V "m=audio 1 RTP/AVP\n",
	V "m=audio 1 RTP/AVP \n",
	V "m=x 1 y z\n",
	V M "a=\n",
	V M "a=rtpmap:x\na=rtpmap:\na=rtpmap\na=rtpmap:128 x\na=fmtp:\na=rtcp-fb:\n",
	V M "a=rtcp:\na=rtcp\na=rtcp:0\na=rtcp:65536\na=rtcp:1 IN\na=crypto\na=crypto:\n",
	V M "a=mid\na=group\na=ptime\na=ptime:x\na=fingerprint\na=candidate\na=:\n",
	V "b=\nb=AS\nb=AS:\nb=AS:-1\nb=:1\nb=X-Y:1\n",
	V "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\n",
	V "s=\xff\xfe not UTF-8\t\x01\n",
	V T "t=1 1\n",
};

static void parse_good_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		sdp_parse_free(parse(good[i]));
}

/* Attributes that are only like a key's must not be taken for one that was counted. */
static void parse_crypto_without_a_value_keeps_to_its_array(void **state)
{
	struct sdp *sdp = parse(V C M "a=crypto\na=crypto\na=cryptography:1\na=crypto:\n"
				      "m=audio 1 RTP/AVP 0 8\na=crypto\n");

	(void)state;
	assert_int_equal(sdp->medias[0].n_crypto, 3);
	assert_int_equal(sdp->medias[1].n_crypto, 1);
	assert_true(slice_is(sdp->medias[0].formats[0].text, "0"));
	assert_true(slice_is(sdp->medias[1].formats[1].text, "8"));
	sdp_parse_free(sdp);
}

struct bad_row {
	const char *text;
	unsigned line;
};

static const struct bad_row bad[] = {
	{"", 0},
	{"\n", 0},
	{"\r\n" V, 0},
	{"v", 1},
	{"v=1\n", 1},
	{"v=00\n", 1},
	{"v=\n", 1},
	{" v=0\n", 1},
	{O, 1},
	{"x", 1},
	{V V, 2},
	{V "x=1\n", 2},
	{V "\tx\n", 2},
	{V "s\n", 2},
	{V "s:x\n", 2},
	{V O O, 3},
	{V "o=\n", 2},
	{V "o=- 1 2\n", 2},
	{V "o=- 1 x IN IP4 198.51.100.1\n", 2},
	{V "o=- 1 2 IN IP5 198.51.100.1\n", 2},
	{V "o=- 1 2 IN IP4\n", 2},
	{V C C, 3},
	{V "c=\n", 2},
	{V "c=IN IP4 host.example.org\n", 2},
	{V "c=IN IP4 2001:db8::1\n", 2},
	{V "c=IN IP6 198.51.100.1\n", 2},
	{V "c=IN IP4 198.51.100.256\n", 2},
	{V "c=IN IP4 \n", 2},
	{V "c=TN IP4 198.51.100.1\n", 2},
	{V M C C, 4},
	{V M O, 3},
	{V M S, 3},
	{V M T, 3},
	{V "m=\n", 2},
	{V "m=audio\n", 2},
	{V "m=audio 1\n", 2},
	{V "m=audio x RTP/AVP 0\n", 2},
	{V "m=audio -1 RTP/AVP 0\n", 2},
	{V "m=audio 65536 RTP/AVP 0\n", 2},
	{V "m=audio 1/0 RTP/AVP 0\n", 2},
	{V "m=audio 1/11 RTP/AVP 0\n", 2},
	{V "m=audio 1/x RTP/AVP 0\n", 2},
	{V "s=a\rb\n", 2},
	{V "s=a\r\r\n", 2},
};

static void parse_bad_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sdp_fault fault;
		struct sdp *sdp = NULL;

		if (sdp_parse(slice_of(bad[i].text), false, &sdp, &fault) != -EBADMSG)
			fail_msg("taken: %s", bad[i].text);
		if (fault.line != bad[i].line)
			fail_msg("line %u: %s", fault.line, bad[i].text);
		assert_null(sdp);
	}
}

static void parse_nul_is_refused(void **state)
{
	static const char text[] = "v=0\ns=a\0b\n";
	struct sdp *sdp = NULL;

	(void)state;
	assert_int_equal(
		sdp_parse((struct slice){text, sizeof(text) - 1}, false, &sdp, NULL), -EBADMSG);
	assert_int_equal(sdp_parse((struct slice){NULL, 0}, false, &sdp, NULL), -EBADMSG);
}

static void parse_fragment_needs_no_version(void **state)
{
	static const char text[] = "a=ice-ufrag:x\r\na=ice-pwd:y\r\nm=audio 9 RTP/AVP 0\r\n"
				   "a=mid:0\r\na=candidate:1 1 UDP 1 198.51.100.1 1 typ host\r\n";
	struct sdp *sdp = NULL;

	(void)state;
	assert_int_equal(sdp_parse(slice_of(text), false, &sdp, NULL), -EBADMSG);
	assert_int_equal(sdp_parse(slice_of(text), true, &sdp, NULL), 0);
	assert_true(slice_is(sdp->session.ice_ufrag, "x"));
	assert_int_equal(sdp->medias[0].n_candidates, 1);
	sdp_parse_free(sdp);
}

static void parse_incomplete_is_told(void **state)
{
	static const char *const incomplete[] = {
		V O S T,
		V O S T M,
		V O S C T "m=audio 1 RTP/AVP\n",
		V O S C T "m=audio 1 RTP/AVP x\n",
		V O S C T "m=audio 1 RTP/AVP 0 128\n",
		V O S T M C "m=audio 1 RTP/AVP 0\n",
	};
	static const char *const complete[] = {
		V O S C T M,
		V O S T M C,
		V O S T "m=audio 0 RTP/AVP x\n",
		V O S T M C "m=audio 0 RTP/AVP 0\n",
		V O S C T "m=application 9 UDP/BFCP *\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(incomplete) / sizeof(incomplete[0]); i++) {
		struct sdp *sdp = parse(incomplete[i]);

		assert_false(sdp_parse_complete(sdp));
		sdp_parse_free(sdp);
	}
	for (size_t i = 0; i < sizeof(complete) / sizeof(complete[0]); i++) {
		struct sdp *sdp = parse(complete[i]);

		assert_true(sdp_parse_complete(sdp));
		sdp_parse_free(sdp);
	}
}

static void parse_cut_anywhere_reads_within(void **state)
{
	size_t len = sizeof(full) - 1;
	struct support_guard guard;

	(void)state;
	support_guard_open(&guard, len);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *at = support_guard_before_end(&guard, n);
		struct sdp_fault fault = {0, NULL};
		struct sdp *sdp = NULL;
		int status;

		memcpy(at, full, n);
		status = sdp_parse((struct slice){(char *)at, n}, false, &sdp, &fault);
		assert_true(status == (sdp == NULL ? -EBADMSG : 0));
		assert_true(status == 0 || (fault.what != NULL && fault.line <= 60));
		sdp_parse_free(sdp);
	}
	support_guard_close(&guard);
}

static int status_of(const char *begin, const char *line, size_t n)
{
	struct buffer text = repeat(begin, line, n);
	struct sdp *sdp = NULL;
	int status = sdp_parse(buffer_all(&text), false, &sdp, NULL);

	assert_true((status == 0) == (sdp != NULL));
	sdp_parse_free(sdp);
	buffer_fini(&text);
	return status;
}

static void parse_too_much_is_refused(void **state)
{
	(void)state;
	assert_int_equal(status_of(V C, M, SDP_MEDIA_MAX), 0);
	assert_int_equal(status_of(V C, M, SDP_MEDIA_MAX + 1), -E2BIG);
	assert_int_equal(status_of(V, "a=x\n", SDP_LINES_MAX - 1), 0);
	assert_int_equal(status_of(V, "a=x\n", SDP_LINES_MAX), -E2BIG);
	assert_int_equal(status_of(V "s=", "x", SDP_LINE_MAX - 2), 0);
	assert_int_equal(status_of(V "s=", "x", SDP_LINE_MAX - 1), -E2BIG);
	assert_int_equal(status_of(V "m=audio 1 RTP/AVP", " 0", SDP_MEDIA_FORMATS_MAX), 0);
	assert_int_equal(
		status_of(V "m=audio 1 RTP/AVP", " 0", SDP_MEDIA_FORMATS_MAX + 1), -EBADMSG);
	assert_int_equal(status_of(V,
				 "m=a 1 b 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6"
				 " 7 8 9 0 1 2 3 4 5 6 7 8 9\n",
				 900),
		-E2BIG);
	assert_int_equal(status_of(V, "a=x\n", 2621440), -E2BIG);
	assert_int_equal(status_of("", "\n", 10485760), -E2BIG);
	assert_int_equal(status_of(V "o=- ", "x", 300), -EBADMSG);
}

static double seconds_of(struct slice text)
{
	struct timespec start, end;
	struct sdp *sdp = NULL;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(sdp_parse(text, false, &sdp, NULL), 0);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	sdp_parse_free(sdp);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

/* 1,000 media lines with 20 attributes each, in the time that lines take, not their square. */
static void parse_thousand_medias_is_linear(void **state)
{
	static const char media[] = M
		"a=rtpmap:0 PCMU/8000\na=fmtp:0 x\na=rtcp-fb:0 nack\na=rtpmap:0 PCMU/8000\na=fmtp:0 x\n"
		"a=rtcp-fb:0 nack\na=rtpmap:0 PCMU/8000\na=fmtp:0 x\na=rtcp-fb:0 nack\na=ssrc:1 x\n"
		"a=ssrc:1 x\na=ssrc:1 x\na=ssrc:1 x\na=ssrc:1 x\na=ssrc:1 x\na=ssrc:1 x\na=ssrc:1 x\n"
		"a=mid:0\na=rtcp-mux\na=sendrecv\n";
	struct buffer few = repeat(V C, media, 100), many = repeat(V C, media, SDP_MEDIA_MAX);
	double few_s = 1, many_s = 1;

	(void)state;
	for (int i = 0; i < 5; i++) {
		double a = seconds_of(buffer_all(&few)), b = seconds_of(buffer_all(&many));

		few_s = a < few_s ? a : few_s;
		many_s = b < many_s ? b : many_s;
	}
	print_message("100 medias %.2f ms, 1000 medias %.2f ms\n", few_s * 1e3, many_s * 1e3);
	assert_true(SANITIZED || many_s < 40 * few_s);
	buffer_fini(&few);
	buffer_fini(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_full_reads_every_field),
		cmocka_unit_test(parse_good_is_taken),
		cmocka_unit_test(parse_bad_is_refused_with_its_line),
		cmocka_unit_test(parse_crypto_without_a_value_keeps_to_its_array),
		cmocka_unit_test(parse_nul_is_refused),
		cmocka_unit_test(parse_fragment_needs_no_version),
		cmocka_unit_test(parse_incomplete_is_told),
		cmocka_unit_test(parse_cut_anywhere_reads_within),
		cmocka_unit_test(parse_too_much_is_refused),
		cmocka_unit_test(parse_thousand_medias_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
