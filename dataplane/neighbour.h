/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbour.h - where a packet to an address goes: next-hop headers, from the kernel's routes and
 * neighbours by netlink, or from the profile where a port has no exception path.
 *
 * A destination is a number for an IP address. Endpoints hold the number; what lies behind it is
 * replaced when a route or a neighbour changes, so that no endpoint need be touched.
 *
 * The kernel routes as for a packet of this host to that address, whatever its source: rules,
 * tables, ECMP and MTU are obeyed. What leads to another interface than a port's TAP, or a VLAN on
 * it, has no hop; nor has what is local, multicast, broadcast, or forbidden by a route.
 *
 * A MAC is used while its entry is valid, be it stale or being verified. It is dropped within 0.2 s
 * when the entry has failed, and 5 s after it was deleted if it was not found again. Since media
 * does not pass through the kernel, which would forget its neighbours, an empty UDP datagram to
 * port 9 of a next hop makes it look: at once when it is unknown, deleted or stale; each 30 s while
 * it stays stale; 1, 2, 4 ... 30 s after it failed. A packet filter has to let these out.
 *
 * Static ports come first: the address' own row; or the default row of the link (port and VLAN)
 * whose prefix holds it. Then the kernel, if any port has a TAP; at last the first default row.
 *
 * Invariant: a hop never changes once published; a new one is put in its place and the old one
 *            retired. Number 0 is the destination that is nowhere.
 * Threads:   neighbour_hop: any worker between its quiescent points. All else: the main thread.
 * Ownership: create allocates, destroy frees (NULL accepted) when no worker runs. Profile and
 *            retire have to outlive it. Retired hops don't need it.
 * Units:     MTU in bytes of IP.
 * Errors:    0 or -errno; find: 0 when the table is full, or for no host's address. What fails
 *            later (memory, netlink, lost events) is made good by neighbour_run.
 * Cost:      neighbour_hop: two loads. find: a hash lookup; a first one asks the kernel (netlink,
 *            some us). Destinations behind a gateway share one hop. run: some hundred us, up to
 *            some ms while routes change, as it asks about 1,000 destinations in a call; it leaves
 *            the fd readable until all are through. sweep_end: walks the table. Memory: 50 bytes
 *            a destination, 200 more for one on the link.
 */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include "hwprofile.h"
#include "relay_address.h"
#include "retire.h"

#include <stdatomic.h>

enum { NEIGHBOUR_EXTRA_MIN = 16384 }; /* destinations beyond endpoints, at least */

struct neighbour;

/* The header that goes before the IP header. */
struct neighbour_hop {
	_Alignas(64) uint8_t l2[18]; /* Ethernet, with 802.1Q tag if l2_len is 18 */
	uint8_t l2_len;
	uint8_t port; /* index in the profile */
	uint16_t mtu;
};

struct neighbour_table {
	uint32_t n;
	_Atomic(const struct neighbour_hop *) hops[]; /* main: wo, workers: ro; NULL: unresolved */
};

/* A port as the kernel knows it. */
struct neighbour_port {
	uint8_t mac[6];
	uint16_t mtu;
	int ifindex; /* of its TAP; 0: no exception path, the profile's neighbours are used */
};

int neighbour_create(const struct hwprofile *profile, const struct neighbour_port *ports,
	struct retire *retire, struct neighbour **out);
void neighbour_destroy(struct neighbour *n);

const struct neighbour_table *neighbour_table(const struct neighbour *n);

/* The number of an address, whatever its port; from now on kept up to date. */
uint32_t neighbour_find(struct neighbour *n, const struct relay_sockaddr *addr);

/* How many more addresses can be found: beyond that they get 0, and should be asked for later. */
uint32_t neighbour_room(const struct neighbour *n);

/* To be polled for reading, and run when readable, and each 100 ms or so; -1 if not needed. */
int neighbour_fd(const struct neighbour *n);
void neighbour_run(struct neighbour *n);

/* Forgetting destinations that no endpoint has: begin, mark what is in use, end. A number that
 * find returned since the begin counts as marked. What is forgotten may be given out anew at once,
 * so no worker may use it any more. The table has room for a quarter more than the profile's
 * endpoints, or NEIGHBOUR_EXTRA_MIN more: for the peers of all workers, and for what is asked for
 * between two sweeps; a sweep is wanted when half of that is used. */
bool neighbour_sweep_wanted(const struct neighbour *n);
void neighbour_sweep_begin(struct neighbour *n);
void neighbour_sweep_mark(struct neighbour *n, uint32_t destination);
void neighbour_sweep_end(struct neighbour *n);

static inline const struct neighbour_hop *neighbour_hop(
	const struct neighbour_table *t, uint32_t destination)
{
	/* acquire: pairs with the release by which the main thread published the hop */
	return atomic_load_explicit(&t->hops[destination], memory_order_acquire);
}

#endif
