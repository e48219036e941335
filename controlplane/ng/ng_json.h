/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_json.h - JSON, the other encoding of the protocol.
 *
 * Invariant: what is encoded decodes to the same, where texts are UTF-8 without NUL: other bytes
 *            are written as U+FFFD.
 * Threads:   pure.
 * Ownership: a decoded tree is the arena's altogether.
 * Units:     bytes.
 * Errors:    -EBADMSG: not a JSON object, a key twice, a number that is no whole one;
 *            -E2BIG: deeper or more values than an ng_value may have; -ENOMEM. The encoder sets
 *            out->failed.
 * Cost:      a look for depth and number first, so that the library's work and memory have a
 *            bound: about 100 bytes a value for as long as the call takes.
 */
#ifndef NG_JSON_H
#define NG_JSON_H

#include "buffer.h"
#include "ng_value.h"

/* true and false become 1 and 0; null is as if it were not there. */
int ng_json_decode(struct slice data, struct ng_arena *arena, struct ng_value **value);
void ng_json_encode(const struct ng_value *value, struct buffer *out);

#endif
