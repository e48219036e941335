/* SPDX-License-Identifier: BSD-3-Clause */
/* arp.h - answers those who ask for the MAC of one of our addresses: ARP (RFC 826) and
 * IPv6 neighbour solicitation (RFC 4861).
 *
 * Invariant: a question is answered in its own frame, of at least NEIGHBOUR_ROOM bytes of room.
 * Threads:   pure.
 * Ownership: the caller's frame.
 * Units:     bytes.
 * Errors:    0 for what is no question for us.
 * Cost:      seldom.
 */
#ifndef ARP_H
#define ARP_H

#include "address_index.h"
#include "frame.h"

enum { NEIGHBOUR_ROOM = 14 + 4 + 40 + 32 };

/* 'hosts' has our addresses, with port 0. Returns the answer's length. */
uint32_t arp_answer(uint8_t *frame, uint32_t len, const struct frame_link *link,
	const struct address_index *hosts);

#endif
