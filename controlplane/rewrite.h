/* SPDX-License-Identifier: BSD-3-Clause */
/* rewrite.h - the SDP for one side of a bridge, from what the other side sent and what was
 * negotiated.
 *
 * Invariant: no address, port or key of the other side is in it, but of media that is not relayed.
 * Threads:   the event loop's.
 * Ownership: 'out' is the caller's and has keys in it; the arena holds scratch, and wipes it.
 * Units:     -
 * Errors:    the protocol's.
 * Cost:      linear in the SDP.
 */
#ifndef REWRITE_H
#define REWRITE_H

#include "buffer.h"
#include "negotiate.h"

/* With what 'next' says, once ports are there. 'token' stands where a loop's mark will: 12 hex
 * digits. */
enum ng_error rewrite_offer(const struct negotiation *n, struct slice token, struct ng_arena *arena,
	struct buffer *out);
enum ng_error rewrite_answer(const struct negotiation *n, struct slice token,
	struct ng_arena *arena, struct buffer *out);

#endif
