/* SPDX-License-Identifier: BSD-3-Clause */
/* network.h - what lies between a sender and a receiver: packets come in the order in which they
 * were sent, or are lost, or come again long after, or damaged. */
#ifndef NETWORK_H
#define NETWORK_H

#include "twin.h"

enum { NETWORK_LEN = 512 }; /* packets that it remembers */

struct network_pkt {
	struct twin *twin;
	uint64_t index; /* that the sender gave it */
	enum srtp_kind kind;
	bool intact;
	uint32_t len;
	uint8_t data[TRAFFIC_LEN_MAX + ORACLE_ROOM];
};

struct network {
	struct support_rng *rng;
	struct network_pkt pool[NETWORK_LEN]; /* a ring */
	uint64_t sent;
	uint64_t delivered; /* of these, in order */
};

void network_send(struct network *net, const struct network_pkt *pkt);

/* Up to 'room' packets come out, in the order of 'out', pointing into 'pkts'. Fewer when no more
 * are on their way, none when no more were sent. */
uint32_t network_receive(
	struct network *net, uint32_t room, struct network_pkt *pkts, struct network_pkt **out);

#endif
