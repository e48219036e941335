/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <stdlib.h>

const uint8_t frames_mac[6] = {2, 0, 0, 0, 0, 1};

static void store16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

uint16_t frames_sum(uint16_t sum, const uint8_t *p, uint32_t len)
{
	uint32_t s = sum;

	for (uint32_t i = 0; i < len; i++) {
		s += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		s = (s & 0xffff) + (s >> 16);
	}
	return (uint16_t)s;
}

uint16_t frames_udp_sum(const uint8_t *ip, const uint8_t *udp, uint32_t udp_len)
{
	const uint8_t tail[4] = {0, FRAMES_UDP, (uint8_t)(udp_len >> 8), (uint8_t)udp_len};
	uint16_t sum = ip[0] >> 4 == 4 ? frames_sum(0, ip + 12, 8) : frames_sum(0, ip + 8, 32);

	return frames_sum(frames_sum(sum, tail, sizeof(tail)), udp, udp_len);
}

static uint8_t *put_ethernet(const struct frames_spec *s, uint8_t *p)
{
	static const uint8_t theirs[6] = {2, 0, 0, 0, 0, 2};

	memcpy(p, frames_mac, sizeof(frames_mac));
	memcpy(p + 6, theirs, sizeof(theirs));
	p += 12;
	for (uint32_t i = 0; i < FRAMES_TAGS_MAX && s->tags[i] != 0; i++, p += 4) {
		store16(p, s->tags[i]);
		store16(p + 2, FRAMES_TAG + i);
	}
	store16(p, s->type != 0 ? s->type : s->from.family == RELAY_FAMILY_IPV4 ? 0x0800 : 0x86dd);
	return p + 2;
}

/* 'udp_len' bytes will follow. Returns where. */
static uint8_t *put_ipv4(const struct frames_spec *s, uint8_t *ip, uint32_t udp_len)
{
	uint32_t header = 20 + s->options;

	memset(ip, 1, header); /* options: no operation */
	memset(ip, 0, 20);
	ip[0] = (uint8_t)(0x40 | header / 4);
	store16(ip + 2, (uint32_t)((int32_t)(header + udp_len) + s->ip_lie));
	store16(ip + 4, 0x1234);
	store16(ip + 6, s->fragment);
	ip[8] = 64;
	ip[9] = s->proto != 0 ? s->proto : FRAMES_UDP;
	memcpy(ip + 12, s->from.ip, 4);
	memcpy(ip + 16, s->to.ip, 4);
	store16(ip + 10, (uint16_t)~frames_sum(0, ip, header));
	return ip + header;
}

static uint8_t *put_ipv6(const struct frames_spec *s, uint8_t *ip, uint32_t udp_len)
{
	uint8_t proto = s->proto != 0 ? s->proto : FRAMES_UDP;
	uint32_t extension = s->extended ? 8 : 0;

	memset(ip, 0, 40 + extension);
	ip[0] = 0x60;
	store16(ip + 4, (uint32_t)((int32_t)(extension + udp_len) + s->ip_lie));
	ip[6] = s->extended ? s->extension : proto;
	ip[7] = 64;
	memcpy(ip + 8, s->from.ip, 16);
	memcpy(ip + 24, s->to.ip, 16);
	if (s->extended) {
		ip[40] = proto;
		store16(ip + 42, s->fragment);
	}
	return ip + 40 + extension;
}

uint32_t frames_build(const struct frames_spec *s, uint8_t frame[FRAMES_ROOM])
{
	uint32_t udp_len = 8 + s->payload_len;
	uint8_t *ip = put_ethernet(s, frame);
	uint8_t *udp;
	uint16_t sum;

	if (14 + 4 * FRAMES_TAGS_MAX + 80 + udp_len + s->padding > FRAMES_ROOM || s->options > 40)
		abort();
	udp = s->from.family == RELAY_FAMILY_IPV4 ? put_ipv4(s, ip, udp_len)
						  : put_ipv6(s, ip, udp_len);
	store16(udp, s->from.port);
	store16(udp + 2, s->to.port);
	store16(udp + 4, (uint32_t)((int32_t)udp_len + s->udp_lie));
	store16(udp + 6, 0);
	if (s->payload_len > 0)
		memcpy(udp + 8, s->payload, s->payload_len);
	sum = (uint16_t)~frames_udp_sum(ip, udp, udp_len);
	if (!s->no_udp_checksum)
		store16(udp + 6, sum == 0 ? 0xffffu : sum);
	memset(udp + udp_len, 0xee, s->padding);
	return (uint32_t)(udp - frame) + udp_len + s->padding;
}
