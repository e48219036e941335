/* SPDX-License-Identifier: BSD-3-Clause */
/* histogram.h - how often each value came, in buckets whose width grows with the value.
 *
 * Invariant: a value lies in a bucket at most 1/32 of it wide; min and max are exact.
 * Threads:   one.
 * Ownership: embedded; allocates nothing; all zero is an empty one.
 * Units:     the caller's.
 * Errors:    quantile of an empty one is 0.
 * Cost:      add is hot: a shift and three memory accesses; 16 KB.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_BITS = 5, /* 32 buckets for each power of two */
	HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

struct histogram {
	uint64_t count, max;
	uint64_t not_min; /* complement of min, so that zero is empty */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t value)
{
	uint32_t shift;

	if (value < 2U << HISTOGRAM_BITS)
		return (uint32_t)value;
	shift = 63U - HISTOGRAM_BITS - (uint32_t)__builtin_clzll(value);
	return (shift << HISTOGRAM_BITS) + (uint32_t)(value >> shift);
}

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[histogram_bucket(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
	if (~value > h->not_min)
		h->not_min = ~value;
}

/* The lowest and the highest value of a bucket. */
uint64_t histogram_low(uint32_t bucket);
uint64_t histogram_high(uint32_t bucket);

uint64_t histogram_min(const struct histogram *h);

/* The value that 'parts' of 'whole' values do not exceed, to the bucket's upper end: 999, 1000 for
 * p99.9. */
uint64_t histogram_quantile(const struct histogram *h, uint64_t parts, uint64_t whole);

#endif
