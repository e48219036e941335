/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic.h"

#include "rtp_header.h"

enum {
	PAYLOAD_MAX = 1400,
	EXTENSION_WORDS_MAX = 128,
	TRAILER_MAX = 16 + 4 + 4,
	SEQ_HALF = 0x8000,
};

_Static_assert(RTP_HEADER_MIN + 15 * 4 + 4 + 4 * EXTENSION_WORDS_MAX + PAYLOAD_MAX + TRAILER_MAX <=
		       TRAFFIC_LEN_MAX,
	"the longest packet fits");

static void store16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void store32(uint8_t *p, uint32_t v)
{
	store16(p, (uint16_t)(v >> 16));
	store16(p + 2, (uint16_t)v);
}

static uint32_t between(struct support_rng *rng, uint32_t first, uint32_t last)
{
	return first + support_below(rng, last - first + 1);
}

uint64_t traffic_index(uint64_t top, uint16_t seq)
{
	int64_t distance = (int16_t)(uint16_t)(seq - (uint16_t)top);
	int64_t index = (int64_t)top + distance;

	/* half a cycle away in either direction, or before the first packet: no other ROC */
	if (distance == -SEQ_HALF || index < 0)
		return (top & ~UINT64_C(0xffff)) | seq;
	return (uint64_t)index;
}

uint16_t traffic_first_seq(struct support_rng *rng)
{
	switch (support_below(rng, 4)) {
	case 0:
		return (uint16_t)between(rng, 65400, 65535);
	case 1:
		return (uint16_t)between(rng, SEQ_HALF - 100, SEQ_HALF + 2);
	case 2:
		return (uint16_t)between(rng, 0, 3);
	default:
		return (uint16_t)support_random(rng);
	}
}

/* Far enough for a step back or half a cycle to be taken for another ROC. */
static uint32_t wild_step(struct support_rng *rng)
{
	switch (support_below(rng, 5)) {
	case 0:
		return between(rng, 40000, 65000);
	case 1:
		return between(rng, SEQ_HALF - 2, SEQ_HALF + 2);
	case 2:
		return 0 - between(rng, 1, 3000);
	default:
		return between(rng, 20000, SEQ_HALF - 1);
	}
}

static uint32_t step(struct support_rng *rng, const struct traffic_pace *pace)
{
	if (pace->wild && support_chance(rng, 80))
		return wild_step(rng);
	switch (support_below(rng, 64)) {
	case 0:
		return 0;
	case 1:
		return between(rng, 2, pace->window);
	case 2:
		return between(rng, pace->window - 2, pace->window + 2);
	case 3:
		return 0 - between(rng, pace->window - 2, pace->window + 2);
	case 4:
	case 5:
		return 0 - between(rng, 1, 64);
	case 6:
	case 7:
		return between(rng, 2, 8);
	default:
		return 1;
	}
}

uint16_t traffic_next_seq(struct support_rng *rng, const struct traffic_pace *pace, uint64_t top)
{
	uint16_t seq = (uint16_t)(top + step(rng, pace));

	return traffic_index(top, seq) < pace->floor ? (uint16_t)(top + 1) : seq;
}

static uint32_t payload_len(struct support_rng *rng)
{
	return support_chance(rng, 250) ? support_below(rng, 40)
					: support_below(rng, PAYLOAD_MAX + 1);
}

uint32_t traffic_make_rtp(struct support_rng *rng, uint32_t ssrc, uint16_t seq, uint8_t *packet)
{
	uint32_t n_csrc = support_chance(rng, 250) ? between(rng, 1, 15) : 0;
	bool extension = support_chance(rng, 200);
	uint32_t header_len = RTP_HEADER_MIN + 4 * n_csrc;
	uint32_t words = support_below(rng, support_chance(rng, 100) ? EXTENSION_WORDS_MAX + 1 : 5);
	uint32_t len = header_len + (extension ? 4 + 4 * words : 0) + payload_len(rng);

	support_fill(rng, packet, len); /* marker, type, timestamp and the bodies of all parts */
	packet[0] = (uint8_t)(0x80 | (support_chance(rng, 100) ? 0x20 : 0) |
			      (extension ? 0x10 : 0) | n_csrc);
	store16(packet + 2, seq);
	store32(packet + 8, ssrc);
	if (extension)
		store16(packet + header_len + 2, (uint16_t)words);
	return len;
}

uint32_t traffic_make_rtcp(struct support_rng *rng, uint32_t ssrc, uint8_t *packet)
{
	uint32_t len = RTCP_HEADER_LEN + payload_len(rng);

	support_fill(rng, packet, len);
	packet[0] = (uint8_t)(0x80 | (packet[0] & 0x3f));
	packet[1] = (uint8_t)between(rng, 200, 206);
	store32(packet + 4, ssrc);
	return len;
}

static void flip_bit(struct support_rng *rng, uint8_t *packet, uint32_t first, uint32_t last)
{
	packet[between(rng, first, last)] ^= (uint8_t)(1u << support_below(rng, 8));
}

uint32_t traffic_damage(struct support_rng *rng, enum srtp_kind kind, uint32_t trailer,
	uint8_t *packet, uint32_t len)
{
	uint32_t header = kind == SRTP_RTP ? RTP_HEADER_MIN : RTCP_HEADER_LEN;

	switch (support_below(rng, 8)) {
	case 0:
		return support_below(rng, len);
	case 1:
		return len - between(rng, 1, trailer + 4);
	case 2:
		return support_below(rng, header + trailer + 1) % len;
	case 3:
		flip_bit(rng, packet, 0, 0); /* version, padding, extension, CSRC count */
		break;
	case 4:
		flip_bit(rng, packet, 1, header - 1);
		break;
	case 5:
		flip_bit(rng, packet, 0, len - 1);
		break;
	case 6:
		flip_bit(rng, packet, len - trailer, len - 1);
		break;
	default: /* among the first of the trailer's bits is AEAD's tag, or the E bit */
		packet[len - trailer + (kind == SRTP_RTCP && trailer >= 20 ? 16 : 0)] ^= 0x80;
		break;
	}
	return len;
}
