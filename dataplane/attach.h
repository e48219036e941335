/* SPDX-License-Identifier: BSD-3-Clause */
/* attach.h - the data plane's door: one client at a time, and none that the main loop waits for.
 *
 * A client comes, is told of the region, and answers within 'patience_ms', or is shown out; others
 * wait meanwhile. While one is there, others are closed. When its socket hangs up it is gone: main
 * takes the link away from the workers, closes it, and calls attach_forget, which opens the door.
 *
 * What a client brought, and sockets that it may have put something into, are closed by a closer's
 * thread: a client can make that take long. While too many wait for it the door stays shut.
 *
 * Invariant: at most one link is out; ring counters are reset only when none is.
 * Threads:   the main thread.
 * Ownership: create allocates, destroy frees (NULL accepted) and removes the socket's file; the
 *            link that attach_run hands out is the caller's, to close before attach_forget; it is
 *            not to wake anybody after that, or after destroy. The region in the options stays
 *            the caller's.
 * Units:     milliseconds of any monotonic clock.
 * Errors:    create: 0 or -errno. run: news with the reason, for one line of log.
 * Cost:      cold: a few syscalls; attach_run never waits.
 */
#ifndef ATTACH_H
#define ATTACH_H

#include "link.h"

#include <poll.h>

enum { ATTACH_POLLFDS = 2, ATTACH_PATIENCE_MS = 1000 };

struct attach;

struct attach_options {
	const char *path;
	uid_t uid; /* who may attach, besides root */
	const struct relay_region *data;
	struct relay_geometry geometry;
	uint32_t patience_ms;
};

enum attach_event {
	ATTACH_NOTHING,
	ATTACH_REFUSED, /* 'err': -EPERM other user, -EPROTO no good hello, -ETIMEDOUT none,
			   -ECONNREFUSED it left, -EBUSY there is a client */
	ATTACH_CLIENT,  /* with its 'link' */
	ATTACH_GONE,    /* attach_forget is due */
	ATTACH_FAILED,  /* 'err': the system refuses, say descriptors are used up */
	ATTACH_STUCK,   /* too many descriptors wait to be closed: somebody holds that up */
};

struct attach_news {
	enum attach_event event;
	int err;
	struct link *link;
};

int attach_create(const struct attach_options *options, struct attach **a);
void attach_destroy(struct attach *a);

/* What to poll for; returns how many, up to ATTACH_POLLFDS. */
uint32_t attach_pollfds(const struct attach *a, struct pollfd *fds);

/* One step, if there is one to take: to be called when a descriptor is ready, and each 100 ms or
 * so for the patience to end. */
struct attach_news attach_run(struct attach *a, uint64_t now_ms);

/* Why somebody was refused, or it failed or is stuck, in words; the same pointer for the same. */
const char *attach_reason(const struct attach_news *news);

/* Readable when the client that is there woke us, for who says link_sleep; -1 if none is. Workers
 * that poll never do. */
int attach_wake_fd(const struct attach *a);

/* No worker has the link any more, and it is closed. */
void attach_forget(struct attach *a);

#endif
