/* SPDX-License-Identifier: BSD-3-Clause */
/* traffic.h - random RTP and RTCP packets, the sequence numbers that a sender gives them, and
 * what a network does to them on the way. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "backend.h"
#include "support.h"

/* No packet is longer, so that no damaged header is: libsrtp on NSS takes 2048 bytes of AAD. */
enum { TRAFFIC_LEN_MAX = 2048 };

/* How a sender numbers its packets. */
struct traffic_pace {
	uint32_t window; /* of the receiver: some steps end at its edge */
	uint64_t floor;  /* no index below this */
	bool wild;       /* with steps of thousands, also back */
};

uint16_t traffic_first_seq(struct support_rng *rng);
uint16_t traffic_next_seq(struct support_rng *rng, const struct traffic_pace *pace, uint64_t top);

/* The index that 'seq' means after 'top' (RFC 3711 3.3.1), by signed distance. */
uint64_t traffic_index(uint64_t top, uint16_t seq);

/* Makes a packet with room for TRAFFIC_LEN_MAX bytes; returns its length. */
uint32_t traffic_make_rtp(struct support_rng *rng, uint32_t ssrc, uint16_t seq, uint8_t *packet);
uint32_t traffic_make_rtcp(struct support_rng *rng, uint32_t ssrc, uint8_t *packet);

/* Flips bits of a protected packet or cuts it short; returns the new length. 'trailer' is what
 * protection has added at the end. The packet is not what it was. */
uint32_t traffic_damage(struct support_rng *rng, enum srtp_kind kind, uint32_t trailer,
	uint8_t *packet, uint32_t len);

#endif
