/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig_frame.h"

#include "support.h"

const uint8_t rig_frame_mac[6] = {2, 0, 0, 0, 0, 1};

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

struct relay_sockaddr rig_frame_ipv4(uint8_t last, uint16_t port)
{
	return (struct relay_sockaddr){
		.ip = {192, 0, 2, last}, .port = port, .family = RELAY_FAMILY_IPV4};
}

struct relay_sockaddr rig_frame_ipv6(uint8_t last, uint16_t port)
{
	return (struct relay_sockaddr){.ip = {0x20, 1, 0x0d, 0xb8, [15] = last},
		.port = port,
		.family = RELAY_FAMILY_IPV6};
}

/* RFC 1071, octet by octet, not complemented. */
static uint32_t add(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint32_t ip_bytes(const struct relay_sockaddr *a)
{
	return a->family == RELAY_FAMILY_IPV4 ? 4 : 16;
}

static uint32_t pseudo(
	const struct relay_sockaddr *from, const struct relay_sockaddr *to, uint32_t udp_len)
{
	const uint8_t tail[4] = {0, 17, (uint8_t)(udp_len >> 8), (uint8_t)udp_len};
	uint32_t sum = add(0, from->ip, ip_bytes(from));

	return add(add(sum, to->ip, ip_bytes(to)), tail, sizeof(tail));
}

static uint8_t *put_ip(uint8_t *p, const struct rig_frame *f)
{
	if (f->from.family == RELAY_FAMILY_IPV4) {
		memset(p, 0, 20);
		p[0] = 0x45;
		put16(p + 2, 28 + f->len);
		p[8] = 61;
		p[9] = 17;
		memcpy(p + 12, f->from.ip, 4);
		memcpy(p + 16, f->to.ip, 4);
		put16(p + 10, ~add(0, p, 20));
		return p + 20;
	}
	memset(p, 0, 8);
	p[0] = 0x60;
	put16(p + 4, 8 + f->len);
	p[6] = 17;
	p[7] = 61;
	memcpy(p + 8, f->from.ip, 16);
	memcpy(p + 24, f->to.ip, 16);
	return p + 40;
}

uint32_t rig_frame_build(uint8_t *out, const struct rig_frame *f)
{
	static const uint8_t theirs[6] = {2, 0, 0, 0, 0, 99};
	uint8_t *p = out + 12;
	uint32_t sum;

	memcpy(out, rig_frame_mac, sizeof(rig_frame_mac));
	memcpy(out + 6, theirs, sizeof(theirs));
	if (f->vlan != 0) {
		put16(p, 0x8100);
		put16(p + 2, f->vlan);
		p += 4;
	}
	put16(p, f->from.family == RELAY_FAMILY_IPV4 ? 0x0800 : 0x86dd);
	p = put_ip(p + 2, f);
	put16(p, f->from.port);
	put16(p + 2, f->to.port);
	put16(p + 4, 8 + f->len);
	put16(p + 6, 0);
	memcpy(p + 8, f->payload, f->len);
	sum = ~add(pseudo(&f->from, &f->to, 8 + f->len), p, 8 + f->len) & 0xffff;
	if (!f->no_checksum)
		put16(p + 6, sum == 0 ? 0xffff : sum);
	return (uint32_t)(p + 8 + f->len - out);
}

static const uint8_t *parse_ipv4(
	const uint8_t *p, uint32_t len, bool checksums, struct rig_frame_seen *seen)
{
	assert_true(len >= 28);
	assert_int_equal(p[0], 0x45);
	assert_int_equal(get16(p + 2), len);
	assert_int_equal(get16(p + 6), 0x4000); /* whole, and DF */
	assert_int_equal(p[9], 17);
	if (checksums)
		assert_int_equal(add(0, p, 20), 0xffff);
	seen->dscp = p[1] >> 2;
	assert_int_equal(p[1] & 3, 0);
	seen->ttl = p[8];
	seen->from.family = seen->to.family = RELAY_FAMILY_IPV4;
	memcpy(seen->from.ip, p + 12, 4);
	memcpy(seen->to.ip, p + 16, 4);
	return p + 20;
}

static const uint8_t *parse_ipv6(const uint8_t *p, uint32_t len, struct rig_frame_seen *seen)
{
	assert_true(len >= 48);
	assert_int_equal(p[0] >> 4, 6);
	assert_int_equal(get16(p + 4), len - 40);
	assert_int_equal(p[6], 17);
	seen->dscp = (uint8_t)(get16(p) >> 6 & 63);
	seen->ttl = p[7];
	seen->from.family = seen->to.family = RELAY_FAMILY_IPV6;
	memcpy(seen->from.ip, p + 8, 16);
	memcpy(seen->to.ip, p + 24, 16);
	return p + 40;
}

void rig_frame_parse(
	const uint8_t *frame, uint32_t len, bool checksums, struct rig_frame_seen *seen)
{
	const uint8_t *p = frame + 12, *udp;
	uint32_t type, udp_len;

	memset(seen, 0, sizeof(*seen));
	assert_true(len >= 18);
	memcpy(seen->mac, frame, 6);
	if (get16(p) == 0x8100) {
		seen->vlan = (uint16_t)get16(p + 2);
		p += 4;
	}
	type = get16(p);
	p += 2;
	if (type == 0x0800)
		udp = parse_ipv4(p, (uint32_t)(frame + len - p), checksums, seen);
	else
		udp = parse_ipv6(p, (uint32_t)(frame + len - p), seen);
	assert_true(type == 0x0800 || type == 0x86dd);
	udp_len = (uint32_t)(frame + len - udp);
	assert_int_equal(get16(udp + 4), udp_len);
	seen->from.port = (uint16_t)get16(udp);
	seen->to.port = (uint16_t)get16(udp + 2);
	seen->udp_checksum = (uint16_t)get16(udp + 6);
	seen->payload = udp + 8;
	seen->len = udp_len - 8;
	if (checksums) {
		assert_int_not_equal(seen->udp_checksum, 0);
		assert_int_equal(
			add(pseudo(&seen->from, &seen->to, udp_len), udp, udp_len), 0xffff);
	}
}

uint16_t rig_frame_pseudo(const struct rig_frame_seen *seen)
{
	return (uint16_t)pseudo(&seen->from, &seen->to, seen->len + 8);
}

void rig_frame_rtp(uint8_t *out, uint32_t len, uint32_t ssrc, uint16_t seq)
{
	assert_true(len >= 12);
	out[0] = 0x80;
	out[1] = 96;
	put16(out + 2, seq);
	put32(out + 4, seq * 160u);
	put32(out + 8, ssrc);
	for (uint32_t i = 12; i < len; i++)
		out[i] = (uint8_t)(seq + i);
}

void rig_frame_rtcp(uint8_t *out, uint32_t len, uint32_t ssrc)
{
	assert_true(len >= 8 && len % 4 == 0);
	out[0] = 0x80;
	out[1] = 201;
	put16(out + 2, len / 4 - 1);
	put32(out + 4, ssrc);
	for (uint32_t i = 8; i < len; i++)
		out[i] = (uint8_t)i;
}

void rig_frame_stun(uint8_t *out)
{
	static const uint8_t request[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 'i', 'd'};

	memcpy(out, request, sizeof(request));
}

void rig_frame_arp(uint8_t *out)
{
	static const uint8_t request[42] = {
		255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 99, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

	memcpy(out, request, sizeof(request));
}
