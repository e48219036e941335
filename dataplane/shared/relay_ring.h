/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_ring.h - single-producer single-consumer ring between two processes.
 *
 * Head and slots lie in the producer's region, the tail in the consumer's; each side maps the
 * other's read-only. A side trusts its own copies of what it wrote, and takes the other's counter
 * for a claim: a claim that can't be true breaks the ring for good.
 *
 * Invariant: 0 <= head - tail <= slots, modulo 2^32; slots tail .. head - 1 are the consumer's to
 *            read, the others the producer's to write. Counters only grow.
 * Threads:   one producing thread and one consuming thread, in any processes.
 * Ownership: the ends are the caller's and point into regions, which must outlive them.
 * Units:     slots, a power of two up to RELAY_RING_SLOTS_MAX; slot size in bytes, a multiple of
 *            64; counters in slots.
 * Errors:    open: -EINVAL for sizes. push and pop: -EPROTO when the peer's counter is impossible,
 *            ever after; -EAGAIN when full or empty.
 * Cost:      no syscall, no read-modify-write; the peer's counter is read when the copy runs out.
 */
#ifndef RELAY_RING_H
#define RELAY_RING_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RELAY_RING_SLOTS_MAX (UINT32_C(1) << 20)

/* In the producer's region, before the slots. */
struct relay_ring_head {
	_Alignas(64) _Atomic uint32_t head; /* producer: wo, consumer: ro */
};

/* In the consumer's region. */
struct relay_ring_tail {
	_Alignas(64) _Atomic uint32_t tail; /* consumer: wo, producer: ro */
	_Atomic uint32_t asleep;            /* consumer: wo, producer: ro; wants a wake-up */
};

_Static_assert(sizeof(struct relay_ring_head) == 64 && sizeof(struct relay_ring_tail) == 64, "");

struct relay_ring_size {
	uint32_t slots, slot_bytes; /* they lie behind the head */
};

struct relay_ring_producer {
	struct relay_ring_head *own;
	const struct relay_ring_tail *peer;
	uint8_t *slots;
	struct relay_ring_size size;
	uint32_t head, tail_seen; /* what 'own' says, and what 'peer' said last */
	bool broken;
};
struct relay_ring_consumer {
	struct relay_ring_tail *own;
	const struct relay_ring_head *peer;
	const uint8_t *slots;
	struct relay_ring_size size;
	uint32_t tail, head_seen;
	bool broken;
};

/* Begins where the counters stand, so that an end can be opened anew by a restarted process. */
int relay_ring_open_producer(struct relay_ring_producer *p, struct relay_ring_head *own,
	const struct relay_ring_tail *peer, struct relay_ring_size size);
int relay_ring_open_consumer(struct relay_ring_consumer *c, struct relay_ring_tail *own,
	const struct relay_ring_head *peer, struct relay_ring_size size);

/* How many slots the consumer has not given back; -EPROTO. */
int relay_ring_in_use(struct relay_ring_producer *p, uint32_t *in_use);

/* The slot to fill next, in '*slot'; nothing of it is seen before relay_ring_publish. */
static inline int relay_ring_reserve(struct relay_ring_producer *p, void **slot)
{
	uint32_t in_use = p->head - p->tail_seen;

	if (p->broken)
		return -EPROTO;
	if (in_use >= p->size.slots) {
		if (relay_ring_in_use(p, &in_use) != 0)
			return -EPROTO;
		if (in_use >= p->size.slots)
			return -EAGAIN;
	}
	*slot = p->slots + (size_t)(p->head & (p->size.slots - 1)) * p->size.slot_bytes;
	return 0;
}

/* Hands the slot over. True if the consumer sleeps and must be woken. */
static inline bool relay_ring_publish(struct relay_ring_producer *p)
{
	p->head++;
	/* release: pairs with the acquire in relay_ring_available */
	atomic_store_explicit(&p->own->head, p->head, memory_order_release);
	/* seq_cst: pairs with the fence in relay_ring_sleep, so that not both are missed */
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(&p->peer->asleep, memory_order_relaxed) != 0;
}

/* How many slots can be read; -EPROTO. */
static inline int relay_ring_available(struct relay_ring_consumer *c, uint32_t *n)
{
	uint32_t least = c->head_seen - c->tail; /* counters only grow */

	/* acquire: the slots' content is there when the head says so */
	c->head_seen = atomic_load_explicit(&c->peer->head, memory_order_acquire);
	*n = c->head_seen - c->tail;
	if (*n < least || *n > c->size.slots)
		c->broken = true;
	return c->broken ? -EPROTO : 0;
}

/* The oldest slot where it lies. A hostile producer may write it meanwhile: copy, then check. */
static inline int relay_ring_oldest(struct relay_ring_consumer *c, const void **slot)
{
	uint32_t n = c->head_seen - c->tail;

	if (c->broken)
		return -EPROTO;
	if (n == 0) {
		if (relay_ring_available(c, &n) != 0)
			return -EPROTO;
		if (n == 0)
			return -EAGAIN;
	}
	*slot = c->slots + (size_t)(c->tail & (c->size.slots - 1)) * c->size.slot_bytes;
	return 0;
}

/* Copies the oldest slot out whole: check the copy. */
int relay_ring_peek(struct relay_ring_consumer *c, void *out);

/* Gives the oldest slot back: the acknowledgement that it, and what goes with it, was copied. */
static inline void relay_ring_release(struct relay_ring_consumer *c)
{
	c->tail++;
	/* release: pairs with the acquire in relay_ring_in_use */
	atomic_store_explicit(&c->own->tail, c->tail, memory_order_release);
}

/* Says that the consumer is about to sleep. False: there is something to read, don't. */
bool relay_ring_sleep(struct relay_ring_consumer *c);
void relay_ring_awake(struct relay_ring_consumer *c);

#endif
