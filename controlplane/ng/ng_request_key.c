/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_request_impl.h"

#include <stdlib.h>

#define FIELD(field) offsetof(struct ng_request, field)

#define SILENT(name)                                                                               \
	{                                                                                          \
		name, NG_KEY_SILENT, 0, NULL, 0, 0                                                 \
	}
#define IGNORED(name)                                                                              \
	{                                                                                          \
		name, NG_KEY_IGNORED, 0, NULL, 0, 0                                                \
	}
#define KIND(name, kind)                                                                           \
	{                                                                                          \
		name, kind, 0, NULL, 0, 0                                                          \
	}
#define TEXT(name, field)                                                                          \
	{                                                                                          \
		name, NG_KEY_TEXT, FIELD(field), NULL, 0, 0                                        \
	}
#define BODY(name, field)                                                                          \
	{                                                                                          \
		name, NG_KEY_BODY, FIELD(field), NULL, 0, 0                                        \
	}
#define INT(name, field, least, most)                                                              \
	{                                                                                          \
		name, NG_KEY_INT, FIELD(field), NULL, least, most                                  \
	}
#define CHOICE(name, field, words)                                                                 \
	{                                                                                          \
		name, NG_KEY_CHOICE, FIELD(field), words, 0, 0                                     \
	}
#define SET(name, field, words)                                                                    \
	{                                                                                          \
		name, NG_KEY_SET, FIELD(field), words, 0, 0                                        \
	}
#define LIST(name, field)                                                                          \
	{                                                                                          \
		name, NG_KEY_LIST, FIELD(field), NULL, 0, 0                                        \
	}
#define ADDRESS(name, field)                                                                       \
	{                                                                                          \
		name, NG_KEY_ADDRESS, FIELD(field), NULL, 0, 0                                     \
	}

enum { YEAR = 365 * 24 * 3600 };

/* Sorted by name. */
static const struct ng_request_key keys[] = {
	IGNORED("address"),
	CHOICE("address-family", address_family, ng_words_family),
	IGNORED("alias-key"),
	IGNORED("all"),
	IGNORED("audio-player"),
	IGNORED("blob"),
	IGNORED("blob64"),
	SET("bundle", bundle, ng_words_bundle),
	TEXT("call-id", call_id),
	IGNORED("calls"),
	IGNORED("code"),
	KIND("codec", NG_KEY_CODEC),
	KIND("codecs", NG_KEY_CODEC),
	SILENT("command"),
	IGNORED("db-id"),
	IGNORED("delay-buffer"),
	INT("delete-delay", delete_delay, -1, YEAR),
	IGNORED("digit"),
	KIND("direction", NG_KEY_DIRECTION),
	CHOICE("drop-traffic", drop_traffic, ng_words_drop),
	SET("dtls", dtls, ng_words_dtls),
	TEXT("dtls-fingerprint", dtls_fingerprint),
	SET("dtls-reverse", dtls_reverse, ng_words_dtls),
	IGNORED("dtmf-delay"),
	IGNORED("dtmf-log-dest"),
	IGNORED("dtmf-log-destination"),
	IGNORED("dtmf-security"),
	IGNORED("dtmf-security-trigger"),
	IGNORED("dtmf-security-trigger-end"),
	IGNORED("duration"),
	CHOICE("endpoint-learning", learning, ng_words_learning),
	KIND("extmap", NG_KEY_EXTMAP),
	IGNORED("file"),
	KIND("flags", NG_KEY_FLAGS),
	IGNORED("frequencies"),
	IGNORED("frequency"),
	TEXT("from-interface", from_interface),
	TEXT("from-label", label),
	TEXT("from-tag", from_tag),
	IGNORED("from-tags"),
	IGNORED("generate-rtcp"),
	SET("ice", ice, ng_words_ice),
	SET("ice-lite", ice, ng_words_ice_lite),
	IGNORED("inbound-peer"),
	IGNORED("instance"),
	TEXT("interface", interface),
	TEXT("label", label),
	INT("limit", limit, INT64_MIN, INT64_MAX),
	IGNORED("media"),
	ADDRESS("media-address", media_address),
	IGNORED("media-echo"),
	IGNORED("medias"),
	BODY("metadata", metadata),
	IGNORED("moh"),
	SET("osrtp", osrtp, ng_words_osrtp),
	IGNORED("outbound-peer"),
	IGNORED("output-destination"),
	IGNORED("output-file"),
	IGNORED("output-path"),
	IGNORED("passthrough"),
	IGNORED("passthru"),
	IGNORED("pause"),
	IGNORED("peer"),
	IGNORED("player"),
	IGNORED("ptime"),
	IGNORED("ptime-reverse"),
	KIND("received-from", NG_KEY_RECEIVED_FROM),
	IGNORED("record-call"),
	IGNORED("recording-destination"),
	IGNORED("recording-dir"),
	IGNORED("recording-file"),
	IGNORED("recording-path"),
	IGNORED("recording-pattern"),
	IGNORED("repacketize"),
	IGNORED("repeat-duration"),
	IGNORED("repeat-times"),
	SET("replace", replace, ng_words_replace),
	IGNORED("reverse-ptime"),
	SET("rtcp-mux", mux, ng_words_mux),
	SILENT("rtpp-flags"),
	KIND("sdes", NG_KEY_SDES),
	BODY("sdp", sdp),
	KIND("sdp-attr", NG_KEY_SDP_ATTR),
	LIST("sdp-media-remove", media_remove),
	TEXT("set-label", set_label),
	IGNORED("sip-code"),
	CHOICE("sip-message-type", message, ng_words_message),
	IGNORED("sip-response-code"),
	IGNORED("start-pos"),
	SET("supports", supports, ng_words_supports),
	IGNORED("t.38"),
	IGNORED("t.38-version"),
	IGNORED("t38"),
	IGNORED("t38-version"),
	IGNORED("tags"),
	IGNORED("template"),
	TEXT("to-interface", to_interface),
	TEXT("to-label", to_label),
	TEXT("to-tag", to_tag),
	INT("tos", tos, -1, 65535),
	CHOICE("transport-protocol", transport, ng_words_transport),
	IGNORED("trigger"),
	IGNORED("trigger-end"),
	IGNORED("trigger-end-digits"),
	IGNORED("trigger-end-time"),
	TEXT("via-branch", via_branch),
	IGNORED("volume"),
	IGNORED("vsc-pause-rec"),
	IGNORED("vsc-pause-resume-rec"),
	IGNORED("vsc-start-pause-resume-rec"),
	IGNORED("vsc-start-rec"),
	IGNORED("vsc-start-stop-rec"),
	IGNORED("vsc-stop-rec"),
	IGNORED("xmlrpc-callback"),
};

static int compare(const void *name, const void *row)
{
	const struct slice *a = name;
	struct slice b = slice_of(((const struct ng_request_key *)row)->name);
	int order = memcmp(a->ptr, b.ptr, a->len < b.len ? a->len : b.len);

	return order != 0 ? order : (a->len > b.len) - (a->len < b.len);
}

const struct ng_request_key *ng_request_key_find(struct slice name)
{
	if (name.len == 0)
		return NULL;
	return bsearch(&name, keys, sizeof(keys) / sizeof(keys[0]), sizeof(keys[0]), compare);
}
