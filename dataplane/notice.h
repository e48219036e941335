/* SPDX-License-Identifier: BSD-3-Clause */
/* notice.h - events that a worker sends unasked.
 *
 * Invariant: one that finds no room, or comes beyond the rate, is counted and lost; what it says
 *            can be read from the region, too, but for a key near its limit: that is said again
 *            until it was heard.
 * Threads:   the worker.
 * Ownership: nothing kept.
 * Units:     none.
 * Errors:    none.
 * Cost:      seldom; at most NOTICE_PPS a second.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include "worker.h"

enum {
	NOTICE_PPS = 10000,
	/* packets before the first notice; then at each doubling */
	NOTICE_AUTH_FIRST = 16,
	NOTICE_BACK_FIRST = 64,
};

void notice_remote(struct worker *w, uint32_t index);
void notice_key_limit(struct worker *w, uint32_t index, bool ingress);

/* Counts a tag that did not verify, and says so now and then. */
void notice_auth_failed(struct worker *w, uint32_t index);

/* Counts a packet of an SSRC for which its endpoint has no place, and says so from the first on,
 * seldom. */
void notice_streams_full(struct worker *w, uint32_t index);

/* Counts a packet that lay before the window of the stream it was to go out with. */
void notice_went_back(struct worker *w, uint32_t index);

#endif
