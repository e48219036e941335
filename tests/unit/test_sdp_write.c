/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_write.h"

#include "sdp_case.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>

#define OFFER                                                                                      \
	"v=0\no=alice 77 5 IN IP4 198.51.100.1\ns=tester\nc=IN IP4 198.51.100.1\nt=0 0\n"          \
	"m=audio 2000 RTP/AVP 0\na=sendrecv\n"

static struct sdp_plan plan;

static int open_plan(void **state)
{
	struct sdp *sdp = sdp_case_parse(slice_of(OFFER));

	memset(&plan, 0, sizeof(plan));
	sdp_plan_make(&plan, sdp, 4, NULL);
	*state = sdp;
	return 0;
}

static int close_plan(void **state)
{
	sdp_parse_free(*state);
	return 0;
}

static void session_name_is_replaced_on_request(void **state)
{
	sdp_case_has_line(*state, &plan, "s=tester");
	plan.rewrite.session_name = slice_of("ours");
	sdp_case_has_line(*state, &plan, "s=ours");
}

static void zero_address_is_of_the_family(void **state)
{
	plan.medias[0].zero_address = true;
	sdp_case_has_line(*state, &plan, "c=IN IP4 0.0.0.0");
	plan.medias[0].family = 6;
	plan.medias[0].address = slice_of("2001:db8::1");
	sdp_case_has_line(*state, &plan, "c=IN IP6 ::");
	plan.medias[0].zero_address = false;
	sdp_case_has_line(*state, &plan, "c=IN IP6 2001:db8::1");
}

static void rtcp_rows_say_where_it_goes(void **state)
{
	plan.medias[0].rtcp = SDP_RTCP_NONE;
	sdp_case_lacks(*state, &plan, "rtcp");
	plan.medias[0].rtcp = SDP_RTCP_SEPARATE;
	sdp_case_has_line(*state, &plan, "a=rtcp:30001");
	sdp_case_lacks(*state, &plan, "rtcp-mux");
	plan.medias[0].rtcp = SDP_RTCP_MUX_OFFER;
	sdp_case_has_line(*state, &plan, "a=rtcp:30001");
	sdp_case_has_line(*state, &plan, "a=rtcp-mux");
	plan.medias[0].rtcp = SDP_RTCP_MUXED;
	sdp_case_has_line(*state, &plan, "a=rtcp:30000");
	sdp_case_has_line(*state, &plan, "a=rtcp-mux");
	plan.rewrite.full_rtcp_attribute = true;
	sdp_case_has_line(*state, &plan, "a=rtcp:30000 IN IP4 203.0.113.1");
	plan.rewrite.no_rtcp_attribute = true;
	sdp_case_lacks(*state, &plan, "a=rtcp:");
	sdp_case_has_line(*state, &plan, "a=rtcp-mux");
}

static void direction_is_decided_or_literal(void **state)
{
	plan.medias[0].direction = SDP_DIRECTION_RECVONLY;
	sdp_case_has_line(*state, &plan, "a=recvonly");
	sdp_case_lacks(*state, &plan, "sendrecv");
	plan.medias[0].direction = SDP_DIRECTION_NONE;
	sdp_case_lacks(*state, &plan, "a=recvonly");
	plan.rewrite.original_sendrecv = true;
	plan.medias[0].direction = SDP_DIRECTION_INACTIVE;
	sdp_case_has_line(*state, &plan, "a=sendrecv");
	sdp_case_lacks(*state, &plan, "inactive");
}

