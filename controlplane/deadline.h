/* SPDX-License-Identifier: BSD-3-Clause */
/* deadline.h - one moment that a connection must not outlive, moved often and reached seldom.
 *
 * To move it is a store, unless it comes nearer: the timer under it fires early and looks again.
 *
 * Invariant: the callback runs once the moment set last has passed, never before.
 * Threads:   the event loop's.
 * Ownership: embedded; deadline_fini before its memory goes. The callback may do that.
 * Units:     milliseconds of the monotonic clock.
 * Errors:    deadline_init: false without memory.
 * Cost:      set: a coarse clock and a comparison, seldom a heap operation.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct event;

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
	struct event *timer;
	uint64_t due_ms;
	uint64_t armed_ms;
	void (*reached)(void *arg);
	void *arg;
};

bool deadline_init(
	struct deadline *d, struct event_base *base, void (*reached)(void *arg), void *arg);
void deadline_fini(struct deadline *d);

/* 'in_ms' from now, or DEADLINE_NEVER. */
void deadline_set(struct deadline *d, uint64_t in_ms);

uint64_t deadline_now(void);

#endif
