/* SPDX-License-Identifier: BSD-3-Clause */
/* answer.h - main's side of question.h.
 *
 * Invariant: questions are answered in the order in which they were asked, each once: none is taken
 *            that can't be answered, for want of room in the table or in the worker's ring.
 * Threads:   main.
 * Ownership: keeps nothing.
 * Units:     questions.
 * Errors:    none; what finds no room stays in the worker's ring: a sweep makes room.
 * Cost:      at most ANSWER_A_TURN look-ups, some us each where the kernel is asked.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "worker.h"

enum { ANSWER_A_TURN = 256 };

/* Answers what the worker has asked, as far as there is room. */
void answer_run(struct neighbour *n, struct worker *w);

#endif
