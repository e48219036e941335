/* SPDX-License-Identifier: BSD-3-Clause */
#include "retire.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

struct retire_object {
	struct retire_object *next;
	uint64_t epoch; /* a worker that has seen it can't reach the object */
	void *object;
	void (*destroy)(void *object);
};

void retire_init(struct retire *r, uint32_t n_workers)
{
	atomic_init(&r->epoch, 1);
	r->oldest = NULL;
	r->newest = &r->oldest;
	r->n_workers = n_workers;
	for (uint32_t i = 0; i < n_workers; i++)
		atomic_init(&r->workers[i].seen, UINT64_MAX);
}

static uint64_t next_epoch(struct retire *r)
{
	uint64_t epoch = atomic_load_explicit(&r->epoch, memory_order_relaxed) + 1;

	/* seq_cst, as in retire_start: of a worker that starts meanwhile either we see that it
	 * runs, or it sees what was unpublished. Pairs with the acquire in retire_quiescent, too */
	atomic_store_explicit(&r->epoch, epoch, memory_order_seq_cst);
	return epoch;
}

static uint64_t oldest_seen(const struct retire *r)
{
	uint64_t oldest = UINT64_MAX;

	for (uint32_t i = 0; i < r->n_workers; i++) {
		/* acquire: the worker's last use of an object happened before its destruction */
		uint64_t seen = atomic_load_explicit(&r->workers[i].seen, memory_order_seq_cst);

		if (seen < oldest)
			oldest = seen;
	}
	return oldest;
}

int retire_defer(struct retire *r, void *object, void (*destroy)(void *object))
{
	struct retire_object *o = malloc(sizeof(*o));

	if (o == NULL)
		return -ENOMEM;
	*o = (struct retire_object){.epoch = next_epoch(r), .object = object, .destroy = destroy};
	*r->newest = o;
	r->newest = &o->next;
	return 0;
}

static uint32_t destroy_until(struct retire *r, uint64_t seen)
{
	uint32_t left = 0;

	while (r->oldest != NULL && r->oldest->epoch <= seen) {
		struct retire_object *o = r->oldest;

		r->oldest = o->next;
		o->destroy(o->object);
		free(o);
	}
	if (r->oldest == NULL)
		r->newest = &r->oldest;
	for (const struct retire_object *o = r->oldest; o != NULL; o = o->next)
		left++;
	return left;
}

uint32_t retire_run(struct retire *r)
{
	return destroy_until(r, oldest_seen(r));
}

void retire_wait(struct retire *r)
{
	uint64_t epoch = next_epoch(r);

	while (oldest_seen(r) < epoch)
		(void)sched_yield();
}

void retire_fini(struct retire *r)
{
	(void)destroy_until(r, UINT64_MAX);
}

void retire_start(struct retire *r, uint32_t worker)
{
	uint64_t epoch = atomic_load_explicit(&r->epoch, memory_order_relaxed);

	/* seq_cst: pairs with next_epoch */
	atomic_store_explicit(&r->workers[worker].seen, epoch, memory_order_seq_cst);
	atomic_thread_fence(memory_order_seq_cst);
	retire_quiescent(r, worker);
}

void retire_stop(struct retire *r, uint32_t worker)
{
	atomic_store_explicit(&r->workers[worker].seen, UINT64_MAX, memory_order_release);
}
