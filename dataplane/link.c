/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <stdlib.h>

static int open_worker(struct link_worker *w, const void *data, const void *control,
	const struct relay_geometry *g, uint32_t i)
{
	const struct relay_ring_size command = {g->command_slots, RELAY_MESSAGE_BYTES};
	const struct relay_ring_size event = {g->event_slots, RELAY_MESSAGE_BYTES};
	const struct relay_ring_size punt = {g->punt_slots, RELAY_PACKET_BYTES};
	const struct relay_ring_size inject = {g->inject_slots, RELAY_PACKET_BYTES};
	int err = relay_ring_open_consumer(&w->command, relay_layout_command_tail(data, g, i),
		relay_layout_command_head(control, g, i), command);

	if (err == 0)
		err = relay_ring_open_consumer(&w->inject, relay_layout_inject_tail(data, g, i),
			relay_layout_inject_head(control, g, i), inject);
	if (err == 0)
		err = relay_ring_open_producer(&w->event, relay_layout_event_head(data, g, i),
			relay_layout_event_tail(control, g, i), event);
	if (err == 0)
		err = relay_ring_open_producer(&w->punt, relay_layout_punt_head(data, g, i),
			relay_layout_punt_tail(control, g, i), punt);
	w->records = relay_layout_records(control, g, i);
	return err;
}

static int open_workers(struct link *l, const void *data, const struct relay_geometry *g)
{
	for (uint32_t i = 0; i < l->n_workers; i++) {
		int err = open_worker(&l->workers[i], data, l->control.base, g, i);

		if (err != 0)
			return err;
	}
	return 0;
}

int link_open(const struct relay_attach_offer *offer, const void *data,
	const struct relay_geometry *g, struct link **link)
{
	size_t bytes = relay_layout_control_bytes(g);
	struct link *l;
	int err;

	if (bytes == 0)
		return -EINVAL;
	if (offer->hello.region_bytes != bytes || offer->hello.layout_hash != relay_layout_hash() ||
		memcmp(&offer->hello.geometry, g, sizeof(*g)) != 0)
		return -EPROTO;
	l = aligned_alloc(
		_Alignof(struct link), sizeof(*l) + g->workers * sizeof(struct link_worker));
	if (l == NULL)
		return -ENOMEM;
	memset(l, 0, sizeof(*l) + g->workers * sizeof(struct link_worker));
	l->n_workers = g->workers;
	err = relay_region_map(
		&l->control, offer->region_fd, RELAY_ROLE_CONTROL, bytes, offer->hello.layout_hash);
	if (err != 0)
		goto free_link;
	/* by main, and now: a worker that meets a page that is not there yet stops for some us */
	relay_region_touch(l->control.base, l->control.bytes);
	err = open_workers(l, data, g);
	if (err != 0)
		goto unmap;
	l->wake_fd = offer->wake_fd;
	*link = l;
	return 0;
unmap:
	relay_region_close(&l->control);
free_link:
	free(l);
	return err;
}

void link_close(struct link *link)
{
	if (link == NULL)
		return;
	relay_region_close(&link->control);
	free(link);
}

static void reset_tail(struct relay_ring_tail *t)
{
	atomic_store_explicit(&t->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&t->asleep, 0, memory_order_relaxed);
}

/* The hello that follows is a syscall on both sides, and orders these. */
void link_reset(const void *data, const struct relay_geometry *g, uint32_t worker)
{
	reset_tail(relay_layout_command_tail(data, g, worker));
	reset_tail(relay_layout_inject_tail(data, g, worker));
	atomic_store_explicit(
		&relay_layout_event_head(data, g, worker)->head, 0, memory_order_relaxed);
	atomic_store_explicit(
		&relay_layout_punt_head(data, g, worker)->head, 0, memory_order_relaxed);
}

void link_wake(const struct link *link)
{
	relay_attach_wake(link->wake_fd);
}

/* A broken ring has nothing more to tell. */
static bool sleeps(struct relay_ring_consumer *c)
{
	return relay_ring_sleep(c) || c->broken;
}

bool link_sleep(struct link_worker *w)
{
	bool command = sleeps(&w->command);
	bool inject = sleeps(&w->inject);

	if (command && inject)
		return true;
	link_awake(w);
	return false;
}

void link_awake(struct link_worker *w)
{
	relay_ring_awake(&w->command);
	relay_ring_awake(&w->inject);
}
