/* SPDX-License-Identifier: BSD-3-Clause */
#include "notice.h"

/* False if nobody will hear of it. */
static bool post(struct worker *w, enum relay_event_type type, uint32_t index, uint32_t count)
{
	/* acquire: pairs with main's release when it made the link */
	struct link *link = atomic_load_explicit(&w->link, memory_order_acquire);
	const struct relay_event event = {
		.version = RELAY_ABI_VERSION,
		.type = (uint8_t)type,
		.endpoint = index,
		.generation = w->endpoints.slots[index].generation,
		.remote = w->endpoints.slots[index].remote,
		.count = count,
	};
	int sent = -1;

	if (link != NULL && worker_bucket_take(&w->notice_bucket, w->clock.now_us))
		sent = link_event_send(&link->workers[w->id], &event);
	if (sent < 0)
		w->sums.counts[RELAY_COUNTER_EVENTS_LOST]++;
	else if (sent > 0)
		worker_wake_client(w);
	return sent >= 0;
}

void notice_remote(struct worker *w, uint32_t index)
{
	(void)post(w, RELAY_EVENT_REMOTE, index, 0);
}

void notice_key_limit(struct worker *w, uint32_t index, bool ingress)
{
	struct endpoint *slot = &w->endpoints.slots[index];
	uint8_t told = ingress ? ENDPOINT_INGRESS_TOLD : ENDPOINT_EGRESS_TOLD;

	if (slot->flags & told)
		return;
	/* what was lost is said again with the next packet: the region does not tell it */
	if (post(w, RELAY_EVENT_KEY_LIMIT, index, ingress ? RELAY_SET_INGRESS : RELAY_SET_EGRESS))
		slot->flags |= told;
}

/* One more in 'counter': said when it is 'first', a power of two, and then at each doubling. */
static void count(struct worker *w, enum relay_event_type type, uint32_t index,
	_Atomic uint32_t *counter, uint32_t first)
{
	/* relaxed: one writer, and the word stands for itself */
	uint32_t n = atomic_load_explicit(counter, memory_order_relaxed) + 1;

	atomic_store_explicit(counter, n, memory_order_relaxed);
	if (n >= first && (n & (n - 1)) == 0)
		(void)post(w, type, index, n == first ? n : n / 2);
}

void notice_auth_failed(struct worker *w, uint32_t index)
{
	count(w, RELAY_EVENT_AUTH_FAILING, index, &w->endpoints.records[index].auth_failed,
		NOTICE_AUTH_FIRST);
}

void notice_went_back(struct worker *w, uint32_t index)
{
	count(w, RELAY_EVENT_WENT_BACK, index, &w->endpoints.records[index].went_back,
		NOTICE_BACK_FIRST);
}

void notice_streams_full(struct worker *w, uint32_t index)
{
	count(w, RELAY_EVENT_STREAMS_FULL, index, &w->endpoints.records[index].streams_full, 1);
}
