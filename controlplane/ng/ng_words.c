/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_words.h"

#define ROW_BIT(id, word) {(word), NG_BIT(id)},
#define ROW(id, word)     {(word), (id)},
#define ROWS_END                                                                                   \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/* What rtpengine does and a relay does not: media of its own, and what goes with it. */
const struct ng_word ng_words_commands[] = {
	NG_COMMANDS(ROW){"start-recording", NG_REFUSED},
	{"stop-recording", NG_REFUSED},
	{"pause-recording", NG_REFUSED},
	{"start-forwarding", NG_REFUSED},
	{"stop-forwarding", NG_REFUSED},
	{"block-dtmf", NG_REFUSED},
	{"unblock-dtmf", NG_REFUSED},
	{"silence-media", NG_REFUSED},
	{"unsilence-media", NG_REFUSED},
	{"play-media", NG_REFUSED},
	{"stop-media", NG_REFUSED},
	{"play-dtmf", NG_REFUSED},
	{"publish", NG_REFUSED},
	{"subscribe-request", NG_REFUSED},
	{"subscribe-answer", NG_REFUSED},
	{"unsubscribe", NG_REFUSED},
	{"inject-start", NG_REFUSED},
	{"inject-stop", NG_REFUSED},
	{"connect", NG_REFUSED},
	{"cli", NG_REFUSED},
	{"transform", NG_REFUSED},
	{"create", NG_REFUSED},
	{"create-answer", NG_REFUSED},
	{"mesh", NG_REFUSED},
	ROWS_END,
};

const struct ng_word ng_words_flags[] = {
	NG_FLAGS(ROW_BIT){"block-shorts", NG_BIT(NG_FLAG_BLOCK_SHORT)},
	{"block-short-packets", NG_BIT(NG_FLAG_BLOCK_SHORT)},
	{"debugging", NG_BIT(NG_FLAG_DEBUG)},
	{"ice-reject", NG_BIT(NG_FLAG_REJECT_ICE)},
	/* other media of its own than what comes in, or a store of its own */
	{"allow-asymmetric-codec", 0},
	{"allow-asymmetric-codecs", 0},
	{"allow-empty-codec-media", 0},
	{"allow-no-codec-media", 0},
	{"allow-transcoding", 0},
	{"always-transcode", 0},
	{"asymmetric-codecs", 0},
	{"audio-player", 0},
	{"block-dtmf", 0},
	{"block-egress", 0},
	{"detect-dtmf", 0},
	{"discard-recording", 0},
	{"egress", 0},
	{"exclude-recording", 0},
	{"force-transcoding", 0},
	{"generate-rtcp", 0},
	{"inject-dtmf", 0},
	{"mirror-rtcp", 0},
	{"mix", 0},
	{"mixed", 0},
	{"no-audio-player", 0},
	{"no-codec-renegotiation", 0},
	{"no-jitter-buffer", 0},
	{"no-passthrough", 0},
	{"no-player", 0},
	{"no-redis-update", 0},
	{"passthrough", 0},
	{"player", 0},
	{"record-call", 0},
	{"recording-announcement", 0},
	{"recording-vsc", 0},
	{"reorder-codecs", 0},
	{"repacketize", 0},
	{"reuse-codecs", 0},
	{"rtcp-mirror", 0},
	{"single-codec", 0},
	{"siprec", 0},
	{"skip-recording-database", 0},
	{"skip-recording-db", 0},
	{"static-codec", 0},
	{"static-codecs", 0},
	{"symmetric-codecs", 0},
	{"unsubscribe", 0},
	ROWS_END,
};

const struct ng_word ng_words_replace[] = {NG_REPLACES(ROW_BIT) ROWS_END};

const struct ng_word ng_words_mux[] = {
	{"require", NG_BIT(NG_MUX_REQUIRE) | NG_BIT(NG_MUX_OFFER)},
	NG_MUXES(ROW_BIT) ROWS_END,
};

