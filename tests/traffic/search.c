/* SPDX-License-Identifier: BSD-3-Clause */
#include "search.h"

#include <stddef.h>

/* Up to SEARCH_TRIES times, until valid: a pause of the machine is not the relay's fault. */
static int try_rate(struct search *s, search_runner *run, void *context, double pps,
	const struct search_trial **out)
{
	*out = NULL;
	for (unsigned i = 0; i < SEARCH_TRIES && s->n < SEARCH_TRIALS_MAX; i++) {
		struct search_trial *trial = &s->trials[s->n];
		int error = run(context, pps, trial);

		if (error < 0)
			return error;
		s->n++;
		trial->asked_pps = pps;
		trial->valid = trial->sent_pps >= pps * SEARCH_VALID;
		*out = trial;
		if (trial->valid)
			break;
	}
	return 0;
}

int search_run(struct search *s, search_runner *run, void *context)
{
	double low = s->min, high = s->max, pps = s->max;
	const struct search_trial *trial;

	s->best = 0;
	s->n = 0;
	s->limited = false;
	while (s->n < SEARCH_TRIALS_MAX) {
		int error = try_rate(s, run, context, pps, &trial);

		if (error < 0)
			return error;
		if (trial->valid && trial->passed) {
			s->best = low = pps;
		} else {
			high = pps;
			s->limited = !trial->valid;
		}
		if (low >= high || high - low <= high * s->resolution)
			break;
		pps = (low + high) / 2;
	}
	return 0;
}
