/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_bencode.h - bencode, the encoding that SIP proxies use.
 *
 * Invariant: what is encoded decodes to the same. Only one spelling of a number or a length is
 *            taken: no sign or zero too many. Keys need not be sorted.
 * Threads:   pure.
 * Ownership: the texts of a decoded tree point into 'data'.
 * Units:     bytes.
 * Errors:    -EBADMSG: not bencode, not whole, or something behind it; -E2BIG: deeper or more
 *            values than an ng_value may have; -ENOMEM: no room in the arena. The encoder sets
 *            out->failed.
 * Cost:      one pass, no recursion.
 */
#ifndef NG_BENCODE_H
#define NG_BENCODE_H

#include "buffer.h"
#include "ng_value.h"

int ng_bencode_decode(struct slice data, struct ng_arena *arena, struct ng_value **value);
void ng_bencode_encode(const struct ng_value *value, struct buffer *out);

/* One token at the front of 'data', for the decoder and for those who only look for the end. */
enum ng_bencode_kind {
	NG_BENCODE_MORE, /* goes on behind 'data' */
	NG_BENCODE_BAD,
	NG_BENCODE_INT,
	NG_BENCODE_TEXT, /* 'len' is up to its first byte, 'text_len' bytes follow */
	NG_BENCODE_LIST,
	NG_BENCODE_DICT,
	NG_BENCODE_END,
};

struct ng_bencode_token {
	enum ng_bencode_kind kind;
	size_t len;
	size_t text_len;
	int64_t number;
};

struct ng_bencode_token ng_bencode_token(struct slice data);

#endif
