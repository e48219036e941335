/* SPDX-License-Identifier: BSD-3-Clause */
/* command.h - carries out what the control plane writes into a worker's command ring.
 *
 * Invariant: a command is copied out of the ring before it is looked at, and taken only when there
 *            is room for its answer. Keys are wiped from the copy.
 * Threads:   the worker, between polls.
 * Ownership: the link is main's.
 * Units:     commands.
 * Errors:    a ring whose other side broke the contract is counted once and left alone.
 * Cost:      an idle turn looks at one counter; COMMAND_A_TURN commands take some us.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "worker.h"

enum { COMMAND_A_TURN = 8 };

void command_run(struct worker *w, struct link *link);

#endif