static void formats_are_those_selected(void **state)
{
	static const uint16_t one[] = {2}, two[] = {2, 0}, none[1] = {0}, wrong[] = {3};
	struct sdp *sdp = sdp_case_parse(
		slice_of("v=0\no=- 1 1 IN IP4 198.51.100.1\nc=IN IP4 198.51.100.1\n"
			 "m=audio 1 RTP/AVP 0 8 96\na=rtpmap:96 x/8000\na=fmtp:96 y"));
	struct buffer out = {.limit = 4096};

	(void)state;
	plan.medias[0].formats = one;
	plan.medias[0].n_formats = 1;
	sdp_case_has_line(sdp, &plan, "m=audio 30000 RTP/AVP 96");
	sdp_case_has_line(sdp, &plan, "a=fmtp:96 y");
	sdp_case_lacks(sdp, &plan, "PCMU");
	plan.medias[0].formats = two;
	plan.medias[0].n_formats = 2;
	sdp_case_has_line(sdp, &plan, "m=audio 30000 RTP/AVP 96 0");
	plan.medias[0].formats = wrong;
	plan.medias[0].n_formats = 1;
	assert_int_equal(sdp_write(sdp, &plan.rewrite, &out), -EINVAL);
	/* none at all is no media line: what was offered stands there */
	plan.medias[0].formats = none;
	plan.medias[0].n_formats = 0;
	sdp_case_has_line(sdp, &plan, "m=audio 30000 RTP/AVP 0 8 96");
	sdp_case_lacks(sdp, &plan, "rtpmap");
	sdp_parse_free(sdp);
}

static void removed_media_is_gone(void **state)
{
	plan.medias[0].how = SDP_REMOVED;
	sdp_case_lacks(*state, &plan, "m=");
}

static void copied_media_never_has_their_key(void **state)
{
	struct sdp *sdp = sdp_case_parse(slice_of(
		"v=0\no=- 1 1 IN IP4 198.51.100.1\nc=IN IP4 198.51.100.1\n"
		"m=message 1 TCP/MSRP *\na=x\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:z"));

	(void)state;
	plan.medias[0].how = SDP_COPIED;
	sdp_case_has_line(sdp, &plan, "a=x");
	sdp_case_lacks(sdp, &plan, "crypto");
	sdp_parse_free(sdp);
}

static void relayed_media_never_has_their_key(void **state)
{
	struct sdp *sdp = sdp_case_parse(slice_of(
		"v=0\no=- 1 1 IN IP4 198.51.100.1\nc=IN IP4 198.51.100.1\n"
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:theirs\n"
		"m=audio 1 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
		"inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\na=crypto:9 X inline:theirs"));

	(void)state;
	sdp_plan_make(&plan, sdp, 4, NULL);
	sdp_case_lacks(sdp, &plan, "d0Rm");
	sdp_case_lacks(sdp, &plan, "theirs");
	sdp_case_has_line(sdp, &plan,
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"
		"AAECAwQFBgcICQoLDA0OD0BBQkNERUZHSElKS0xN");
	sdp_parse_free(sdp);
}

static void dtls_and_ice_are_written_in_order(void **state)
{
	static const struct slice candidates[] = {
		{"1 1 UDP 2130706431 203.0.113.1 30000 typ host", 45},
		{"1 2 UDP 2130706430 203.0.113.1 30001 typ host", 45}};
	static const struct slice groups[] = {{"BUNDLE 1", 8}};
	struct buffer out = {.limit = SDP_BYTES_MAX};
	struct sdp_rewrite_media *m = &plan.medias[0];

	plan.rewrite.ice_lite = true;
	plan.rewrite.groups = groups;
	plan.rewrite.n_groups = 1;
	m->mid = slice_of("1");
	m->bundle_only = true;
	m->setup = slice_of("passive");
	m->fingerprint = slice_of("sha-256 00:01");
	m->tls_id = slice_of("abcdef");
	m->ice_ufrag = slice_of("u");
	m->ice_pwd = slice_of("p");
	m->ice_options = slice_of("trickle ice2");
	m->candidates = candidates;
	m->n_candidates = 2;
	m->remote_candidates = slice_of("1 198.51.100.1 2000");
	m->end_of_candidates = true;
	assert_int_equal(sdp_write(*state, &plan.rewrite, &out), 0);
	buffer_char(&out, '\0');
	assert_string_equal(out.data,
		"v=0\r\no=alice 77 5 IN IP4 198.51.100.1\r\ns=tester\r\nt=0 0\r\na=ice-lite\r\n"
		"a=group:BUNDLE 1\r\nm=audio 30000 RTP/AVP 0\r\nc=IN IP4 203.0.113.1\r\na=mid:1\r\n"
		"a=bundle-only\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\na=rtcp:30001\r\n"
		"a=setup:passive\r\na=fingerprint:sha-256 00:01\r\na=tls-id:abcdef\r\n"
		"a=ice-ufrag:u\r\na=ice-pwd:p\r\na=ice-options:trickle ice2\r\n"
		"a=candidate:1 1 UDP 2130706431 203.0.113.1 30000 typ host\r\n"
		"a=candidate:1 2 UDP 2130706430 203.0.113.1 30001 typ host\r\n"
		"a=remote-candidates:1 198.51.100.1 2000\r\na=end-of-candidates\r\n");
	buffer_fini(&out);
}

