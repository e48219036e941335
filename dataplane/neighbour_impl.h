/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbour_impl.h - what the files of neighbour share: destinations, and the next hops that they
 * go by. Not for others.
 *
 * A 'via' is a next hop as destinations share it: a gateway (or the destination itself, on the
 * link) behind an interface. It has at most one hop, which stands in the table for each
 * destination in its list. So a new MAC of a gateway is one allocation and one walk of the list.
 *
 * Invariant: hops[d] is the hop of dests[d].via, NULL without one; a via has destinations.
 * Threads:   the main thread.
 * Ownership: struct neighbour has all; a via frees itself with its last destination.
 * Units:     ms of CLOCK_MONOTONIC, 0: never.
 * Errors:    0 or -errno. Whatever lacked memory is tried again by neighbour_run.
 * Cost:      in neighbour.h.
 */
#ifndef NEIGHBOUR_IMPL_H
#define NEIGHBOUR_IMPL_H

#include "neighbour.h"

enum {
	NEIGHBOUR_GRACE_MS = 5000, /* a MAC is used after its entry was deleted */
	NEIGHBOUR_FAILED_MS = 100, /* after it failed: a deletion may follow, and is told apart */
	NEIGHBOUR_PROBE_MS = 1000, /* between provocations of one neighbour, at least, */
	NEIGHBOUR_PROBE_MAX_MS = 30000,                /* and at most while it fails */
	NEIGHBOUR_BACKOFF_MS = NEIGHBOUR_PROBE_MS / 2, /* doubled before each */
	NEIGHBOUR_LOOKING_MS = 10000, /* how long the kernel may take to look for it */
	NEIGHBOUR_REFRESH_MS = 30000, /* of one that is stale */
	NEIGHBOUR_TICK_MS = 50,
	NEIGHBOUR_TICK_VIAS = 4096, /* whose timers a tick looks at */
	NEIGHBOUR_TICK_PROBES = 256,
	NEIGHBOUR_BATCH = 1000, /* destinations resolved anew in a call */
};

/* Bytes are compared, so all are set. */
struct neighbour_key {
	struct relay_sockaddr gateway; /* family NONE: a static row */
	int32_t oif;                   /* interface; of a static row: -1 - its index */
	uint16_t mtu;                  /* of the route; 0: it has none */
	uint8_t family;                /* of the destinations */
	uint8_t zero;
};
_Static_assert(sizeof(struct neighbour_key) == 28, "no padding");

struct neighbour_box {
	struct neighbour_hop hop;
	struct neighbour_box *next; /* while retire has no memory */
};

struct neighbour_via {
	struct neighbour_via *next; /* in the bucket */
	struct neighbour_key key;
	uint32_t index; /* in vias */
	uint32_t first; /* destination; 0: none */
	struct neighbour_box *box;
	uint8_t mac[6];
	bool has_mac;
	bool heard;   /* since the resynchronisation began */
	uint16_t nud; /* the kernel's state of it, 0: no entry */
	uint32_t backoff_ms;
	int64_t drop_ms, probe_ms, probed_ms; /* when: no MAC any more, next probe, last probe */
};

struct neighbour_dest {
	uint8_t ip[16];
	uint8_t family; /* NONE: free */
	uint32_t mark;  /* the last sweep that saw it in use */
	uint32_t next, prev;
	struct neighbour_via *via;
};

struct neighbour_kernel;

struct neighbour {
	const struct hwprofile *profile;
	struct neighbour_port ports[HWPROFILE_PORTS_MAX];
	struct retire *retire;
	struct neighbour_table *table;
	struct neighbour_dest *dests; /* as many as the table has */
	uint32_t fresh, free, n_used; /* never used from here on; list of freed; count without 0 */
	uint32_t *hash, hash_mask;    /* open addressing, 0: empty */
	uint64_t secret;              /* of the hash: others choose addresses */
	uint32_t sweep, sweep_above;
	bool sweeping;
	uint32_t resolve_next, resolve_left; /* where the pass over all destinations is */
	struct neighbour_via **vias, **buckets;
	uint32_t n_vias, vias_room, bucket_mask, tick_next;
	bool lacked; /* memory, or an answer: try again */
	struct neighbour_box *unretired;
	uint32_t probes_left;
	int64_t now_ms, tick_ms;
	struct neighbour_kernel *kernel; /* NULL: no port has an exception path */
};

/* Where a hop leaves. */
struct neighbour_place {
	uint8_t port;
	uint16_t vlan, mtu;
	const uint8_t *mac; /* of the next hop; NULL: not known */
};

/* neighbour_via.c */
uint64_t neighbour_via_hash(const struct neighbour *n, const uint8_t ip[16], uint32_t salt);
int neighbour_via_set(struct neighbour *n, uint32_t dest, const struct neighbour_key *key);
void neighbour_via_unset(struct neighbour *n, uint32_t dest);
void neighbour_via_update(struct neighbour *n, struct neighbour_via *via); /* its hop */
void neighbour_via_rerun(struct neighbour *n);                             /* what lacked memory */
struct neighbour_via *neighbour_via_bucket(
	const struct neighbour *n, int oif, const struct relay_sockaddr *gateway);

/* neighbour_state.c: what is known of a kernel's neighbour. 'mac' may be NULL. */
void neighbour_state_heard(
	struct neighbour *n, struct neighbour_via *via, uint16_t nud, const uint8_t *mac);
void neighbour_state_wanted(struct neighbour *n, struct neighbour_via *via);
void neighbour_state_tick(struct neighbour *n);

/* neighbour_static.c. 'route' sets the key if the profile alone decides (oif 0: nowhere). */
bool neighbour_static_route(
	const struct neighbour *n, const struct relay_sockaddr *addr, struct neighbour_key *key);
bool neighbour_static_default(const struct neighbour *n, struct neighbour_key *key);
bool neighbour_static_place(
	const struct neighbour *n, const struct neighbour_key *key, struct neighbour_place *place);

/* neighbour_kernel.c; 'route': -ENETUNREACH: not by a port of ours. */
int neighbour_kernel_create(struct neighbour *n);
void neighbour_kernel_destroy(struct neighbour *n);
int neighbour_kernel_fd(const struct neighbour *n);
void neighbour_kernel_run(struct neighbour *n);
void neighbour_kernel_more(struct neighbour *n); /* is there work left: the fd says so */
int neighbour_kernel_route(
	struct neighbour *n, const struct relay_sockaddr *addr, struct neighbour_key *key);
void neighbour_kernel_learn(struct neighbour *n, struct neighbour_via *via);
bool neighbour_kernel_place(
	const struct neighbour *n, const struct neighbour_via *via, struct neighbour_place *place);
/* Whether a datagram is on its way. */
bool neighbour_kernel_provoke(struct neighbour *n, const struct neighbour_via *via);

#endif
