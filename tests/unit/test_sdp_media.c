/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_media.h"

#include "repeat.h"
#include "sdp_case.h"
#include "support.h"

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
	struct buffer longest = repeat("sha-512 00", ":00", 63);

	(void)state;
	assert_true(sdp_attribute_fingerprint(slice_of("sha-256 4A:ad:01"), &f));
	assert_true(slice_is(f.hash, "sha-256"));
	assert_int_equal(f.len, 3);
	assert_memory_equal(f.digest, digest, 3);
	assert_true(sdp_attribute_fingerprint(buffer_all(&longest), &f));
	assert_int_equal(f.len, 64);
	buffer_fini(&longest);
	longest = repeat("sha-512 00", ":00", 64);
	assert_false(sdp_attribute_fingerprint(buffer_all(&longest), &f));
	buffer_fini(&longest);
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
		struct buffer text = {.limit = 64};

		for (size_t j = 0; j < n; j++) {
			if (j > 0)
				buffer_char(&text, ' ');
			buffer_slice(&text, sdp->medias[0].formats[formats[j]].text);
		}
		assert_true(slice_is(buffer_all(&text), row->selected));
		buffer_fini(&text);
	}
	sdp_parse_free(sdp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_address_is_hold_but_with_ice),
		cmocka_unit_test(candidate_rows_are_read),
		cmocka_unit_test(fingerprint_rows_are_read),
		cmocka_unit_test(select_rows_are_kept_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
