/* SPDX-License-Identifier: BSD-3-Clause */
/* replay.h - packet index estimate and replay window (RFC 3711 3.3.1, 3.3.2).
 *
 * Invariant: bit (index mod window) of 'seen' tells of the packets top-window+1 .. top;
 *            commit never lowers 'top'. All zero is the start: nothing seen, ROC 0.
 * Threads:   one writer, the worker that owns the stream; not shared.
 * Ownership: the caller's memory; allocates nothing.
 * Units:     index is the 48-bit SRTP or 31-bit SRTCP packet index; window in packets, a
 *            power of two from REPLAY_WINDOW_MIN to REPLAY_WINDOW_MAX.
 * Errors:    check and commit return SRTP_OK, SRTP_REPLAYED or SRTP_TOO_OLD; commit tests
 *            again, since two copies of a packet can pass check within one burst.
 * Cost:      hot: no calls; check one word, commit one word and what a gap clears.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "srtp_status.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW_MIN  64u
#define REPLAY_WINDOW_MAX  4096u
#define REPLAY_INDEX_LIMIT (UINT64_C(1) << 48) /* first index that SRTP does not have */

static inline bool replay_window_valid(uint32_t window)
{
	return window >= REPLAY_WINDOW_MIN && window <= REPLAY_WINDOW_MAX &&
	       (window & (window - 1)) == 0;
}

/* The index that 'seq' most likely has, given the highest one authenticated. At ROC 0 there is
 * no ROC to go back to, so the guess stays there. May return REPLAY_INDEX_LIMIT and more when
 * the last ROC wraps: such a packet has no index, the key is used up. */
static inline uint64_t replay_estimate(uint64_t top, uint16_t seq)
{
	uint64_t roc = top >> 16;
	uint32_t last = (uint32_t)(top & 0xffff);

	if (last < 0x8000) {
		if (seq > last + 0x8000 && roc > 0)
			roc--;
	} else if (last - 0x8000 > seq) {
		roc++;
	}
	return roc << 16 | seq;
}

static inline uint64_t replay_bit(uint64_t index)
{
	return UINT64_C(1) << (index & 63);
}

static inline uint64_t *replay_word(uint64_t *seen, uint32_t window, uint64_t index)
{
	return &seen[(index & (window - 1)) >> 6];
}

static inline bool replay_has(const uint64_t *seen, uint32_t window, uint64_t index)
{
	return (seen[(index & (window - 1)) >> 6] & replay_bit(index)) != 0;
}

/* Pure. */
static inline enum srtp_status replay_check(
	uint64_t top, const uint64_t *seen, uint32_t window, uint64_t index)
{
	if (index > top)
		return SRTP_OK;
	if (top - index >= window)
		return SRTP_TOO_OLD;
	return replay_has(seen, window, index) ? SRTP_REPLAYED : SRTP_OK;
}

/* Forgets the bits of first .. last, which are at most 'window' many. */
static inline void replay_clear(uint64_t *seen, uint32_t window, uint64_t first, uint64_t last)
{
	while (first <= last) {
		uint64_t stop = first | 63; /* the last index of this word */
		uint64_t mask = ~UINT64_C(0) << (first & 63);

		if (stop > last)
			mask &= ~UINT64_C(0) >> (63 - (last & 63));
		*replay_word(seen, window, first) &= ~mask;
		first = stop + 1;
	}
}

/* Remembers a packet whose tag has verified. */
static inline enum srtp_status replay_commit(
	uint64_t *top, uint64_t *seen, uint32_t window, uint64_t index)
{
	enum srtp_status status = replay_check(*top, seen, window, index);

	if (status != SRTP_OK)
		return status;
	if (index > *top) {
		if (index - *top > 1) /* a gap; the bit of 'index' itself is set below */
			replay_clear(seen, window,
				index - *top > window ? index - window + 1 : *top + 1, index);
		*top = index;
	}
	*replay_word(seen, window, index) |= replay_bit(index);
	return SRTP_OK;
}

/* Takes over a stream at 'top': whatever lies at or before it counts as seen. */
static inline void replay_restart(uint64_t *top, uint64_t *seen, uint32_t window, uint64_t new_top)
{
	*top = new_top;
	for (uint32_t i = 0; i < window / 64; i++)
		seen[i] = ~UINT64_C(0);
}

#endif
