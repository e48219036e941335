/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <endian.h>
#include <stddef.h>

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHER_LEN = 14,
	VLAN_LEN = 4,
	IPV4_LEN = 20,
	IPV6_LEN = 40,
	UDP_LEN = 8,
	PROTO_UDP = 17,
	PROTO_ICMPV6 = 58,
	VID_MASK = 0x0fff,
	IPV4_DF = 0x4000,
	IPV4_FRAGMENT = 0x3fff, /* MF and offset */
	TTL = 64,
};

static uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static void store16(uint8_t *p, uint32_t value)
{
	uint16_t v = htobe16((uint16_t)value);

	memcpy(p, &v, sizeof(v));
}

/* In the machine's order: a sum of swapped words is the swapped sum. */
uint64_t frame_sum(const uint8_t *data, uint32_t len)
{
	uint64_t sum = 0;
	uint32_t word, at = 0;
	uint16_t half;

	for (; at + 4 <= len; at += 4) {
		memcpy(&word, data + at, 4);
		sum += word;
	}
	if (at + 2 <= len) {
		memcpy(&half, data + at, 2);
		sum += half;
		at += 2;
	}
	if (at < len) {
		half = 0;
		memcpy(&half, data + at, 1);
		sum += half;
	}
	return sum;
}

uint16_t frame_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint8_t *put_ipv4(struct frame_template *t, uint8_t *p, const struct relay_sockaddr *src,
	const struct relay_sockaddr *dst)
{
	p[0] = 0x45;
	store16(p + 6, IPV4_DF);
	p[8] = TTL;
	p[9] = PROTO_UDP;
	memcpy(p + 12, src->ip, 4);
	memcpy(p + 16, dst->ip, 4);
	t->ip_sum = frame_fold(frame_sum(p, IPV4_LEN));
	t->pseudo_sum = frame_fold(frame_sum(p + 12, 8));
	return p + IPV4_LEN;
}

static uint8_t *put_ipv6(struct frame_template *t, uint8_t *p, const struct relay_sockaddr *src,
	const struct relay_sockaddr *dst)
{
	p[0] = 0x60;
	p[6] = PROTO_UDP;
	p[7] = TTL;
	memcpy(p + 8, src->ip, 16);
	memcpy(p + 24, dst->ip, 16);
	t->pseudo_sum = frame_fold(frame_sum(p + 8, 32));
	return p + IPV6_LEN;
}

