/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_parse_impl.h - one line of SDP into the section that it is in.
 *
 * Invariant: the counts that sdp_parse took beforehand bound what is written here: arrays lie
 *            side by side, so that nothing else would notice.
 * Threads:   one owner.
 * Ownership: arrays are of the block that sdp_parse allocated.
 * Units:     none.
 * Errors:    NULL, or what is wrong with the line.
 * Cost:      linear in the line.
 */
#ifndef SDP_PARSE_IMPL_H
#define SDP_PARSE_IMPL_H

#include "sdp_parse.h"

enum { SDP_PAYLOAD_TYPES = 128 };

struct sdp_parser {
	struct sdp *sdp;
	struct sdp_media *media; /* the current one; NULL: session */
	struct sdp_section *section;
	struct sdp_attribute *next_attribute; /* first free of each array */
	struct sdp_crypto *next_crypto;
	struct sdp_format *next_format;
	size_t attributes_left; /* how many are free: counted beforehand, and again */
	size_t crypto_left;
	size_t formats_left;
	struct sdp_format *by_pt[SDP_PAYLOAD_TYPES]; /* of the current media */
};

const char *sdp_parse_line_origin(struct sdp_parser *p, struct slice value);
const char *sdp_parse_line_connection(struct sdp_parser *p, struct slice value);
const char *sdp_parse_line_media(struct sdp_parser *p, struct slice value);
void sdp_parse_line_bandwidth(struct sdp_parser *p, struct slice value);

/* An address with its family; "not there" on failure. */
bool sdp_parse_line_address(struct slice value, struct sdp_address *address);

/* An attribute that says nothing sensible is as if it were not there. */
void sdp_parse_attribute(struct sdp_parser *p, struct slice line);

#endif
