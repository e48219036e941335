/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * The data plane answers a worker's commands in their order, so who asked lies in a ring, and an
 * answer must bear the cookie of the oldest: whatever else comes is a breach. There is room in it
 * for all that fit in both of the worker's rings; who takes commands and does not answer gets no
 * more.
 *
 * What finds no room waits. It needs no timer to be tried again: where something waits, something
 * is under way, and its answer brings the turn that tries.
 */
#include "dplink_impl.h"

#include "logger.h"
#include "secret.h"

#include <errno.h>
#include <stdlib.h>

enum { FLUSH_MAX = 1024 }; /* commands of a worker in a turn */

static struct dplink_asker *asker_of(const struct dplink_worker *w, uint32_t cookie)
{
	return &w->askers[cookie & (w->slots - 1)];
}

static bool is_removal(const struct dplink_asker *asker)
{
	return asker->type == RELAY_COMMAND_REMOVE;
}

int dplink_queue_init(struct dplink *link)
{
	const struct relay_geometry *g = &link->geometry;
	uint32_t slots = 1;

	while (slots < g->command_slots + g->event_slots)
		slots *= 2;
	link->workers = calloc(g->workers, sizeof(*link->workers));
	for (uint32_t i = 0; link->workers != NULL && i < g->workers; i++) {
		struct dplink_worker *w = &link->workers[i];

		w->slots = slots;
		w->last = &w->first;
		w->askers = calloc(slots, sizeof(*w->askers));
		if (w->askers == NULL)
			dplink_queue_fini(link);
	}
	return link->workers == NULL ? -ENOMEM : 0;
}

static void free_waiter(struct dplink_waiter *waiter)
{
	if (waiter->has_record)
		secret_wipe(waiter->record, sizeof(*waiter->record));
	free(waiter);
}

static struct dplink_waiter *pop_waiter(struct dplink *link, struct dplink_worker *w)
{
	struct dplink_waiter *waiter = w->first;

	if (waiter == NULL)
		return NULL;
	w->first = waiter->next;
	if (w->first == NULL)
		w->last = &w->first;
	w->n_waiting--;
	w->n_removing -= is_removal(&waiter->asker);
	link->numbers.waiting--;
	return waiter;
}

void dplink_queue_fini(struct dplink *link)
{
	struct dplink_waiter *waiter;

	for (uint32_t i = 0; link->workers != NULL && i < link->geometry.workers; i++) {
		while ((waiter = pop_waiter(link, &link->workers[i])) != NULL)
			free_waiter(waiter);
		free(link->workers[i].askers);
	}
	free(link->workers);
	link->workers = NULL;
	link->numbers.under_way = 0;
}

static int push_waiter(struct dplink *link, struct dplink_worker *w,
	const struct dplink_asker *asker, const struct relay_command *command,
	const struct relay_record *record)
{
	struct dplink_waiter *waiter;

	uint32_t endpoints = link->geometry.endpoints / link->geometry.workers;
	uint32_t most = link->options.queue_max != 0 ? link->options.queue_max : DPLINK_QUEUE_MAX;

	/* what can't be removed would keep its port, which its owner thinks is free */
	if (w->n_waiting - w->n_removing >= most + endpoints && !is_removal(asker))
		return -ENOBUFS;
	waiter = malloc(sizeof(*waiter) + (record != NULL ? sizeof(*record) : 0));
	if (waiter == NULL)
		return -ENOMEM;
	waiter->next = NULL;
	waiter->asker = *asker;
	waiter->command = *command;
	waiter->has_record = record != NULL;
	if (record != NULL)
		*waiter->record = *record;
	*w->last = waiter;
	w->last = &waiter->next;
	w->n_waiting++;
	w->n_removing += is_removal(asker);
	link->numbers.waiting++;
	return 0;
}

static int put(struct plane_client *c, const struct dplink_asker *asker,
	const struct relay_command *command, const struct relay_record *record)
{
	switch ((enum relay_command_type)asker->type) {
	case RELAY_COMMAND_INSTALL:
		return plane_client_install(c, command, record);
	case RELAY_COMMAND_UPDATE:
		return plane_client_update(c, command, record);
	case RELAY_COMMAND_REMOVE:
		return plane_client_remove(
			c, command->endpoint, command->generation, command->cookie);
	}
	return -EINVAL;
}

/* -EAGAIN: no room. */
static int send_now(struct dplink *link, struct dplink_worker *w, const struct dplink_asker *asker,
	const struct relay_command *command, const struct relay_record *record)
{
	struct relay_command numbered = *command;
	int err;

	if (w->sent - w->answered >= w->slots)
		return -EAGAIN;
	numbered.cookie = w->sent;
	err = put(link->client, asker, &numbered, record);
	if (err != 0)
		return err;
	*asker_of(w, w->sent++) = *asker;
	link->numbers.under_way++;
	link->is_used = true;
	return 0;
}

