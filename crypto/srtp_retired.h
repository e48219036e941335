/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_retired.h - SSRCs that a context has given up, and that must not begin anew under its key.
 *
 * A Bloom filter: whatever was added is found, so no index of an SSRC that was forgotten is used or
 * accepted twice; and a few SSRCs that were never added are found, too, which are then refused for
 * nothing: after 20 additions 1 in 200, after 40 one in 20.
 *
 * Invariant: has() is true for each SSRC that add() was called for.
 * Threads:   one writer, the context's.
 * Ownership: the caller's words.
 * Units:     256 bits, of which an SSRC has four; all zero is the empty set. The seed follows from
 *            the key, so that nobody else can choose SSRCs that stand for others.
 * Errors:    none.
 * Cost:      two multiplications and four bits; only new SSRCs are looked up.
 */
#ifndef SRTP_RETIRED_H
#define SRTP_RETIRED_H

#include <stdbool.h>
#include <stdint.h>

enum { SRTP_RETIRED_WORDS = 4, SRTP_RETIRED_HASHES = 4 };

/* Eight bits for each hash, from the top, where a product has been mixed best. */
static inline uint64_t srtp_retired_spread(uint64_t seed, uint32_t ssrc)
{
	uint64_t h = (seed ^ ssrc) * UINT64_C(0x9e3779b97f4a7c15);

	return (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

static inline void srtp_retired_add(
	uint64_t words[SRTP_RETIRED_WORDS], uint64_t seed, uint32_t ssrc)
{
	uint64_t h = srtp_retired_spread(seed, ssrc);

	for (uint32_t i = 0; i < SRTP_RETIRED_HASHES; i++, h <<= 8)
		words[h >> 62] |= UINT64_C(1) << (h >> 56 & 63);
}

static inline bool srtp_retired_has(
	const uint64_t words[SRTP_RETIRED_WORDS], uint64_t seed, uint32_t ssrc)
{
	uint64_t h = srtp_retired_spread(seed, ssrc), all = 1;

	for (uint32_t i = 0; i < SRTP_RETIRED_HASHES; i++, h <<= 8)
		all &= words[h >> 62] >> (h >> 56 & 63);
	return (all & 1) != 0;
}

/* How many bits are set, of 256. */
static inline uint32_t srtp_retired_fill(const uint64_t words[SRTP_RETIRED_WORDS])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		n += (uint32_t)__builtin_popcountll(words[i]);
	return n;
}

#endif
