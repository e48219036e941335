/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_write.h - SDP for one side, made of what the other side sent and what was decided.
 *
 * The order of lines is rtpengine's, always the same; what is not asked to be other comes from
 * the parsed SDP. Whoever calls decides addresses, ports, keys and policy.
 *
 * Invariant: every text that comes from outside 'in' is looked at first: none adds a line.
 * Threads:   pure.
 * Ownership: nothing is kept but 'state', which is the caller's; the buffer has keys in it.
 * Units:     ports in host order.
 * Errors:    -EINVAL: a text that would add a line or a field, or parts that don't fit together;
 *            -E2BIG: too many edits; -ENOMEM: the buffer is full. Then 'state' is as it was.
 * Cost:      linear; attributes times edits.
 */
#ifndef SDP_WRITE_H
#define SDP_WRITE_H

#include "buffer.h"
#include "sdp_parse.h"

enum { SDP_WRITE_EDITS_MAX = 64, SDP_WRITE_DIGEST = 32 };

/* What is to be known of the last SDP that this side got. All zero before the first. */
struct sdp_write_state {
	bool set;
	char username[SDP_ORIGIN_TOKEN_MAX + 1];
	char session_id[SDP_ORIGIN_TOKEN_MAX + 1];
	uint64_t version;
	uint8_t digest[SDP_WRITE_DIGEST]; /* of all but the version */
};

/* sdp-attr: attributes to add, and what to do with those that would be written. A name, a name
 * with its first word ("rtpmap:8") or a whole attribute. */
struct sdp_edits {
	const struct slice *add;
	size_t n_add;
	const struct slice *remove;
	size_t n_remove;
	const struct slice *substitute; /* pairs */
	size_t n_substitute;            /* pairs */
};

enum sdp_how {
	SDP_RELAYED,
	SDP_REJECTED, /* port 0 */
	SDP_COPIED,   /* all attributes as they came, as for what is not RTP */
	SDP_REMOVED,
};

enum sdp_rtcp_how {
	SDP_RTCP_NONE,      /* nothing is said */
	SDP_RTCP_SEPARATE,  /* its own port */
	SDP_RTCP_MUXED,     /* the port of RTP */
	SDP_RTCP_MUX_OFFER, /* its own port, and the offer to do without */
};

struct sdp_rewrite_media {
	enum sdp_how how;
	uint8_t family;
	struct slice address;
	uint16_t port;
	uint16_t rtcp_port;
	enum sdp_rtcp_how rtcp;
	bool zero_address; /* on hold in the old style */
	bool bundle_only;
	enum sdp_direction direction; /* none: nothing is said */
	struct slice proto;           /* not there: as it came; so the next two */
	struct slice mid;
	struct slice label;
	const uint16_t *formats; /* of the parsed media, by index; NULL: all */
	size_t n_formats;
	const struct sdp_crypto *crypto;
	size_t n_crypto;
	struct slice setup; /* not there: not written; so the rest */
	struct slice fingerprint;
	struct slice tls_id;
	struct slice ice_ufrag;
	struct slice ice_pwd;
	struct slice ice_options;
	const struct slice *candidates; /* behind "candidate:" */
	size_t n_candidates;
	struct slice remote_candidates;
	bool end_of_candidates;
	const struct sdp_edits *edits; /* NULL: none */
};

struct sdp_rewrite {
	struct sdp_write_state *state;
	bool replace_origin;
	bool replace_origin_full;
	bool replace_username;
	bool replace_sdp_version;
	bool force_version;
	uint8_t origin_family; /* of the address that replaces o='s */
	struct slice origin_address;
	struct slice session_name; /* not there: as it came; so the next */
	struct slice loop_protect; /* 12 hex digits that tell this relay */
	bool ice_lite;
	const struct slice *groups; /* behind "group:" */
	size_t n_groups;
	bool no_rtcp_attribute;
	bool full_rtcp_attribute;
	bool strip_extmap;
	bool original_sendrecv;
	bool generate_mid;
	bool pad_crypto;
	const struct sdp_edits *edits;          /* of the session; NULL: none */
	const struct sdp_rewrite_media *medias; /* one for each that was parsed */
	size_t n_medias;
};

int sdp_write(const struct sdp *in, const struct sdp_rewrite *rewrite, struct buffer *out);

#endif
