/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify.h"
#include "header.h"

enum {
	ETH_LEN = 14,
	MAC_LEN = 6,
	MAC_MANY = 1, /* in the first byte: multicast, or broadcast */
	VLAN_LEN = 4,
	VLANS_MAX = 2,
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	PROTO_UDP = 17,
	PROTO_FRAGMENT = 44,
	PROTO_ICMPV6 = 58,
	ICMPV6_ND_FIRST = 133, /* router solicitation to redirect */
	ICMPV6_ND_LAST = 137,
	FRAGMENT_LEN = 8,
	FRAGMENT_BITS = 0x3fff, /* more fragments, or an offset */
	IPV4_OFFSET = 0x1fff,
	IPV6_OFFSET = 0xfff8,
	STUN_LEN = 20,
};

/* RFC 5389 6 */
static const uint8_t stun_cookie[4] = {0x21, 0x12, 0xa4, 0x42};

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 7983 7, and RFC 5761 4 for RTCP. */
static enum classify_result classify_payload(const uint8_t *p, uint32_t len, struct pkt_meta *meta)
{
	if (len < 2)
		return CLASSIFY_NOT_MEDIA;
	if (p[0] >= 128 && p[0] <= 191)
		meta->class = p[1] >= 192 && p[1] <= 223 ? PKT_RTCP : PKT_RTP;
	else if (p[0] >= 20 && p[0] <= 63)
		meta->class = PKT_DTLS;
	else if (p[0] <= 3 && len >= STUN_LEN && memcmp(p + 4, stun_cookie, 4) == 0)
		meta->class = PKT_STUN;
	else
		return CLASSIFY_NOT_MEDIA;
	return CLASSIFY_MEDIA;
}

static bool is_media_port(const struct classify_config *c, uint16_t port)
{
	return port >= c->port_min && port <= c->port_max;
}

/* 'len' bytes of IP payload from 'udp' on; 'at' is the place of 'udp' in the frame. */
static enum classify_result classify_udp(const struct classify_config *c, const uint8_t *udp,
	uint32_t len, uint32_t at, struct pkt_meta *meta)
{
	uint32_t udp_len;

	if (len < HEADER_UDP)
		return CLASSIFY_MALFORMED;
	meta->source.port = load16(udp);
	meta->local_port = load16(udp + 2);
	if (!is_media_port(c, meta->local_port))
		return CLASSIFY_KERNEL;
	udp_len = load16(udp + 4);
	if (udp_len < HEADER_UDP || udp_len > len || meta->source.port == 0)
		return CLASSIFY_MALFORMED;
	meta->off = (uint16_t)(at + HEADER_UDP);
	meta->len = (uint16_t)(udp_len - HEADER_UDP);
	return classify_payload(udp + HEADER_UDP, meta->len, meta);
}

/* The first fragment of a UDP packet says whose it is. Those that follow don't: the kernel puts
 * them together, if it had the first. */
static enum classify_result classify_fragment(
	const struct classify_config *c, const uint8_t *udp, uint32_t len, bool first)
{
	if (!first)
		return CLASSIFY_FRAGMENT_LATER;
	if (len < HEADER_UDP) /* RFC 1858, RFC 7112: to hide the port */
		return CLASSIFY_MALFORMED;
	return is_media_port(c, load16(udp + 2)) ? CLASSIFY_FRAGMENT : CLASSIFY_KERNEL;
}

static bool find_local(
	const struct classify_config *c, const uint8_t *ip, uint8_t family, struct pkt_meta *meta)
{
	struct relay_sockaddr addr = {.family = family};

	memcpy(addr.ip, ip, family == RELAY_FAMILY_IPV4 ? 4 : 16);
	meta->local_address = local_find(c->local, &addr);
	return meta->local_address != LOCAL_NONE;
}

static void set_source(struct pkt_meta *meta, const uint8_t *ip, uint8_t family)
{
	memset(&meta->source, 0, sizeof(meta->source));
	memcpy(meta->source.ip, ip, family == RELAY_FAMILY_IPV4 ? 4 : 16);
	meta->source.family = family;
}

static enum classify_result classify_ipv4(const struct classify_config *c, const uint8_t *ip,
	uint32_t len, uint32_t at, struct pkt_meta *meta)
{
	uint32_t header, total;

	if (len < HEADER_IPV4 || ip[0] >> 4 != 4)
		return CLASSIFY_MALFORMED;
	header = (ip[0] & 0x0fu) * 4;
	total = load16(ip + 2);
	if (header < HEADER_IPV4 || total < header || total > len)
		return CLASSIFY_MALFORMED;
	if (ip[9] != PROTO_UDP || !find_local(c, ip + 16, RELAY_FAMILY_IPV4, meta))
		return CLASSIFY_KERNEL;
	if (load16(ip + 6) & FRAGMENT_BITS)
		return classify_fragment(
			c, ip + header, total - header, (load16(ip + 6) & IPV4_OFFSET) == 0);
	set_source(meta, ip + 12, RELAY_FAMILY_IPV4);
	return classify_udp(c, ip + header, total - header, at + header, meta);
}

