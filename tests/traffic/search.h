/* SPDX-License-Identifier: BSD-3-Clause */
/* search.h - the highest rate without loss, by halving (RFC 2544 26.1).
 *
 * Invariant: 'best' is a rate at which a trial was sent, and passed. A trial is valid only if 99 %
 *            of the asked rate were sent at least; one that is not proves no loss, and no rate but
 *            its own. A rate is given up when SEARCH_TRIES trials at it were not valid, or failed:
 *            on a machine that others share a trial fails by its pauses, too.
 * Threads:   main.
 * Ownership: embedded.
 * Units:     packets a second.
 * Errors:    the runner's.
 * Cost:      some ten to thirty trials.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <stdbool.h>
#include <stdint.h>

enum { SEARCH_TRIALS_MAX = 64, SEARCH_TRIES = 3 };

#define SEARCH_VALID 0.99

struct search_trial {
	double asked_pps, sent_pps;
	uint64_t sent, lost, faulty;
	uint64_t refused; /* times that the port turned a packet away: its queue was full */
	bool valid, passed;
};

/* What kept the search from a higher rate. */
enum search_bound {
	SEARCH_BOUND_NONE,      /* nothing: it was the highest asked for */
	SEARCH_BOUND_LOSS,      /* packets were lost */
	SEARCH_BOUND_QUEUE,     /* the queue towards the relay was full: it took no more */
	SEARCH_BOUND_GENERATOR, /* the generator could make no more */
	SEARCH_BOUND_COUNT
};

/* Runs a trial at 'pps'; fills all of 'out' but 'valid'. Negative: an error, the search ends. */
typedef int search_runner(void *context, double pps, struct search_trial *out);

struct search {
	double min, max;
	double resolution; /* share of the rate: 0.01 */
	double best;       /* 0: none passed */
	enum search_bound bound;
	uint32_t n;
	struct search_trial trials[SEARCH_TRIALS_MAX];
};

extern const char *const search_bound_names[SEARCH_BOUND_COUNT];

int search_run(struct search *s, search_runner *run, void *context);

#endif
