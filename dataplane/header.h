/* SPDX-License-Identifier: BSD-3-Clause */
/* header.h - IP and UDP headers of what an endpoint sends: built once, completed for each packet.
 *
 * A template lacks lengths. Its IPv4 checksum field holds the folded sum of the other fields, its
 * UDP checksum field that of the pseudo-header without length; neither is complemented.
 *
 * Invariant: a template begins with the version nibble, from which its length follows.
 * Threads:   pure.
 * Ownership: the caller's memory.
 * Units:     bytes; ports in host order; sums in the byte order of memory (RFC 1071).
 * Errors:    none: the caller has checked that both addresses are of one family.
 * Cost:      completing with offload is a few additions; in software, a sum over the payload.
 */
#ifndef HEADER_H
#define HEADER_H

#include "relay_address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	HEADER_IPV4 = 20,
	HEADER_IPV6 = 40,
	HEADER_UDP = 8,
	HEADER_IPV4_UDP = HEADER_IPV4 + HEADER_UDP,
	HEADER_IPV6_UDP = HEADER_IPV6 + HEADER_UDP,
};

void header_build(uint8_t *header, const struct relay_sockaddr *from,
	const struct relay_sockaddr *to, uint8_t dscp, uint8_t ttl);

static inline uint32_t header_len(const uint8_t *header)
{
	return header[0] >> 4 == 4 ? HEADER_IPV4_UDP : HEADER_IPV6_UDP;
}

static inline uint16_t header_load(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void header_store(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline uint16_t header_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Not folded: sums of several parts add up, all but the last of even length. */
static inline uint64_t header_sum(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	uint32_t word;
	uint16_t last = 0;

	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&word, p, 4);
		sum += word;
	}
	if (len >= 2) {
		sum += header_load(p);
		p += 2;
		len -= 2;
	}
	if (len > 0) {
		memcpy(&last, p, 1);
		sum += last;
	}
	return sum;
}

/* Lengths and the IPv4 checksum, in a copy of the template with 'len' bytes of payload. Returns
 * the UDP header. The UDP checksum is then as a NIC wants it: the pseudo-header's sum. */
static inline uint8_t *header_complete(uint8_t *header, uint32_t len)
{
	uint8_t *udp = header + HEADER_IPV6;
	uint16_t udp_len = htons((uint16_t)(len + HEADER_UDP));

	if (header[0] >> 4 == 4) {
		uint16_t total = htons((uint16_t)(len + HEADER_IPV4_UDP));

		udp = header + HEADER_IPV4;
		header_store(header + 2, total);
		header_store(header + 10,
			(uint16_t)~header_fold((uint64_t)header_load(header + 10) + total));
	} else {
		header_store(header + 4, udp_len);
	}
	header_store(udp + 4, udp_len);
	header_store(udp + 6, header_fold((uint64_t)header_load(udp + 6) + udp_len));
	return udp;
}

/* The whole UDP checksum, after header_complete, when the payload is in place behind 'udp'. */
static inline void header_checksum(uint8_t *udp, uint32_t len)
{
	uint16_t sum = (uint16_t)~header_fold(header_sum(udp, HEADER_UDP + (size_t)len));

	header_store(udp + 6, sum == 0 ? UINT16_MAX : sum); /* RFC 768: zero means none */
}

#endif
