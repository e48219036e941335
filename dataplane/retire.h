/* SPDX-License-Identifier: BSD-3-Clause */
/* retire.h - when an object that workers read may go: after each of them has passed a quiescent
 * point since it was unpublished.
 *
 * Invariant: an object is destroyed only when every running worker has called retire_quiescent
 *            after retire_defer was called. Who defers has first taken away every pointer by
 *            which a worker could find the object.
 * Threads:   init, defer, run and fini: the main thread. quiescent: worker 'i'. start and stop
 *            of worker 'i': by that worker.
 * Ownership: a deferred object is retire's until 'destroy' has it.
 * Units:     epochs are a count.
 * Errors:    defer: -ENOMEM, and the object stays the caller's.
 * Cost:      quiescent: a load and a store to a line of the worker's own. No grace period is
 *            waited for, but by retire_wait, and never one for each object.
 */
#ifndef RETIRE_H
#define RETIRE_H

#include <stdatomic.h>
#include <stdint.h>

enum { RETIRE_WORKERS_MAX = 32 };

struct retire_object;

struct retire_worker {
	_Alignas(64) _Atomic uint64_t seen; /* worker: wo, main: ro; UINT64_MAX: not running */
};

struct retire {
	_Alignas(64) _Atomic uint64_t epoch; /* main: wo, workers: ro */
	struct retire_object *oldest, **newest;
	uint32_t n_workers;
	struct retire_worker workers[RETIRE_WORKERS_MAX];
};

void retire_init(struct retire *r, uint32_t n_workers);
int retire_defer(struct retire *r, void *object, void (*destroy)(void *object));

/* Destroys what may go; how many objects are left. */
uint32_t retire_run(struct retire *r);

/* Waits until every worker has passed a quiescent point: cold, for taking a peer's rings away. */
void retire_wait(struct retire *r);

/* Destroys all: no worker may be running. */
void retire_fini(struct retire *r);

void retire_start(struct retire *r, uint32_t worker);
void retire_stop(struct retire *r, uint32_t worker);

/* The worker holds no pointer that it has loaded before. */
static inline void retire_quiescent(struct retire *r, uint32_t worker)
{
	/* acquire: pairs with the release in retire_defer, so pointers loaded from now on are new;
	 * release: what the worker did with the old ones happened before */
	uint64_t epoch = atomic_load_explicit(&r->epoch, memory_order_acquire);

	atomic_store_explicit(&r->workers[worker].seen, epoch, memory_order_release);
}

#endif
