/* SPDX-License-Identifier: BSD-3-Clause */
/* question.h - what a worker asks of the main thread: which destination an address is.
 *
 * Endpoints that a command sent elsewhere are asked for first and without limit, and so is the
 * first move by a packet after it: there are no more of these than commands. Further moves, which
 * are for anybody to make who forges sources, have a rate; what is beyond it waits.
 *
 * Invariant: an answer is used only for the endpoint and generation, or the address, for which it
 *            was asked. Answers come in the order of the questions, so the last one holds.
 * Threads:   the worker.
 * Ownership: rings are main's.
 * Units:     rates in look-ups a second.
 * Errors:    a full ring: endpoints stay in their backlog, peers are asked for again.
 * Cost:      an idle turn looks at one ring.
 */
#ifndef QUESTION_H
#define QUESTION_H

#include "worker.h"

enum {
	/* strangers choose them: they must not fill main's table, nor keep peers whom the control
	 * plane answers from a place in it */
	QUESTION_STRANGERS_A_SECOND = 500,
	QUESTION_PEERS_A_SECOND = 500,
	QUESTION_MOVES_A_SECOND = 1000,
	QUESTION_PEER_KEEP_MS = 30000,
};

/* The destination of an address that is no endpoint's; 0 until it is known. 'answering': the
 * control plane sends there, and so vouches for it; a packet that came from there does not. */
uint32_t question_peer(struct worker *w, const struct relay_sockaddr *addr, bool answering);

/* Takes answers, and asks what has come up. */
void question_run(struct worker *w);

#endif
