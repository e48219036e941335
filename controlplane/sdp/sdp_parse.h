/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_parse.h - reads SDP (RFC 4566, 8866) into what a relay has to know of it.
 *
 * Takes what real devices send: LF or CRLF, no end of the last line, an empty line and what comes
 * behind it. Nothing is decided here, and nothing that is not known gets lost: attributes keep
 * their order.
 *
 * Invariant: no text has CR, LF or NUL in it; ports, payload types and counts are in range; one
 *            session; at most SDP_MEDIA_MAX media lines.
 * Threads:   a parsed SDP is read-only.
 * Ownership: one block with a copy of the text; sdp_parse_free wipes it: it has keys.
 * Units:     bytes; bandwidths as they stand, -1: none.
 * Errors:    -EBADMSG: malformed; -E2BIG: over a limit; -ENOMEM. 'fault' tells the line.
 * Cost:      linear in the text.
 */
#ifndef SDP_PARSE_H
#define SDP_PARSE_H

#include "sdp_attribute.h"
#include "sdp_crypto.h"
#include "slice.h"

enum {
	SDP_BYTES_MAX = 1024 * 1024,
	SDP_LINE_MAX = 8192,
	SDP_LINES_MAX = 65536,
	SDP_MEDIA_MAX = 1000,
	SDP_MEDIA_FORMATS_MAX = 256, /* of one media line */
	SDP_FORMATS_MAX = 32768,     /* of all */
	SDP_ORIGIN_TOKEN_MAX = 255,
};

struct sdp_address {
	uint8_t family; /* 4 or 6; 0: not there */
	bool zero;      /* 0.0.0.0 or :: */
	struct slice text;
};

struct sdp_bandwidth {
	int64_t as;
	int64_t rr;
	int64_t rs;
	int64_t ct;
	int64_t tias;
};

/* A payload type of RTP, or whatever a media line of another kind lists. */
struct sdp_format {
	struct slice text;
	int pt;                      /* -1: not one of RTP's */
	struct sdp_attribute *first; /* its rtpmap, fmtp and rtcp-fb, by next_of_format */
	struct sdp_attribute *last;
};

struct sdp_section {
	struct slice information;
	struct sdp_address connection;
	struct sdp_bandwidth bandwidth;
	const struct sdp_attribute *attributes;
	size_t n_attributes;
	enum sdp_direction direction;
	bool ice_lite;
	bool extmap_allow_mixed;
	bool has_extmap;
	struct slice setup;
	struct slice fingerprint; /* HASH DIGEST */
	struct slice tls_id;
	struct slice ice_ufrag;
	struct slice ice_pwd;
	struct slice ice_options;
};

struct sdp_media {
	struct sdp_section section;
	struct slice type;
	enum sdp_kind kind;
	uint16_t port; /* 0: rejected */
	unsigned port_count;
	struct slice proto;
	enum sdp_transport transport;
	struct slice formats_text;
	struct sdp_format *formats;
	size_t n_formats;
	struct sdp_crypto *crypto; /* all of them, of use or not */
	size_t n_crypto;
	uint16_t rtcp_port; /* 0: not said */
	struct sdp_address rtcp_address;
	bool rtcp_mux;
	bool bundle_only;
	bool end_of_candidates;
	size_t n_candidates;
	struct slice mid;
	struct slice label;
	unsigned ptime;
	unsigned maxptime;
};

struct sdp_origin {
	struct slice username;
	struct slice session_id;
	uint64_t version;
	uint8_t family;
	struct slice address;
};

struct sdp {
	bool has_origin;
	struct sdp_origin origin;
	struct slice session_name;
	struct slice uri;
	struct slice email;
	struct slice phone;
	struct slice timing;
	struct sdp_section session;
	struct slice bundle; /* mids of the first a=group:BUNDLE */
	struct sdp_media *medias;
	size_t n_medias;
	size_t block; /* bytes of all this */
};

struct sdp_fault {
	unsigned line;
	const char *what;
};

/* A fragment (RFC 8840) has no v= line. */
int sdp_parse(struct slice text, bool fragment, struct sdp **sdp, struct sdp_fault *fault);
void sdp_parse_free(struct sdp *sdp);

/* Nothing is missing to relay it: each media that is not rejected has an address, and if it is of
 * RTP, payload types. */
bool sdp_parse_complete(const struct sdp *sdp);

#endif
