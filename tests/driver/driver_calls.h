/* SPDX-License-Identifier: BSD-3-Clause */
/* driver_calls.h - the endpoints of a call sheet, as a control plane would install them: two for
 * each call, four where RTCP has its own port; routed to each other. */
#ifndef DRIVER_CALLS_H
#define DRIVER_CALLS_H

#include "call_sheet.h"
#include "plane_client.h"

/* What a sheet does not say of its endpoints. */
struct driver_rule {
	uint8_t source; /* enum relay_source */
	uint8_t learn_ds;
	uint8_t dscp;
	bool remote_unknown; /* the sheet's address is not told */
	uint16_t clock_khz;
};

struct driver_endpoint {
	struct relay_route route; /* slot and generation */
	const struct call_leg *leg, *peer;
	uint32_t peer_rtp, peer_rtcp; /* endpoints of the other leg */
	bool rtcp;                    /* the port of RTCP alone */
};

struct driver_calls {
	struct call_sheet *sheet;
	struct driver_endpoint *endpoints;
	uint32_t n;
	struct driver_rule rule;
	struct relay_sockaddr addresses[RELAY_ADDRESSES_MAX];
	uint32_t n_addresses;
};

/* Lists the endpoints of a sheet, which becomes the calls' even on failure; slots come after. */
int driver_calls_open(const struct plane_client *client, struct call_sheet *sheet,
	struct driver_rule rule, struct driver_calls *calls);
void driver_calls_close(struct driver_calls *calls);

/* A free slot for each. -ENOSPC. */
int driver_calls_take(struct plane_client *client, struct driver_calls *calls);
void driver_calls_give(struct plane_client *client, const struct driver_calls *calls);

/* The slots in which they are installed, by local address and port; '*n' are. */
int driver_calls_find(const struct plane_client *client, struct driver_calls *calls, uint32_t *n);

/* The command that installs endpoint 'i', with its keys. */
int driver_calls_install(const struct driver_calls *calls, uint32_t i,
	struct relay_command *command, struct relay_record *record);

#endif
