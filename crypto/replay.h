/* SPDX-License-Identifier: BSD-3-Clause */
/* replay.h - packet index estimate and replay window (RFC 3711 3.3.1, 3.3.2).
 *
 * The window is cut into blocks of 64 indices. The bits of the newest block are in the struct
 * itself, those of older blocks in a ring of words, to which a block moves when a newer one
 * begins: packets in order touch the ring once in 64.
 *
 * Invariant: 'older' at block mod (window / 64) has the bits of the newest block before that of
 *            'top' which maps there; commit never lowers 'top'. All zero is the start: nothing
 *            seen, ROC 0.
 * Threads:   one writer, the worker that owns the stream; not shared.
 * Ownership: the caller's memory; allocates nothing.
 * Units:     index is the 48-bit SRTP or 31-bit SRTCP packet index; window in packets, a
 *            power of two from REPLAY_WINDOW_MIN to REPLAY_WINDOW_MAX; 'older' is window / 64
 *            words.
 * Errors:    check and commit return SRTP_OK, SRTP_REPLAYED or SRTP_TOO_OLD; commit tests
 *            again, since two copies of a packet can pass check within one burst.
 * Cost:      hot: no calls; a gap clears a word for each block that it skips.
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

struct replay {
	uint64_t top;    /* highest index authenticated or sent */
	uint64_t newest; /* bits of the block of 'top' */
};

static inline uint64_t replay_bit(uint64_t index)
{
	return UINT64_C(1) << (index & 63);
}

static inline uint32_t replay_slot(uint32_t window, uint64_t block)
{
	return (uint32_t)block & (window / 64 - 1);
}

static inline bool replay_has(
	const struct replay *r, const uint64_t *older, uint32_t window, uint64_t index)
{
	uint64_t bits =
		index >> 6 == r->top >> 6 ? r->newest : older[replay_slot(window, index >> 6)];

	return (bits & replay_bit(index)) != 0;
}

/* Pure. */
static inline enum srtp_status replay_check(
	const struct replay *r, const uint64_t *older, uint32_t window, uint64_t index)
{
	if (index > r->top)
		return SRTP_OK;
	if (r->top - index >= window)
		return SRTP_TOO_OLD;
	return replay_has(r, older, window, index) ? SRTP_REPLAYED : SRTP_OK;
}

/* Begins a newer block: the newest becomes an old one, blocks between have seen nothing. */
static inline void replay_advance(
	struct replay *r, uint64_t *older, uint32_t window, uint64_t block)
{
	uint64_t last = r->top >> 6;

	older[replay_slot(window, last)] = r->newest;
	if (block - last > window / 64)
		last = block - window / 64 - 1;
	while (++last < block)
		older[replay_slot(window, last)] = 0;
	r->newest = 0;
}

/* Remembers a packet whose tag has verified. */
static inline enum srtp_status replay_commit(
	struct replay *r, uint64_t *older, uint32_t window, uint64_t index)
{
	enum srtp_status status;

	if (index > r->top) {
		if (index >> 6 != r->top >> 6)
			replay_advance(r, older, window, index >> 6);
		r->top = index;
		r->newest |= replay_bit(index);
		return SRTP_OK;
	}
	status = replay_check(r, older, window, index);
	if (status != SRTP_OK)
		return status;
	if (index >> 6 == r->top >> 6)
		r->newest |= replay_bit(index);
	else
		older[replay_slot(window, index >> 6)] |= replay_bit(index);
	return SRTP_OK;
}

/* Takes over a stream at 'top': whatever lies at or before it counts as seen. */
static inline void replay_restart(struct replay *r, uint64_t *older, uint32_t window, uint64_t top)
{
	r->top = top;
	r->newest = ~UINT64_C(0) >> (63 - (top & 63));
	for (uint32_t i = 0; i < window / 64; i++)
		older[i] = ~UINT64_C(0);
}

#endif
