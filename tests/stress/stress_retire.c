/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers use objects that the main thread replaces and retires meanwhile; some stop and start
 * again. An object that is destroyed loses its canary but not its memory, so a reader that still
 * has it says so, and TSan sees the race. Run it under TSan, too. Exit status 0 only if all held.
 * Usage: stress_retire [REPLACEMENTS] */
#include "retire.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 3, SLOTS = 4, POOL = 4096, LOOKS = 8, WAIT_EACH = 10000 };

#define ALIVE UINT64_C(0x600dca9a7111fe00)
#define DEAD  UINT64_C(0xdeadca9a7deadbad)

struct object {
	uint64_t canary, check; /* plain: only retire orders the last read before the destruction */
	struct object *next;
};

struct reader {
	uint32_t index;
	uint64_t reads, starts;
	bool failed;
};

static struct retire retire;
static _Atomic(struct object *) slots[SLOTS];
static atomic_bool over;
static struct object pool[POOL], *unused;
static uint64_t destroyed;

static void destroy(void *object)
{
	struct object *o = object;

	o->canary = DEAD;
	o->check = DEAD;
	o->next = unused;
	unused = o;
	destroyed++;
}

static bool intact(const struct object *o)
{
	return o->canary == ALIVE && o->check == ~ALIVE;
}

/* Between two quiescent points: each object found stays whole, even if it takes a while. */
static bool read_some(struct reader *r)
{
	for (uint32_t i = 0; i < LOOKS; i++) {
		/* acquire: pairs with the release in replace */
		const struct object *o =
			atomic_load_explicit(&slots[i % SLOTS], memory_order_acquire);

		if (!intact(o))
			return false;
		if (r->reads++ % 64 == r->index)
			(void)sched_yield();
		if (!intact(o))
			return false;
	}
	return true;
}

static void *read_all(void *arg)
{
	struct reader *r = arg;

	/* relaxed: nothing else depends on it */
	while (!atomic_load_explicit(&over, memory_order_relaxed) && !r->failed) {
		retire_start(&retire, r->index);
		r->starts++;
		for (uint32_t i = 0; i < 1000u * (r->index + 1) && !r->failed; i++) {
			r->failed = !read_some(r);
			retire_quiescent(&retire, r->index);
		}
		retire_stop(&retire, r->index);
	}
	return NULL;
}

/* One that was never used, or was destroyed; while none is left, some are destroyed. */
static struct object *take(void)
{
	struct object *o;

	while (unused == NULL)
		if (retire_run(&retire) != 0)
			(void)sched_yield();
	o = unused;
	unused = o->next;
	*o = (struct object){.canary = ALIVE, .check = ~ALIVE};
	return o;
}

static bool replace(uint64_t i)
{
	struct object *old = atomic_load_explicit(&slots[i % SLOTS], memory_order_relaxed);

	/* release: pairs with the acquire in read_some */
	atomic_store_explicit(&slots[i % SLOTS], take(), memory_order_release);
	if (i % WAIT_EACH == 0) { /* the other way to be sure */
		retire_wait(&retire);
		destroy(old);
		return true;
	}
	if (retire_defer(&retire, old, destroy) != 0)
		return false;
	if (i % 16 == 0)
		(void)retire_run(&retire);
	return true;
}

static bool run(uint64_t replacements)
{
	struct reader readers[READERS] = {0};
	pthread_t threads[READERS];
	bool held = true;

	for (uint32_t i = 0; i < READERS; i++) {
		readers[i].index = i;
		if (pthread_create(&threads[i], NULL, read_all, &readers[i]) != 0)
			abort();
	}
	for (uint64_t i = 0; i < replacements && held; i++)
		held = replace(i);
	atomic_store_explicit(&over, true, memory_order_relaxed);
	for (uint32_t i = 0; i < READERS; i++) {
		(void)pthread_join(threads[i], NULL);
		(void)printf("reader %u: %llu objects read, started %llu times: %s\n", i,
			(unsigned long long)readers[i].reads, (unsigned long long)readers[i].starts,
			readers[i].failed ? "one was destroyed meanwhile" : "ok");
		held = held && !readers[i].failed && readers[i].reads > 0;
	}
	return held;
}

int main(int argc, char **argv)
{
	uint64_t replacements = argc > 1 ? strtoull(argv[1], NULL, 10) : 300000;
	bool held;

	for (uint32_t i = 0; i < POOL; i++) {
		pool[i].next = unused;
		unused = &pool[i];
	}
	retire_init(&retire, READERS);
	for (uint32_t i = 0; i < SLOTS; i++)
		atomic_init(&slots[i], take());
	held = run(replacements);
	retire_fini(&retire);
	(void)printf("%llu of %llu replaced objects destroyed\n", (unsigned long long)destroyed,
		(unsigned long long)replacements);
	return held && destroyed == replacements ? 0 : 1;
}
