/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_impl.h"

/* Of several calls with that id one's own goes before one of the listener's, and of one's own that
 * of the listener that was asked. */
struct call *session_find(const struct session_work *work, enum authz_action action)
{
	const struct principal *who = work->principal;
	struct call *call = call_table_find(work->s->calls, work->request->call_id);
	struct call *found = NULL;
	unsigned best = 0;

	for (; call != NULL; call = call_table_find_next(call)) {
		const struct authz_object object = {
			.owner = call->owner, .kind = call->owner_kind, .listener = call->listener};
		unsigned rank = 1;

		if (!authz_allows(who, action, &object))
			continue;
		if (authz_owns(who, &object))
			rank = strcmp(call->listener, who->listener) == 0 ? 3 : 2;
		if (rank > best)
			found = call;
		best = rank > best ? rank : best;
	}
	return found;
}

static bool same_branch(const struct call_bridge *b, struct slice branch)
{
	return branch.len == 0 ? b->branch == NULL : call_text_is(b->branch, branch);
}

/* The side with that tag, whose other side has this one or, with 'open', none yet; 2: neither. */
static unsigned side_of(
	const struct call_bridge *b, struct slice tag, struct slice other, bool open)
{
	for (unsigned side = 0; side < 2; side++) {
		const char *theirs = b->sides[1 - side].tag;

		if (call_text_is(b->sides[side].tag, tag) &&
			(open ? theirs == NULL : call_text_is(theirs, other)))
			return side;
	}
	return 2;
}

/* With a to-tag the dialogue of both, or the one that is still open for it. Without, a first offer
 * that is sent again: of the same branch, and not answered. */
struct call_bridge *session_find_offer(
	const struct call *call, const struct ng_request *r, unsigned *from)
{
	bool has_to = r->to_tag.len > 0;

	for (struct call_bridge *b = call->bridges; has_to && b != NULL; b = b->next) {
		*from = side_of(b, r->from_tag, r->to_tag, false);
		if (*from < 2)
			return b;
	}
	for (struct call_bridge *b = call->bridges; b != NULL; b = b->next) {
		if (has_to) {
			/* an offer of the one that never answered: an UPDATE, or a late offer */
			*from = 1 - side_of(b, r->to_tag, r->from_tag, true);
			if (*from < 2)
				return b;
		}
		*from = side_of(b, r->from_tag, r->to_tag, true);
		if (*from < 2 && !b->answered && same_branch(b, r->via_branch))
			return b;
	}
	return NULL;
}

static bool is_offerer(const struct call_bridge *b, struct slice tag)
{
	return b->offered && call_text_is(b->sides[b->offerer].tag, tag);
}

/* The offer that it answers: of both tags; else one that nobody answered, of that branch if one is
 * named; else one that somebody did, when a fork further on answers once more. */
struct call_bridge *session_find_answer(
	const struct call *call, const struct ng_request *r, unsigned *from)
{
	struct call_bridge *open = NULL, *branch = NULL, *again = NULL;
	struct call_bridge *found;

	for (struct call_bridge *b = call->bridges; b != NULL; b = b->next) {
		const char *other = b->sides[1 - b->offerer].tag;

		if (!is_offerer(b, r->from_tag))
			continue;
		if (call_text_is(other, r->to_tag)) {
			*from = 1 - b->offerer;
			return b;
		}
		if (other == NULL && r->via_branch.len > 0 && same_branch(b, r->via_branch))
			branch = b;
		else if (other == NULL && (r->via_branch.len == 0 || b->branch == NULL))
			open = b;
		else if (r->via_branch.len == 0 || same_branch(b, r->via_branch))
			again = b;
	}
	found = branch != NULL ? branch : open != NULL ? open : again;
	if (found != NULL)
		*from = 1 - found->offerer;
	return found;
}
