/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_media.h - what holds for a media: what it says itself, or else what its session says.
 *
 * Invariant: none of these changes anything.
 * Threads:   pure.
 * Ownership: slices point into the SDP.
 * Units:     none.
 * Errors:    "not there", or family 0.
 * Cost:      constant, but for codecs: formats times names.
 */
#ifndef SDP_MEDIA_H
#define SDP_MEDIA_H

#include "sdp_parse.h"

const struct sdp_address *sdp_media_connection(const struct sdp *sdp, const struct sdp_media *m);
struct slice sdp_media_setup(const struct sdp *sdp, const struct sdp_media *m);
struct slice sdp_media_fingerprint(const struct sdp *sdp, const struct sdp_media *m);
struct slice sdp_media_ice_ufrag(const struct sdp *sdp, const struct sdp_media *m);
struct slice sdp_media_ice_pwd(const struct sdp *sdp, const struct sdp_media *m);

/* Never SDP_DIRECTION_NONE: sendrecv is what holds if nothing is said. */
enum sdp_direction sdp_media_direction(const struct sdp *sdp, const struct sdp_media *m);

/* On hold in the old style: an address of zeros. */
bool sdp_media_zero_address(const struct sdp *sdp, const struct sdp_media *m);

/* PCMU/8000: from its rtpmap, or as RFC 3551 says; "not there" for neither. */
struct slice sdp_media_codec(const struct sdp_format *format);

/* Names of codecs, as PCMU or opus/48000/2; "all" and "full" mean every one. */
struct sdp_codec_rules {
	const struct slice *strip;
	size_t n_strip;
	const struct slice *except; /* stay even so */
	size_t n_except;
	const struct slice *offer; /* stay even so, and come first, in this order */
	size_t n_offer;
};

/* The indices of the formats that stay, in their order; returns how many. */
size_t sdp_media_select(const struct sdp_media *m, const struct sdp_codec_rules *rules,
	uint16_t formats[SDP_MEDIA_FORMATS_MAX]);

#endif
