/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbour_link.h - a mirror of the kernel's interfaces, as far as a next hop depends on them.
 *
 * Invariant: an interface is in it once, by its index.
 * Threads:   the main thread.
 * Ownership: a zeroed struct is an empty mirror; fini frees.
 * Units:     MTU in bytes of IP, at most 65535.
 * Errors:    a message that makes no sense changes nothing; one that there is no memory for
 *            sets 'lacked', and the mirror has to be made anew.
 * Cost:      cold: all are walked.
 */
#ifndef NEIGHBOUR_LINK_H
#define NEIGHBOUR_LINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

struct neighbour_link {
	int ifindex;
	int parent;    /* of a VLAN interface; else 0 */
	uint16_t vlan; /* of 802.1Q; else 0 */
	uint16_t mtu;
	bool up, running;
	bool heard; /* since begin */
};

struct neighbour_links {
	struct neighbour_link *all;
	uint32_t n, room;
	bool lacked;
};

/* RTM_NEWLINK or RTM_DELLINK; whether it changed anything. */
bool neighbour_link_heard(struct neighbour_links *l, const struct nlmsghdr *message);

/* Around a dump of all links: those it does not name are gone. End: whether any was. */
void neighbour_link_begin(struct neighbour_links *l);
bool neighbour_link_end(struct neighbour_links *l);

const struct neighbour_link *neighbour_link_find(const struct neighbour_links *l, int ifindex);
void neighbour_link_fini(struct neighbour_links *l);

#endif
