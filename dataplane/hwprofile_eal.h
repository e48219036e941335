/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_eal.h - the arguments with which DPDK's environment starts for a profile.
 *
 * Invariant: argv[0] is the program, argv[argc] is NULL; the lcore of a worker has the number of
 *            its core.
 * Threads:   pure.
 * Ownership: the vector points into the struct itself, which must not move; the EAL keeps
 *            pointers, so it stays as long as that runs.
 * Units:     none.
 * Errors:    0, or -E2BIG if it does not fit.
 * Cost:      cold.
 */
#ifndef HWPROFILE_EAL_H
#define HWPROFILE_EAL_H

#include "hwprofile.h"

enum { HWPROFILE_EAL_ARGV_MAX = 64, HWPROFILE_EAL_TEXT_BYTES = 4096 };

struct hwprofile_eal {
	char *argv[HWPROFILE_EAL_ARGV_MAX]; /* the EAL may change their order */
	int argc;
	uint32_t main_lcore; /* the main core, or one apart that shares it */
	size_t used;
	char text[HWPROFILE_EAL_TEXT_BYTES];
};

int hwprofile_eal_args(
	const struct hwprofile *profile, const char *program, struct hwprofile_eal *eal);

#endif
