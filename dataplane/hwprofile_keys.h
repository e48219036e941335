/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_keys.h - the table of keys: what may stand in a hardware profile.
 *
 * One row says all of a key: parsing, range checks, defaults and hwconf/README.md come from it.
 *
 * Invariant: a row's offset and type fit the struct that its section fills; a default is in range.
 * Threads:   const.
 * Ownership: static.
 * Units:     each row names its own.
 * Errors:    none.
 * Cost:      cold; looked through from end to end.
 */
#ifndef HWPROFILE_KEYS_H
#define HWPROFILE_KEYS_H

#include "config_table.h"

/* Where a key stands, and the struct that its offset is in; in the order of the page. */
enum hwprofile_section {
	IN_TOP, /* struct hwprofile, as for eal, media, control and idle */
	IN_EAL,
	IN_PORT,      /* struct hwprofile_port */
	IN_ADDRESS,   /* struct hwprofile_keys_address */
	IN_NEIGHBOUR, /* struct hwprofile_keys_neighbour */
	IN_WORKER,    /* struct hwprofile_worker */
	IN_QUEUE,     /* struct hwprofile_keys_queue */
	IN_MEDIA,
	IN_CONTROL,
	IN_IDLE,
	IN_COUNT
};

extern const struct config_table hwprofile_keys_table;

/* What the entry of a list says, before it is understood. */
struct hwprofile_keys_address {
	const char *ip;
	uint16_t vlan;
};

struct hwprofile_keys_neighbour {
	const char *ip;
	const char *mac;
	uint16_t vlan;
};

struct hwprofile_keys_queue {
	const char *port;
	uint16_t queue;
};

#endif
