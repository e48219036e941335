/* SPDX-License-Identifier: BSD-3-Clause */
#include "arp.h"

#include <endian.h>

enum {
	ARP_LEN = 28,
	ARP_REPLY = 2,
	IPV6_LEN = 40,
	NS_LEN = 24,
	NA_LEN = 32,
	ICMPV6 = 58,
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	HOP_LIMIT = 255,
	SOLICITED = 0x40,
	OVERRIDE = 0x20,
	OPTION_TARGET = 2,
};

static bool is_ours(const struct address_index *hosts, uint8_t family, const uint8_t *ip)
{
	struct relay_sockaddr host = {.family = family};

	memcpy(host.ip, ip, family == RELAY_FAMILY_IPV4 ? 4 : 16);
	return address_index_find(hosts, &host, address_index_hash(&host)) != ADDRESS_INDEX_NONE;
}

static void turn_back(uint8_t *frame, const struct frame_link *link)
{
	memcpy(frame, frame + FRAME_MAC, FRAME_MAC);
	memcpy(frame + FRAME_MAC, link->src, FRAME_MAC);
}

static uint32_t answer_arp(uint8_t *frame, uint32_t l3, const struct frame_link *link,
	const struct address_index *hosts)
{
	static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t *arp = frame + l3;
	uint8_t target[4];

	if (memcmp(arp, request, sizeof(request)) != 0 ||
		!is_ours(hosts, RELAY_FAMILY_IPV4, arp + 24))
		return 0;
	memcpy(target, arp + 24, 4);
	arp[7] = ARP_REPLY;
	memcpy(arp + 18, arp + 8, 10); /* who asked is now the target */
	memcpy(arp + 8, link->src, FRAME_MAC);
	memcpy(arp + 14, target, 4);
	turn_back(frame, link);
	return l3 + ARP_LEN;
}

static bool icmp_checksum_good(const uint8_t *ip, uint32_t len)
{
	uint64_t sum = frame_sum(ip + 8, 32) + htobe16((uint16_t)len) + htobe16(ICMPV6);

	return frame_fold(sum + frame_sum(ip + IPV6_LEN, len)) == 0xffff;
}

/* The one who asks from no address (it looks for its own double) is told through all nodes. */
static void write_advertisement(uint8_t *ip, const struct frame_link *link)
{
	static const uint8_t none[16], all_nodes[16] = {0xff, 2, [15] = 1};
	uint8_t *icmp = ip + IPV6_LEN, target[16];
	bool solicited = memcmp(ip + 8, none, 16) != 0;
	uint16_t sum;

	memcpy(target, icmp + 8, 16);
	memcpy(ip + 24, solicited ? ip + 8 : all_nodes, 16);
	memcpy(ip + 8, target, 16);
	ip[4] = 0;
	ip[5] = NA_LEN;
	memset(icmp, 0, 8);
	icmp[0] = ADVERTISEMENT;
	icmp[4] = solicited ? SOLICITED | OVERRIDE : OVERRIDE;
	icmp[24] = OPTION_TARGET;
	icmp[25] = 1;
	memcpy(icmp + 26, link->src, FRAME_MAC);
	sum = (uint16_t)~frame_fold(frame_sum(ip + 8, 32) + htobe16(NA_LEN) + htobe16(ICMPV6) +
				    frame_sum(icmp, NA_LEN));
	memcpy(icmp + 2, &sum, 2);
}

static uint32_t answer_solicitation(uint8_t *frame, uint32_t l3, const struct frame_link *link,
	const struct address_index *hosts)
{
	static const uint8_t multicast[FRAME_MAC] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t *ip = frame + l3, *icmp = ip + IPV6_LEN;
	uint32_t len = (uint32_t)ip[4] << 8 | ip[5]; /* frame_parse saw that it fits */

	if (len < NS_LEN || ip[7] != HOP_LIMIT || icmp[0] != SOLICITATION || icmp[1] != 0 ||
		!icmp_checksum_good(ip, len) || !is_ours(hosts, RELAY_FAMILY_IPV6, icmp + 8))
		return 0;
	write_advertisement(ip, link);
	turn_back(frame, link);
	if (ip[24] == 0xff)
		memcpy(frame, multicast, FRAME_MAC);
	return l3 + IPV6_LEN + NA_LEN;
}

uint32_t arp_answer(uint8_t *frame, uint32_t len, const struct frame_link *link,
	const struct address_index *hosts)
{
	struct frame_view view;

	frame_parse(frame, len, link->vlan, false, &view);
	if (view.kind == FRAME_ARP && len >= (uint32_t)view.l3_off + ARP_LEN)
		return answer_arp(frame, view.l3_off, link, hosts);
	if (view.kind == FRAME_NEIGHBOUR)
		return answer_solicitation(frame, view.l3_off, link, hosts);
	return 0;
}
