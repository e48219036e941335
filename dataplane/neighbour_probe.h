/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbour_probe.h - makes the kernel find out who has an address, without a capability: an
 * empty datagram to the discard port (9) of the neighbour, which goes no further than there.
 *
 * Invariant: each goes out by the interface that it is asked for.
 * Threads:   the main thread.
 * Ownership: open makes two sockets, close closes them (-1 accepted).
 * Units:     none.
 * Errors:    open: -errno. send: false, if the kernel did not take it: a packet filter forbids it,
 *            say, and then the neighbour stays unresolved.
 * Cost:      one system call; one frame on the wire, and what the kernel sends to resolve.
 */
#ifndef NEIGHBOUR_PROBE_H
#define NEIGHBOUR_PROBE_H

#include "relay_address.h"

struct neighbour_probe {
	int udp4, udp6;
};

int neighbour_probe_open(struct neighbour_probe *p);
void neighbour_probe_close(struct neighbour_probe *p);
bool neighbour_probe_send(
	const struct neighbour_probe *p, int oif, const struct relay_sockaddr *neighbour);

#endif
