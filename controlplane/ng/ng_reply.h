/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_reply.h - replies: a dictionary with "result", in the encoding of the request.
 *
 * Invariant: what is written is cookie, space, dictionary; without a cookie the dictionary alone.
 * Threads:   pure.
 * Ownership: the dictionary is the arena's; texts given must live as long.
 * Units:     bytes.
 * Errors:    NULL when the arena has failed; ng_reply_write sets out->failed.
 * Cost:      linear.
 */
#ifndef NG_REPLY_H
#define NG_REPLY_H

#include "buffer.h"
#include "ng_frame.h"
#include "ng_request.h"

enum { NG_REPLY_WARNING_MAX = 1024 };

struct ng_value *ng_reply_ok(struct ng_arena *arena);
struct ng_value *ng_reply_pong(struct ng_arena *arena);
struct ng_value *ng_reply_error(struct ng_arena *arena, enum ng_error error);

/* No more calls for now: in the way that the client knows, by what it "supports". */
struct ng_value *ng_reply_load(
	struct ng_arena *arena, const struct ng_request *request, enum ng_error which);

/* The call or its tags were not there: an error only where the flag "fatal" says so. */
struct ng_value *ng_reply_not_deleted(struct ng_arena *arena, const struct ng_request *request);

void ng_reply_sdp(struct ng_arena *arena, struct ng_value *reply, struct slice sdp);

/* What was not understood or not done, as one line of printable characters; nothing if all was. */
void ng_reply_warnings(
	struct ng_arena *arena, struct ng_value *reply, const struct ng_request *request);

/* A request that was no bencode or JSON is answered in what it looked like, or in bencode. */
void ng_reply_write(const struct ng_value *reply, struct slice cookie, enum ng_encoding encoding,
	struct buffer *out);

#endif
