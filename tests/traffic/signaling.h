/* SPDX-License-Identifier: BSD-3-Clause */
/* signaling.h - how many calls a second a relay's signalling places.
 *
 * Invariant: a call has its slot's ports, so no two at a time share one.
 * Threads:   main.
 * Ownership: run allocates and frees.
 * Units:     calls a second.
 * Errors:    run: the exit status, having said why on stderr.
 * Cost:      one core.
 */
#ifndef SIGNALING_H
#define SIGNALING_H

#include "options.h"

int signaling_run(const struct options *options, bool (*stopped)(void));

#endif
