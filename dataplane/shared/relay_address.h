/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_address.h - an IP address with a UDP port, as messages and records carry it.
 *
 * Invariant: for IPv4 the last 12 bytes of 'ip' are zero, for RELAY_FAMILY_NONE all are and the
 *            port is 0; 'zero' is zero. So two are equal when their bytes are.
 * Threads:   plain data.
 * Ownership: embedded.
 * Units:     'ip' in network order, 'port' in host order.
 * Errors:    relay_address_valid: a family or bytes that break the invariant.
 * Cost:      20 bytes; comparing is three loads a side.
 */
#ifndef RELAY_ADDRESS_H
#define RELAY_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum relay_family { RELAY_FAMILY_NONE = 0, RELAY_FAMILY_IPV4 = 4, RELAY_FAMILY_IPV6 = 6 };

struct relay_sockaddr {
	uint8_t ip[16];
	uint16_t port;
	uint8_t family; /* enum relay_family */
	uint8_t zero;
};

_Static_assert(sizeof(struct relay_sockaddr) == 20, "part of 64-byte messages");

static inline bool relay_address_equal(
	const struct relay_sockaddr *a, const struct relay_sockaddr *b)
{
	uint64_t x[2], y[2];
	uint32_t p, q;

	memcpy(x, a->ip, sizeof(x));
	memcpy(y, b->ip, sizeof(y));
	memcpy(&p, &a->port, sizeof(p));
	memcpy(&q, &b->port, sizeof(q));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (p ^ q)) == 0;
}

/* The same host, whatever the port. */
static inline bool relay_address_same_host(
	const struct relay_sockaddr *a, const struct relay_sockaddr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static inline bool relay_address_valid(const struct relay_sockaddr *a)
{
	static const uint8_t zero[16];

	if (a->zero != 0)
		return false;
	if (a->family == RELAY_FAMILY_IPV6)
		return true;
	if (a->family == RELAY_FAMILY_IPV4)
		return memcmp(a->ip + 4, zero, 12) == 0;
	return a->family == RELAY_FAMILY_NONE && a->port == 0 && memcmp(a->ip, zero, 16) == 0;
}

#endif
