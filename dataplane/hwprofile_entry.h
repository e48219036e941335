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

#include "hwprofile_parse.h"

/* 'list' is a libconfig list or array that stands for 'key' of port or worker 'owner'. */
void hwprofile_entry_list(struct hwprofile_build *build, const struct hwprofile_key *key,
	const config_setting_t *list, unsigned owner);

#endif
