/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint.h - a worker's endpoints: slots, how they are found, and their lifetime.
 *
 * Invariant: 'generation' and 'live' of a slot are equal: 0 while nothing is installed, else the
 *            generation that the control plane gave. A slot is found by its port exactly while it
 *            is installed. A command is carried out whole or not at all. A route's
 *            endpoint is one of this worker's, even where it leads nowhere.
 * Threads:   the worker, between polls; 'destination' is also read by the main thread, and the
 *            record by everybody (relay_endpoint.h).
 * Ownership: arrays are the caller's, of all workers together; this worker's are
 *            first .. first + n - 1. SRTP contexts lie in the pool and are wiped when they go.
 * Units:     'learn_until_ms' on the clock of 'now_ms', modulo 2^32.
 * Errors:    enum relay_status.
 * Cost:      a packet touches one line of the slot it comes in by and one of that it leaves by.
 *            install with keys: about 1 us, no key derivation, no system allocation.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "context_pool.h"
#include "local.h"
#include "relay_layout.h"
#include "relay_status.h"
#include "srtp_ctx.h"

enum {
	ENDPOINT_LOCKED = 1,   /* flags: other sources are refused */
	ENDPOINT_LEARNING = 2, /* the window has begun */
	/* KEY_LIMIT was sent for the keys of that direction */
	ENDPOINT_INGRESS_TOLD = 8,
	ENDPOINT_EGRESS_TOLD = 16,
	ENDPOINT_HEADER_MAX = 48,
	ENDPOINT_LOOKS = 64, /* entries of a list that a call passes over at most */
	ENDPOINT_TTL = 64,
};

struct endpoint {
	/* the line of packets coming in */
	_Alignas(64) struct srtp_ctx *ingress; /* NULL: plain RTP */
	struct relay_route routes[RELAY_ROUTES];
	struct relay_sockaddr remote;
	uint32_t generation;
	uint32_t learn_until_ms;
	uint8_t source; /* enum relay_source */
	uint8_t media;
	uint8_t flags;
	uint8_t learn_ds;
	uint16_t clock_khz;
	uint16_t reserved;
	uint32_t reserved2;
	/* the line of packets going out */
	_Alignas(64) struct srtp_ctx *egress;
	uint32_t live;
	_Atomic uint32_t destination;        /* number of neighbour.h */
	uint8_t header[ENDPOINT_HEADER_MAX]; /* IP and UDP, lengths left out: see encap.c */
};

_Static_assert(sizeof(struct endpoint) == 128, "two lines");

struct endpoint_cold {
	struct relay_local local;
	uint8_t kind;
	uint8_t dscp;
	uint8_t ingress_suite, egress_suite;
	bool resolving;                /* in the backlog */
	bool moved, waiting, reserved; /* see endpoint_moved.h */
	uint32_t next_move;
};

struct endpoints {
	struct endpoint *slots;
	struct endpoint_cold *cold;
	struct relay_endpoint *records;
	uint32_t first, n;
	uint32_t worker, n_workers;
	uint32_t *ports; /* by local address and media port: slot + 1 */
	uint16_t port_min, port_max;
	const struct local_table *local;
	struct context_pool *pool;
	struct srtp_engine *engine;
	uint32_t *backlog; /* slots whose destination is to be found; a ring of 'n' */
	uint32_t backlog_first, backlog_n, first_move, last_move;
	uint32_t settle_next; /* of 'n' */
};

/* Bytes of 'ports' for one worker. */
size_t endpoint_ports_bytes(uint32_t addresses, uint16_t port_min, uint16_t port_max);

static inline uint32_t *endpoint_port(const struct endpoints *e, uint32_t address, uint16_t port)
{
	uint32_t width = (uint32_t)e->port_max - e->port_min + 1;

	return &e->ports[(size_t)address * width + port - e->port_min];
}

/* Reads nothing of 'record' but for INSTALL and UPDATE of keys. */
enum relay_status endpoint_command(struct endpoints *e, const struct relay_command *command,
	const struct relay_record *record, uint32_t now_ms);

/* Is learning over? */
static inline bool endpoint_locked(const struct endpoint *slot, uint32_t now_ms)
{
	return (slot->flags & ENDPOINT_LOCKED) != 0 ||
	       ((slot->flags & ENDPOINT_LEARNING) != 0 &&
		       (int32_t)(now_ms - slot->learn_until_ms) >= 0);
}

/* Whether a packet may come from there. Pure: before the packet is authenticated. */
static inline bool endpoint_source_allowed(
	const struct endpoint *slot, const struct relay_sockaddr *source, uint32_t now_ms)
{
	return relay_address_equal(&slot->remote, source) || !endpoint_locked(slot, now_ms);
}

/* Must endpoint_learn see an accepted packet from there? Also one that came before the endpoint was
 * locked by another of its burst. */
static inline bool endpoint_source_new(
	const struct endpoint *slot, const struct relay_sockaddr *source)
{
	bool settled =
		(slot->flags & ENDPOINT_LOCKED) != 0 || slot->source == RELAY_SOURCE_HANDOVER;

	return slot->source != RELAY_SOURCE_ANY &&
	       (!settled || !relay_address_equal(&slot->remote, source));
}

enum endpoint_learned { ENDPOINT_SAME, ENDPOINT_MOVED, ENDPOINT_REFUSED };

/* Learns from an authenticated packet; tests again whether it may, as an earlier one of the same
 * burst may have locked the endpoint. */
enum endpoint_learned endpoint_learn(
	struct endpoints *e, uint32_t index, const struct relay_sockaddr *source, uint32_t now_ms);

/* Locks endpoints whose window is over and that no packet has come to since, some at each call, in
 * turn: the clock of 'learn_until_ms' goes round in 49 days, and would open the window again. */
void endpoint_settle(struct endpoints *e, uint32_t now_ms);

/* The next slot whose destination is to be looked up, and where to; false if none, for now. */
bool endpoint_next_unresolved(
	struct endpoints *e, uint32_t *index, uint32_t *generation, struct relay_sockaddr *addr);

/* The answer for 'addr'; ignored when the slot no longer sends to that host: it has been asked for
 * the other since. */
void endpoint_resolved(struct endpoints *e, uint32_t index, uint32_t generation,
	const struct relay_sockaddr *addr, uint32_t destination);

/* Wipes the keys of every live slot. At the end of the process. */
void endpoint_wipe_all(struct endpoints *e);

#endif
