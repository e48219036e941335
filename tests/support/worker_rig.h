/* SPDX-License-Identifier: BSD-3-Clause */
/* worker_rig.h - workers on ports that are made of rings: the test puts frames in at one end and
 * finds at the other what the stages sent. Two local addresses, two ports, two ways out:
 * destinations 1 and 4 lead to port 0, 2 and 5 to port 1 by a VLAN, 3 nowhere.
 *
 * The clock stands still, but when a test moves it: 'base_us' of a worker's clock is its time. */
#ifndef WORKER_RIG_H
#define WORKER_RIG_H

#include "support.h"

#include "fake_plane.h"
#include "oracle.h"
#include "rig_frame.h"
#include "worker.h"

enum {
	WORKER_RIG_PORTS = 2,
	WORKER_RIG_WORKERS = 2,
	WORKER_RIG_MEDIA_MIN = 20000,
	WORKER_RIG_MEDIA_MAX = 20999,
	WORKER_RIG_IPV4 = 0, /* local addresses: 192.0.2.1 and 2001:db8::1 */
	WORKER_RIG_IPV6 = 1,
	WORKER_RIG_PLAIN_HOP = 1,
	WORKER_RIG_VLAN_HOP = 2,
	WORKER_RIG_NO_HOP = 3,
	WORKER_RIG_PLAIN_HOP6 = 4, /* as 1 and 2, for IPv6 */
	WORKER_RIG_VLAN_HOP6 = 5,
	WORKER_RIG_VLAN = 77,
	WORKER_RIG_MTU = 1400, /* of both */
};

/* A master key; NULL in place of one: plain. */
struct worker_rig_key {
	enum suite_id suite;
	uint8_t seed;
	uint64_t rtp_lifetime; /* 0: the suite's */
};

struct worker_rig_endpoint {
	uint32_t index;
	struct relay_local local;
	struct relay_sockaddr remote;
	uint8_t source; /* 0: strict */
	uint8_t media;  /* 0: muxed */
	uint8_t dscp;
	uint8_t learn_ds;
	uint32_t to;      /* routed to this endpoint; its own: nowhere */
	uint32_t rtcp_to; /* 0: as 'to' */
	uint32_t destination;
	const struct worker_rig_key *ingress, *egress;
};

struct worker_rig {
	struct relay_geometry geometry;
	struct relay_region data, control;
	struct link *link;
	struct local_table local;
	struct endpoint *slots;
	struct endpoint_cold *cold;
	struct neighbour_table *neighbours;
	struct neighbour_hop *hops;
	uint32_t n_workers;
	struct worker *w[WORKER_RIG_WORKERS];
};

/* Skips the program (status 77) where no EAL can be had. Once a program, before the rest. */
int worker_rig_setup(void **state);
int worker_rig_teardown(void **state);

/* 'close' aborts the test unless every buffer is back in the pool, and once. */
void worker_rig_open(struct worker_rig *r, uint32_t n_workers);
void worker_rig_close(struct worker_rig *r);

/* A client's region, and the link to it. */
void worker_rig_link(struct worker_rig *r);
void worker_rig_unlink(struct worker_rig *r);

uint32_t worker_rig_generation(uint32_t index);
struct relay_command worker_rig_command(const struct worker_rig_endpoint *e, struct relay_record *);
void worker_rig_install(struct worker_rig *r, const struct worker_rig_endpoint *e);

/* The other implementation with the same key. */
void worker_rig_oracle(struct oracle *o, const struct worker_rig_key *key, bool protect);

/* A buffer of the pool with these octets; NULL when none is left. */
struct rte_mbuf *worker_rig_mbuf(const uint8_t *frame, uint32_t len);

/* Into the port's queue for a worker. */
void worker_rig_put(uint32_t port, uint32_t worker, struct rte_mbuf *m);
void worker_rig_receive(uint32_t port, uint32_t worker, const struct rig_frame *f);

/* The next frame that was sent: its length, 0 if there is none. */
uint32_t worker_rig_sent(uint32_t port, uint32_t worker, uint8_t out[RIG_FRAME_MAX]);

/* Turns until nothing comes in any more; each keeps the identity of the counters. Those since the
 * last call. */
struct relay_counts worker_rig_run(struct worker_rig *r, uint32_t worker);

/* Fills a port's queue up, or makes it empty. How many frames that was. */
uint32_t worker_rig_clog(uint32_t port, uint32_t worker);
uint32_t worker_rig_drain(uint32_t port, uint32_t worker);

#endif
