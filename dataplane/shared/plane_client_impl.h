/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_client_impl.h - what the files of plane_client share, and nobody else includes.
 *
 * Invariant: of each worker's records, those of commands from 'wiped' to the ring's head may hold
 *            keys, the others are zero. A slot is in the list of free ones, or taken, or lies
 *            from 'fresh' to 'end' and was not looked at yet.
 * Threads:   one.
 * Ownership: the client's.
 * Units:     as in plane_client.h.
 * Errors:    as in plane_client.h.
 * Cost:      8 bytes an endpoint, touched when it is.
 */
#ifndef PLANE_CLIENT_IMPL_H
#define PLANE_CLIENT_IMPL_H

#include "plane_client.h"

struct plane_client_worker {
	struct relay_ring_producer command, inject;
	struct relay_ring_consumer event, punt;
	struct relay_record *records;
	uint32_t wiped;  /* counts as the ring's head does */
	uint32_t broken; /* bits of enum plane_client_ring */
	uint32_t fresh, end, free;
};

enum plane_client_ring {
	PLANE_CLIENT_COMMAND = 1,
	PLANE_CLIENT_INJECT = 2,
	PLANE_CLIENT_EVENT = 4,
	PLANE_CLIENT_PUNT = 8,
};

struct plane_client_slot {
	uint32_t generation; /* the last there was */
	uint32_t next;       /* in the list of free ones, with these bits */
};

enum {
	PLANE_CLIENT_SLOT_NONE = 0x1fffffff, /* the list's end */
	PLANE_CLIENT_SLOT_LISTED = 0x20000000,
	PLANE_CLIENT_SLOT_TAKEN = 0x40000000, /* also in the list: passed over there */
};

struct plane_client {
	int sock;
	int fd;      /* that we sleep on */
	int peer_fd; /* that wakes the data plane */
	bool dead;
	struct relay_region data, control;
	struct relay_geometry geometry;
	uint32_t per_worker;            /* endpoints */
	uint32_t next_event, next_punt; /* the worker to begin with, so that none starves */
	struct plane_client_faults faults;
	uint32_t broken_told; /* of faults.broken_rings */
	struct plane_client_slot *slots;
	struct plane_client_worker workers[RELAY_WORKERS_MAX];
};

static inline struct plane_client_worker *plane_client_owner(
	struct plane_client *c, uint32_t endpoint)
{
	return &c->workers[endpoint / c->per_worker];
}

/* Remembers that a ring broke, to tell it once. */
void plane_client_broke(
	struct plane_client *c, struct plane_client_worker *w, enum plane_client_ring ring);

/* Wipes the records of acknowledged commands. */
void plane_client_wipe(struct plane_client *c, struct plane_client_worker *w);

/* The data plane hung up: nobody will take the records. */
void plane_client_wipe_all(struct plane_client *c);

/* An endpoint's identity, as it is; false if it is half written. */
bool plane_client_identity(
	const struct plane_client *c, uint32_t endpoint, struct relay_identity *out);

#endif
