/* SPDX-License-Identifier: BSD-3-Clause */
/* pace.h - says when the next burst is due.
 *
 * Invariant: who is late catches up by 'catch_up' of the rate at most, so that a pause of the
 *            machine does not become a flood; what is later than PACE_LATE_US is given up, and so
 * is not sent. At a rate up to PACE_SLOW no flood can come of it: a second's packets may follow at
 * PACE_CATCH_UP, or at twice the rate. Threads:   one. Ownership: embedded. Units:     TSC cycles
 * since 'start', times 2^16. Errors:    none. Cost:      hot: two compares.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_FRACTION = 16,
	PACE_LATE_US = 10000,
	PACE_LATE_SLOW_US = 1000000,
	PACE_SLOW = 200000, /* packets a second */
	PACE_CATCH_UP = 100000,
};

struct pace {
	uint64_t start;
	uint64_t next, last;
	uint64_t interval; /* 0: always due */
	uint64_t gap;      /* at least, between bursts */
	uint64_t late;
	uint32_t burst;
};

/* 'burst' packets each time, 'rate' packets a second in all; rate 0: as fast as it goes. */
static inline void pace_init(
	struct pace *p, double rate, uint32_t burst, double catch_up, double hz)
{
	bool slow = rate <= PACE_SLOW;

	*p = (struct pace){.burst = burst};
	if (rate <= 0)
		return;
	p->interval = (uint64_t)(hz * burst / rate * (1U << PACE_FRACTION));
	p->gap = (uint64_t)((double)p->interval / (1 + catch_up));
	if (slow)
		p->gap = (uint64_t)((double)p->interval *
				    (rate < PACE_CATCH_UP / 2.0 ? rate / PACE_CATCH_UP : 0.5));
	p->next = p->gap; /* no burst before it */
	p->late = (uint64_t)(hz / 1e6 * (slow ? PACE_LATE_SLOW_US : PACE_LATE_US)) << PACE_FRACTION;
}

static inline bool pace_due(struct pace *p, uint64_t tsc)
{
	uint64_t now = (tsc - p->start) << PACE_FRACTION;
	uint64_t due = p->last + p->gap > p->next ? p->last + p->gap : p->next;

	if (p->interval == 0)
		return true;
	if (now < due)
		return false;
	if (now > p->late && p->next < now - p->late)
		p->next = now - p->late;
	p->next += p->interval;
	/* since when it was due, so that looking seldom costs no rate; but a pause does */
	p->last = now - due < p->interval ? due : now;
	return true;
}

#endif
