/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoints_rig.h - a worker's endpoints on the heap, each array exactly as long as it must be,
 * with local addresses of both families and a real engine; commands and records that are in order.
 * A step that must succeed and does not ends the process: fuzz targets use it too. */
#ifndef ENDPOINTS_RIG_H
#define ENDPOINTS_RIG_H

#include "endpoint.h"

enum {
	ENDPOINTS_RIG_SLOTS = 8, /* of a worker */
	ENDPOINTS_RIG_PORT_MIN = 10000,
	ENDPOINTS_RIG_PORT_MAX = 10255,
	ENDPOINTS_RIG_PAGES = 4,
	ENDPOINTS_RIG_POOL = ENDPOINTS_RIG_PAGES * CONTEXT_POOL_PAGE,
	ENDPOINTS_RIG_V4 = 0, /* numbers of the local addresses */
	ENDPOINTS_RIG_V6 = 1,
	ENDPOINTS_RIG_ADDRESSES = 2,
};

struct endpoints_rig {
	struct endpoints e;
	struct local_table local;
	struct context_pool pool;
	struct context_pool_page pages[ENDPOINTS_RIG_PAGES];
	uint8_t *copy; /* of what endpoints_rig_keep saw */
};

/* The rig of the last of 'n_workers'. */
struct endpoints_rig *endpoints_rig_open(uint32_t n_workers, struct srtp_engine *engine);
void endpoints_rig_close(struct endpoints_rig *rig);

/* Remembers slots, cold, records, ports, backlog and used bytes; later tells whether all are as
 * they were. */
void endpoints_rig_keep(struct endpoints_rig *rig);
bool endpoints_rig_same(const struct endpoints_rig *rig);

/* The i-th media port of this worker. */
uint16_t endpoints_rig_port(const struct endpoints_rig *rig, uint32_t i);

/* Remote addresses: host 0 is none; hosts from 128 on are of IPv6. */
struct relay_sockaddr endpoints_rig_remote(uint8_t host, uint16_t port);

/* Installs the i-th slot at its i-th port, IPv4, latch, both media, from host 1. */
struct relay_command endpoints_rig_install(
	const struct endpoints_rig *rig, uint32_t i, uint32_t generation);

/* Every byte of the session keys is 'key'; plain if the suite is RELAY_PLAIN. */
struct relay_crypto endpoints_rig_crypto(uint8_t suite, uint8_t key);
struct relay_record endpoints_rig_record(const struct relay_command *c, uint8_t suite, uint8_t key);

/* Carries a command out with such a record, at time 0. */
enum relay_status endpoints_rig_command(
	struct endpoints_rig *rig, const struct relay_command *c, uint8_t suite, uint8_t key);

#endif
