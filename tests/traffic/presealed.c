/* SPDX-License-Identifier: BSD-3-Clause */
#include "presealed.h"

#include "memory.h"

#include <stdlib.h>

struct presealed *presealed_create(size_t bytes, uint32_t frame_max)
{
	struct presealed *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->slot_bytes = (frame_max + 63) & ~63U;
	p->n = bytes / (p->slot_bytes + sizeof(*p->stamps) + sizeof(*p->lens));
	if (p->n >= TRANSMIT_BURST) {
		p->slots = memory_map(p->n * p->slot_bytes);
		p->stamps = memory_map(p->n * sizeof(*p->stamps));
		p->lens = memory_map(p->n * sizeof(*p->lens));
	}
	if (p->slots != NULL && p->stamps != NULL && p->lens != NULL)
		return p;
	presealed_destroy(p);
	return NULL;
}

void presealed_destroy(struct presealed *p)
{
	if (p == NULL)
		return;
	memory_unmap(p->slots);
	memory_unmap(p->stamps);
	memory_unmap(p->lens);
	free(p);
}

bool presealed_fill(struct presealed *p, struct transmitter *t, uint64_t want)
{
	struct tx_frame frames[TRANSMIT_BURST];

	if (want > p->n)
		want = p->n;
	while (presealed_waiting(p) < want) {
		uint64_t left = want - presealed_waiting(p);
		uint32_t n = left < TRANSMIT_BURST ? (uint32_t)left : TRANSMIT_BURST;

		for (uint32_t i = 0; i < n; i++)
			frames[i] = (struct tx_frame){
				.data = p->slots + (p->head + i) % p->n * p->slot_bytes,
				.room = p->slot_bytes};
		if (transmit_build(t, frames, n, 0) != n)
			return false;
		for (uint32_t i = 0; i < n; i++)
			p->lens[(p->head + i) % p->n] = (uint16_t)frames[i].len;
		p->head += n;
	}
	return true;
}
