/* SPDX-License-Identifier: BSD-3-Clause */
/* mirror.h - a generator without port, and what a relay would make of its frames: for tests. */
#ifndef MIRROR_H
#define MIRROR_H

#include "presealed.h"
#include "receive.h"
#include "transmit.h"

enum { MIRROR_FRAMES = 64, MIRROR_ROOM = 2048 };

struct mirror {
	struct call_sheet *sheet;
	struct srtp_engine *engine;
	struct streams *streams;
	struct transmitter transmitter;
	struct receiver receiver;
	struct histogram latency;
	/* the relay's contexts: of each leg, what it opens and what it seals */
	struct srtp_ctx **opening, **sealing;
	uint8_t memory[MIRROR_FRAMES][MIRROR_ROOM];
	struct tx_frame frames[MIRROR_FRAMES];
};

/* From a sheet's text; all that must succeed and does not fails the test. */
void mirror_open(struct mirror *m, const char *sheet, const char *codec, unsigned directions);
void mirror_close(struct mirror *m);

/* Makes the next 'n' packets in 'frames'. */
void mirror_build(struct mirror *m, uint32_t n);

/* The UDP payload of a frame, and its length. */
uint8_t *mirror_payload(const struct tx_frame *frame, uint32_t *len);

/* Turns a frame of an echo back to where it came from, with a payload of 'len' bytes now, and
 * right checksums. */
void mirror_turn(struct tx_frame *frame, uint32_t len);

/* Does to a frame what a relay does to it. */
void mirror_relay(struct mirror *m, struct tx_frame *frame);

/* Gives 'frames' to the receiver. */
void mirror_receive(struct mirror *m, const struct tx_frame *frames, uint32_t n);

#endif
