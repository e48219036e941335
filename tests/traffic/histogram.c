/* SPDX-License-Identifier: BSD-3-Clause */
#include "histogram.h"

uint64_t histogram_low(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < 2U << HISTOGRAM_BITS)
		return bucket;
	shift = (bucket >> HISTOGRAM_BITS) - 1;
	return (uint64_t)(bucket - (shift << HISTOGRAM_BITS)) << shift;
}

uint64_t histogram_high(uint32_t bucket)
{
	return bucket + 1 < HISTOGRAM_BUCKETS ? histogram_low(bucket + 1) - 1 : UINT64_MAX;
}

uint64_t histogram_min(const struct histogram *h)
{
	return h->count > 0 ? ~h->not_min : 0;
}

uint64_t histogram_quantile(const struct histogram *h, uint64_t parts, uint64_t whole)
{
	/* in 128 bits: the product may be long */
	unsigned __int128 want = ((unsigned __int128)h->count * parts + whole - 1) / whole;
	uint64_t seen = 0;

	if (want == 0)
		return histogram_min(h);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= want)
			return histogram_high(i) < h->max ? histogram_high(i) : h->max;
	}
	return h->max;
}
