/* SPDX-License-Identifier: BSD-3-Clause */
/* siphash.h - SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that peers can't aim at.
 *
 * Invariant: the same bytes and seed give the same hash; where one text ends and the next begins
 *            does not count, so end texts of free length by what they cannot hold.
 * Threads:   pure.
 * Ownership: none.
 * Units:     -
 * Errors:    none.
 * Cost:      about a cycle and a half a byte.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include "slice.h"

enum { SIPHASH_SEED = 16 };

struct siphash {
	uint64_t v[4];
	uint64_t word;
	unsigned n;
	uint8_t len;
};

void siphash_start(struct siphash *s, const uint8_t seed[SIPHASH_SEED]);
void siphash_add(struct siphash *s, struct slice bytes);
uint64_t siphash_end(struct siphash *s);

#endif