static int submit(struct dplink *link, const struct dplink_asker *asker,
	const struct relay_command *command, const struct relay_record *record)
{
	struct dplink_worker *w;
	int err = -EAGAIN;

	if (link->state != DPLINK_UP)
		return -ENOTCONN;
	if (command->endpoint >= link->geometry.endpoints)
		return -EINVAL;
	w = &link->workers[command->endpoint / (link->geometry.endpoints / link->geometry.workers)];
	if (w->n_waiting == 0)
		err = send_now(link, w, asker, command, record);
	if (err == -EAGAIN)
		err = push_waiter(link, w, asker, command, record);
	if (err == -EPROTO || err == -EPIPE) {
		dplink_breach(link, "command ring");
		return -ENOTCONN;
	}
	link->numbers.commands += err == 0;
	return err;
}

int dplink_install(struct dplink *link, const struct relay_command *command,
	const struct relay_record *record, dplink_done *done, void *arg, uint64_t tag)
{
	const struct dplink_asker asker = {
		done, arg, tag, RELAY_COMMAND_INSTALL, command->endpoint};

	return record == NULL ? -EINVAL : submit(link, &asker, command, record);
}

int dplink_update(struct dplink *link, const struct relay_command *command,
	const struct relay_record *record, dplink_done *done, void *arg, uint64_t tag)
{
	const struct dplink_asker asker = {done, arg, tag, RELAY_COMMAND_UPDATE, command->endpoint};
	bool keys = (command->set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0;

	if (keys && record == NULL)
		return -EINVAL;
	return submit(link, &asker, command, keys ? record : NULL);
}

int dplink_remove(
	struct dplink *link, struct relay_route slot, dplink_done *done, void *arg, uint64_t tag)
{
	const struct dplink_asker asker = {done, arg, tag, RELAY_COMMAND_REMOVE, slot.endpoint};
	const struct relay_command command = {
		.endpoint = slot.endpoint, .generation = slot.generation};

	return submit(link, &asker, &command, NULL);
}

void dplink_queue_answer(struct dplink *link, const struct relay_event *event)
{
	struct dplink_worker *w = &link->workers[event->endpoint / (link->geometry.endpoints /
									   link->geometry.workers)];
	struct dplink_asker asker;

	/* what comes behind a breach is not for us any more: it will be lost, once */
	if (link->state != DPLINK_UP)
		return;
	asker = *asker_of(w, w->answered);
	if (w->answered == w->sent || event->cookie != w->answered || event->type != asker.type ||
		event->endpoint != asker.endpoint) {
		dplink_breach(link, "answer to no command");
		return;
	}
	w->answered++;
	link->numbers.under_way--;
	link->numbers.refused += event->status != RELAY_OK;
	if (asker.done != NULL)
		asker.done(asker.arg, asker.tag, (enum relay_status)event->status);
}

/* True if there is more that may have room. */
static bool flush_worker(struct dplink *link, struct dplink_worker *w)
{
	for (uint32_t n = 0; w->first != NULL; n++) {
		const struct dplink_waiter *waiter = w->first;
		int err;

		if (n == FLUSH_MAX)
			return true;
		err = send_now(link, w, &waiter->asker, &waiter->command,
			waiter->has_record ? waiter->record : NULL);
		if (err == -EAGAIN)
			return false;
		if (err != 0) { /* of what was checked when it came */
			dplink_breach(link, "command ring");
			return false;
		}
		free_waiter(pop_waiter(link, w));
	}
	return false;
}

bool dplink_queue_flush(struct dplink *link)
{
	bool more = false;

	for (uint32_t i = 0; i < link->geometry.workers && link->state == DPLINK_UP; i++)
		more |= flush_worker(link, &link->workers[i]);
	return more;
}

static void lose_one(struct dplink *link, const struct dplink_asker *asker)
{
	link->numbers.lost++;
	if (asker->done != NULL)
		asker->done(asker->arg, asker->tag, DPLINK_LOST);
}

void dplink_queue_lose(struct dplink *link)
{
	for (uint32_t i = 0; i < link->geometry.workers; i++) {
		struct dplink_worker *w = &link->workers[i];
		struct dplink_waiter *waiter;

		while (w->answered != w->sent) {
			link->numbers.under_way--;
			lose_one(link, asker_of(w, w->answered++));
		}
		while ((waiter = pop_waiter(link, w)) != NULL) {
			lose_one(link, &waiter->asker);
			free_waiter(waiter);
		}
	}
}
