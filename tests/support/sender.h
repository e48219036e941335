/* SPDX-License-Identifier: BSD-3-Clause */
/* sender.h - what the sender of a twin says next. The packets are plain as yet. */
#ifndef SENDER_H
#define SENDER_H

#include "network.h"

/* One of the streams that live; one that has ended gives way to a new SSRC. */
struct twin_stream *sender_pick(struct support_rng *rng, struct twin *t);

void sender_rtp(struct support_rng *rng, struct twin *t, struct twin_stream *stream, uint16_t seq,
	struct network_pkt *pkt);
void sender_rtcp(struct support_rng *rng, struct twin *t, struct twin_stream *stream,
	struct network_pkt *pkt);

/* Of either kind, with the sequence number at the sender's pace. */
void sender_any(struct support_rng *rng, struct twin *t, struct twin_stream *stream,
	struct network_pkt *pkt);

#endif
