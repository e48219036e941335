/* SPDX-License-Identifier: BSD-3-Clause */
/* address_index.h - finds what a (address, UDP port) belongs to, among millions.
 *
 * Invariant: at most half of the slots are used, so a search ends soon; an address is in it once.
 * Threads:   one writer while it is filled; then read by any thread.
 * Ownership: create allocates, destroy frees (NULL accepted).
 * Units:     none.
 * Errors:    add: -EEXIST, -ENOSPC; create NULL without memory; find ADDRESS_INDEX_NONE.
 * Cost:      hot: find reads a slot and an entry, which the caller can fetch ahead.
 */
#ifndef ADDRESS_INDEX_H
#define ADDRESS_INDEX_H

#include "relay_address.h"

#define ADDRESS_INDEX_NONE UINT32_MAX

struct address_index_entry {
	struct relay_sockaddr addr;
	uint32_t value;
};

struct address_index {
	uint32_t *slots; /* number of an entry plus 1; 0: free */
	struct address_index_entry *entries;
	uint32_t mask;
	uint32_t n, capacity;
};

struct address_index *address_index_create(uint32_t capacity);
void address_index_destroy(struct address_index *index);

/* 'value' must not be ADDRESS_INDEX_NONE. */
int address_index_add(
	struct address_index *index, const struct relay_sockaddr *addr, uint32_t value);

static inline uint32_t address_index_hash(const struct relay_sockaddr *addr)
{
	uint64_t x[2], h;
	uint32_t p;

	memcpy(x, addr->ip, sizeof(x));
	memcpy(&p, &addr->port, sizeof(p));
	h = (x[0] ^ p) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32 ^ x[1]) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(h >> 32);
}

static inline void address_index_prefetch(const struct address_index *index, uint32_t hash)
{
	__builtin_prefetch(&index->slots[hash & index->mask]);
}

static inline uint32_t address_index_find(
	const struct address_index *index, const struct relay_sockaddr *addr, uint32_t hash)
{
	for (uint32_t at = hash & index->mask; index->slots[at] != 0; at = (at + 1) & index->mask) {
		const struct address_index_entry *entry = &index->entries[index->slots[at] - 1];

		if (relay_address_equal(&entry->addr, addr))
			return entry->value;
	}
	return ADDRESS_INDEX_NONE;
}

#endif
