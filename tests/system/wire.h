/* SPDX-License-Identifier: BSD-3-Clause */
/* wire.h - what is on the link behind a TAP: hosts that answer ARP and ND, and nothing else. */
#ifndef WIRE_H
#define WIRE_H

#include "relay_address.h"
#include "tap.h"

enum { WIRE_HOSTS_MAX = 16 };

struct wire_host {
	struct relay_sockaddr ip;
	uint8_t mac[6];
	bool silent;
	uint32_t asked;  /* ARP requests and solicitations for it */
	uint32_t probed; /* empty datagrams to its discard port */
};

struct wire {
	struct tap *tap;
	struct wire_host hosts[WIRE_HOSTS_MAX];
	uint32_t n_hosts;
	uint32_t asked_for_others; /* solicitations for nobody's address */
	uint16_t vlan;             /* of the last frame, 0: untagged */
};

struct relay_sockaddr wire_address(const char *text);
struct wire_host *wire_add(struct wire *w, const char *ip, uint8_t mac); /* 02:..:00:mac */

/* Reads all frames there are, and answers. */
void wire_run(struct wire *w);

/* An ARP answer that nobody asked for. */
void wire_announce(struct wire *w, const struct wire_host *host);

#endif
