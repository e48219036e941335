/* SPDX-License-Identifier: BSD-3-Clause */
/* frames.h - Ethernet frames with a UDP packet, right or wrong as a test wants them. Checksums are
 * summed here byte by byte, not by the code under test. */
#ifndef FRAMES_H
#define FRAMES_H

#include "relay_address.h"

enum {
	FRAMES_ROOM = 2048,
	FRAMES_TAGS_MAX = 4,
	FRAMES_QINQ = 0x88a8,
	FRAMES_VLAN = 0x8100,
	FRAMES_UDP = 17,
	FRAMES_TAG = 100,     /* identifier of the outermost tag; those within have the next */
	FRAMES_MORE = 0x2000, /* IPv4: more fragments */
};

extern const uint8_t frames_mac[6]; /* whom they are for */

/* Zeros: untagged, no options, right lengths and checksums, no padding. */
struct frames_spec {
	struct relay_sockaddr from, to; /* of one family */
	const uint8_t *payload;
	uint32_t payload_len;
	uint16_t tags[FRAMES_TAGS_MAX]; /* TPIDs, outermost first; 0 ends them */
	uint16_t type;                  /* Ethertype, if not that of the family */
	uint8_t proto;                  /* 0: UDP */
	uint32_t options;               /* bytes of IPv4 options, a multiple of 4 */
	uint16_t fragment;       /* the field of IPv4, or of a fragment header if 'extended' */
	bool extended;           /* IPv6: an extension header of 8 bytes */
	uint8_t extension;       /* its protocol number */
	int32_t ip_lie, udp_lie; /* added to the length fields */
	uint32_t padding;        /* bytes behind the IP packet */
	bool no_udp_checksum;
};

/* Returns the frame's length. */
uint32_t frames_build(const struct frames_spec *spec, uint8_t frame[FRAMES_ROOM]);

/* RFC 1071, of 'len' bytes after a sum: folded, not complemented, in host order. */
uint16_t frames_sum(uint16_t sum, const uint8_t *p, uint32_t len);

/* The UDP checksum's sum with pseudo-header: 0xffff for a right packet. */
uint16_t frames_udp_sum(const uint8_t *ip, const uint8_t *udp, uint32_t udp_len);

#endif
