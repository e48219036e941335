/* SPDX-License-Identifier: BSD-3-Clause */
#include "search.h"

#include <stddef.h>

#define FULL_SHARE                                                                                 \
	0.01 /* of the packets sent, turned away at first: then the queue was the bound */

const char *const search_bound_names[SEARCH_BOUND_COUNT] = {"none", "loss", "queue", "generator"};

#define MARGIN 1.25 /* over the most that was sent: a pause of the machine may have made it low */

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* What the trials at a rate say of it. */
struct tried {
	bool held;         /* it was reached, and passed */
	bool reached;      /* it was reached by one at least */
	double most_pps;   /* that was sent */
	bool queue_filled; /* in that trial */
};

static void take_trial(struct search *s, struct search_trial *trial, struct tried *t)
{
	trial->valid = trial->sent_pps >= trial->asked_pps * SEARCH_VALID;
	t->reached |= trial->valid;
	t->held |= trial->valid && trial->passed;
	if (trial->passed && trial->sent_pps > s->best)
		s->best = trial->sent_pps;
	if (trial->sent_pps > t->most_pps) {
		t->most_pps = trial->sent_pps;
		t->queue_filled = (double)trial->refused > (double)trial->sent * FULL_SHARE;
	}
}

/* Until one is valid and passes: a pause of the machine is not the relay's fault. */
static int try_rate(
	struct search *s, search_runner *run, void *context, double pps, struct tried *out)
{
	*out = (struct tried){.held = false};
	for (unsigned i = 0; i < SEARCH_TRIES && s->n < SEARCH_TRIALS_MAX && !out->held; i++) {
		struct search_trial *trial = &s->trials[s->n];
		int error = run(context, pps, trial);

		if (error < 0)
			return error;
		s->n++;
		trial->asked_pps = pps;
		take_trial(s, trial, out);
	}
	return 0;
}

static enum search_bound bound_of(const struct tried *t)
{
	if (t->reached)
		return SEARCH_BOUND_LOSS;
	return t->queue_filled ? SEARCH_BOUND_QUEUE : SEARCH_BOUND_GENERATOR;
}

int search_run(struct search *s, search_runner *run, void *context)
{
	double low = s->min, high = s->max;
	double pps = high;

	s->best = 0;
	s->n = 0;
	s->bound = SEARCH_BOUND_NONE;
	while (s->n < SEARCH_TRIALS_MAX) {
		struct tried t;
		int error = try_rate(s, run, context, pps, &t);

		if (error < 0)
			return error;
		if (t.held) {
			low = pps;
		} else {
			/* far above what can be reached nothing need be asked for again */
			high = t.reached ? pps : least(pps, t.most_pps * MARGIN);
			s->bound = bound_of(&t);
		}
		if (s->best > low)
			low = s->best;
		if (high - low <= high * s->resolution)
			break;
		pps = (low + high) / 2;
	}
	return 0;
}
