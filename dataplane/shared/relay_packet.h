/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_packet.h - taking a packet out of a slot of the punt or the inject ring.
 *
 * Invariant: the header is copied, then as many bytes as the copy says: no word is read twice.
 * Threads:   the ring's consumer; a hostile producer may write the slot meanwhile.
 * Ownership: the copy is the caller's.
 * Units:     bytes.
 * Errors:    false: the packet says that it is longer than a slot.
 * Cost:      copies the header and the packet, not the slot.
 */
#ifndef RELAY_PACKET_H
#define RELAY_PACKET_H

#include "relay_message.h"

#include <stdatomic.h>

static inline bool relay_packet_copy(const void *slot, struct relay_packet *out)
{
	memcpy(out, slot, RELAY_PACKET_HEADER);
	/* the compiler must not read the slot's length again in place of the copy's */
	atomic_signal_fence(memory_order_acq_rel);
	if (out->len > RELAY_PACKET_DATA)
		return false;
	memcpy(out->data, (const uint8_t *)slot + RELAY_PACKET_HEADER, out->len);
	atomic_signal_fence(memory_order_acq_rel);
	return true;
}

#endif
