/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_json.h"
#include "ng_request.h"

#include "repeat.h"
#include "request_text.h"
#include "support.h"

enum { ARENA = 16 * 1024 * 1024 };

/* A message, and what it asks for: the error, or request_text's line. */
struct row {
	const char *message;
	const char *asks;
	enum ng_error error;
};

#define OFFER "\"command\":\"offer\",\"call-id\":\"c\",\"from-tag\":\"f\",\"sdp\":\"\""
#define SAYS  "call-id=c from-tag=f sdp="

static const struct row rows[] = {
	/* commands and what they need, in the order in which it is missed */
	{"", NULL, NG_ERROR_NO_COMMAND},
	{"\"command\":1", NULL, NG_ERROR_NO_COMMAND},
	{"\"command\":\"foo\"", NULL, NG_ERROR_COMMAND},
	{"\"command\":\"play media\",\"call-id\":\"c\"", NULL, NG_ERROR_UNSUPPORTED},
	{"\"command\":\"Start_Recording\"", NULL, NG_ERROR_UNSUPPORTED},
	{"\"command\":\"ping\"", "", NG_OK},
	{"\"command\":\"statistics\"", "", NG_OK},
	{"\"command\":\"offer\"", NULL, NG_ERROR_NO_SDP},
	{"\"command\":\"offer\",\"sdp\":\"x\"", NULL, NG_ERROR_NO_CALL_ID},
	{"\"command\":\"offer\",\"sdp\":\"x\",\"call-id\":\"\"", NULL, NG_ERROR_NO_CALL_ID},
	{"\"command\":\"offer\",\"sdp\":\"x\",\"call-id\":\"c\"", NULL, NG_ERROR_NO_FROM_TAG},
	{"\"command\":\"answer\",\"call-id\":\"c\",\"from-tag\":\"f\",\"to-tag\":\"t\"", NULL,
		NG_ERROR_NO_SDP},
	{"\"command\":\"answer\",\"sdp\":\"x\",\"call-id\":\"c\",\"from-tag\":\"f\"", NULL,
		NG_ERROR_NO_TO_TAG},
	{"\"command\":\"answer\",\"sdp\":\"x\",\"call id\":\"c\",\"from_tag\":\"f\",\"TO TAG\":\"t\"",
		"call-id=c from-tag=f to-tag=t sdp=x", NG_OK},
	{OFFER, SAYS, NG_OK},
	{"\"command\":\"delete\"", NULL, NG_ERROR_NO_CALL_ID},
	{"\"command\":\"delete\",\"call-id\":\"c\"", "call-id=c", NG_OK},
	{"\"command\":\"query\"", NULL, NG_ERROR_NO_CALL_ID},
	{"\"command\":\"block media\",\"call-id\":\"c\"", "call-id=c", NG_OK},
	{"\"command\":\"list\"", "", NG_OK},
	{"\"command\":\"list\",\"limit\":\"1\"", "limit=1", NG_OK},
	{"\"command\":\"list\",\"limit\":0", "limit=0", NG_OK},
	{"\"command\":\"list\",\"limit\":-1", NULL, NG_ERROR_LIMIT},
	{"\"command\":\"list\",\"limit\":\"-1\"", NULL, NG_ERROR_LIMIT},
	{"\"command\":\"list\",\"limit\":\"many\"", "{unusable value limit}", NG_OK},
	/* flags in every spelling */
	{OFFER ",\"flags\":[\"trust-address\",\"symmetric\",\"strict source\",\"media_handover\"]",
		SAYS " flags=media-handover,strict-source,symmetric,trust-address", NG_OK},
	{OFFER ",\"flags\":\"SIP-source-address, loop-protect,,WebRTC\"",
		SAYS " flags=loop-protect,sip-source-address,webrtc", NG_OK},
	{OFFER ",\"flags\":[\"record-call\",\"no-such-thing\",\"detect DTMF\"]",
		SAYS " {not done by a relay flags:record-call} {unknown word flags:no-such-thing}"
		     " {not done by a relay flags:detect DTMF}",
		NG_OK},
	{OFFER ",\"flags\":[1,[\"x\"],\"a\\u0007b\"]",
		SAYS " {unusable value flags} {unusable value flags} {unusable value flags}",
		NG_OK},
	{OFFER ",\"flags\":[\"replace-origin\",\"rtcp-mux-require\",\"OSRTP-accept\",\"SDES-pad\","
	       "\"SDES-no-NULL_HMAC_SHA1_80\",\"BUNDLE-strict\",\"endpoint-learning-off\"]",
		SAYS " replace=origin mux=offer,require bundle=offer,require,strict"
		     " osrtp=accept-rfc,accept-legacy sdes=pad learning=off"
		     " sdes-no=NULL_HMAC_SHA1_80",
		NG_OK},
	{OFFER ",\"flags\":[\"codec-strip-PCMU\",\"codec-except-opus/48000/2\",\"codec-offer-G722\","
	       "\"codec-ignore-X\",\"transcode-PCMA\",\"codec-mask-all\",\"T38-decode\"]",
		SAYS " strip=PCMU except=opus/48000/2 offer=G722 ignore=X"
		     " {not done by a relay flags:transcode-PCMA}"
		     " {not done by a relay flags:codec-mask-all}"
		     " {not done by a relay flags:T38-decode}",
		NG_OK},
	{OFFER ",\"flags\":[\"sdp-attr-remove-audio-foo\",\"sdp-attr-add-session-x:a..b--c\","
	       "\"sdp-attr-substitute-video-a>b\",\"sdp-attr-add-smell-x\",\"sdp-attr-add\"]",
		SAYS " session+=x:a b=c audio-=foo video/=a,b {unknown word flags:smell}"
		     " {unknown word flags:sdp-attr-add}",
		NG_OK},
	/* replace, also as OpenSIPS spells it */
	{OFFER ",\"replace\":[\"origin\",\"session-connection\",\"SDP version\",\"session name\","
	       "\"zero address\",\"username\",\"origin_full\",\"force-increment-sdp-ver\"]",
		SAYS " replace=force-increment-sdp-ver,origin,origin-full,session-connection,"
		     "sdp-version,session-name,username,zero-address",
		NG_OK},
	{OFFER ",\"replace\":\"origin,foo\"", SAYS " replace=origin {unknown word replace:foo}",
		NG_OK},
	/* what has a value */
	{OFFER ",\"ICE\":\"remove\",\"DTLS\":\"off\",\"dtls-reverse\":\"passive\","
	       "\"transport protocol\":\"RTP/SAVP\",\"address family\":\"IP6\",\"ICE-lite\":\"bk\"",
		SAYS " family=6 dtls=off dtls-reverse=passive ice=remove,lite-backward"
		     " transport=rtp/savp",
		NG_OK},
	{OFFER ",\"ICE\":[\"force\",\"trickle\"],\"transport-protocol\":\"UDP/TLS/RTP/SAVPF\"",
		SAYS " ice=force,trickle transport=udp/tls/rtp/savpf", NG_OK},
	{OFFER ",\"transport-protocol\":\"RTP/SMELL\",\"ICE\":\"melt\"",
		SAYS " {unknown word transport-protocol:RTP/SMELL} {unknown word ICE:melt}", NG_OK},
	{OFFER ",\"received-from\":[\"IP4\",\"192.0.2.1\"],\"media-address\":\"[2001:db8::1]\"",
		SAYS " 4:received-from=192.0.2.1 6:media-address=2001:db8::1", NG_OK},
	{OFFER ",\"received from\":\"2001:db8::2\",\"media address\":\"example.org\"",
		SAYS " 6:received-from=2001:db8::2 {unusable value media address:example.org}",
		NG_OK},
	{OFFER ",\"received-from\":[\"IP4\",\"192.0.2.999\"]",
		SAYS " {unusable value received-from:192.0.2.999}", NG_OK},
	{OFFER ",\"direction\":[\"pub\",\"priv\"]", SAYS " from=pub to=priv", NG_OK},
	{OFFER ",\"direction\":[\"a\",\"b\",\"c\"]",
		SAYS " from=a to=b {unusable value direction:c}", NG_OK},
	{OFFER ",\"from-interface\":\"a\",\"to interface\":\"b\",\"interface\":\"c\"",
		SAYS " from=a to=b interface=c", NG_OK},
	{OFFER ",\"TOS\":184,\"delete-delay\":\"0\"", SAYS " delete-delay=0 tos=184", NG_OK},
	{OFFER ",\"TOS\":256", SAYS, NG_OK},
	{OFFER ",\"TOS\":-1,\"delete delay\":-5", SAYS " {unusable value delete delay}", NG_OK},
	{OFFER ",\"TOS\":\"0x10\"", SAYS " {unusable value TOS}", NG_OK},
	{OFFER ",\"label\":\"l\",\"set-label\":\"s\",\"to-label\":\"t\",\"via-branch\":\"z9\"",
		SAYS " via-branch=z9 label=l set-label=s to-label=t", NG_OK},
	{OFFER ",\"supports\":[\"load limit\",\"magic\"],\"drop-traffic\":\"start\","
	       "\"sip-message-type\":\"sip_request\"",
		SAYS " load-limit=1 drop=start message=request {unknown word supports:magic}",
		NG_OK},
	{OFFER ",\"SDES\":[\"only-AEAD_AES_128_GCM\",\"no-X\",\"order:A;B\",\"offerer_pref:C;;D\","
	       "\"unencrypted_srtp\",\"lifetime\",\"disabled\",\"foo\"]",
		SAYS " sdes=off,unencrypted-srtp,lifetime sdes-no=X sdes-only=AEAD_AES_128_GCM"
		     " sdes-order=A,B sdes-prefer=C,D {unknown word SDES:foo}",
		NG_OK},
	{OFFER ",\"codec\":{\"strip\":[\"all\"],\"except\":\"PCMU,PCMA\",\"transcode\":[\"opus\"],"
	       "\"smell\":[]},\"extmap\":{\"strip\":[\"urn:x\"],\"mask\":[\"y\"]}",
		SAYS " strip=all except=PCMU,PCMA extmap-strip=urn:x extmap-mask=y"
		     " {not done by a relay codec:transcode} {unknown word codec:smell}",
		NG_OK},
	{OFFER ",\"codec\":\"strip\",\"sdp-attr\":[]",
		SAYS " {unusable value codec} {unusable value sdp-attr}", NG_OK},
	{OFFER ",\"sdp-attr\":{\"audio\":{\"add\":[\"a\",\"b\"],\"remove\":[\"c\"],"
	       "\"substitute\":[[\"d\",\"e\"],\"f>g\",[\"h\"],\"i\"]},\"none\":{\"add\":[\"j\"]},"
	       "\"smell\":{}},\"sdp-media-remove\":[\"video\"]",
		SAYS " media-remove=video session+=j audio+=a,b -=c /=d,e,f,g"
		     " {unusable value sdp-attr} {unusable value sdp-attr:i}"
		     " {unknown word sdp-attr:smell}",
		NG_OK},
	/* keys */
	{OFFER ",\"no such key\":1,\"T.38\":[\"decode\"],\"xmlrpc-callback\":\"x\",\"metadata\":\"m\\n\"",
		SAYS " metadata=m\n {unknown key no such key} {not done by a relay T.38}"
		     " {not done by a relay xmlrpc-callback}",
		NG_OK},
	{OFFER ",\"a key so long that it could not be one of those that are known to us\":1",
		SAYS " {unknown key a key so long that it could not be one of those that are known"
		     " to us}",
		NG_OK},
	{OFFER ",\"from tag\":\"g\"",
		"call-id=c from-tag=g sdp= {given twice, the last counts from tag}", NG_OK},
	{"\"command\":\"offer\",\"sdp\":\"x\",\"call-id\":\"a\\r\\nb\",\"from-tag\":\"f\"", NULL,
		NG_ERROR_NO_CALL_ID},
	/* rtpp-flags: read last, so that it overrides */
	{"\"command\":\"offer\",\"rtpp-flags\":\"call-id=z replace-origin RTP/SAVP\",\"call-id\":"
	 "\"c\",\"from-tag\":\"f\",\"sdp\":\"\"",
		"call-id=z from-tag=f sdp= replace=origin transport=rtp/savp", NG_OK},
	{OFFER ",\"rtpp_flags\":\"to-tag=t from-tag=g ICE=force internal external\"",
		"call-id=c from-tag=g to-tag=t sdp= from=internal to=external"
		" flags=directional,to-tag ice=force to-tag-in-flags",
		NG_OK},
	{OFFER ",\"rtpp-flags\":7", SAYS " {unusable value rtpp-flags}", NG_OK},
};

