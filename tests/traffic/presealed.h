/* SPDX-License-Identifier: BSD-3-Clause */
/* presealed.h - packets made and sealed before a trial, in send order, to be copied while sending.
 *
 * Invariant: slot i % n holds packet i for tail <= i < head; what one trial leaves, the next sends,
 *            so no packet index is made twice or left out.
 * Threads:   filled by the main thread between trials, taken by the worker in them.
 * Ownership: create allocates, destroy frees (NULL accepted).
 * Units:     bytes; packets.
 * Errors:    create NULL: no memory, or not even a burst fits.
 * Cost:      take is hot: one sequential read.
 */
#ifndef PRESEALED_H
#define PRESEALED_H

#include "transmit.h"

struct presealed {
	uint8_t *slots;
	uint64_t *stamps; /* when packet i was sent: worker writes, receiver reads */
	uint16_t *lens;
	uint32_t slot_bytes;
	uint64_t n;
	uint64_t head, tail;
};

struct presealed *presealed_create(size_t bytes, uint32_t frame_max);
void presealed_destroy(struct presealed *p);

/* Makes packets until 'want' wait, or all slots are full; false if the transmitter failed. */
bool presealed_fill(struct presealed *p, struct transmitter *t, uint64_t want);

static inline uint64_t presealed_waiting(const struct presealed *p)
{
	return p->head - p->tail;
}

#endif
