/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.h - Ethernet, VLAN, IP and UDP around a packet: built from a template, and taken apart.
 *
 * Invariant: no byte at or past 'len' is read; a view's payload lies within the frame.
 * Threads:   pure.
 * Ownership: the caller's frames.
 * Units:     bytes; ports and VLAN in host order.
 * Errors:    frame_parse says FRAME_FOREIGN for what is no UDP datagram of ours, and for one whose
 *            lengths contradict each other.
 * Cost:      hot: parse and finish; a checksum reads the payload once.
 */
#ifndef FRAME_H
#define FRAME_H

#include "relay_address.h"

enum {
	FRAME_MAC = 6,
	FRAME_HEADER_MAX = 14 + 4 + 40 + 8,
	FRAME_NO_VLAN = 0,
	FRAME_OFFLOAD_IP = 1,  /* the port fills in IPv4's checksum */
	FRAME_OFFLOAD_UDP = 2, /* the same for UDP: the pseudo-header's is there for it */
};

struct frame_link {
	uint8_t src[FRAME_MAC], dst[FRAME_MAC];
	uint16_t vlan; /* FRAME_NO_VLAN: untagged */
	uint8_t offload;
};

struct frame_template {
	uint32_t ip_sum;     /* sums of what doesn't change: the header, */
	uint32_t pseudo_sum; /* the pseudo-header, */
	uint32_t udp_sum;    /* the same with the ports */
	uint8_t len, l2_len;
	bool ipv6;
	uint8_t offload;
	uint8_t bytes[FRAME_HEADER_MAX];
};

/* 'src' and 'dst' of one family. */
void frame_template_init(struct frame_template *t, const struct frame_link *link,
	const struct relay_sockaddr *src, const struct relay_sockaddr *dst);

/* The same with the next higher ports: RTCP's. */
void frame_template_next_ports(struct frame_template *t);

/* Headers to the start of 'frame', whose payload of 'len' bytes is there; the frame's length. */
uint32_t frame_finish(const struct frame_template *t, uint8_t *frame, uint32_t len);

enum frame_kind { FRAME_FOREIGN, FRAME_UDP, FRAME_ARP, FRAME_NEIGHBOUR };

struct frame_view {
	struct relay_sockaddr src, dst;
	uint8_t *payload;
	uint32_t payload_len;
	uint16_t l3_off;
	uint8_t kind; /* enum frame_kind */
	bool ip_bad;  /* IPv4's header checksum; left false if 'check_ip' was */
};

void frame_parse(
	uint8_t *frame, uint32_t len, uint16_t vlan, bool check_ip, struct frame_view *view);

/* Of a view that is FRAME_UDP. A zero in IPv4 means none was made; in IPv6 it is wrong. */
bool frame_udp_checksum_good(const struct frame_view *view);

/* One's complement sum, not folded. */
uint64_t frame_sum(const uint8_t *data, uint32_t len);
uint16_t frame_fold(uint64_t sum);

#endif