void frame_template_init(struct frame_template *t, const struct frame_link *link,
	const struct relay_sockaddr *src, const struct relay_sockaddr *dst)
{
	uint8_t *p = t->bytes;

	memset(t, 0, sizeof(*t));
	t->ipv6 = src->family == RELAY_FAMILY_IPV6;
	t->offload = link->offload;
	memcpy(p, link->dst, FRAME_MAC);
	memcpy(p + FRAME_MAC, link->src, FRAME_MAC);
	p += (size_t)2 * FRAME_MAC;
	if (link->vlan != FRAME_NO_VLAN) {
		store16(p, ETHERTYPE_VLAN);
		store16(p + 2, link->vlan);
		p += VLAN_LEN;
	}
	store16(p, t->ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	p += 2;
	t->l2_len = (uint8_t)(p - t->bytes);
	p = t->ipv6 ? put_ipv6(t, p, src, dst) : put_ipv4(t, p, src, dst);
	store16(p, src->port);
	store16(p + 2, dst->port);
	t->pseudo_sum = frame_fold((uint64_t)t->pseudo_sum + htobe16(PROTO_UDP));
	t->udp_sum = frame_fold(t->pseudo_sum + frame_sum(p, 4));
	t->len = (uint8_t)(p + UDP_LEN - t->bytes);
}

void frame_template_next_ports(struct frame_template *t)
{
	uint8_t *udp = t->bytes + t->len - UDP_LEN;

	store16(udp, load16(udp) + 1u);
	store16(udp + 2, load16(udp + 2) + 1u);
	t->udp_sum = frame_fold(t->pseudo_sum + frame_sum(udp, 4));
}

static uint16_t udp_checksum(const struct frame_template *t, const uint8_t *udp, uint32_t udp_len)
{
	uint64_t len = htobe16((uint16_t)udp_len), sum;
	uint16_t folded;

	if ((t->offload & FRAME_OFFLOAD_UDP) != 0)
		return frame_fold(t->pseudo_sum + len); /* the port adds header and payload */
	/* the length stands in pseudo-header and header */
	sum = t->udp_sum + 2 * len + frame_sum(udp + UDP_LEN, udp_len - UDP_LEN);
	folded = (uint16_t)~frame_fold(sum);
	return folded != 0 ? folded : 0xffff;
}

uint32_t frame_finish(const struct frame_template *t, uint8_t *frame, uint32_t len)
{
	uint8_t *ip = frame + t->l2_len, *udp = frame + t->len - UDP_LEN;
	uint32_t udp_len = UDP_LEN + len;
	uint16_t sum;

	memcpy(frame, t->bytes, t->len);
	if (t->ipv6) {
		store16(ip + 4, udp_len);
	} else {
		store16(ip + 2, IPV4_LEN + udp_len);
		sum = (uint16_t)~frame_fold(
			(uint64_t)t->ip_sum + htobe16((uint16_t)(IPV4_LEN + udp_len)));
		if ((t->offload & FRAME_OFFLOAD_IP) == 0)
			memcpy(ip + 10, &sum, 2);
	}
	store16(udp + 4, udp_len);
	sum = udp_checksum(t, udp, udp_len);
	memcpy(udp + 6, &sum, 2);
	return t->len + len;
}

/* Addresses are written in the words in which they are compared soon after: a load that has to be
 * put together from several stores waits for them, some 40 cycles a packet. */
static void set_ipv4(struct relay_sockaddr *addr, const uint8_t *ip)
{
	uint64_t words[2] = {0, 0};

	memcpy(words, ip, 4);
	memcpy(addr->ip, words, sizeof(words));
}

static void set_port(struct relay_sockaddr *addr, uint8_t family, const uint8_t *port)
{
	uint32_t word = htole32((uint32_t)load16(port) | (uint32_t)family << 16);

	_Static_assert(offsetof(struct relay_sockaddr, family) ==
			       offsetof(struct relay_sockaddr, port) + 2,
		"port, family and zero are one word");
	memcpy((uint8_t *)addr + offsetof(struct relay_sockaddr, port), &word, sizeof(word));
}

/* 'ip' has 'len' bytes. Places of UDP and its room in the IP packet, or false. */
static bool parse_ipv4(uint8_t *ip, uint32_t len, bool check_ip, struct frame_view *view)
{
	uint32_t header, total;

	if (len < IPV4_LEN || ip[0] >> 4 != 4)
		return false;
	header = 4u * (ip[0] & 0x0f);
	total = load16(ip + 2);
	if (header < IPV4_LEN || total < header || total > len)
		return false;
	if (ip[9] != PROTO_UDP || (load16(ip + 6) & IPV4_FRAGMENT) != 0)
		return false;
	view->ip_bad = check_ip && frame_fold(frame_sum(ip, header)) != 0xffff;
	set_ipv4(&view->src, ip + 12);
	set_ipv4(&view->dst, ip + 16);
	view->payload = ip + header;
	view->payload_len = total - header;
	return true;
}

/* Extension headers are not ours to send, so not to receive. */
static bool parse_ipv6(uint8_t *ip, uint32_t len, struct frame_view *view)
{
	uint32_t payload;

	if (len < IPV6_LEN || ip[0] >> 4 != 6)
		return false;
	payload = load16(ip + 4);
	if (payload > len - IPV6_LEN)
		return false;
	memcpy(view->src.ip, ip + 8, 16);
	memcpy(view->dst.ip, ip + 24, 16);
	view->payload = ip + IPV6_LEN;
	view->payload_len = payload;
	if (ip[6] == PROTO_ICMPV6)
		view->kind = FRAME_NEIGHBOUR;
	return ip[6] == PROTO_UDP;
}

static void parse_udp(uint8_t family, struct frame_view *view)
{
	uint8_t *udp = view->payload;
	uint32_t len;

	if (view->payload_len < UDP_LEN)
		return;
	len = load16(udp + 4);
	if (len < UDP_LEN || len > view->payload_len)
		return;
	set_port(&view->src, family, udp);
	set_port(&view->dst, family, udp + 2);
	view->payload = udp + UDP_LEN;
	view->payload_len = len - UDP_LEN;
	view->kind = FRAME_UDP;
}

void frame_parse(
	uint8_t *frame, uint32_t len, uint16_t vlan, bool check_ip, struct frame_view *view)
{
	uint32_t l3 = ETHER_LEN;
	uint16_t type;

	view->kind = FRAME_FOREIGN;
	view->ip_bad = false;
	if (vlan != FRAME_NO_VLAN)
		l3 += VLAN_LEN;
	if (len < l3)
		return;
	if (vlan != FRAME_NO_VLAN && (load16(frame + ETHER_LEN - 2) != ETHERTYPE_VLAN ||
					     (load16(frame + ETHER_LEN) & VID_MASK) != vlan))
		return;
	type = load16(frame + l3 - 2);
	view->l3_off = (uint16_t)l3;
	if (type == ETHERTYPE_ARP)
		view->kind = FRAME_ARP;
	else if (type == ETHERTYPE_IPV4 && parse_ipv4(frame + l3, len - l3, check_ip, view))
		parse_udp(RELAY_FAMILY_IPV4, view);
	else if (type == ETHERTYPE_IPV6 && parse_ipv6(frame + l3, len - l3, view))
		parse_udp(RELAY_FAMILY_IPV6, view);
}

bool frame_udp_checksum_good(const struct frame_view *view)
{
	const uint8_t *udp = view->payload - UDP_LEN;
	uint32_t udp_len = view->payload_len + UDP_LEN;
	uint64_t sum = frame_sum(view->src.ip, 16) + frame_sum(view->dst.ip, 16);

	if (udp[6] == 0 && udp[7] == 0)
		return view->src.family == RELAY_FAMILY_IPV4;
	sum += (uint64_t)htobe16(PROTO_UDP) + htobe16((uint16_t)udp_len);
	return frame_fold(sum + frame_sum(udp, udp_len)) == 0xffff;
}
