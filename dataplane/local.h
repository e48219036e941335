/* SPDX-License-Identifier: BSD-3-Clause */
/* local.h - the addresses that the relay bears: from the bytes in a packet to their index.
 *
 * Invariant: const once filled; an address has one index.
 * Threads:   read by every worker.
 * Ownership: plain memory of the caller.
 * Units:     addresses as in a packet.
 * Errors:    LOCAL_NONE for an address that is not ours; add: false when full or there already.
 * Cost:      a hash and mostly one comparison.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include "relay_address.h"
#include "relay_layout.h"

enum { LOCAL_NONE = 0xffff, LOCAL_BITS = 8, LOCAL_SLOTS = 1 << LOCAL_BITS };

_Static_assert(LOCAL_SLOTS >= 4 * RELAY_ADDRESSES_MAX, "mostly empty");

struct local_table {
	uint32_t n;
	struct relay_sockaddr addresses[RELAY_ADDRESSES_MAX]; /* port 0 */
	uint16_t slots[LOCAL_SLOTS];                          /* index + 1; 0: empty */
};

/* The high bits of a product are those that all bits of the address reach, its last byte too. */
static inline uint32_t local_hash(const uint8_t ip[16])
{
	uint64_t a, b;

	memcpy(&a, ip, 8);
	memcpy(&b, ip + 8, 8);
	a = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(a >> (64 - LOCAL_BITS));
}

/* 'addr' with port 0. */
static inline uint16_t local_find(const struct local_table *t, const struct relay_sockaddr *addr)
{
	for (uint32_t i = local_hash(addr->ip); t->slots[i] != 0; i = (i + 1) & (LOCAL_SLOTS - 1)) {
		uint16_t index = (uint16_t)(t->slots[i] - 1);

		if (relay_address_equal(&t->addresses[index], addr))
			return index;
	}
	return LOCAL_NONE;
}

static inline bool local_add(struct local_table *t, const struct relay_sockaddr *addr)
{
	uint32_t i = local_hash(addr->ip);

	if (t->n == RELAY_ADDRESSES_MAX || local_find(t, addr) != LOCAL_NONE)
		return false;
	while (t->slots[i] != 0)
		i = (i + 1) & (LOCAL_SLOTS - 1);
	t->addresses[t->n++] = *addr;
	t->slots[i] = (uint16_t)t->n;
	return true;
}

#endif
