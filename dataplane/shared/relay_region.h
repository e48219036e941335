/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_region.h - memory that one process writes and another reads.
 *
 * A memfd of fixed size. Its maker maps it writable and then seals it, so that nobody can map it
 * writable again, not even who holds the descriptor: the MMU keeps the contract.
 *
 * Invariant: the header is written before the descriptor is handed out, and never after.
 * Threads:   making and mapping are cold; what lies in the region says who writes it.
 * Ownership: the struct owns its mapping and, for the maker, the descriptor.
 * Units:     bytes.
 * Errors:    0 or -errno; -EPROTO for a descriptor that is no region, or not of this ABI; the
 *            struct is then untouched.
 * Cost:      cold: some syscalls; pages are zero until touched.
 */
#ifndef RELAY_REGION_H
#define RELAY_REGION_H

#include <stddef.h>
#include <stdint.h>

#define RELAY_REGION_MAGIC UINT64_C(0x6e6f69676572534c) /* "LSregion" in memory */
#define RELAY_ABI_VERSION  UINT32_C(2)

enum { RELAY_REGION_HUGEPAGE = 2 * 1024 * 1024 };

enum relay_role { RELAY_ROLE_DATA = 1, RELAY_ROLE_CONTROL = 2 };

/* First in each region. */
struct relay_region_header {
	uint64_t magic;
	uint32_t abi_version;
	uint32_t role; /* enum relay_role of the writer */
	uint64_t bytes;
	uint64_t instance; /* random for each region: a restarted writer has another */
	uint64_t
		layout_hash; /* of all struct sizes and offsets that the writer was compiled with */
	uint8_t reserved[24];
};

_Static_assert(sizeof(struct relay_region_header) == 64, "a line of its own");

struct relay_region {
	void *base; /* writable for the maker alone */
	size_t bytes;
	int fd; /* the maker's, to hand out; -1 for the reader */
};

/* Makes a region of 'bytes', header included. */
int relay_region_create(
	struct relay_region *r, enum relay_role role, size_t bytes, uint64_t layout_hash);

/* The same in hugepages of RELAY_REGION_HUGEPAGE, of which 'bytes' is a multiple: a large region
 * then costs no misses of the TLB. -ENOMEM if there are too few. */
int relay_region_create_huge(
	struct relay_region *r, enum relay_role role, size_t bytes, uint64_t layout_hash);

/* Maps a peer's region read-only; 'fd' stays the caller's. */
int relay_region_map(
	struct relay_region *r, int fd, enum relay_role role, size_t bytes, uint64_t layout_hash);

/* Has these pages of a region mapped, by the calling thread's memory policy, so that who polls
 * meets no fault. Reads, and writes nothing. */
void relay_region_touch(const void *from, size_t bytes);

/* A region that was never made or mapped has base NULL, and is left alone. */
void relay_region_close(struct relay_region *r);

static inline const struct relay_region_header *relay_region_header(const struct relay_region *r)
{
	return r->base;
}

#endif