static void extmap_is_stripped_on_request(void **state)
{
	struct sdp *sdp = sdp_case_parse(
		slice_of("v=0\no=- 1 1 IN IP4 198.51.100.1\nc=IN IP4 198.51.100.1\n"
			 "a=extmap:1 urn:x\na=extmap-allow-mixed\nm=audio 1 RTP/AVP 0"));

	(void)state;
	sdp_case_has_line(sdp, &plan, "a=extmap:1 urn:x");
	sdp_case_has_line(sdp, &plan, "a=extmap-allow-mixed");
	plan.rewrite.strip_extmap = true;
	sdp_case_lacks(sdp, &plan, "extmap");
	sdp_parse_free(sdp);
}

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static void edits_remove_replace_and_add(void **state)
{
	static const struct slice removed[] = {
		TEXT("FOO"), TEXT("rtpmap:8"), TEXT("bar:whole value"), TEXT("sendrecv")};
	static const struct slice substituted[] = {TEXT("baz"), TEXT("qux:1")};
	static const struct slice added[] = {TEXT("new:1"), TEXT("a=new:2")};
	const struct sdp_edits edits = {added, 2, removed, 4, substituted, 1};
	struct sdp *sdp = sdp_case_parse(
		slice_of("v=0\no=- 1 1 IN IP4 198.51.100.1\nc=IN IP4 198.51.100.1\n"
			 "a=foo:session\nm=audio 1 RTP/AVP 0 8\na=foo:1\na=foo\na=food\n"
			 "a=bar:whole value\na=bar:other\na=baz:3\na=sendrecv"));
	struct buffer out = {.limit = SDP_BYTES_MAX};

	(void)state;
	plan.medias[0].edits = &edits;
	assert_int_equal(sdp_write(sdp, &plan.rewrite, &out), 0);
	buffer_char(&out, '\0');
	assert_string_equal(out.data,
		"v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=\r\nt=0 0\r\na=foo:session\r\n"
		"m=audio 30000 RTP/AVP 0 8\r\nc=IN IP4 203.0.113.1\r\na=rtpmap:0 PCMU/8000\r\n"
		"a=food\r\na=bar:other\r\na=qux:1\r\na=rtcp:30001\r\na=new:1\r\na=new:2\r\n");
	buffer_fini(&out);
	sdp_parse_free(sdp);
}

/* Each is put into one field after the other: none gets through. */
static const struct slice injections[] = {
	TEXT("a\r\na=evil"), TEXT("a\na=evil"), TEXT("a\ra=evil"), {"a\0b", 3}, TEXT("\n")};