static enum ng_error parse(struct ng_arena *arena, const char *message, struct ng_request *q)
{
	struct buffer json = {.limit = ARENA};
	struct ng_value *dict;
	enum ng_error error;

	buffer_char(&json, '{');
	buffer_text(&json, message);
	buffer_char(&json, '}');
	if (ng_json_decode(buffer_all(&json), arena, &dict) != 0)
		fail_msg("no JSON: %s", message);
	buffer_fini(&json);
	error = ng_request_parse(dict, arena, q);
	return error;
}

static void parse_rows_ask_for_what_they_say(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = {.limit = ARENA};
		struct ng_request q;
		enum ng_error error = parse(&arena, rows[i].message, &q);

		if (error != rows[i].error)
			fail_msg("%s: %s", rows[i].message, ng_error_text(error));
		request_text_write(&q, &out);
		if (rows[i].asks != NULL && strcmp(out.data, rows[i].asks) != 0)
			fail_msg("%s\n  got  %s\n  not  %s", rows[i].message, out.data,
				rows[i].asks);
		buffer_fini(&out);
		ng_arena_reset(&arena);
	}
	ng_arena_fini(&arena);
}

static const char *const keys[] = {"address-family", "bundle", "call-id", "codec", "codecs",
	"delete-delay", "direction", "drop-traffic", "dtls", "dtls-fingerprint", "dtls-reverse",
	"endpoint-learning", "extmap", "flags", "from-interface", "from-label", "from-tag", "ice",
	"ice-lite", "interface", "label", "limit", "media-address", "metadata", "osrtp",
	"received-from", "replace", "rtcp-mux", "rtpp-flags", "sdes", "sdp", "sdp-attr",
	"sdp-media-remove", "set-label", "sip-message-type", "supports", "to-interface", "to-label",
	"to-tag", "tos", "transport-protocol", "via-branch", "xmlrpc-callback", "address",
	"t38-version"};

