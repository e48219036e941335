/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_worker.h - makes a worker: its memory, rings, engine, and what it knows of the ports.
 *
 * Invariant: a worker that was made is whole, but for the hand-off rings, which all have to be
 *            there for.
 * Threads:   main, before workers run and after.
 * Ownership: destroy gives back what create made (NULL accepted).
 * Units:     bytes.
 * Errors:    -errno, with a line of log.
 * Cost:      cold.
 */
#ifndef PLANE_WORKER_H
#define PLANE_WORKER_H

#include "plane.h"

int plane_worker_create(const struct plane *p, uint32_t id, struct worker **worker);
void plane_worker_destroy(struct worker *w);

/* Which frames are those of the i-th port, whose MAC is 'mac'. */
void plane_worker_frames(const struct hwprofile *profile, uint32_t i, const uint8_t mac[6],
	struct classify_port *frames);

/* A ring from each worker to each other. */
int plane_worker_connect(struct worker *const workers[], uint32_t n);

#endif
