/* SPDX-License-Identifier: BSD-3-Clause */
#include "deadline.h"
#include "logger.h"
#include "session_impl.h"

enum { DELAY_MAX_S = 3600 }; /* such calls do not count against the limit */

void session_count(struct session *s, const struct call_bridge *bridge, int by)
{
	uint8_t a = bridge->sides[0].interface, b = bridge->sides[1].interface;

	if (!bridge->sides[0].has_address || !bridge->sides[1].has_address)
		return;
	s->bridges[a] += (uint32_t)by;
	if (b != a)
		s->bridges[b] += (uint32_t)by;
}

/* Out of the table; freed when nothing waits for it any more. */
void session_end(struct session *s, struct call *call, enum report_end why)
{
	struct wiring w = session_wiring(s);

	/* that a proxy ended it the proxy knows */
	logger_write(why == REPORT_END_DELETED ? LOGGER_DEBUG : LOGGER_INFO, "session", "ended",
		LOGGER_FIELDS(LOGGER_PIECE("call", call_text(call->call_id)),
			LOGGER_TEXT("why", report_end_text(why))));
	s->told.ended[why]++;
	s->told.ended_us += (deadline_now() - call->created_ms) * 1000;
	if (call->delete_at_ms != 0)
		s->ending--;
	for (struct call_bridge *b = call->bridges; b != NULL; b = b->next) {
		wiring_remove(&w, b);
		session_count(s, b, -1);
	}
	if (s->sweep == call)
		s->sweep = call->newer;
	call_table_remove(s->calls, call);
	call->gone = true;
	call->working++;
	session_changed(s, call);
	session_release(call);
}

void session_release(struct call *call)
{
	if (--call->working == 0 && call->gone)
		call_free(call);
}

/* Of either side's tag; with the flag for it, of both. */
static bool is_meant(const struct call_bridge *b, const struct ng_request *r)
{
	bool both = ng_request_flag(r, NG_FLAG_TO_TAG) && r->to_tag.len > 0;
	unsigned side;

	if (r->via_branch.len > 0 && b->branch != NULL && !call_text_is(b->branch, r->via_branch))
		return false;
	if (r->from_tag.len == 0)
		return true;
	for (side = 0; side < 2; side++)
		if (call_text_is(b->sides[side].tag, r->from_tag) &&
			(!both || call_text_is(b->sides[1 - side].tag, r->to_tag)))
			return true;
	return false;
}

static unsigned count_meant(const struct call *call, const struct ng_request *r)
{
	unsigned n = 0;

	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		n += is_meant(b, r);
	return n;
}

static void remove_meant(struct session *s, struct call *call, const struct ng_request *r)
{
	struct wiring w = session_wiring(s);
	struct call_bridge *next;

	for (struct call_bridge *b = call->bridges; b != NULL; b = next) {
		next = b->next;
		if (!is_meant(b, r))
			continue;
		wiring_remove(&w, b);
		session_count(s, b, -1);
		call_bridge_remove(call, b);
	}
	session_changed(s, call);
}

/* All of it: now, or after the delay in which a late packet or answer still finds it. */
static void remove_all(struct session *s, struct call *call, const struct ng_request *r)
{
	uint64_t delay_s =
		r->delete_delay >= 0 ? (uint64_t)r->delete_delay : s->config->delete_delay_s;

	if (delay_s > DELAY_MAX_S)
		delay_s = DELAY_MAX_S;
	if (delay_s == 0) {
		session_end(s, call, REPORT_END_DELETED);
		return;
	}
	if (call->delete_at_ms == 0)
		s->ending++;
	call->delete_at_ms = deadline_now() + delay_s * 1000;
	session_changed(s, call);
}

enum ng_error session_delete(struct session_work *work)
{
	struct session *s = work->s;
	const struct ng_request *r = work->request;
	struct call *call = session_find(work, AUTHZ_CHANGE);
	unsigned meant = call == NULL ? 0 : count_meant(call, r);

	if (meant == 0) {
		work->reply = ng_reply_not_deleted(&s->arena, r);
		return NG_OK;
	}
	work->reply = ng_reply_ok(&s->arena);
	/* a whole call is told of only if somebody of it asks */
	if (r->from_tag.len > 0 && !ng_request_flag(r, NG_FLAG_FAST))
		session_tell_call(work, call);
	if (meant == call->n_bridges)
		remove_all(s, call, r);
	else
		remove_meant(s, call, r);
	return NG_OK;
}

/* Which sides of a call are blocked, to go back to. */
struct blocked {
	bool sides[CALL_BRIDGES_MAX][2];
};

static void save_blocked(const struct call *call, struct blocked *was)
{
	uint32_t i = 0;

	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next, i++)
		for (unsigned side = 0; side < 2; side++)
			was->sides[i][side] = b->sides[side].blocked;
}

/* What could not be done is not to be so later, when the data plane is told all again. */
static void restore_blocked(struct call *call, const struct blocked *was)
{
	uint32_t i = 0;

	for (struct call_bridge *b = call->bridges; b != NULL; b = b->next, i++)
		for (unsigned side = 0; side < 2; side++)
			b->sides[side].blocked = was->sides[i][side];
}

/* The media of one party, or of all. */
enum ng_error session_block(struct session_work *work, bool block)
{
	struct session *s = work->s;
	const struct ng_request *r = work->request;
	struct call *call = session_find(work, AUTHZ_CHANGE);
	enum ng_error error = NG_OK;
	struct blocked was = {.sides = {{false}}};
	struct wiring w;
	uint32_t sent = 0;

	if (call == NULL)
		return NG_ERROR_UNKNOWN_CALL;
	if (!session_wiring_of(work, &w))
		return NG_ERROR_MEMORY;
	save_blocked(call, &was);
	work->call = call;
	work->bridge = call->next_number; /* none is to be removed if that is refused */
	for (struct call_bridge *b = call->bridges; b != NULL && error == NG_OK; b = b->next) {
		for (unsigned side = 0; side < 2; side++)
			if (r->from_tag.len == 0 || call_text_is(b->sides[side].tag, r->from_tag))
				b->sides[side].blocked = block;
		error = wiring_reroute(&w, b, &sent);
	}
	if (error != NG_OK)
		restore_blocked(call, &was);
	session_waits(work, sent);
	session_changed(s, call);
	work->reply = ng_reply_ok(&s->arena);
	return error;
}
