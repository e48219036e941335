/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_base64.h - base64 of keys (RFC 4648), where the padding may be missing.
 *
 * OpenSSL's decoder takes neither a text without padding nor one byte too many as an error.
 *
 * Invariant: nothing is written past 'room'.
 * Threads:   pure.
 * Ownership: none.
 * Units:     bytes.
 * Errors:    decode: false for a character that is none, wrong padding, or no room.
 * Cost:      linear; not constant in time: keys in SDP are read once, from a peer that knows them.
 */
#ifndef SDP_BASE64_H
#define SDP_BASE64_H

#include "buffer.h"

bool sdp_base64_decode(struct slice text, uint8_t *out, size_t room, size_t *len);
void sdp_base64_encode(const uint8_t *bytes, size_t len, bool pad, struct buffer *out);

#endif
