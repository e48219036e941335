/* SPDX-License-Identifier: BSD-3-Clause */
/* pending.h - requests that wait for their reply.
 *
 * A reply may come in any order, much later, or after the connection has gone. So whoever works on
 * it holds a handle, which stays harmless: a slot's generation changes when the request is answered
 * or its owner goes.
 *
 * Invariant: a handle leads to its own request or to none. An owner knows how many it has.
 * Threads:   the event loop's.
 * Ownership: pending_create allocates, pending_destroy frees (NULL accepted). An owner calls
 *            pending_abandon before its memory goes.
 * Units:     none.
 * Errors:    pending_open: -ENOBUFS all slots are taken. pending_take: false: gone.
 * Cost:      a free list; abandoning walks the owner's own.
 */
#ifndef PENDING_H
#define PENDING_H

#include "relay_address.h"
#include "slice.h"

struct pending_handle {
	uint32_t slot;
	uint32_t generation;
};

struct pending_owner;

/* Where a datagram is answered: to whom, and from which of our addresses. */
struct pending_path {
	struct relay_sockaddr peer;
	struct relay_sockaddr local; /* port 0 */
	uint32_t interface;          /* of a link-local peer or address */
};

struct pending_entry {
	struct pending_owner *owner;
	void *object;             /* HTTP's request */
	struct pending_path path; /* UDP's */
	uint8_t mark;             /* WebSocket's kind of frame */
};

/* Embedded in whatever requests come from. */
struct pending_owner {
	void (*reply)(struct pending_owner *owner, const struct pending_entry *entry,
		struct slice bytes); /* without 'ptr': there will be none */
	uint32_t first;              /* slot, of its list */
	uint32_t n;
};

#define PENDING_NONE UINT32_MAX

struct pending_table;

int pending_create(uint32_t slots, struct pending_table **table);
void pending_destroy(struct pending_table *table);

static inline void pending_owner_init(struct pending_owner *owner,
	void (*reply)(struct pending_owner *, const struct pending_entry *, struct slice))
{
	*owner = (struct pending_owner){reply, PENDING_NONE, 0};
}

/* Copies 'entry'. */
int pending_open(struct pending_table *table, const struct pending_entry *entry,
	struct pending_handle *handle);

/* The request is no longer pending; what it was goes to 'entry'. */
bool pending_take(
	struct pending_table *table, struct pending_handle handle, struct pending_entry *entry);

/* All of the owner's handles lead nowhere from now on. */
void pending_abandon(struct pending_table *table, struct pending_owner *owner);

uint32_t pending_count(const struct pending_table *table);

#endif
