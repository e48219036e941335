/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_parse.h - from libconfig's tree to a profile, by the table of keys.
 *
 * Invariant: each field is set: from the file, or to its default; what was faulty or missing
 *            without a default is NULL, or CONFIG_UNKNOWN, which later checks pass over.
 * Threads:   one.
 * Ownership: strings of the profile lie in 'config' and in the build: both live as long as it does.
 * Units:     as in hwprofile.h.
 * Errors:    added to 'faults'.
 * Cost:      cold.
 */
#ifndef HWPROFILE_PARSE_H
#define HWPROFILE_PARSE_H

#include "hwprofile.h"
#include "hwprofile_keys.h"

/* A profile with what stands behind it; the profile is first, so that either leads to the other. */
struct hwprofile_build {
	struct hwprofile profile;
	config_t config;
	char name[64];
	char taps[HWPROFILE_PORTS_MAX][16];
	bool queues_given[HWPROFILE_WORKERS_MAX];
	/* lines of what has no path of its own */
	unsigned address_line[HWPROFILE_ADDRESSES_MAX];
	unsigned neighbour_line[HWPROFILE_NEIGHBOURS_MAX];
	struct config_faults faults;
};

/* 'config' has been read. */
void hwprofile_parse_tree(struct hwprofile_build *build);

#endif
