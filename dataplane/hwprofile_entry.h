/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_entry.h - the lists of a profile: ports, workers, and what each of them has.
 *
 * Invariant: counts of the profile never pass its arrays.
 * Threads:   one.
 * Ownership: as hwprofile_parse.h.
 * Units:     none.
 * Errors:    added to the build's faults.
 * Cost:      cold.
 */
#ifndef HWPROFILE_ENTRY_H
#define HWPROFILE_ENTRY_H

#include "config_table.h"

/* One entry of the list that 'key' is, of port or worker 'owner'. */
bool hwprofile_entry_add(struct config_reader *reader, const struct config_key *key,
	config_setting_t *entry, unsigned owner);

/* An address may be written as text alone. */
bool hwprofile_entry_takes_text(const struct config_key *key);

#endif
