/* SPDX-License-Identifier: BSD-3-Clause */
/* config_value.h - one value of a file, by the row of its key.
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

#include "config_table.h"

/* Into the field of 'base': the default, or what stands for "unknown". */
void config_value_default(const struct config_key *key, void *base);

/* Nothing but printable ASCII: what it says may go to logs and commands. */
bool config_value_printable(const struct config_key *key, const config_setting_t *setting,
	const char *text, struct config_faults *faults);

void config_value_parse(const struct config_key *key, const config_setting_t *setting, void *base,
	struct config_faults *faults);

#endif
