/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_media.h"
#include "sdp_parse.h"

#include "sanitized.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define V "v=0\n"
#define O "o=- 1545997027 1 IN IP4 198.51.100.1\n"
#define S "s=tester\n"
#define C "c=IN IP4 198.51.100.1\n"
#define T "t=0 0\n"
#define M "m=audio 2000 RTP/AVP 0\n"

static struct sdp *parse(const char *text)
{
	struct sdp_fault fault;
	struct sdp *sdp = NULL;

	if (sdp_parse(slice_of(text), false, &sdp, &fault) != 0)
		fail_msg("line %u: %s: %s", fault.line, fault.what, text);
	return sdp;
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

/* 'begin', then 'line' n times. */
static struct slice repeat(const char *begin, const char *line, size_t n)
{
	size_t first = strlen(begin), len = strlen(line);
	char *text = malloc(first + n * len + 1);

	assert_non_null(text);
	memcpy(text, begin, first);
	for (size_t i = 0; i < n; i++)
		memcpy(text + first + i * len, line, len);
	return (struct slice){text, first + n * len};
}

static int status_of(const char *begin, const char *line, size_t n)
{
	struct slice text = repeat(begin, line, n);
	struct sdp *sdp = NULL;
	int status = sdp_parse(text, false, &sdp, NULL);

	assert_true((status == 0) == (sdp != NULL));
	sdp_parse_free(sdp);
	free((void *)(uintptr_t)text.ptr);
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
	assert_int_equal(status_of(V, "a=x\n", 10 * 1024 * 1024 / 4), -E2BIG);
	assert_int_equal(status_of("", "\n", 10 * 1024 * 1024), -E2BIG);
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
	struct slice few = repeat(V C, media, 100), many = repeat(V C, media, SDP_MEDIA_MAX);
	double few_s = 1, many_s = 1;

	(void)state;
	for (int i = 0; i < 5; i++) {
		double a = seconds_of(few), b = seconds_of(many);

		few_s = a < few_s ? a : few_s;
		many_s = b < many_s ? b : many_s;
	}
	print_message("100 medias %.2f ms, 1000 medias %.2f ms\n", few_s * 1e3, many_s * 1e3);
	assert_true(SANITIZED || many_s < 40 * few_s);
	free((void *)(uintptr_t)few.ptr);
	free((void *)(uintptr_t)many.ptr);
}

struct hold_row {
	const char *text;
	bool hold;
};

static const struct hold_row hold_rows[] = {
	{V "c=IN IP4 0.0.0.0\n" M, true},
	{V "c=IN IP6 ::\n" M, true},
	{V C M "c=IN IP4 0.0.0.0\n", true},
	{V "c=IN IP4 0.0.0.0\n" M C, false},
	{V C M, false},
	{V "m=audio 9 RTP/AVP 0\nc=IN IP4 0.0.0.0\na=ice-ufrag:x\n", false},
	{V "a=ice-ufrag:x\nm=audio 9 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", false},
};

static void zero_address_is_hold_but_with_ice(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hold_rows) / sizeof(hold_rows[0]); i++) {
		struct sdp *sdp = parse(hold_rows[i].text);

		assert_int_equal(sdp_media_zero_address(sdp, &sdp->medias[0]), hold_rows[i].hold);
		sdp_parse_free(sdp);
	}
}

static void candidate_rows_are_read(void **state)
{
	static const char *const refused[] = {"", "1", "1 1 udp",
		"1 0 udp 1 198.51.100.1 1 typ host", "1 257 udp 1 h 1 typ host",
		"1 1 udp 4294967296 h 1 typ host", "1 1 udp 1 h 65536 typ host",
		"1 1 udp 1 h 1 host", "1 1 udp 1 h 1 typ",
		"1 1 udp 1 h 1 typ srflx raddr x rport y",
		"a-foundation-of-more-than-32-characters 1 udp 1 h 1 typ host"};
	struct sdp_candidate c;

	(void)state;
	assert_true(sdp_attribute_candidate(
		slice_of("842163049 2 udp 1677729535 203.0.113.5 46154 typ srflx raddr 10.0.0.1 "
			 "rport 46155 generation 0 ufrag x"),
		&c));
	assert_true(slice_is(c.foundation, "842163049") && slice_is(c.transport, "udp"));
	assert_int_equal(c.component, 2);
	assert_int_equal(c.priority, 1677729535);
	assert_int_equal(c.port, 46154);
	assert_true(slice_is(c.type, "srflx") && slice_is(c.related_address, "10.0.0.1"));
	assert_int_equal(c.related_port, 46155);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (sdp_attribute_candidate(slice_of(refused[i]), &c))
			fail_msg("taken: %s", refused[i]);
}

