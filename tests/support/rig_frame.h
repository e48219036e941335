/* SPDX-License-Identifier: BSD-3-Clause */
/* rig_frame.h - Ethernet frames for tests, made and taken apart octet by octet: nothing of the data
 * plane's code is in here. */
#ifndef RIG_FRAME_H
#define RIG_FRAME_H

#include "relay_address.h"

enum { RIG_FRAME_MAX = 2000 };

extern const uint8_t rig_frame_mac[6]; /* whom frames are for */

/* UDP from one address to another, with right lengths and checksums. */
struct rig_frame {
	struct relay_sockaddr from, to;
	const uint8_t *payload;
	uint32_t len;
	uint16_t vlan;    /* 0: no tag */
	bool no_checksum; /* UDP's is 0 */
};

/* Of what a frame that was sent says. */
struct rig_frame_seen {
	struct relay_sockaddr from, to;
	uint8_t mac[6]; /* destination */
	uint16_t vlan;
	uint8_t dscp, ttl;
	uint16_t udp_checksum;
	const uint8_t *payload;
	uint32_t len;
};

struct relay_sockaddr rig_frame_ipv4(uint8_t last, uint16_t port); /* 192.0.2.last */
struct relay_sockaddr rig_frame_ipv6(uint8_t last, uint16_t port); /* 2001:db8::last */

/* The length; 'out' has RIG_FRAME_MAX. */
uint32_t rig_frame_build(uint8_t *out, const struct rig_frame *f);

/* Aborts the test for a frame that is no UDP datagram, whole and without one octet more; with
 * 'checksums' also when one of them is wrong. */
void rig_frame_parse(
	const uint8_t *frame, uint32_t len, bool checksums, struct rig_frame_seen *seen);

/* The folded sum that a NIC wants to find in the UDP checksum's place. */
uint16_t rig_frame_pseudo(const struct rig_frame_seen *seen);

/* An RTP packet with 'len' octets in all; payload octets follow from 'seq'. */
void rig_frame_rtp(uint8_t *out, uint32_t len, uint32_t ssrc, uint16_t seq);

/* A receiver report without blocks, in an SDES-less compound of 'len' octets (a multiple of 4). */
void rig_frame_rtcp(uint8_t *out, uint32_t len, uint32_t ssrc);

/* A STUN binding request of 20 octets. */
void rig_frame_stun(uint8_t *out);

/* An ARP request of 42 octets. */
void rig_frame_arp(uint8_t *out);

#endif
