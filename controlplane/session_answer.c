/* SPDX-License-Identifier: BSD-3-Clause */
#include "negotiate.h"
#include "rewrite.h"
#include "session_impl.h"

/* The answerer's tag: known, new, or, of a fork behind the same branch, another than before. */
static enum ng_error answer_in(struct session_work *work, struct negotiation *n)
{
	struct session *s = work->s;
	struct call_bridge *b = n->bridge;
	struct wiring w;
	uint32_t sent = 0;
	struct call_side *to = &b->sides[1 - n->from];
	enum ng_error error = negotiate_answer(n);

	to->mark = 0;
	if (error == NG_OK)
		error = rewrite_answer(n, session_loop_blank(), &s->arena, &s->sdp);
	if (error == NG_OK)
		session_loop_mark(work, to);
	if (!session_fits(work))
		error = NG_ERROR_REWRITING;
	if (error != NG_OK)
		return error;
	if (!call_text_is(b->sides[n->from].tag, n->request->to_tag) &&
		!call_text_set(&b->sides[n->from].tag, n->request->to_tag))
		return NG_ERROR_MEMORY;
	if (!session_wiring_of(work, &w))
		return NG_ERROR_MEMORY;
	work->call = b->call;
	work->bridge = b->number;
	error = wiring_commit(&w, b, &sent);
	session_waits(work, sent);
	if (error != NG_OK)
		return error;
	b->answered = true;
	b->call->heard_ms = w.now_ms;
	b->call->signalled_us = session_now_us();
	session_changed(s, b->call);
	work->reply = ng_reply_ok(&s->arena);
	ng_reply_sdp(&s->arena, work->reply, buffer_all(&s->sdp));
	return NG_OK;
}

enum ng_error session_answer(struct session_work *work)
{
	struct session *s = work->s;
	struct call *call = session_find(work, AUTHZ_CHANGE);
	struct negotiation n = {.config = s->config, .request = work->request};
	enum ng_error error = session_check(work);
	struct sdp *sdp = NULL;

	if (error != NG_OK)
		return error;
	if (call == NULL)
		return NG_ERROR_UNKNOWN_CALL;
	if (work->request->sdp.len == 0) {
		session_pass(work);
		return NG_OK;
	}
	n.bridge = session_find_answer(call, work->request, &n.from);
	if (n.bridge == NULL)
		return NG_ERROR_ASSOCIATION;
	error = session_parse(work->request, &sdp);
	if (error != NG_OK)
		return error;
	n.sdp = sdp;
	if (call->delete_at_ms == 0 && session_loop_is(work, &n.bridge->sides[1 - n.from]))
		session_pass(work);
	else
		error = answer_in(work, &n);
	sdp_parse_free(sdp);
	return error;
}
