/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN: each call is looked at once in SWEEP_MS; a tick takes its share of them, so that no turn
 * of the loop looks at all.
 */
#include "deadline.h"
#include "logger.h"
#include "session_impl.h"

#include <errno.h>
#include <event2/event.h>

enum { TICK_MS = 100, SWEEP_MS = 2000, SHARE_MIN = 64 };

/* All packets that the call's endpoints took in. */
static uint64_t packets_of(struct session *s, const struct call *call)
{
	struct relay_endpoint_view view;
	const struct call_flow *f;
	uint64_t packets = 0;

	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		for (uint32_t i = 0; (f = wiring_flow_at(b, i)) != NULL; i++)
			if (f->slot.generation != 0 &&
				session_read(s, f->slot.endpoint, f->slot.generation, &view))
				packets += view.rx_packets;
	return packets;
}

static bool is_answered(const struct call *call)
{
	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		if (b->answered)
			return true;
	return false;
}

/* Somebody said that nothing would come for a while. */
static bool is_quiet(const struct call *call)
{
	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		for (uint32_t i = 0; i < b->n_medias; i++)
			for (unsigned side = 0; side < 2; side++) {
				const struct call_terms *t = &b->medias[i].legs[side].now;

				if (t->active &&
					(t->silent || t->direction != SDP_DIRECTION_SENDRECV))
					return true;
			}
	return false;
}

/* The longest that any interface of the call allows. */
static uint64_t media_timeout_s(const struct session *s, const struct call *call)
{
	uint64_t most = 0;

	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		for (unsigned side = 0; side < 2; side++) {
			uint32_t t =
				s->config->interfaces[b->sides[side].interface].media_timeout_s;

			most = t > most ? t : most;
		}
	return most;
}

static void look_at(struct session *s, struct call *call, uint64_t now_ms)
{
	uint64_t packets = packets_of(s, call);
	bool answered = is_answered(call);
	uint64_t limit_s = !answered        ? s->config->offer_timeout_s
			   : is_quiet(call) ? s->config->silent_timeout_s
					    : media_timeout_s(s, call);

	if (call->delete_at_ms != 0 && call->delete_at_ms <= now_ms) {
		session_end(s, call, REPORT_END_DELETED);
		return;
	}
	/* while there is no data plane nobody can say that nothing comes */
	if (packets != call->packets || !dplink_is_up(s->link)) {
		call->packets = packets;
		call->heard_ms = now_ms;
		return;
	}
	if (now_ms > call->heard_ms + limit_s * 1000)
		session_end(s, call, answered ? REPORT_END_TIMEOUT : REPORT_END_OFFER_TIMEOUT);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	uint64_t now_ms = deadline_now();
	uint32_t share = call_table_count(s->calls) / (SWEEP_MS / TICK_MS) + SHARE_MIN;

	(void)fd;
	(void)what;
	if (s->takeover_until_ms != 0 && now_ms >= s->takeover_until_ms &&
		dplink_takeover_done(s->link))
		s->takeover_until_ms = 0;
	if (s->sweep == NULL && now_ms >= s->next_sweep_ms) {
		s->sweep = call_table_oldest(s->calls);
		s->next_sweep_ms = now_ms + SWEEP_MS;
		session_store_retry(s);
	}
	for (; s->sweep != NULL && share > 0; share--) {
		struct call *call = s->sweep;

		s->sweep = call->newer;
		look_at(s, call, now_ms);
	}
}

int session_sweep_start(struct session *s, struct event_base *base)
{
	static const struct timeval each = {0, (suseconds_t)TICK_MS * 1000};

	s->tick = event_new(base, -1, EV_PERSIST, on_tick, s);
	return s->tick == NULL || event_add(s->tick, &each) != 0 ? -ENOMEM : 0;
}
