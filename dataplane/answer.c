/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <rte_ring_elem.h>

/* While the table of destinations is full, questions wait: a sweep will make room. */
void answer_run(struct neighbour *n, struct worker *w)
{
	struct worker_question q[ANSWER_A_TURN];
	uint32_t room = RTE_MIN(rte_ring_free_count(w->answers), neighbour_room(n));
	uint32_t taken = rte_ring_sc_dequeue_burst_elem(
		w->questions, q, sizeof(q[0]), RTE_MIN(room, (uint32_t)ANSWER_A_TURN), NULL);

	for (uint32_t i = 0; i < taken; i++)
		q[i].destination = neighbour_find(n, &q[i].addr);
	(void)rte_ring_sp_enqueue_bulk_elem(w->answers, q, sizeof(q[0]), taken, NULL);
}
