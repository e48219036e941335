/* SPDX-License-Identifier: BSD-3-Clause */
/* exception.h - the main thread's part of the exception path: packets between workers and the TAP
 * interfaces that bear the ports' addresses.
 *
 * Invariant: at most EXCEPTION_A_TURN packets each way of a port in a turn.
 * Threads:   main. The rings are the workers'.
 * Ownership: close gives back what open made; workers' rings outlive it.
 * Units:     packets.
 * Errors:    open: -errno, with a line of log. Packets that find no room are counted.
 * Cost:      two system calls a packet at most.
 */
#ifndef EXCEPTION_H
#define EXCEPTION_H

#include "neighbour.h"
#include "port.h"
#include "tap.h"
#include "worker.h"

#include <poll.h>

enum { EXCEPTION_A_TURN = 64 };

struct exception {
	const struct hwprofile *profile;
	struct rte_mempool *pool;
	struct tap *taps[HWPROFILE_PORTS_MAX]; /* NULL: none */
	uint64_t lost[HWPROFILE_PORTS_MAX];
};

/* Makes the interfaces, and says in 'ports' what the neighbour module must know of them. */
int exception_open(struct exception *x, const struct hwprofile *profile, struct rte_mempool *pool,
	const struct port *nics, struct neighbour_port ports[HWPROFILE_PORTS_MAX]);
void exception_close(struct exception *x);

/* Descriptors to wait for; returns how many. */
uint32_t exception_pollfds(const struct exception *x, struct pollfd fds[HWPROFILE_PORTS_MAX]);

/* Frames of the kernel go to worker 0, which sends them. */
void exception_run(struct exception *x, struct worker *const workers[], uint32_t n_workers);

void exception_carrier(const struct exception *x, uint32_t port, bool on);

#endif