static void fingerprint_rows_are_read(void **state)
{
	static const char *const refused[] = {"", "sha-1", "sha-1 ", "sha-1 A",
		"sha-1 AB:", "sha-1 ABC", "sha-1 AB:G0", "sha-1 AB-CD"};
	static const uint8_t digest[] = {0x4a, 0xad, 0x01};
	struct sdp_fingerprint f;
	struct slice longest = repeat("sha-512 00", ":00", 63);

	(void)state;
	assert_true(sdp_attribute_fingerprint(slice_of("sha-256 4A:ad:01"), &f));
	assert_true(slice_is(f.hash, "sha-256"));
	assert_int_equal(f.len, 3);
	assert_memory_equal(f.digest, digest, 3);
	assert_true(sdp_attribute_fingerprint(longest, &f));
	assert_int_equal(f.len, 64);
	free((void *)(uintptr_t)longest.ptr);
	longest = repeat("sha-512 00", ":00", 64);
	assert_false(sdp_attribute_fingerprint(longest, &f));
	free((void *)(uintptr_t)longest.ptr);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (sdp_attribute_fingerprint(slice_of(refused[i]), &f))
			fail_msg("taken: %s", refused[i]);
}

struct select_row {
	const char *strip;
	const char *except;
	const char *offer;
	const char *selected; /* payload types */
};

static const struct select_row select_rows[] = {
	{"", "", "", "96 0 8 101"},
	{"PCMU", "", "", "96 8 101"},
	{"pcmu/8000", "", "", "96 8 101"},
	{"opus/48000", "", "", "0 8 101"},
	{"opus/48000/1", "", "", "96 0 8 101"},
	{"PCM", "", "", "96 0 8 101"},
	{"all", "", "", ""},
	{"full", "PCMA", "", "8"},
	{"all", "", "PCMA PCMU", "8 0"},
	{"", "", "telephone-event PCMA", "101 8 96 0"},
	{"PCMA", "", "PCMA", "8 96 0 101"},
};

static size_t split(const char *text, struct slice *slices)
{
	struct slice rest = slice_of(text);
	size_t n = 0;

	while (rest.len > 0)
		slices[n++] = slice_token(&rest, ' ');
	return n;
}

static void select_rows_are_kept_in_order(void **state)
{
	struct sdp *sdp = parse(V O S C T "m=audio 1 RTP/AVP 96 0 8 101\na=rtpmap:96 opus/48000/2\n"
					  "a=rtpmap:101 telephone-event/8000\n");

	(void)state;
	for (size_t i = 0; i < sizeof(select_rows) / sizeof(select_rows[0]); i++) {
		const struct select_row *row = &select_rows[i];
		uint16_t formats[SDP_MEDIA_FORMATS_MAX];
		struct slice strip[4], except[4], offer[4];
		struct sdp_codec_rules rules = {strip, split(row->strip, strip), except,
			split(row->except, except), offer, split(row->offer, offer)};
		size_t n = sdp_media_select(&sdp->medias[0], &rules, formats);
		char text[64] = "";

		for (size_t j = 0; j < n; j++) {
			if (j > 0)
				strcat(text, " ");
			strncat(text, sdp->medias[0].formats[formats[j]].text.ptr,
				sdp->medias[0].formats[formats[j]].text.len);
		}
		assert_string_equal(text, row->selected);
	}
	sdp_parse_free(sdp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_full_reads_every_field),
		cmocka_unit_test(parse_good_is_taken),
		cmocka_unit_test(parse_bad_is_refused_with_its_line),
		cmocka_unit_test(parse_nul_is_refused),
		cmocka_unit_test(parse_fragment_needs_no_version),
		cmocka_unit_test(parse_incomplete_is_told),
		cmocka_unit_test(parse_cut_anywhere_reads_within),
		cmocka_unit_test(parse_too_much_is_refused),
		cmocka_unit_test(parse_thousand_medias_is_linear),
		cmocka_unit_test(zero_address_is_hold_but_with_ice),
		cmocka_unit_test(candidate_rows_are_read),
		cmocka_unit_test(fingerprint_rows_are_read),
		cmocka_unit_test(select_rows_are_kept_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
