/* SPDX-License-Identifier: BSD-3-Clause */
/* config_entry.h - the lists of sluice.conf: listeners, interfaces, and what each of them has.
 *
 * Invariant: counts never pass their arrays. What an address or a hash means is understood here;
 *            how values agree is left for config_check.
 * Threads:   one.
 * Ownership: as config_build.h.
 * Units:     none.
 * Errors:    added to the reader's faults.
 * Cost:      cold.
 */
#ifndef CONFIG_ENTRY_H
#define CONFIG_ENTRY_H

#include "config_table.h"

/* One entry of the list that 'key' is, of listener or interface 'owner'. */
bool config_entry_add(struct config_reader *reader, const struct config_key *key,
	config_setting_t *entry, unsigned owner);

/* An address may be written as text alone. */
bool config_entry_takes_text(const struct config_key *key);

#endif
