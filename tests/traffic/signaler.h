/* SPDX-License-Identifier: BSD-3-Clause */
/* signaler.h - takes calls through their steps over many connections, many at a time on each.
 *
 * Invariant: a slot has one request outstanding; a reply belongs to it by the whole cookie, and on
 *            the connection that it went out on. Every request ends in one of: done, bad.
 * Threads:   one: epoll, no waiting elsewhere.
 * Ownership: open allocates, close frees (NULL accepted). Dialogs are the caller's from begin to
 *            end.
 * Units:     ns; calls a second.
 * Errors:    open: -errno, having said why on stderr. run: what went wrong is in the counts.
 * Cost:      some 20 us a call on both sides of it together.
 */
#ifndef SIGNALER_H
#define SIGNALER_H

#include "dialog.h"
#include "histogram.h"
#include "url.h"

struct signaler_options {
	struct url url;
	const char *ca, *certificate, *key;
	const char *name; /* of the relay in its certificate; NULL: the URL's host */
	uint32_t connections;
	uint32_t window; /* calls at a time on each */
};

struct signaler_counts {
	uint64_t done[DIALOG_STEPS];            /* replies that were right */
	uint64_t pairs;                         /* answers that were, before the time was over */
	uint64_t resent;                        /* datagrams, after a second without a reply */
	uint64_t late;                          /* replies to what was answered already */
	uint64_t elapsed_ns;                    /* from the first request to the last reply */
	struct histogram latency[DIALOG_STEPS]; /* of right ones; an offer's from when it was due */
	struct faults faults;
};

/* What to do. */
struct signaler_work {
	const struct dialog_plan *plan;
	enum dialog_step first, last;
	double rate;    /* 0: as fast as it goes */
	double seconds; /* 0: until begin says that there are no more */
	bool quiet;     /* no line each second */
	/* The next call, for a slot below connections * window; NULL: no more. */
	struct dialog *(*begin)(void *context, uint32_t slot);
	void (*end)(void *context, struct dialog *dialog, bool good);
	bool (*stopped)(void);
	void *context;
};

struct signaler;

/* Connects and shakes hands with all; nothing is measured meanwhile. */
int signaler_open(const struct signaler_options *options, struct signaler **signaler);
void signaler_close(struct signaler *signaler);

/* Adds to 'counts'. */
void signaler_run(
	struct signaler *s, const struct signaler_work *work, struct signaler_counts *counts);

#endif