/* The table is sorted: every key is found, whatever its spelling. */
static void parse_keys_finds_each(void **state)
{
	struct ng_arena arena;

	(void)state;
	ng_arena_init(&arena, ARENA);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct ng_value *dict = ng_value_dict(&arena);
		struct ng_request q;
		char key[64] = {0};

		for (size_t j = 0; keys[i][j] != '\0'; j++) {
			bool letter = keys[i][j] >= 'a' && keys[i][j] <= 'z';

			key[j] = (char)(keys[i][j] == '-' ? '_'
					: letter          ? keys[i][j] - 'a' + 'A'
							  : keys[i][j]);
		}
		ng_value_put_text(&arena, dict, "command", slice_of("ping"));
		ng_value_put(dict, slice_of(key), ng_value_list(&arena));
		assert_int_equal(ng_request_parse(dict, &arena, &q), NG_OK);
		if (q.n_warnings > 0 && q.warnings[0].kind == NG_WARNING_KEY)
			fail_msg("not found: %s", keys[i]);
		ng_arena_reset(&arena);
	}
	ng_arena_fini(&arena);
}

/* 60,000 flags, and one text with a million: what is done about them is bounded. */
static void parse_hostile_counts_is_bounded(void **state)
{
	struct ng_arena arena;
	struct ng_request q;
	struct ng_value *dict, *flags;
	struct buffer many = repeat("", "x,", 1000000);

	(void)state;
	ng_arena_init(&arena, ARENA);
	dict = ng_value_dict(&arena);
	ng_value_put_text(&arena, dict, "command", slice_of("ping"));
	flags = ng_value_put_list(&arena, dict, "flags");
	for (int i = 0; i < 60000; i++)
		ng_value_append(flags, ng_value_text(&arena, slice_of("codec-strip-a--b")));
	ng_value_put_text(&arena, dict, "replace", buffer_all(&many));
	assert_false(arena.failed);
	assert_int_equal(ng_request_parse(dict, &arena, &q), NG_OK);
	assert_int_equal(q.codec_strip.count, 4096);
	assert_true(slice_is(q.codec_strip.first->text, "a=b"));
	assert_true(q.n_warnings > 0);
	ng_arena_fini(&arena);
	buffer_fini(&many);
}

