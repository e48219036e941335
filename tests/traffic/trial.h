/* SPDX-License-Identifier: BSD-3-Clause */
/* trial.h - one run at one rate, and what came of it.
 *
 * Invariant: the counts of a trial are its own; streams, contexts and their indices go on from one
 *            trial to the next.
 * Threads:   main; the worker runs within.
 * Ownership: trial_open allocates what a trial needs, close frees it.
 * Units:     packets a second; seconds; TSC cycles in the histogram.
 * Errors:    -errno, having said why on stderr.
 * Cost:      cold; sealing ahead takes some 0.2 us a packet.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "options.h"
#include "worker.h"

struct trial_result {
	double asked_pps; /* 0: as fast as it goes */
	double seconds;   /* that it sent */
	double hz;
	bool stopped; /* by a signal */
	enum srtp_status failure;
	struct worker_counts tx;
	struct receive_counts rx;
	struct histogram latency;
};

struct trial {
	const struct options *options;
	struct port port;
	struct srtp_engine *engine;
	struct streams *streams;
	struct transmitter transmitter;
	struct receiver receiver;
	struct presealed *presealed;
	struct histogram latency;
	struct worker worker;
	unsigned lcore;
};

int trial_open(struct trial *t, const struct options *options, const struct call_sheet *sheet);
void trial_close(struct trial *t);

/* At 'pps' packets a second; 0: as fast as it goes; negative: each call at its codec's pace. */
int trial_run(struct trial *t, double pps, double seconds, struct trial_result *result);

/* Called from a signal handler: ends the trial that runs, if any, and every later one. */
void trial_stop(void);
bool trial_stopped(void);

/* Packets that were sent and did not come. */
static inline uint64_t trial_lost(const struct trial_result *r)
{
	return r->tx.sent > r->rx.good ? r->tx.sent - r->rx.good : 0;
}

static inline uint64_t trial_faulty(const struct trial_result *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < RECEIVE_FAULT_COUNT; i++)
		n += r->rx.faults[i];
	return n;
}

static inline double trial_sent_pps(const struct trial_result *r)
{
	return r->seconds > 0 ? (double)r->tx.sent / r->seconds : 0;
}

#endif
