/* SPDX-License-Identifier: BSD-3-Clause */
#include "deadline.h"
#include "session_impl.h"

#include <time.h>

uint64_t session_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

bool session_read(
	void *arg, uint32_t endpoint, uint32_t generation, struct relay_endpoint_view *out)
{
	const struct session *s = arg;

	return dplink_read(s->link, endpoint, out) == 0 && out->identity.generation == generation;
}

void session_tell_call(struct session_work *work, struct call *call)
{
	struct session *s = work->s;
	const struct report_source from = {.config = s->config,
		.read = session_read,
		.arg = s,
		.now_us = session_now_us(),
		.now_ms = deadline_now()};

	(void)report_call(&from, call, work->request, &s->arena, work->reply);
}

enum ng_error session_query(struct session_work *work)
{
	struct call *call = session_find(work, AUTHZ_READ);

	if (call == NULL)
		return NG_ERROR_UNKNOWN_CALL;
	work->reply = ng_reply_ok(&work->s->arena);
	session_tell_call(work, call);
	return NG_OK;
}

static bool is_visible(void *arg, const struct call *call)
{
	const struct principal *who = arg;
	const struct authz_object object = {
		.owner = call->owner, .kind = call->owner_kind, .listener = call->listener};

	return authz_allows(who, AUTHZ_READ, &object);
}

enum ng_error session_list(struct session_work *work)
{
	struct principal who = *work->principal;
	const struct report_filter filter = {work->request->limit, is_visible, &who};

	work->reply = ng_reply_ok(&work->s->arena);
	report_list(work->s->calls, &filter, &work->s->arena, work->reply);
	return NG_OK;
}

/* What report_now points to. */
struct standing {
	struct report_now now;
	struct report_ports ports[CONFIG_INTERFACES_MAX][CONFIG_ADDRESSES_MAX];
	struct relay_counts totals;
	uint64_t nics[RELAY_PORTS_MAX][RELAY_PORT_COUNT];
};

static void look_at_ports(struct session *s, struct standing *to)
{
	struct portpool_numbers n;

	for (uint32_t i = 0; s->pool != NULL && i < s->config->n_interfaces; i++) {
		const struct config_interface *interface = &s->config->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++) {
			portpool_numbers(s->pool, &interface->addresses[j].local, &n);
			to->ports[i][j] = (struct report_ports){n.taken, n.pairs};
		}
	}
	to->now.ports = s->pool == NULL ? NULL : to->ports;
}

static void look_at_calls(const struct session *s, struct standing *to)
{
	for (const struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer) {
		bool answered = false;

		for (const struct call_bridge *b = c->bridges; b != NULL; b = b->next)
			answered |= b->answered;
		to->now.calls[c->delete_at_ms != 0 ? REPORT_STATE_ENDING
			      : answered           ? REPORT_STATE_ANSWERED
						   : REPORT_STATE_OFFERED]++;
	}
}

static struct report_link look_at_link(const struct dplink *link)
{
	struct dplink_numbers n;

	dplink_numbers(link, &n);
	return (struct report_link){.deaths = n.deaths,
		.breaches = n.breaches,
		.stalls = n.stalls,
		.is_up = dplink_is_up(link),
		.is_stalled = n.is_stalled};
}

static void look(struct session *s, struct standing *to)
{
	struct relay_info info;

	*to = (struct standing){.now = {.config = s->config,
					.uptime_s = (deadline_now() - s->started_ms) / 1000,
					.link = look_at_link(s->link)}};
	look_at_ports(s, to);
	look_at_calls(s, to);
	if (dplink_total(s->link, &to->totals) == 0)
		to->now.totals = &to->totals;
	if (dplink_info(s->link, &info) != 0)
		return;
	while (to->now.n_nics < info.n_ports && to->now.n_nics < RELAY_PORTS_MAX &&
		dplink_port(s->link, to->now.n_nics, to->nics[to->now.n_nics]) == 0)
		to->now.n_nics++;
	to->now.nics = to->nics;
}

enum ng_error session_statistics(struct session_work *work)
{
	struct standing standing;

	look(work->s, &standing);
	work->reply = ng_reply_ok(&work->s->arena);
	report_statistics(&work->s->told, &standing.now, &work->s->arena, work->reply);
	return NG_OK;
}

void session_metrics(struct session *session, struct buffer *out)
{
	struct standing standing;

	look(session, &standing);
	report_metrics(&session->told, &standing.now, out);
}
