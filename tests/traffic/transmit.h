/* SPDX-License-Identifier: BSD-3-Clause */
/* transmit.h - makes the next packets: stream after stream, sealed, ready for the wire.
 *
 * Invariant: the order is that of the streams, 'turn' packets of each; so packet n of stream i is
 *            the (n * streams + i)-th made if turn is 1.
 * Threads:   one at a time, with the engine.
 * Ownership: streams and engine are the caller's.
 * Units:     lengths in bytes; time in TSC cycles.
 * Errors:    build returns fewer than asked for if a packet could not be sealed; 'failure' says
 * why. Cost:      hot: bursts of up to 64.
 */
#ifndef TRANSMIT_H
#define TRANSMIT_H

#include "codec.h"
#include "srtp_burst.h"
#include "stream.h"

enum {
	TRANSMIT_BURST = 64,
	TRANSMIT_TRAILER_MAX = 32,
	TRANSMIT_FRAME_MAX = FRAME_HEADER_MAX + 12 + CODEC_PAYLOAD_MAX + TRANSMIT_TRAILER_MAX,
};

struct tx_frame {
	uint8_t *data;
	uint32_t room; /* at least TRANSMIT_FRAME_MAX, or less by what the payloads are shorter */
	uint32_t len;  /* out */
};

struct transmitter {
	struct streams *streams;
	struct srtp_engine *engine;
	struct codec_choice codec;
	uint32_t turn;
	uint32_t cursor, in_turn;
	uint32_t rtcp_cursor;
	enum srtp_status failure;
};

/* The longest frame of this choice. */
uint32_t transmit_frame_max(const struct transmitter *t);

/* 'n' is at most TRANSMIT_BURST. */
uint32_t transmit_build(struct transmitter *t, struct tx_frame *frames, uint32_t n, uint64_t tsc);

/* A sender report of the next stream; false as above. */
bool transmit_build_report(struct transmitter *t, struct tx_frame *frame, uint64_t tsc);

#endif
