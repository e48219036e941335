/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_impl.h"

static uint64_t seconds(uint64_t us)
{
	return us / 1000000;
}

/* A side without a tag is one of its own. */
static bool has_tag(const struct call_bridge *bridge, unsigned side, const char *tag)
{
	const char *own = bridge->sides[side].tag;

	return own != NULL && tag != NULL && strcmp(own, tag) == 0;
}

static bool is_shown(const struct report_build *b, const struct call_bridge *bridge)
{
	return b->only.len == 0 || call_text_is(bridge->sides[0].tag, b->only) ||
	       call_text_is(bridge->sides[1].tag, b->only);
}

/* Whether no bridge before it has that tag. */
static bool is_first(const struct report_build *b, const struct call_bridge *bridge, unsigned side)
{
	const char *tag = bridge->sides[side].tag;

	if (side == 1 && has_tag(bridge, 0, tag))
		return false;
	for (const struct call_bridge *x = b->call->bridges; x != bridge; x = x->next)
		if (is_shown(b, x) && (has_tag(x, 0, tag) || has_tag(x, 1, tag)))
			return false;
	return true;
}

/* The media of all sides with the tag of this one; without 'medias' it counts how many. */
static size_t medias_of(struct report_build *b, const struct call_bridge *bridge, unsigned side,
	struct ng_report_media *medias)
{
	const char *tag = bridge->sides[side].tag;
	size_t n = 0;

	for (const struct call_bridge *x = bridge; x != NULL; x = x->next) {
		for (unsigned s = 0; s < 2 && is_shown(b, x); s++) {
			if (!(x == bridge && s == side) && !has_tag(x, s, tag))
				continue;
			for (uint32_t i = 0; i < x->n_medias; i++)
				n += medias == NULL || report_media_make(b, x, s, i, &medias[n]);
		}
	}
	return n;
}

/* Of the dialogue that was answered, if there are several. */
static const char *other_tag(
	const struct report_build *b, const struct call_bridge *bridge, unsigned side)
{
	const char *tag = bridge->sides[side].tag;

	for (const struct call_bridge *x = bridge; x != NULL; x = x->next)
		for (unsigned s = 0; s < 2; s++)
			if (is_shown(b, x) && x->answered && has_tag(x, s, tag))
				return x->sides[1 - s].tag;
	return bridge->sides[1 - side].tag;
}

static struct slice text_of(const struct report_build *b, const char *text)
{
	return text == NULL ? slice_of("") : ng_arena_copy(b->arena, slice_of(text));
}

static void make_tag(struct report_build *b, const struct call_bridge *bridge, unsigned side,
	struct ng_report_tag *out)
{
	size_t n = medias_of(b, bridge, side, NULL);
	struct ng_report_media *medias = ng_arena_alloc(b->arena, n * sizeof(*medias));

	out->tag = text_of(b, bridge->sides[side].tag);
	out->label = text_of(b, bridge->sides[side].label);
	out->other_tag = text_of(b, other_tag(b, bridge, side));
	out->created = seconds(bridge->created_us);
	/* a fork's branches tell their answerers apart, not who called */
	if (side == 1)
		out->via_branch = text_of(b, bridge->branch);
	if (medias == NULL)
		return;
	out->medias = medias;
	out->n_medias = medias_of(b, bridge, side, medias);
}

/* Returns how many media there may be, to make room. */
static uint32_t count(const struct report_build *b, size_t *n_tags)
{
	uint32_t medias = 0;

	for (const struct call_bridge *x = b->call->bridges; x != NULL; x = x->next) {
		if (!is_shown(b, x))
			continue;
		*n_tags += 2;
		medias += 2 * x->n_medias;
	}
	return medias < REPORT_MEDIAS_MAX ? medias : REPORT_MEDIAS_MAX;
}

static void make_tags(struct report_build *b, struct ng_report_call *out)
{
	size_t room = 0, n = 0;
	size_t ssrcs = (size_t)count(b, &room) * RELAY_SSRCS;
	struct ng_report_tag *tags = ng_arena_alloc(b->arena, room * sizeof(*tags));

	b->ssrcs = ng_arena_alloc(b->arena, ssrcs * sizeof(*b->ssrcs));
	if (b->arena->failed)
		return;
	for (const struct call_bridge *x = b->call->bridges; x != NULL; x = x->next)
		for (unsigned side = 0; side < 2; side++)
			if (is_shown(b, x) && is_first(b, x, side))
				make_tag(b, x, side, &tags[n++]);
	out->tags = tags;
	out->n_tags = n;
	out->ssrcs = b->ssrcs;
	out->n_ssrcs = b->n_ssrcs;
	out->rtp = b->rtp;
	out->rtcp = b->rtcp;
}

bool report_call(const struct report_source *from, const struct call *call,
	const struct ng_request *which, struct ng_arena *arena, struct ng_value *reply)
{
	struct report_build b = {.from = from, .call = call, .arena = arena};
	struct ng_report_call out = {
		.created = seconds(call->created_us),
		.created_us = call->created_us % 1000000,
		.last_signal = seconds(call->signalled_us),
	};

	if (which != NULL)
		b.only = which->to_tag.len > 0 ? which->to_tag : which->from_tag;
	make_tags(&b, &out);
	ng_report_call(arena, reply, &out);
	if (b.n_told < b.n_medias)
		ng_value_put_text(arena, reply, "warning",
			slice_of("too many media to tell them all, but the totals have them"));
	return out.n_tags > 0;
}
