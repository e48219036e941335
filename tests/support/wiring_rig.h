/* SPDX-License-Identifier: BSD-3-Clause */
/* wiring_rig.h - nego_rig's bridge on a data plane without packets, which watches each command:
 * what every endpoint is, and that no key's keystream begins twice. One rig at a time. */
#ifndef WIRING_RIG_H
#define WIRING_RIG_H

#include "link_rig.h"
#include "nego_rig.h"
#include "wiring.h"

enum { WIRING_RIG_ENDPOINTS = 512, WIRING_RIG_KEYS = 4096 };

/* What the commands have made of an endpoint. */
struct wiring_rig_endpoint {
	uint32_t generation; /* 0: there is none */
	struct relay_command is;
	uint8_t ingress_suite, egress_suite;
	uint32_t key; /* in 'keys'; of no meaning without a suite */
};

/* A key that something was encrypted with: it may have one endpoint for RTP, and one for RTCP. */
struct wiring_rig_key {
	struct kdf_session session;
	struct relay_route rtp, rtcp;
};

struct wiring_rig {
	struct wiring wiring;
	struct portpool *pool;
	struct wiring_rig_endpoint endpoints[WIRING_RIG_ENDPOINTS];
	struct wiring_rig_key keys[WIRING_RIG_KEYS];
	uint32_t n_keys;
	uint32_t repeated; /* keystreams that began anew: what must never be */
	uint32_t refused;  /* commands */
};

extern struct wiring_rig wiring_rig;

int wiring_rig_open(void **state);

/* All is given back when all is removed: ports and slots; and no keystream was repeated. */
int wiring_rig_close(void **state);

/* Another data plane in place of this one; it is told nothing yet. */
void wiring_rig_replace_plane(void);

/* 'next' becomes 'now' in the data plane, and it has answered. */
enum ng_error wiring_rig_commit(void);

/* What is under way arrives. */
void wiring_rig_settle(void);

/* An offer and its answer, both of which must succeed, and the commit. */
void wiring_rig_call(unsigned from, const char *offer, const char *answer);

/* What the data plane has for a flow; fails the test if it has not. */
const struct wiring_rig_endpoint *wiring_rig_flow(uint32_t media, unsigned side, unsigned flow);

/* Whether it sends that to the flow, or to nothing. */
bool wiring_rig_goes(const struct wiring_rig_endpoint *from, unsigned route,
	const struct wiring_rig_endpoint *to);

uint32_t wiring_rig_live(void);
uint32_t wiring_rig_ports_taken(void);

/* Traffic on every endpoint of the call. */
void wiring_rig_send_on_all(void);

#endif