static void injection_into_any_field_is_refused(void **state)
{
	struct sdp_rewrite *r = &plan.rewrite;
	struct sdp_rewrite_media *m = &plan.medias[0];
	struct slice pairs[2] = {TEXT("x"), TEXT("x")};
	struct sdp_edits edits = {.add = &pairs[0], .substitute = pairs};
	struct sdp_edits session_edits = edits;
	struct slice one;
	struct slice *const fields[] = {&r->session_name, &r->loop_protect, &r->origin_address,
		&m->address, &m->proto, &m->mid, &m->label, &m->setup, &m->fingerprint, &m->tls_id,
		&m->ice_ufrag, &m->ice_pwd, &m->ice_options, &m->remote_candidates, &one};

	r->replace_origin = true;
	for (size_t i = 0; i < sizeof(injections) / sizeof(injections[0]); i++) {
		for (size_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++) {
			struct buffer out = {.limit = SDP_BYTES_MAX};
			struct slice before = *fields[j];

			one = slice_of("good");
			m->candidates = &one;
			m->n_candidates = 1;
			r->groups = &one;
			r->n_groups = 1;
			assert_int_equal(sdp_write(*state, r, &out), 0);
			out.len = 0;
			*fields[j] = injections[i];
			if (sdp_write(*state, r, &out) != -EINVAL)
				fail_msg("field %zu took text %zu", j, i);
			assert_int_equal(out.len, 0);
			*fields[j] = before;
			buffer_fini(&out);
		}
	}
	one = slice_of("good");
	m->edits = &edits;
	r->edits = &session_edits;
	for (size_t i = 0; i < sizeof(injections) / sizeof(injections[0]); i++) {
		struct buffer out = {.limit = SDP_BYTES_MAX};

		pairs[1] = pairs[0] = injections[i];
		edits.n_add = 1;
		assert_int_equal(sdp_write(*state, r, &out), -EINVAL);
		edits.n_add = 0;
		edits.n_substitute = 1;
		assert_int_equal(sdp_write(*state, r, &out), -EINVAL);
		edits.n_substitute = 0;
		session_edits.n_add = 1;
		assert_int_equal(sdp_write(*state, r, &out), -EINVAL);
		session_edits.n_add = 0;
		assert_int_equal(sdp_write(*state, r, &out), 0);
		buffer_fini(&out);
	}
}

static void token_with_a_space_is_refused(void **state)
{
	struct buffer out = {.limit = SDP_BYTES_MAX};

	plan.medias[0].proto = slice_of("RTP/AVP 0 8");
	assert_int_equal(sdp_write(*state, &plan.rewrite, &out), -EINVAL);
	plan.medias[0].proto.ptr = NULL;
	plan.medias[0].address = slice_of("203.0.113.1 x");
	assert_int_equal(sdp_write(*state, &plan.rewrite, &out), -EINVAL);
}

typedef void spoil_fn(void);

static void spoil_count(void)
{
	plan.rewrite.n_medias = 2;
}

static void spoil_state(void)
{
	plan.rewrite.state = NULL;
}

static void spoil_port(void)
{
	plan.medias[0].port = 0;
}

static void spoil_rtcp_port(void)
{
	plan.medias[0].rtcp_port = 0;
}

static void spoil_family(void)
{
	plan.medias[0].family = 5;
}

static void spoil_address(void)
{
	plan.medias[0].address.len = 0;
}

static void spoil_suite(void)
{
	plan.crypto[0].suite = NULL;
	plan.medias[0].crypto = plan.crypto;
	plan.medias[0].n_crypto = 1;
}

static void spoil_origin(void)
{
	plan.rewrite.replace_origin = true;
	plan.rewrite.origin_family = 0;
}

static void parts_that_do_not_fit_are_refused(void **state)
{
	static spoil_fn *const spoil[] = {spoil_count, spoil_state, spoil_port, spoil_rtcp_port,
		spoil_family, spoil_address, spoil_suite, spoil_origin};
	struct sdp_plan whole = plan;

	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		struct buffer out = {.limit = SDP_BYTES_MAX};

		spoil[i]();
		if (sdp_write(*state, &plan.rewrite, &out) != -EINVAL)
			fail_msg("taken: %zu", i);
		assert_int_equal(out.len, 0);
		plan = whole;
	}
}

static void too_many_edits_are_refused(void **state)
{
	static struct slice many[SDP_WRITE_EDITS_MAX + 1];
	struct sdp_edits edits = {.remove = many, .n_remove = SDP_WRITE_EDITS_MAX + 1};
	struct buffer out = {.limit = SDP_BYTES_MAX};

	for (size_t i = 0; i <= SDP_WRITE_EDITS_MAX; i++)
		many[i] = slice_of("x");
	plan.medias[0].edits = &edits;
	assert_int_equal(sdp_write(*state, &plan.rewrite, &out), -E2BIG);
	edits.n_remove--;
	assert_int_equal(sdp_write(*state, &plan.rewrite, &out), 0);
	buffer_fini(&out);
}

