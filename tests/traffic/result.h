/* SPDX-License-Identifier: BSD-3-Clause */
/* result.h - says what came of it: to a person, to a program, and whether every check held.
 *
 * Invariant: a row of RESULT_CHECKS gives bit, name in JSON, and what is wrong if it is set.
 * Threads:   main.
 * Ownership: the caller's.
 * Units:     latencies in ns, rates in packets a second.
 * Errors:    result_write_json: -errno.
 * Cost:      cold.
 */
#ifndef RESULT_H
#define RESULT_H

#include "search.h"
#include "trial.h"

#define RESULT_CHECKS(X)                                                                           \
	X(NOTHING, "nothing_sent", "nothing was sent")                                             \
	X(RATE, "rate", "less was sent than the rate asked for")                                   \
	X(LOSS, "loss", "packets were lost")                                                       \
	X(FAULTY, "faulty", "packets were wrong")                                                  \
	X(DUPLICATED, "duplicated", "packets came twice")                                          \
	X(REORDERED, "reordered", "packets came late")                                             \
	X(REPORTS, "rtcp_loss", "sender reports were lost or came twice")                          \
	X(ABANDONED, "abandoned", "the port did not take the last packets")                        \
	X(SEALING, "sealing", "a packet could not be sealed")                                      \
	X(SEARCH, "search", "no rate of the search passed")

#define RESULT_ENUM(id, name, help) RESULT_##id,
enum result_check { RESULT_CHECKS(RESULT_ENUM) RESULT_CHECK_COUNT };
#undef RESULT_ENUM

#define RESULT_RATE_SHARE                                                                          \
	0.95 /* of the asked rate, which a trial must reach; a search asks more                    \
	      */

/* Bits 1 << enum result_check, of what did not hold. */
uint32_t result_verdict(const struct options *options, const struct trial_result *result);

/* The loss alone, and whether nothing else is wrong: what a search asks. */
bool result_passes(double loss_ppm, bool allow_reorder, const struct trial_result *result);

/* Everything there is to tell. */
struct result {
	const struct options *options;
	uint32_t n_calls, n_streams;
	struct trial_result trial; /* of a search: the best that passed, else the last */
	double best_pps;           /* what 'trial' was asked for, if it passed; 0: it did not */
	struct search search;
	uint32_t failed; /* bits */
};

/* Without and with the verdict on it. */
void result_print_table(const struct result *result, FILE *out);
void result_print(const struct result *result, FILE *out);

/* A JSON object. */
void result_write(const struct result *result, FILE *out);
int result_write_json(const struct result *result, const char *path);

#endif
