/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_memory.h - what a profile takes of DPDK's memory.
 *
 * Invariant: an upper estimate: what starts with it does not run out while it runs. Records of
 *            endpoints are not in it: they lie in the region that the control plane maps.
 * Threads:   pure.
 * Ownership: nothing is kept.
 * Units:     MiB, rounded up; packets.
 * Errors:    none: sums of a profile in range fit 64 bits.
 * Cost:      cold.
 */
#ifndef HWPROFILE_MEMORY_H
#define HWPROFILE_MEMORY_H

#include "hwprofile.h"

enum {
	HWPROFILE_MBUF_BYTES = 2048 + 128 + 128 + 64, /* data, headroom, struct, pool's header */
	HWPROFILE_ENDPOINT_BYTES = 128 + 16 + 4, /* slot, its cold part, place in the backlog */
	HWPROFILE_RECORD_BYTES = 576,
	HWPROFILE_CONTEXT_BYTES = 896, /* of AES-CM; two for each endpoint */
	HWPROFILE_HUGEPAGE_MB = 2,
};

struct hwprofile_memory {
	uint64_t packets_mb;
	uint64_t endpoints_mb;
	uint64_t crypto_mb;
	uint64_t rest_mb; /* EAL, drivers, rings, tables of UDP ports */
	uint64_t total_mb;
	uint64_t records_mb; /* beside it, not DPDK's */
};

/* Packets that can be in queues, caches and bursts at a time. */
uint64_t hwprofile_memory_packets(const struct hwprofile *profile);

/* So that the pools of 'workers', of whole pages, have room for all contexts of 'endpoints', MiB.
 */
uint64_t hwprofile_memory_crypto_mb(uint64_t endpoints, uint32_t workers);

void hwprofile_memory_estimate(const struct hwprofile *profile, struct hwprofile_memory *memory);

#endif
