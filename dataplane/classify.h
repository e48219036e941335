/* SPDX-License-Identifier: BSD-3-Clause */
/* classify.h - from a frame's bytes to what it is (Ethernet, 802.1Q, IPv4, IPv6, UDP; RFC 7983).
 *
 * Invariant: no byte at or past 'len' is read. Media means: to the port's MAC or to many, in a VLAN
 *            of the port's; UDP to a local address and a media port, whole, its payload within
 *            the frame.
 * Threads:   pure.
 * Ownership: the caller's frame and meta.
 * Units:     bytes.
 * Errors:    a result that says why it is no media; 'meta' is then undefined.
 * Cost:      hot: one pass over the headers.
 */
#ifndef CLASSIFY_H
#define CLASSIFY_H

#include "batch.h"
#include "local.h"

enum classify_result {
	CLASSIFY_MEDIA,
	CLASSIFY_KERNEL, /* not for us to judge */
	CLASSIFY_MALFORMED,
	CLASSIFY_FRAGMENT,       /* the first of a packet to a media port */
	CLASSIFY_FRAGMENT_LATER, /* of UDP: to which port, the kernel may find out */
	CLASSIFY_NOT_MEDIA,      /* a media port, but a payload of none of our protocols */
	CLASSIFY_OTHER_HOST,     /* to another's MAC: the device hears what is not for it */
};

struct classify_config {
	const struct local_table *local;
	uint16_t port_min, port_max; /* media ports */
};

enum {
	CLASSIFY_VLANS = 4096,
	CLASSIFY_FRAGMENTS_PPS = 1000, /* later ones for the kernel: media's are among them */
};

/* Which frames are a port's. */
struct classify_port {
	uint64_t mac, mac_mask;              /* the first six bytes in memory; mask 0: to any */
	uint64_t vlans[CLASSIFY_VLANS / 64]; /* bits; 0: untagged */
};

/* 'mac' NULL: any. No VLAN yet. */
void classify_port_init(struct classify_port *port, const uint8_t mac[6]);
void classify_port_add(struct classify_port *port, uint16_t vlan);
void classify_port_add_all(struct classify_port *port);

enum classify_result classify_parse(const struct classify_config *config,
	const struct classify_port *port, const uint8_t *frame, uint32_t len,
	struct pkt_meta *meta);

/* Is it ARP or IPv6 neighbour discovery (RFC 4861), on which the next hops of all calls depend? */
bool classify_is_neighbour(const uint8_t *frame, uint32_t len);

/* Are the IPv4 and the UDP checksum of a frame that classify_parse called media right? */
bool classify_checksums_right(const uint8_t *frame, const struct pkt_meta *meta);

#endif
