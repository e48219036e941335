/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"

#include "secret.h"

static enum relay_event_type answer_type(const struct relay_command *c)
{
	switch (c->type) {
	case RELAY_COMMAND_UPDATE:
		return RELAY_EVENT_UPDATED;
	case RELAY_COMMAND_REMOVE:
		return RELAY_EVENT_REMOVED;
	default: /* a byte from outside */
		return RELAY_EVENT_INSTALLED;
	}
}

static void count(struct worker *w, const struct relay_command *c, enum relay_status status)
{
	w->sums.counts[RELAY_COUNTER_COMMANDS]++;
	if (status != RELAY_OK)
		return;
	if (c->type == RELAY_COMMAND_INSTALL)
		w->sums.counts[RELAY_COUNTER_ENDPOINTS]++;
	else if (c->type == RELAY_COMMAND_REMOVE)
		w->sums.counts[RELAY_COUNTER_ENDPOINTS_GONE]++;
}

static void carry_out(struct worker *w, struct link *link, const struct relay_command *c,
	const struct relay_record *record)
{
	enum relay_status status = endpoint_command(&w->endpoints, c, record, w->clock.now_ms);
	const struct relay_event answer = {
		.version = RELAY_ABI_VERSION,
		.type = (uint8_t)answer_type(c),
		.status = (uint8_t)status,
		.cookie = c->cookie,
		.endpoint = c->endpoint,
		.generation = c->generation,
	};

	count(w, c, status);
	if (link_event_send(&link->workers[w->id], &answer) > 0) /* there is room */
		worker_wake_client(w);
}

void command_run(struct worker *w, struct link *link)
{
	struct link_worker *lw = &link->workers[w->id];
	struct relay_command c;
	struct relay_record record;
	bool wipe = false;

	for (uint32_t i = 0; i < COMMAND_A_TURN && link_event_room(lw) > 0; i++) {
		if (link_command_next(lw, &c, &record) <= 0)
			break;
		carry_out(w, link, &c, &record);
		wipe = true;
	}
	if (lw->command.broken || lw->event.broken)
		worker_ring_broken(w);
	if (wipe)
		secret_wipe(&record, sizeof(record));
}
