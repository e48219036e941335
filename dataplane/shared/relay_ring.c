/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_ring.h"

static bool size_valid(struct relay_ring_size size)
{
	return size.slots != 0 && size.slots <= RELAY_RING_SLOTS_MAX &&
	       (size.slots & (size.slots - 1)) == 0 && size.slot_bytes != 0 &&
	       size.slot_bytes % 64 == 0;
}

int relay_ring_open_producer(struct relay_ring_producer *p, struct relay_ring_head *own,
	const struct relay_ring_tail *peer, struct relay_ring_size size)
{
	if (!size_valid(size))
		return -EINVAL;
	*p = (struct relay_ring_producer){
		.own = own,
		.peer = peer,
		.slots = (uint8_t *)(own + 1),
		.size = size,
		.head = atomic_load_explicit(&own->head, memory_order_relaxed),
	};
	p->tail_seen = p->head - size.slots; /* full, until the peer is asked */
	return 0;
}

int relay_ring_open_consumer(struct relay_ring_consumer *c, struct relay_ring_tail *own,
	const struct relay_ring_head *peer, struct relay_ring_size size)
{
	if (!size_valid(size))
		return -EINVAL;
	*c = (struct relay_ring_consumer){
		.own = own,
		.peer = peer,
		.slots = (const uint8_t *)(peer + 1),
		.size = size,
		.tail = atomic_load_explicit(&own->tail, memory_order_relaxed),
	};
	c->head_seen = c->tail; /* empty, until the peer is asked */
	return 0;
}

int relay_ring_in_use(struct relay_ring_producer *p, uint32_t *in_use)
{
	uint32_t most = p->head - p->tail_seen; /* up to all slots: counters only grow */

	/* acquire: what the consumer read of a slot happened before we write it again */
	p->tail_seen = atomic_load_explicit(&p->peer->tail, memory_order_acquire);
	*in_use = p->head - p->tail_seen;
	if (*in_use > most)
		p->broken = true;
	return p->broken ? -EPROTO : 0;
}

int relay_ring_peek(struct relay_ring_consumer *c, void *out)
{
	const void *slot = NULL;
	int err = relay_ring_oldest(c, &slot);

	if (err != 0)
		return err;
	memcpy(out, slot, c->size.slot_bytes);
	/* the compiler must not read the slot again in place of the copy */
	atomic_signal_fence(memory_order_acq_rel);
	return 0;
}

bool relay_ring_sleep(struct relay_ring_consumer *c)
{
	uint32_t n = 0;

	atomic_store_explicit(&c->own->asleep, 1, memory_order_relaxed);
	/* seq_cst: pairs with the fence in relay_ring_publish */
	atomic_thread_fence(memory_order_seq_cst);
	return relay_ring_available(c, &n) == 0 && n == 0;
}

void relay_ring_awake(struct relay_ring_consumer *c)
{
	atomic_store_explicit(&c->own->asleep, 0, memory_order_relaxed);
}
