/* SPDX-License-Identifier: BSD-3-Clause */
/* server.h - the process: one loop, its signals, and the order in which it starts and stops.
 *
 * Start: sockets are bound, privileges dropped, keys loaded, then the first byte is read. SIGTERM
 * and SIGINT: stop listening, answer what is being worked on, end. SIGHUP: config_reload.
 *
 * Invariant: reads nothing from the network while it could do more than its user may.
 * Threads:   one.
 * Ownership: takes 'config'.
 * Units:     -
 * Errors:    0 after a stop that was asked for, or -errno, with a log line that says why.
 * Cost:      -
 */
#ifndef SERVER_H
#define SERVER_H

#include "config.h"

/* 'path' is where SIGHUP reads the configuration anew. */
int server_run(struct config *config, const char *path);

#endif
