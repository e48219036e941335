/* SPDX-License-Identifier: BSD-3-Clause */
#include "deadline.h"
#include "logger.h"
#include "negotiate.h"
#include "rewrite.h"
#include "session_impl.h"

#include <errno.h>
#include <stdio.h>

/* No more calls, for now: in the way that makes a proxy try the next relay. */
static bool is_full(struct session_work *work)
{
	struct session *s = work->s;
	uint32_t calls = call_table_count(s->calls);
	enum ng_error why = NG_OK;
	struct dplink_numbers link;

	dplink_numbers(s->link, &link);
	if (calls >= s->ending + (uint64_t)s->config->session_limit)
		why = NG_ERROR_SESSIONS;
	else if (s->config->drain || !dplink_is_up(s->link) || link.is_stalled)
		why = NG_ERROR_LOAD;
	if (why == NG_OK)
		return false;
	s->told.ended[REPORT_END_REJECTED]++;
	work->reply = ng_reply_load(&s->arena, work->request, why);
	return true;
}

/* RFC 4566's non-ws-string, which is kept with the call. */
static bool has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == '\x7f')
			return true;
	return false;
}

enum ng_error session_parse(const struct ng_request *r, struct sdp **sdp)
{
	struct sdp_fault fault = {0, NULL};
	int err = sdp_parse(r->sdp, ng_request_flag(r, NG_FLAG_FRAGMENT), sdp, &fault);

	if (err == 0 &&
		(has_control((*sdp)->origin.username) || has_control((*sdp)->origin.session_id))) {
		sdp_parse_free(*sdp);
		fault.what = "o= with control characters";
		err = -EBADMSG;
	}
	if (err != 0) {
		logger_write(LOGGER_INFO, "session", "bad-sdp",
			LOGGER_FIELDS(LOGGER_PIECE("call", r->call_id),
				LOGGER_COUNT("line", fault.line),
				LOGGER_TEXT("what", fault.what == NULL ? "" : fault.what)));
		return NG_ERROR_SDP;
	}
	if (!sdp_parse_complete(*sdp)) {
		sdp_parse_free(*sdp);
		return NG_ERROR_SDP_INCOMPLETE;
	}
	return NG_OK;
}

static struct call *create(struct session_work *work)
{
	struct call *call = call_table_add(
		work->s->calls, work->principal->listener, work->request->call_id, 0);

	if (call == NULL)
		return NULL;
	(void)snprintf(call->owner, sizeof(call->owner), "%s", work->principal->name);
	call->owner_kind = (uint8_t)work->principal->kind;
	call->created_us = session_now_us();
	call->created_ms = call->heard_ms = deadline_now();
	work->s->told.created++;
	return call;
}

static struct call_bridge *create_bridge(struct call *call, const struct ng_request *r)
{
	struct call_bridge *b = call->n_bridges < CALL_BRIDGES_MAX ? call_bridge_add(call) : NULL;

	if (b == NULL)
		return NULL;
	b->created_us = session_now_us();
	if (call_text_set(&b->sides[0].tag, r->from_tag) &&
		(r->to_tag.len == 0 || call_text_set(&b->sides[1].tag, r->to_tag)) &&
		(r->via_branch.len == 0 || call_text_set(&b->branch, r->via_branch)))
		return b;
	call_bridge_remove(call, b);
	return NULL;
}

static enum ng_error negotiate(struct session_work *work, const struct negotiation *n)
{
	struct session *s = work->s;
	struct wiring w = session_wiring(s);
	struct call_side *to = &n->bridge->sides[1 - n->from];
	enum ng_error error = negotiate_offer(n);

	to->mark = 0;
	if (error == NG_OK)
		error = wiring_reserve(&w, n->bridge);
	if (error == NG_OK)
		error = rewrite_offer(n, session_loop_blank(), &s->arena, &s->sdp);
	if (error == NG_OK)
		session_loop_mark(work, to);
	if (!session_fits(work))
		error = NG_ERROR_REWRITING;
	/* what stands there now is of neither the last offer nor this one */
	n->bridge->offered = error == NG_OK;
	if (error != NG_OK)
		return error;
	n->bridge->offerer = (uint8_t)n->from;
	n->bridge->offered_ms = w.now_ms;
	if (n->request->set_label.len > 0 &&
		!call_text_set(&n->bridge->sides[n->from].label, n->request->set_label))
		return NG_ERROR_MEMORY;
	return NG_OK;
}

static void remove_bridge(struct session *s, struct call *call, struct call_bridge *b)
{
	struct wiring w = session_wiring(s);

	wiring_remove(&w, b);
	session_count(s, b, -1);
	call_bridge_remove(call, b);
}

/* A call that comes back before its deletion was due goes on, by the dialogue that came back. */
static void revive(struct session *s, struct call *call, const struct call_bridge *back)
{
	struct call_bridge *next;

	if (call->delete_at_ms == 0)
		return;
	call->delete_at_ms = 0;
	s->ending--;
	for (struct call_bridge *b = call->bridges; b != NULL; b = next) {
		next = b->next;
		if (b != back)
			remove_bridge(s, call, b);
	}
}

/* Whether the interfaces of a new dialogue take one more. */
static enum ng_error look_for_room(const struct session *s, const struct call_bridge *b)
{
	for (unsigned side = 0; side < 2; side++) {
		uint8_t i = b->sides[side].interface;
		const struct config_interface *at = &s->config->interfaces[i];

		if (at->drain)
			return NG_ERROR_LOAD;
		if (at->session_limit != 0 && s->bridges[i] >= at->session_limit)
			return NG_ERROR_SESSIONS;
	}
	return NG_OK;
}