/* At every size that the buffer may have, it is enough or the state stays as it was. */
static void full_buffer_leaves_the_state(void **state)
{
	struct buffer whole = {.limit = SDP_BYTES_MAX};
	size_t len;

	plan.rewrite.replace_sdp_version = true;
	assert_int_equal(sdp_write(*state, &plan.rewrite, &whole), 0);
	len = whole.len;
	buffer_fini(&whole);
	for (size_t limit = 0; limit <= len; limit++) {
		struct buffer out = {.limit = limit};
		int status;

		plan.state.set = false;
		plan.state.version = 99;
		status = sdp_write(*state, &plan.rewrite, &out);
		assert_int_equal(status, limit == len ? 0 : -ENOMEM);
		assert_int_equal(plan.state.set, limit == len);
		assert_int_equal(plan.state.version, limit == len ? 5 : 99);
		buffer_fini(&out);
	}
}

static bool has_line(const struct buffer *out, const char *line)
{
	return memmem(out->data, out->len, line, strlen(line)) != NULL;
}

static void loop_mark_is_written_and_not_copied(void **state)
{
	struct buffer out = {.limit = SDP_BYTES_MAX};
	struct sdp *again;

	plan.rewrite.loop_protect = slice_of("0123456789ab");
	assert_int_equal(sdp_write(*state, &plan.rewrite, &out), 0);
	assert_true(has_line(&out, "a=rtpengine:0123456789ab"));
	again = sdp_case_parse(buffer_all(&out));
	buffer_clear(&out);
	plan.rewrite.loop_protect = slice_of("ba9876543210");
	assert_int_equal(sdp_write(again, &plan.rewrite, &out), 0);
	assert_false(has_line(&out, "a=rtpengine:0123456789ab"));
	assert_true(has_line(&out, "a=rtpengine:ba9876543210"));
	sdp_parse_free(again);
	buffer_fini(&out);
}

static void thousand_medias_are_written(void **state)
{
	struct buffer text = {.limit = SDP_BYTES_MAX}, out = {.limit = SDP_BYTES_MAX};
	struct sdp *sdp, *again;

	(void)state;
	buffer_text(&text, "v=0\no=- 1 1 IN IP4 198.51.100.1\nc=IN IP4 198.51.100.1\n");
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		buffer_text(&text, "m=audio 1 RTP/SAVP 0 8\na=x:y\n");
	sdp = sdp_case_parse(buffer_all(&text));
	sdp_plan_make(&plan, sdp, 4, "RTP/SAVP");
	assert_int_equal(sdp_write(sdp, &plan.rewrite, &out), 0);
	again = sdp_case_parse(buffer_all(&out));
	assert_int_equal(again->n_medias, SDP_MEDIA_MAX);
	assert_int_equal(again->medias[SDP_MEDIA_MAX - 1].port, 30000 + 9990);
	assert_int_equal(again->medias[SDP_MEDIA_MAX - 1].n_crypto, 2);
	sdp_parse_free(again);
	sdp_parse_free(sdp);
	buffer_fini(&text);
	buffer_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_plan, close_plan)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(session_name_is_replaced_on_request),
		TEST(zero_address_is_of_the_family),
		TEST(rtcp_rows_say_where_it_goes),
		TEST(direction_is_decided_or_literal),
		TEST(formats_are_those_selected),
		TEST(removed_media_is_gone),
		TEST(copied_media_never_has_their_key),
		TEST(relayed_media_never_has_their_key),
		TEST(dtls_and_ice_are_written_in_order),
		TEST(extmap_is_stripped_on_request),
		TEST(edits_remove_replace_and_add),
		TEST(injection_into_any_field_is_refused),
		TEST(token_with_a_space_is_refused),
		TEST(parts_that_do_not_fit_are_refused),
		TEST(too_many_edits_are_refused),
		TEST(full_buffer_leaves_the_state),
		TEST(loop_mark_is_written_and_not_copied),
		TEST(thousand_medias_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
