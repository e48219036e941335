/* SPDX-License-Identifier: BSD-3-Clause */
/* search.h - the highest rate without loss, by halving (RFC 2544 26.1).
 *
 * Invariant: 'best' is a rate at which a valid trial passed; a trial is valid only if the generator
 *            sent at 99 % of the asked rate at least.
 * Threads:   main.
 * Ownership: embedded.
 * Units:     packets a second.
 * Errors:    the runner's.
 * Cost:      some ten trials.
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
	bool valid, passed;
};

/* Runs a trial at 'pps'; fills all of 'out' but 'valid'. Negative: an error, the search ends. */
typedef int search_runner(void *context, double pps, struct search_trial *out);

struct search {
	double min, max;
	double resolution; /* share of the rate: 0.01 */
	double best;       /* 0: none passed */
	bool limited;      /* the generator could not send faster than about this */
	uint32_t n;
	struct search_trial trials[SEARCH_TRIALS_MAX];
};

int search_run(struct search *s, search_runner *run, void *context);

#endif