/* A first offer that is sent again, but into another network: its side's interface, and so its
 * policy, would be those of the first. */
static bool goes_elsewhere(const struct session *s, const struct negotiation *n)
{
	const struct call_bridge *b = n->bridge;
	uint32_t i = 0;

	if (!b->offered || b->answered || n->request->to_tag.len > 0)
		return false;
	while (i < s->config->n_interfaces &&
		!slice_is(n->request->to_interface, s->config->interfaces[i].name))
		i++;
	return i < s->config->n_interfaces && i != b->sides[1 - n->from].interface;
}

static enum ng_error offer_in(struct session_work *work, struct call *call, const struct sdp *sdp)
{
	struct session *s = work->s;
	struct negotiation n = {.config = s->config, .request = work->request, .sdp = sdp};
	struct call_bridge *last = NULL; /* that the new one takes the place of */
	bool is_new = false;
	enum ng_error error;

	n.bridge = session_find_offer(call, work->request, &n.from);
	if (n.bridge != NULL && call->delete_at_ms == 0 &&
		session_loop_is(work, &n.bridge->sides[1 - n.from])) {
		session_pass(work);
		return NG_OK;
	}
	if (n.bridge != NULL && goes_elsewhere(s, &n)) {
		last = n.bridge;
		n.bridge = NULL;
	}
	if (n.bridge == NULL) {
		n.bridge = create_bridge(call, work->request);
		n.from = 0;
		is_new = true;
	}
	if (n.bridge == NULL)
		return NG_ERROR_NO_PORTS;
	if (n.bridge->sides[n.from].tag == NULL &&
		!call_text_set(&n.bridge->sides[n.from].tag, work->request->from_tag))
		return NG_ERROR_MEMORY;
	error = negotiate(work, &n);
	if (error == NG_OK && is_new)
		error = look_for_room(s, n.bridge);
	if (error != NG_OK) {
		struct wiring w = session_wiring(s);

		if (is_new) {
			wiring_remove(&w, n.bridge);
			call_bridge_remove(call, n.bridge);
		}
		return error;
	}
	if (is_new)
		session_count(s, n.bridge, 1);
	if (last != NULL)
		remove_bridge(s, call, last);
	revive(s, call, n.bridge);
	call->signalled_us = session_now_us();
	session_changed(s, call);
	work->reply = ng_reply_ok(&s->arena);
	ng_reply_sdp(&s->arena, work->reply, buffer_all(&s->sdp));
	return NG_OK;
}

enum ng_error session_check(const struct session_work *work)
{
	const struct ng_request *r = work->request;

	if (r->call_id.len > CALL_TEXT_MAX || r->call_id.len == 0)
		return NG_ERROR_NO_CALL_ID;
	if (r->from_tag.len > CALL_TEXT_MAX)
		return NG_ERROR_NO_FROM_TAG;
	if (r->to_tag.len > CALL_TEXT_MAX)
		return NG_ERROR_NO_TO_TAG;
	if (r->via_branch.len > CALL_TEXT_MAX || r->set_label.len > CALL_TEXT_MAX ||
		(r->to_tag.len > 0 && slice_equal(r->from_tag, r->to_tag)))
		return NG_ERROR_ASSOCIATION;
	return NG_OK;
}

/* Bytes that JSON makes of it, at most. */
static size_t escaped(char c)
{
	unsigned char u = (unsigned char)c;

	if (u == '\r' || u == '\n' || u == '"' || u == '\\')
		return 2;
	return u < ' ' ? 6 : u >= 0x80 ? 3 : 1;
}

bool session_fits(const struct session_work *work)
{
	const struct buffer *sdp = &work->s->sdp;
	size_t len = SESSION_REPLY_BESIDE;

	for (size_t i = 0; i < sdp->len; i++)
		len += work->encoding == NG_ENCODING_JSON ? escaped(sdp->data[i]) : 1;
	return !sdp->failed && len <= work->room;
}

void session_pass(struct session_work *work)
{
	work->reply = ng_reply_ok(&work->s->arena);
	ng_reply_sdp(&work->s->arena, work->reply, work->request->sdp);
}

static enum ng_error offer_parsed(struct session_work *work, const struct sdp *sdp)
{
	struct session *s = work->s;
	struct call *call = session_find(work, AUTHZ_CHANGE);
	bool is_new = call == NULL;
	enum ng_error error;

	if (is_new)
		call = create(work);
	if (call == NULL)
		return NG_ERROR_MEMORY;
	error = offer_in(work, call, sdp);
	if (error != NG_OK && is_new)
		session_end(s, call, REPORT_END_FAILED);
	return error;
}

enum ng_error session_offer(struct session_work *work)
{
	struct session *s = work->s;
	bool is_new = session_find(work, AUTHZ_CHANGE) == NULL;
	enum ng_error error = session_check(work);
	struct sdp *sdp = NULL;

	if (error != NG_OK)
		return error;
	if (is_new && is_full(work))
		return NG_OK;
	if (work->request->sdp.len == 0) {
		session_pass(work);
		return NG_OK;
	}
	error = session_parse(work->request, &sdp);
	if (error != NG_OK)
		return error;
	error = offer_parsed(work, sdp);
	sdp_parse_free(sdp);
	if (error != NG_ERROR_SESSIONS && error != NG_ERROR_LOAD)
		return error;
	/* another relay may have room */
	s->told.ended[REPORT_END_REJECTED]++;
	work->reply = ng_reply_load(&s->arena, work->request, error);
	return NG_OK;
}
