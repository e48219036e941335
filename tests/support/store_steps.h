/* SPDX-License-Identifier: BSD-3-Clause */
/* store_steps.h - a call, and each state in which a process that died within it would leave memory
 * that outlives it: what stands there changes by an instruction that stores, so the call is stopped
 * at each of these, by a fault, and once more behind it, by the trap flag of x86. A step that must
 * succeed and does not fails the test. */
#ifndef STORE_STEPS_H
#define STORE_STEPS_H

#include <stddef.h>
#include <stdint.h>

struct store_steps {
	void *at; /* the states, one after the other */
	size_t bytes;
	uint32_t n, room;
};

/* Zeroed memory in pages of its own; one at a time. */
void *store_steps_map(size_t bytes);
void store_steps_unmap(void *map, size_t bytes);

/* Calls, and fills 'steps' with what stood at 'watched', in the map, as it was before, and each
 * time that it had changed: so at last as the call left it. */
void store_steps_run(
	void (*call)(void *), void *arg, const void *watched, struct store_steps *steps);

#endif
