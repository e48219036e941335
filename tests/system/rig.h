/* SPDX-License-Identifier: BSD-3-Clause */
/* rig.h - a TAP with addresses, hosts behind it, and the destinations of a data plane. */
#ifndef RIG_H
#define RIG_H

#include "neighbour.h"
#include "wire.h"

enum { RIG_ENDPOINTS = 30000, RIG_VLAN = 7 };

struct rig {
	struct hwprofile profile;
	struct retire retire;
	struct neighbour *n;
	struct wire w;
	struct wire_host *gateway, *gateway6, *second; /* of rig_begin */
};

extern struct rig rig;
extern const uint8_t rig_mac[6]; /* the port's */

int rig_begin(void **state); /* 192.0.2.1/24 and 2001:db8::1/64, with default routes */
int rig_begin_vlan(void **state);
int rig_end(void **state);

int64_t rig_now_ms(void);
void rig_turn(void); /* what a main loop does, once */
void rig_pass(int64_t ms);

uint32_t rig_find(const char *text);
uint32_t rig_find_numbered(uint32_t i); /* 20.0.0.0 and on */
const struct neighbour_hop *rig_hop_of(uint32_t d);
bool rig_leads_to(uint32_t d, const struct wire_host *host);

/* Within so long; NULL: has no hop. */
bool rig_comes_to(uint32_t d, const struct wire_host *host, int64_t ms);
void rig_assert_header(uint32_t d, const struct wire_host *h, uint16_t ethertype, uint16_t mtu);

#endif
