/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_request.h - what a message asks for, typed and checked.
 *
 * Keys and flags come in many spellings and are read as rtpengine and the modules of Kamailio and
 * OpenSIPS write them. What is not known, or not for a relay, is no error: it is noted in
 * 'warnings', to be logged and told in the reply.
 *
 * Invariant: every number is within its range, every option is one of its enum; an address is one.
 *            No text has control characters, but for the SDP, which has no NUL.
 * Threads:   pure.
 * Ownership: texts point into the message, lists are the arena's: keep both as long.
 * Units:     delete_delay in seconds, -1 if not given; tos 0 to 255, -1 for the configured one.
 * Errors:    the protocol's; the order in which they are found is rtpengine's.
 * Cost:      linear; words that a message may make us look up are bounded.
 */
#ifndef NG_REQUEST_H
#define NG_REQUEST_H

#include "ng_error.h"
#include "ng_options.h"
#include "ng_value.h"

enum { NG_REQUEST_WARNINGS_MAX = 16, NG_REQUEST_LIST_LIMIT = 32 };

#define NG_WARNINGS(X)                                                                             \
	X(NG_WARNING_KEY, "unknown key")                                                           \
	X(NG_WARNING_WORD, "unknown word")                                                         \
	X(NG_WARNING_VALUE, "unusable value")                                                      \
	X(NG_WARNING_IGNORED, "not done by a relay")                                               \
	X(NG_WARNING_TWICE, "given twice, the last counts")

#define NG_WARNING_ENUM(id, text) id,

enum ng_warning_kind { NG_WARNINGS(NG_WARNING_ENUM) NG_WARNING_COUNT };

struct ng_warning {
	enum ng_warning_kind kind;
	struct slice key;
	struct slice word; /* not there for a key */
};

struct ng_address {
	struct slice text;
	uint8_t family; /* 4 or 6; 0: not given */
};

/* sdp-attr: what to do with the attributes of one kind of section. */
enum ng_section {
	NG_SECTION_SESSION,
	NG_SECTION_AUDIO,
	NG_SECTION_VIDEO,
	NG_SECTION_IMAGE,
	NG_SECTION_MESSAGE,
	NG_SECTION_OTHER,
	NG_SECTION_COUNT
};

/* Lists of texts; 'substitute' has pairs: what, then by what. */
struct ng_attributes {
	struct ng_value add;
	struct ng_value remove;
	struct ng_value substitute;
};

struct ng_request {
	enum ng_command command;
	struct slice command_text;
	struct slice call_id;
	struct slice from_tag;
	struct slice to_tag;
	struct slice via_branch;
	struct slice sdp; /* "not there" is another thing than empty */
	struct slice label;
	struct slice set_label;
	struct slice to_label;
	struct slice metadata;
	struct slice dtls_fingerprint;
	struct slice from_interface; /* the side that sent this SDP */
	struct slice to_interface;
	struct slice interface;
	struct ng_address received_from;
	struct ng_address media_address;
	int64_t delete_delay;
	int64_t tos;
	int64_t limit;
	uint64_t flags; /* of enum ng_flag, and so on below: NG_BIT() */
	uint64_t replace;
	uint64_t mux;
	uint64_t bundle;
	uint64_t osrtp;
	uint64_t sdes;
	uint64_t dtls;
	uint64_t dtls_reverse;
	uint64_t ice;
	uint64_t learning;       /* one of enum ng_learning, and so on below */
	uint64_t transport;      /* enum ng_transport */
	uint64_t address_family; /* 4, 6, or 0: not given */
	uint64_t drop_traffic;
	uint64_t message;            /* enum ng_message */
	uint64_t supports;           /* 1: "load limit" */
	struct ng_value sdes_no;     /* lists of texts */
	struct ng_value sdes_only;   /* suites */
	struct ng_value sdes_order;  /* suites */
	struct ng_value sdes_prefer; /* suites that the offerer should prefer */
	struct ng_value codec_strip;
	struct ng_value codec_except;
	struct ng_value codec_offer;
	struct ng_value codec_ignore;
	struct ng_value extmap_strip;
	struct ng_value extmap_mask;
	struct ng_value media_remove; /* kinds of media */
	struct ng_attributes attributes[NG_SECTION_COUNT];
	bool rtpp_flags;        /* there was such a string */
	bool to_tag_in_flags;   /* and it named the to-tag */
	uint32_t warnings_left; /* how many more there were */
	uint32_t n_warnings;
	struct ng_warning warnings[NG_REQUEST_WARNINGS_MAX];
};

/* 'dict' is a decoded message. On an error 'request' has what was found until then. */
enum ng_error ng_request_parse(
	const struct ng_value *dict, struct ng_arena *arena, struct ng_request *request);

static inline bool ng_request_flag(const struct ng_request *request, enum ng_flag flag)
{
	return ng_options_has(request->flags, flag);
}

#endif
