/* SPDX-License-Identifier: BSD-3-Clause */
/* plane.h - the data plane as a whole: what main sets up, watches over, and takes down.
 *
 * Invariant: workers run exactly between the start and the end of plane_run. The region is whole
 *            before anyone is greeted, which plane_run does. Of all processes with a profile's
 *            control socket one has it, and no other comes to touch ports or memory.
 * Threads:   main; workers have what worker.h says.
 * Ownership: claim and open make all of it, close gives it back, in the opposite order; either
 *            that fails has done so.
 * Units:     milliseconds.
 * Errors:    claim, open: 0 or -errno, with a line of log that says what to do.
 * Cost:      cold; a turn of main's loop is a few us, a thousand times a second.
 */
#ifndef PLANE_H
#define PLANE_H

#include "attach.h"
#include "exception.h"
#include "worker.h"

struct plane {
	struct retire retire; /* first, as it is aligned */
	const struct hwprofile *profile;
	struct rte_mempool *pool;
	struct port ports[HWPROFILE_PORTS_MAX];
	struct exception exception;
	struct neighbour *neighbour;
	struct relay_geometry geometry;
	struct relay_region region;
	struct local_table local;
	struct endpoint *slots;
	struct endpoint_cold *cold;
	struct worker *workers[HWPROFILE_WORKERS_MAX];
	struct attach *attach;
	struct link *link;
	uint32_t n_ports;          /* open */
	const char *attach_failed; /* the reason that was logged last, since somebody attached */
	bool sweeping;
	_Atomic bool stop;
};

/* Takes the control socket, before the EAL is up: -EADDRINUSE if another has it. */
int plane_claim(struct plane *p, const struct hwprofile *profile);

/* The EAL is up. */
int plane_open(struct plane *p);
void plane_close(struct plane *p);

/* Until SIGTERM or SIGINT, which are blocked and come by 'signals', a signalfd. */
int plane_run(struct plane *p, int signals);

#endif
