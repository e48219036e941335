/* SPDX-License-Identifier: BSD-3-Clause */
#include "header.h"

enum { PROTO_UDP = 17 };

static void build_udp(uint8_t *udp, const struct relay_sockaddr *from,
	const struct relay_sockaddr *to, size_t ip_len)
{
	uint64_t sum = header_sum(from->ip, ip_len) + header_sum(to->ip, ip_len) + htons(PROTO_UDP);

	header_store(udp, htons(from->port));
	header_store(udp + 2, htons(to->port));
	header_store(udp + 4, 0);
	header_store(udp + 6, header_fold(sum));
}

void header_build(uint8_t *header, const struct relay_sockaddr *from,
	const struct relay_sockaddr *to, uint8_t dscp, uint8_t ttl)
{
	if (from->family == RELAY_FAMILY_IPV4) {
		/* RFC 6864: with DF set the identification means nothing */
		const uint8_t fixed[12] = {
			0x45, (uint8_t)(dscp << 2), 0, 0, 0, 0, 0x40, 0, ttl, PROTO_UDP, 0, 0};

		memcpy(header, fixed, sizeof(fixed));
		memcpy(header + 12, from->ip, 4);
		memcpy(header + 16, to->ip, 4);
		header_store(header + 10, header_fold(header_sum(header, HEADER_IPV4)));
		build_udp(header + HEADER_IPV4, from, to, 4);
		return;
	}
	memset(header, 0, 8);
	header[0] = (uint8_t)(0x60 | dscp >> 2);
	header[1] = (uint8_t)(dscp << 6);
	header[6] = PROTO_UDP;
	header[7] = ttl;
	memcpy(header + 8, from->ip, 16);
	memcpy(header + 24, to->ip, 16);
	build_udp(header + HEADER_IPV6, from, to, 16);
}
