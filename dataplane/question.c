/* SPDX-License-Identifier: BSD-3-Clause */
#include "question.h"

#include "endpoint_moved.h"

#include <rte_ring_elem.h>

enum { QUESTIONS_A_TURN = 32 };

static bool ask(struct worker *w, struct worker_question *q)
{
	return rte_ring_sp_enqueue_elem(w->questions, q, sizeof(*q)) == 0;
}

static struct worker_peer *peer_set(struct worker *w, const struct relay_sockaddr *addr)
{
	size_t set = local_hash(addr->ip) % (WORKER_PEERS / WORKER_PEER_WAYS);

	return &w->peers[set * WORKER_PEER_WAYS];
}

static struct worker_peer *peer_find(struct worker *w, const struct relay_sockaddr *addr)
{
	struct worker_peer *set = peer_set(w, addr);

	for (uint32_t i = 0; i < WORKER_PEER_WAYS; i++)
		if (relay_address_same_host(&set[i].addr, addr))
			return &set[i];
	return NULL;
}

/* Whom the control plane has sent to keeps its place for a while. Strangers, whose packets name
 * what source they like, turn out each other. */
static bool peer_is_held(const struct worker *w, const struct worker_peer *peer)
{
	return peer->answered != 0 &&
	       worker_since_ms(w->clock.now_ms, peer->used_ms) < QUESTION_PEER_KEEP_MS;
}

/* A free place, else the one that was not used for longest, of those that are not held first; for a
 * stranger of those alone: NULL if there is none. */
static struct worker_peer *peer_make_room(
	struct worker *w, const struct relay_sockaddr *addr, bool answering)
{
	struct worker_peer *set = peer_set(w, addr), *best = NULL;
	uint64_t most = 0;

	for (uint32_t i = 0; i < WORKER_PEER_WAYS; i++) {
		uint64_t rank = UINT64_C(1) + worker_since_ms(w->clock.now_ms, set[i].used_ms);

		if (set[i].addr.family == RELAY_FAMILY_NONE)
			rank += UINT64_C(2) << 32;
		else if (!peer_is_held(w, &set[i]))
			rank += UINT64_C(1) << 32;
		else if (!answering)
			continue;
		if (rank > most) {
			most = rank;
			best = &set[i];
		}
	}
	return best;
}

uint32_t question_peer(struct worker *w, const struct relay_sockaddr *addr, bool answering)
{
	struct worker_peer *peer = peer_find(w, addr);
	struct worker_bucket *bucket = answering ? &w->peer_bucket : &w->stranger_bucket;
	struct worker_question q = {.endpoint = WORKER_PEER_QUESTION, .addr = *addr};

	if (peer != NULL) {
		peer->used_ms = answering || !peer->answered ? w->clock.now_ms : peer->used_ms;
		peer->answered |= answering;
		return atomic_load_explicit(&peer->destination, memory_order_relaxed);
	}
	peer = peer_make_room(w, addr, answering);
	/* asked for again, should there be no room */
	if (peer == NULL || !worker_bucket_take(bucket, w->clock.now_us) || !ask(w, &q))
		return 0;
	atomic_store_explicit(&peer->destination, 0, memory_order_relaxed);
	peer->addr = *addr;
	peer->used_ms = w->clock.now_ms;
	peer->answered = answering;
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
	peer = peer_find(w, &a->addr);
	if (peer != NULL)
		atomic_store_explicit(&peer->destination, a->destination, memory_order_relaxed);
}

/* Commands come before moves: a flood of these keeps no call from being set up. */
static bool next_question(struct worker *w, struct worker_question *q)
{
	struct endpoints *e = &w->endpoints;

	if (e->backlog_n > 0 && endpoint_next_unresolved(e, &q->endpoint, &q->generation, &q->addr))
		return true;
	return e->first_move != 0 && worker_bucket_take(&w->move_bucket, w->clock.now_us) &&
	       endpoint_moved_next(e, &q->endpoint, &q->generation, &q->addr);
}

void question_run(struct worker *w)
{
	struct worker_question q[QUESTIONS_A_TURN];
	uint32_t n =
		rte_ring_sc_dequeue_burst_elem(w->answers, q, sizeof(q[0]), QUESTIONS_A_TURN, NULL);

	for (uint32_t i = 0; i < n; i++)
		take_answer(w, &q[i]);
	if (w->endpoints.backlog_n == 0 && w->endpoints.first_move == 0)
		return;
	for (uint32_t i = 0; i < QUESTIONS_A_TURN; i++) {
		struct worker_question next = {.destination = 0};

		if (rte_ring_free_count(w->questions) == 0 || !next_question(w, &next))
			break;
		(void)ask(w, &next); /* there was room, and we are its only producer */
	}
}
