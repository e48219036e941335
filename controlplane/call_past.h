/* SPDX-License-Identifier: BSD-3-Clause */
/* call_past.h - keys that a peer has sent with, and how far each of its streams was then. Those
 * that we send with are not here.
 *
 * A key that a peer takes up again would find an empty replay window, and all that was recorded
 * under it would be new. So what was heard of it is kept when it goes, and given to the context
 * that it comes back to.
 *
 * Invariant: a key is there once, by its name, and the last to go is last. An index never goes
 *            back. A stream that found no room is among the retired, who must not begin anew.
 * Threads:   pure.
 * Ownership: call_past_keep allocates, free() frees. Nothing in it is secret.
 * Units:     indices as in RFC 3711.
 * Errors:    false without memory.
 * Cost:      linear; 176 bytes a key. A key after which CALL_PAST_KEYS_MAX others went is
 *            forgotten: a leg must not grow without end, nor a peer that renews its key be refused.
 */
#ifndef CALL_PAST_H
#define CALL_PAST_H

#include "relay_record.h"

#include <stdbool.h>

enum {
	CALL_PAST_KEYS_MAX = 32,
	/* Packets that may yet be taken under a key after its record was read, until the data plane
	 * has the next: they count as seen. */
	CALL_PAST_MARGIN = 16,
	CALL_PAST_RTCP_MARGIN = 1,
	CALL_PAST_SSRCS = RELAY_SSRCS + RELAY_PARKED,
};

struct call_past_key {
	uint64_t name; /* relay_crypto's key_name */
	uint8_t n_ssrcs;
	struct relay_ssrc ssrcs[CALL_PAST_SSRCS];
	uint64_t retired[SRTP_RETIRED_WORDS];
};

struct call_past {
	uint32_t n;
	struct call_past_key keys[];
};

/* What the streams of the key 'name' have come to: the 'n' of 'seen'. 'retired' are the SSRCs under
 * it that had lost their place, SRTP_RETIRED_WORDS; NULL: none. */
bool call_past_keep(struct call_past **past, uint64_t name, const struct relay_ssrc *seen,
	uint32_t n, const uint64_t *retired);

/* Into keys that are to be installed: where they were, if the leg has had them. NULL accepted. */
void call_past_recall(const struct call_past *past, struct relay_crypto *crypto);

#endif
