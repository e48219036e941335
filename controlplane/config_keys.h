/* SPDX-License-Identifier: BSD-3-Clause */
/* config_keys.h - the table of keys: what may stand in sluice.conf.
 *
 * Invariant: as config_table.h.
 * Threads:   const.
 * Ownership: static.
 * Units:     each row names its own.
 * Errors:    none.
 * Cost:      cold.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config.h"
#include "config_table.h"

/* Where a key stands, and the struct that its offset is in; in the order of the page. */
enum config_keys_section {
	IN_TOP,       /* struct config */
	IN_LISTENER,  /* struct config_listener */
	IN_TOKEN,     /* struct config_keys_token */
	IN_INTERFACE, /* struct config_interface */
	IN_ADDRESS,   /* struct config_keys_address */
	IN_COUNT
};

extern const struct config_table config_keys_table;

/* What the entry of a list says, before it is understood. */
struct config_keys_token {
	const char *name;
	const char *hash;
	const char *sources[CONFIG_SOURCES_MAX];
	uint32_t n_sources;
};

struct config_keys_address {
	const char *ip;
	const char *advertised;
};

#endif