static enum classify_result classify_ipv6(const struct classify_config *c, const uint8_t *ip,
	uint32_t len, uint32_t at, struct pkt_meta *meta)
{
	uint32_t payload;

	if (len < HEADER_IPV6 || ip[0] >> 4 != 6)
		return CLASSIFY_MALFORMED;
	payload = load16(ip + 4);
	if (payload > len - HEADER_IPV6)
		return CLASSIFY_MALFORMED;
	if (!find_local(c, ip + 24, RELAY_FAMILY_IPV6, meta))
		return CLASSIFY_KERNEL;
	if (ip[6] == PROTO_FRAGMENT && payload >= FRAGMENT_LEN && ip[HEADER_IPV6] == PROTO_UDP)
		return classify_fragment(c, ip + HEADER_IPV6 + FRAGMENT_LEN, payload - FRAGMENT_LEN,
			(load16(ip + HEADER_IPV6 + 2) & IPV6_OFFSET) == 0);
	if (ip[6] != PROTO_UDP)
		return CLASSIFY_KERNEL;
	set_source(meta, ip + 8, RELAY_FAMILY_IPV6);
	return classify_udp(c, ip + HEADER_IPV6, payload, at + HEADER_IPV6, meta);
}

/* The EtherType behind the tags, and the place of what it names; 0 for a frame that ends before. */
static uint16_t skip_tags(const uint8_t *frame, uint32_t len, uint32_t *at)
{
	uint16_t type;

	*at = ETH_LEN;
	if (len < ETH_LEN)
		return 0;
	type = load16(frame + 12);
	for (uint32_t i = 0; i < VLANS_MAX && (type == TYPE_VLAN || type == TYPE_QINQ); i++) {
		if (len < *at + VLAN_LEN)
			return 0;
		type = load16(frame + *at + 2);
		*at += VLAN_LEN;
	}
	return type;
}

bool classify_is_neighbour(const uint8_t *frame, uint32_t len)
{
	uint32_t at;
	uint16_t type = skip_tags(frame, len, &at);
	const uint8_t *ip = frame + at;

	if (type == TYPE_ARP)
		return true;
	return type == TYPE_IPV6 && len > at + HEADER_IPV6 && ip[6] == PROTO_ICMPV6 &&
	       ip[HEADER_IPV6] >= ICMPV6_ND_FIRST && ip[HEADER_IPV6] <= ICMPV6_ND_LAST;
}

void classify_port_init(struct classify_port *port, const uint8_t mac[6])
{
	memset(port, 0, sizeof(*port));
	if (mac == NULL)
		return;
	memcpy(&port->mac, mac, MAC_LEN);
	memset(&port->mac_mask, 0xff, MAC_LEN);
}

void classify_port_add(struct classify_port *port, uint16_t vlan)
{
	port->vlans[vlan / 64 % (CLASSIFY_VLANS / 64)] |= UINT64_C(1) << vlan % 64;
}

void classify_port_add_all(struct classify_port *port)
{
	memset(port->vlans, 0xff, sizeof(port->vlans));
}

static bool is_mac_of(const struct classify_port *port, const uint8_t *frame)
{
	uint64_t mac;

	memcpy(&mac, frame, sizeof(mac));
	return ((mac ^ port->mac) & port->mac_mask) == 0 || (frame[0] & MAC_MANY) != 0;
}

/* 'at' is behind the tags: at most one, and of 802.1Q, whose identifier is the port's; 0 is that of
 * none. */
static bool is_vlan_of(const struct classify_port *port, const uint8_t *frame, uint32_t at)
{
	uint32_t vlan = 0;

	if (at > ETH_LEN + VLAN_LEN)
		return false;
	if (at > ETH_LEN) {
		if (load16(frame + 2 * (size_t)MAC_LEN) != TYPE_VLAN)
			return false;
		vlan = load16(frame + ETH_LEN) & (CLASSIFY_VLANS - 1);
	}
	return (port->vlans[vlan / 64] >> vlan % 64 & 1) != 0;
}

enum classify_result classify_parse(const struct classify_config *config,
	const struct classify_port *port, const uint8_t *frame, uint32_t len, struct pkt_meta *meta)
{
	uint32_t at;
	uint16_t type = skip_tags(frame, len, &at);

	if (type == 0)
		return CLASSIFY_MALFORMED;
	if (!is_mac_of(port, frame))
		return CLASSIFY_OTHER_HOST;
	if (!is_vlan_of(port, frame, at))
		return CLASSIFY_KERNEL;
	if (type == TYPE_IPV4)
		return classify_ipv4(config, frame + at, len - at, at, meta);
	if (type == TYPE_IPV6)
		return classify_ipv6(config, frame + at, len - at, at, meta);
	return CLASSIFY_KERNEL;
}

/* The headers lie before the UDP payload: where, the parse has settled. */
bool classify_checksums_right(const uint8_t *frame, const struct pkt_meta *meta)
{
	const uint8_t *udp = frame + meta->off - HEADER_UDP;
	uint32_t udp_len = meta->len + (uint32_t)HEADER_UDP;
	bool is_ipv4 = meta->source.family == RELAY_FAMILY_IPV4;
	uint64_t sum = htons(PROTO_UDP) + htons((uint16_t)udp_len);

	if (is_ipv4) {
		const uint8_t *ip = frame + ETH_LEN;

		if (load16(ip - 2) == TYPE_VLAN)
			ip += VLAN_LEN;
		if (header_fold(header_sum(ip, (ip[0] & (size_t)0x0f) * 4)) != UINT16_MAX)
			return false;
		if (header_load(udp + 6) == 0) /* RFC 768: none */
			return true;
		sum += header_sum(ip + 12, 8);
	} else {
		if (header_load(udp + 6) == 0) /* RFC 8200 8.1: must be there */
			return false;
		sum += header_sum(udp - HEADER_IPV6 + 8, 32);
	}
	return header_fold(sum + header_sum(udp, udp_len)) == UINT16_MAX;
}
