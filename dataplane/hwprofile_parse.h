/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_parse.h - from libconfig's tree to a profile, by the table of keys.
 *
 * Invariant: each field is set: from the file, or to its default; what was faulty or missing
 *            without a default is NULL, or HWPROFILE_UNKNOWN, which later checks pass over.
 * Threads:   one.
 * Ownership: strings of the profile lie in 'config' and in the build: both live as long as it does.
 * Units:     as in hwprofile.h.
 * Errors:    added to 'faults'.
 * Cost:      cold.
 */
#ifndef HWPROFILE_PARSE_H
#define HWPROFILE_PARSE_H

#include "hwprofile.h"
#include "hwprofile_faults.h"
#include "hwprofile_keys.h"

#include <libconfig.h>

#define HWPROFILE_UNKNOWN UINT32_MAX

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
	struct hwprofile_faults faults;
};

/* 'config' has been read. */
void hwprofile_parse_tree(struct hwprofile_build *build);

/* A group of a section into the struct that the section fills; NULL: all defaults. 'owner' is the
 * index of the port or worker that the group is, or is in. */
void hwprofile_parse_group(struct hwprofile_build *build, enum hwprofile_section in,
	config_setting_t *s, void *base, unsigned owner);

/* The line of the setting that the path names, "ports.[0].device", or of what it would be in. */
__attribute__((format(printf, 2, 3))) unsigned hwprofile_parse_line(
	const struct hwprofile_build *build, const char *format, ...);

#endif
