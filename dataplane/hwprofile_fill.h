/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_fill.h - what a profile leaves to be computed.
 *
 * Invariant: fields that the file gave are left as they are, but endpoints, which is rounded up to
 *            a multiple of the workers.
 * Threads:   one.
 * Ownership: names that are made up lie in the build.
 * Units:     as in hwprofile.h.
 * Errors:    none: what cannot be right is left for hwprofile_check.
 * Cost:      cold.
 */
#ifndef HWPROFILE_FILL_H
#define HWPROFILE_FILL_H

#include "hwprofile_parse.h"

/* Queues, who polls them, and names. */
void hwprofile_fill_queues(struct hwprofile_build *build);

/* Capacity and memory; of a profile whose queues are known. */
void hwprofile_fill_memory(struct hwprofile_build *build);

#endif
