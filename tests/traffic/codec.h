/* SPDX-License-Identifier: BSD-3-Clause */
/* codec.h - what the packets of a stream are like: sizes, timestamps, frames.
 *
 * Invariant: packet n of stream 'id' is the same whoever asks, so that the receiver knows what
 *            the sender made.
 * Threads:   pure.
 * Ownership: static table.
 * Units:     payload in bytes, timestamps in ticks of the codec's RTP clock.
 * Errors:    codec_find: NULL.
 * Cost:      hot: inline; divisions by constants.
 */
#ifndef CODEC_H
#define CODEC_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CODEC_PAYLOAD_MIN = 20, /* what payload.h needs */
	CODEC_PAYLOAD_MAX = 1400,
	CODEC_VIDEO_PACKETS = 6, /* a frame: 6250 bytes, 1.5 Mb/s at 30 frames a second */
	CODEC_VIDEO_FULL = 1200,
	CODEC_VIDEO_LAST = 250,
};

enum codec_kind { CODEC_G711, CODEC_OPUS, CODEC_VIDEO };

struct codec {
	const char *name;
	enum codec_kind kind;
	uint32_t frame_us;      /* time between frames */
	uint32_t frame_packets; /* sent one after the other, with one timestamp */
	uint32_t frame_ticks;
	uint32_t payload_max;
};

/* A choice: a codec, and a payload that overrides its own; 0: none. */
struct codec_choice {
	const struct codec *codec;
	uint32_t payload;
};

struct codec_packet {
	uint32_t payload_len;
	uint32_t ticks; /* since the stream's first packet, modulo 2^32 */
	bool marker;
};

const struct codec *codec_find(const char *name);

static inline uint32_t codec_mix(uint64_t x)
{
	x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(x >> 32);
}

static inline struct codec_packet codec_packet(struct codec_choice choice, uint32_t id, uint64_t n)
{
	struct codec_packet packet = {.payload_len = 160};
	uint32_t in_frame;

	switch (choice.codec->kind) {
	case CODEC_G711:
		packet.ticks = (uint32_t)(n * 160);
		packet.marker = n == 0;
		break;
	case CODEC_OPUS:
		packet.payload_len = 40 + codec_mix((uint64_t)id << 40 ^ n) % 81;
		packet.ticks = (uint32_t)(n * 960);
		packet.marker = n == 0;
		break;
	case CODEC_VIDEO:
		in_frame = (uint32_t)(n % CODEC_VIDEO_PACKETS);
		packet.marker = in_frame == CODEC_VIDEO_PACKETS - 1;
		packet.payload_len = packet.marker ? CODEC_VIDEO_LAST : CODEC_VIDEO_FULL;
		packet.ticks = (uint32_t)(n / CODEC_VIDEO_PACKETS * 3000);
		break;
	}
	if (choice.payload != 0)
		packet.payload_len = choice.payload;
	return packet;
}

#endif