static void parse_warnings_are_counted_and_bounded(void **state)
{
	struct ng_arena arena;
	struct ng_request q;
	struct ng_value *dict;

	(void)state;
	ng_arena_init(&arena, ARENA);
	dict = ng_value_dict(&arena);
	ng_value_put_text(&arena, dict, "command", slice_of("ping"));
	for (int i = 0; i < 1000; i++)
		ng_value_put_int(&arena, dict, "nothing known", 1);
	assert_int_equal(ng_request_parse(dict, &arena, &q), NG_OK);
	assert_int_equal(q.n_warnings, NG_REQUEST_WARNINGS_MAX);
	assert_int_equal(q.warnings_left, 1000 - NG_REQUEST_WARNINGS_MAX);
	ng_arena_fini(&arena);
}

static void parse_of_no_dictionary_is_refused(void **state)
{
	struct ng_arena arena;
	struct ng_request q;

	(void)state;
	ng_arena_init(&arena, ARENA);
	assert_int_equal(ng_request_parse(ng_value_list(&arena), &arena, &q), NG_ERROR_FORMAT);
	ng_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_rows_ask_for_what_they_say),
		cmocka_unit_test(parse_keys_finds_each),
		cmocka_unit_test(parse_hostile_counts_is_bounded),
		cmocka_unit_test(parse_warnings_are_counted_and_bounded),
		cmocka_unit_test(parse_of_no_dictionary_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
