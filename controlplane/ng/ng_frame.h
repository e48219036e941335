/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_frame.h - COOKIE SP PAYLOAD: a message's envelope, and where it ends in a stream.
 *
 * Invariant: a cookie is 1 to NG_FRAME_COOKIE_MAX bytes without a space, and otherwise opaque.
 *            A stream is never read twice: each look starts where the last one ended.
 * Threads:   pure; a stream's struct has one owner.
 * Ownership: slices point into the message.
 * Units:     bytes.
 * Errors:    ng_frame_split: -EBADMSG, to which the protocol has no answer. A stream that is bad
 *            stays so: close it.
 * Cost:      split: one look for the space. Stream: one pass over all its bytes.
 */
#ifndef NG_FRAME_H
#define NG_FRAME_H

#include "ng_error.h"
#include "ng_value.h"

enum { NG_FRAME_COOKIE_MAX = 255 };

enum ng_encoding { NG_ENCODING_NONE, NG_ENCODING_BENCODE, NG_ENCODING_JSON };

struct ng_frame {
	struct slice cookie;
	struct slice payload;
	enum ng_encoding encoding;
};

int ng_frame_split(struct slice message, struct ng_frame *frame);

/* By its first byte. */
enum ng_encoding ng_frame_encoding(struct slice payload);

/* What is in it; on an error, what to answer. */
enum ng_error ng_frame_decode(
	const struct ng_frame *frame, struct ng_arena *arena, struct ng_value **dict);

enum ng_frame_state {
	NG_FRAME_MORE,  /* no whole message yet */
	NG_FRAME_WHOLE, /* 'message' has the first one's length */
	NG_FRAME_BAD, /* nothing that a message can begin with; JSON has no end that we could see */
	NG_FRAME_LONG, /* more than the limit without an end */
};

struct ng_frame_stream {
	enum ng_frame_state state;
	size_t limit;
	size_t message;  /* its length, when NG_FRAME_WHOLE */
	size_t at;       /* read so far */
	bool in_payload; /* 'at' is past the cookie */
	unsigned depth;
};

/* For a new stream, and for what follows a message that was taken. */
void ng_frame_start(struct ng_frame_stream *stream, size_t limit);

/* 'bytes' is all of the stream that was not taken yet: what was there at the last call, and what
 * has come since. */
enum ng_frame_state ng_frame_look(struct ng_frame_stream *stream, struct slice bytes);

#endif
