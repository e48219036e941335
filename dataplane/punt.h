/* SPDX-License-Identifier: BSD-3-Clause */
/* punt.h - packets between a worker and others than the wire: STUN and DTLS to the control plane,
 * its answers back, and what the kernel sends.
 *
 * Invariant: none of these holds up media: each turn does a bounded number, rings that are full
 *            lose packets, which are counted.
 * Threads:   the worker.
 * Ownership: as worker.h.
 * Units:     packets.
 * Errors:    counters PUNT_RATE, INJECT_REFUSED, KERNEL_TX_LOST.
 * Cost:      an idle turn looks at two rings.
 */
#ifndef PUNT_H
#define PUNT_H

#include "worker.h"

enum { PUNT_A_TURN = 16 }; /* packets injected, and from the kernel */

/* Packet 'i', STUN or DTLS, goes to the control plane; the mbuf dies. */
void punt_packet(struct worker *w, struct batch *b, uint32_t i);

/* Sends what the control plane has in its inject ring, and what the kernel has to send. */
void punt_run_inject(struct worker *w, struct link *link);
void punt_run_kernel(struct worker *w);

#endif
