/* SPDX-License-Identifier: BSD-3-Clause */
#include "deadline.h"

#include <event2/event.h>
#include <time.h>

uint64_t deadline_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void arm(struct deadline *d, uint64_t now)
{
	uint64_t in_ms = d->due_ms > now ? d->due_ms - now : 0;
	const struct timeval tv = {(time_t)(in_ms / 1000), (suseconds_t)(in_ms % 1000 * 1000)};

	d->armed_ms = d->due_ms;
	(void)evtimer_add(d->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct deadline *d = arg;
	uint64_t now = deadline_now();

	(void)fd;
	(void)what;
	d->armed_ms = DEADLINE_NEVER;
	if (d->due_ms == DEADLINE_NEVER)
		return;
	if (now < d->due_ms) {
		arm(d, now);
		return;
	}
	d->due_ms = DEADLINE_NEVER;
	d->reached(d->arg);
}

bool deadline_init(
	struct deadline *d, struct event_base *base, void (*reached)(void *arg), void *arg)
{
	*d = (struct deadline){.due_ms = DEADLINE_NEVER,
		.armed_ms = DEADLINE_NEVER,
		.reached = reached,
		.arg = arg};
	d->timer = evtimer_new(base, on_timer, d);
	return d->timer != NULL;
}

void deadline_fini(struct deadline *d)
{
	if (d->timer != NULL)
		event_free(d->timer);
	d->timer = NULL;
}

void deadline_set(struct deadline *d, uint64_t in_ms)
{
	uint64_t now = deadline_now();

	d->due_ms = in_ms == DEADLINE_NEVER ? DEADLINE_NEVER : now + in_ms;
	if (d->due_ms < d->armed_ms)
		arm(d, now);
}
