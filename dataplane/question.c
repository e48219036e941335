/* SPDX-License-Identifier: BSD-3-Clause */
#include "question.h"

#include <rte_ring_elem.h>

enum { QUESTIONS_A_TURN = 32 };

static bool ask(struct worker *w, struct worker_question *q)
{
	return rte_ring_sp_enqueue_elem(w->questions, q, sizeof(*q)) == 0;
}

static struct worker_peer *peer_slot(struct worker *w, const struct relay_sockaddr *addr)
{
	return &w->peers[local_hash(addr->ip) % WORKER_PEERS];
}

uint32_t question_peer(struct worker *w, const struct relay_sockaddr *addr)
{
	struct worker_peer *peer = peer_slot(w, addr);
	struct worker_question q = {.endpoint = WORKER_PEER_QUESTION, .addr = *addr};

	if (relay_address_same_host(&peer->addr, addr))
		return atomic_load_explicit(&peer->destination, memory_order_relaxed);
	atomic_store_explicit(&peer->destination, 0, memory_order_relaxed);
	peer->addr.family = RELAY_FAMILY_NONE; /* asked for again, should there be no room */
	if (worker_bucket_take(&w->peer_bucket, w->clock.now_us) && ask(w, &q))
		peer->addr = *addr;
	return 0;
}

static void take_answer(struct worker *w, const struct worker_question *a)
{
	struct worker_peer *peer;

	if (a->endpoint != WORKER_PEER_QUESTION) {
		endpoint_resolved(
			&w->endpoints, a->endpoint, a->generation, &a->addr, a->destination);
		return;
	}
	peer = peer_slot(w, &a->addr);
	if (relay_address_same_host(&peer->addr, &a->addr))
		atomic_store_explicit(&peer->destination, a->destination, memory_order_relaxed);
}

void question_run(struct worker *w)
{
	struct worker_question q[QUESTIONS_A_TURN];
	uint32_t n =
		rte_ring_sc_dequeue_burst_elem(w->answers, q, sizeof(q[0]), QUESTIONS_A_TURN, NULL);

	for (uint32_t i = 0; i < n; i++)
		take_answer(w, &q[i]);
	for (uint32_t i = 0; i < QUESTIONS_A_TURN && w->endpoints.backlog_n > 0; i++) {
		struct worker_question next = {.destination = 0};

		if (rte_ring_free_count(w->questions) == 0 ||
			!endpoint_next_unresolved(
				&w->endpoints, &next.endpoint, &next.generation, &next.addr))
			break;
		(void)ask(w, &next); /* there was room, and we are its only producer */
	}
}