const struct ng_word ng_words_bundle[] = {
	{"require", NG_BIT(NG_BUNDLE_REQUIRE) | NG_BIT(NG_BUNDLE_OFFER)},
	{"strict", NG_BIT(NG_BUNDLE_STRICT) | NG_BIT(NG_BUNDLE_REQUIRE) | NG_BIT(NG_BUNDLE_OFFER)},
	NG_BUNDLES(ROW_BIT) ROWS_END,
};

const struct ng_word ng_words_osrtp[] = {
	NG_OSRTPS(ROW_BIT){"offer-rfc", NG_BIT(NG_OSRTP_OFFER)},
	{"accept", NG_BIT(NG_OSRTP_ACCEPT) | NG_BIT(NG_OSRTP_ACCEPT_LEGACY)},
	ROWS_END,
};

const struct ng_word ng_words_sdes[] = {
	NG_SDESES(ROW_BIT){"no", NG_BIT(NG_SDES_OFF)},
	{"disable", NG_BIT(NG_SDES_OFF)},
	{"disabled", NG_BIT(NG_SDES_OFF)},
	{"priority", NG_BIT(NG_SDES_PREFER)},
	ROWS_END,
};

const struct ng_word ng_words_dtls[] = {
	NG_DTLSES(ROW_BIT){"no", NG_BIT(NG_DTLS_OFF)},
	{"disable", NG_BIT(NG_DTLS_OFF)},
	{"disabled", NG_BIT(NG_DTLS_OFF)},
	ROWS_END,
};

const struct ng_word ng_words_ice[] = {NG_ICES(ROW_BIT) ROWS_END};

/* The separate key ICE-lite, into the same set. */
const struct ng_word ng_words_ice_lite[] = {
	{"off", NG_BIT(NG_ICE_LITE_OFF)},
	{"none", NG_BIT(NG_ICE_LITE_OFF)},
	{"no", NG_BIT(NG_ICE_LITE_OFF)},
	{"forward", NG_BIT(NG_ICE_LITE_FORWARD)},
	{"offer", NG_BIT(NG_ICE_LITE_FORWARD)},
	{"fwd", NG_BIT(NG_ICE_LITE_FORWARD)},
	{"fw", NG_BIT(NG_ICE_LITE_FORWARD)},
	{"backward", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"backwards", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"reverse", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"answer", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"back", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"bkw", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"bk", NG_BIT(NG_ICE_LITE_BACKWARD)},
	{"both", NG_BIT(NG_ICE_LITE_BOTH)},
	ROWS_END,
};

const struct ng_word ng_words_learning[] = {NG_LEARNINGS(ROW) ROWS_END};
const struct ng_word ng_words_transport[] = {NG_TRANSPORTS(ROW) ROWS_END};
const struct ng_word ng_words_family[] = {{"ip4", 4}, {"ip6", 6}, ROWS_END};
const struct ng_word ng_words_drop[] = {NG_DROPS(ROW) ROWS_END};

const struct ng_word ng_words_message[] = {
	{"request", NG_MESSAGE_REQUEST},
	{"sip-request", NG_MESSAGE_REQUEST},
	{"reply", NG_MESSAGE_REPLY},
	{"sip-reply", NG_MESSAGE_REPLY},
	{"sip-response", NG_MESSAGE_REPLY},
	ROWS_END,
};

const struct ng_word ng_words_supports[] = {{"load-limit", 1}, ROWS_END};

struct slice ng_words_normal(struct slice word, char room[NG_WORDS_LEN_MAX])
{
	if (word.len > NG_WORDS_LEN_MAX)
		return (struct slice){room, 0};
	for (size_t i = 0; i < word.len; i++) {
		char c = slice_lower(word.ptr[i]);

		room[i] = (char)(c == ' ' || c == '_' ? '-' : c);
	}
	return (struct slice){room, word.len};
}

bool ng_words_find(const struct ng_word *table, struct slice word, uint64_t *value)
{
	for (; table->text != NULL; table++) {
		if (slice_is(word, table->text)) {
			*value = table->value;
			return true;
		}
	}
	return false;
}
