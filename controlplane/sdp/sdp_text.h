/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_text.h - what may stand in a line of SDP, so that nobody can add one of their own.
 *
 * Invariant: a line has no control characters but tabs; a token has no spaces either.
 * Threads:   pure.
 * Ownership: none.
 * Units:     bytes.
 * Errors:    none: they answer yes or no.
 * Cost:      one pass.
 */
#ifndef SDP_TEXT_H
#define SDP_TEXT_H

#include "slice.h"

static inline bool sdp_text_is_line(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static inline bool sdp_text_is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	return s.len > 0;
}

#endif
