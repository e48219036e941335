/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_contender.h - who is measured: ours, the raw library, and libsrtp as installed. */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include "bench_load.h"

struct bench_contender {
	/* Makes the keys of all streams; 'start' makes their state anew for another run. */
	void *(*open)(const struct bench_load *l);
	void (*start)(void *self, const struct bench_load *l);
	/* Runs the slice; what it does here is timed. */
	void (*run)(void *self, struct bench_load *l);
	/* Aborts if a packet of the slice was not right; not timed. */
	void (*check)(void *self, const struct bench_load *l);
	void (*close)(void *self);
};

extern const struct bench_contender bench_ours;
extern const struct bench_contender bench_raw;
extern const struct bench_contender bench_raw_ahead; /* the same with prefetch */
extern const struct bench_contender bench_peer;

const char *bench_raw_version(void);

#endif
