/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbour.h - where a packet to an address goes: next-hop headers, from the kernel's routes and
 * neighbours by netlink, or from the profile where a port has no exception path.
 *
 * A destination is a number for an IP address. Endpoints hold the number; what lies behind it is
 * replaced when a route or a neighbour changes, so that no endpoint need be touched.
 *
 * Invariant: a hop never changes once published; a new one is put in its place and the old one
 *            retired. Number 0 is the destination that is nowhere.
 * Threads:   neighbour_hop: any worker between its quiescent points. All else: the main thread.
 * Ownership: create allocates, destroy frees (NULL accepted) when no worker runs.
 * Units:     MTU in bytes of IP.
 * Errors:    0 or -errno; find: 0 when the table is full.
 * Cost:      neighbour_hop: two loads. find: a hash lookup; a first one asks the kernel (netlink,
 *            some us). The neighbour is asked for when nobody knows it.
 */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include "hwprofile.h"
#include "relay_address.h"
#include "retire.h"

#include <stdatomic.h>

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
	struct retire *retire, struct neighbour **n);
void neighbour_destroy(struct neighbour *n);

const struct neighbour_table *neighbour_table(const struct neighbour *n);

/* The number of an address, whatever its port; from now on kept up to date. */
uint32_t neighbour_find(struct neighbour *n, const struct relay_sockaddr *addr);

/* To be polled for reading, and run when readable, and each 100 ms or so; -1 if not needed. */
int neighbour_fd(const struct neighbour *n);
void neighbour_run(struct neighbour *n);

/* Forgetting destinations that no endpoint has: begin, mark what is in use, end. A number that
 * find returned since the begin counts as marked. */
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
