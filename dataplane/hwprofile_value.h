/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_value.h - one value of a profile, by the row of its key.
 *
 * Invariant: writes the field of the row and nothing else.
 * Threads:   one.
 * Ownership: strings stay in the tree that they were read from.
 * Units:     the row's.
 * Errors:    added to 'faults'; the field is then left as it was.
 * Cost:      cold.
 */
#ifndef HWPROFILE_VALUE_H
#define HWPROFILE_VALUE_H

#include "hwprofile_faults.h"
#include "hwprofile_keys.h"

#include <libconfig.h>

/* Into the field of 'base': the default, or what stands for "unknown". */
void hwprofile_value_default(const struct hwprofile_key *key, void *base);

void hwprofile_value_parse(const struct hwprofile_key *key, const config_setting_t *setting,
	void *base, struct hwprofile_faults *faults);

#endif
