/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint_moved.h - endpoints that packets have moved more than once since a command: whoever
 * forges sources does that as fast as he can send, so they wait apart from what commands ask for.
 *
 * Invariant: a slot is in the list once, from 'first_move' to 'last_move' by 'next_move', each a
 *            slot + 1 or 0 for none; exactly while its 'waiting' is set. Its 'moved' is set from
 *            the first move by a packet on, until a command says where it sends.
 * Threads:   the worker.
 * Ownership: the list lies in struct endpoints and endpoint_cold.
 * Units:     none.
 * Errors:    none.
 * Cost:      some loads and stores.
 */
#ifndef ENDPOINT_MOVED_H
#define ENDPOINT_MOVED_H

#include "endpoint.h"

/* Puts it at the end, if it is not in the list yet. */
void endpoint_moved_wait(struct endpoints *e, uint32_t index);

/* As endpoint_next_unresolved, of those that wait: with the address that they have by now. */
bool endpoint_moved_next(
	struct endpoints *e, uint32_t *index, uint32_t *generation, struct relay_sockaddr *addr);

#endif
