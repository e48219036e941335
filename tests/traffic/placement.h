/* SPDX-License-Identifier: BSD-3-Clause */
/* placement.h - calls from their offer to their end: placed over ng, filled with media, deleted,
 * and what the relay says of each compared with what was sent.
 *
 * Invariant: whatever was placed is deleted, also when media fails or a signal comes.
 * Threads:   main; the trial's worker within.
 * Ownership: run allocates and frees.
 * Units:     calls a second.
 * Errors:    run: the exit status, having said why on stderr.
 * Cost:      as trial.h.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include "options.h"

/* The EAL has been started. */
int placement_run(const struct options *options);

#endif
