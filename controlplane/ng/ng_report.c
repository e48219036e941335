/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_report.h"

static const char *family_name(uint8_t family)
{
	return family == 6 ? "IPv6" : "IPv4";
}

static void put_counts(struct ng_arena *arena, struct ng_value *dict, const char *key,
	const struct ng_report_counts *counts)
{
	struct ng_value *to = ng_value_put_dict(arena, dict, key);

	ng_value_put_int(arena, to, "packets", counts->packets);
	ng_value_put_int(arena, to, "bytes", counts->bytes);
	ng_value_put_int(arena, to, "errors", counts->errors);
}

static void put_texts(struct ng_arena *arena, struct ng_value *dict, const char *key,
	const struct slice *texts, size_t n)
{
	struct ng_value *list = ng_value_put_list(arena, dict, key);

	for (size_t i = 0; i < n; i++)
		ng_value_append(list, ng_value_text(arena, texts[i]));
}

static void put_ssrc_list(struct ng_arena *arena, struct ng_value *dict, const char *key,
	const uint32_t *ssrcs, size_t n)
{
	struct ng_value *list = ng_value_put_list(arena, dict, key);

	for (size_t i = 0; i < n; i++) {
		struct ng_value *one = ng_value_dict(arena);

		ng_value_append(list, one);
		ng_value_put_int(arena, one, "SSRC", ssrcs[i]);
	}
}

static void put_endpoint(struct ng_arena *arena, struct ng_value *dict, const char *key,
	const struct ng_report_endpoint *endpoint)
{
	struct ng_value *to = ng_value_put_dict(arena, dict, key);

	if (endpoint->family == 0)
		return;
	ng_value_put_text(arena, to, "family", slice_of(family_name(endpoint->family)));
	ng_value_put_text(arena, to, "address", endpoint->address);
	ng_value_put_int(arena, to, "port", endpoint->port);
}

static void put_stream(
	struct ng_arena *arena, struct ng_value *list, const struct ng_report_stream *s)
{
	struct ng_value *to = ng_value_dict(arena);

	ng_value_append(list, to);
	ng_value_put_int(arena, to, "local port", s->local.port);
	ng_value_put_text(arena, to, "local address", s->local.address);
	ng_value_put_text(arena, to, "family", slice_of(family_name(s->local.family)));
	put_endpoint(arena, to, "endpoint", &s->remote);
	put_endpoint(arena, to, "advertised endpoint", &s->advertised);
	if (s->crypto_suite.len > 0)
		ng_value_put_text(arena, to, "crypto suite", s->crypto_suite);
	ng_value_put_int(arena, to, "last packet", s->last_packet);
	put_texts(arena, to, "flags", s->flags, s->n_flags);
	/* Kamailio reads the first one's number here, newer versions the lists of the media */
	if (s->n_ssrcs > 0)
		ng_value_put_int(arena, to, "SSRC", s->ssrcs[0]);
	put_counts(arena, to, "stats", &s->in);
	put_counts(arena, to, "stats_out", &s->out);
}

static void put_media(
	struct ng_arena *arena, struct ng_value *list, const struct ng_report_media *m)
{
	struct ng_value *to = ng_value_dict(arena);
	struct ng_value *streams;

	ng_value_append(list, to);
	ng_value_put_int(arena, to, "index", m->index);
	ng_value_put_text(arena, to, "type", m->type);
	if (m->protocol.len > 0)
		ng_value_put_text(arena, to, "protocol", m->protocol);
	put_texts(arena, to, "flags", m->flags, m->n_flags);
	streams = ng_value_put_list(arena, to, "streams");
	for (size_t i = 0; i < m->n_streams; i++)
		put_stream(arena, streams, &m->streams[i]);
	put_ssrc_list(arena, to, "ingress SSRCs", m->ingress_ssrcs, m->n_ingress);
	put_ssrc_list(arena, to, "egress SSRCs", m->egress_ssrcs, m->n_egress);
}

static void put_subscription(
	struct ng_arena *arena, struct ng_value *tag, const char *key, struct slice other)
{
	struct ng_value *list = ng_value_put_list(arena, tag, key);
	struct ng_value *to;

	if (other.ptr == NULL)
		return;
	to = ng_value_dict(arena);
	ng_value_append(list, to);
	ng_value_put_text(arena, to, "tag", other);
	ng_value_put_text(arena, to, "type", slice_of("offer/answer"));
}

/* A leg without an answer has no tag yet, and so a key of our own making. */
static struct slice tag_key(struct ng_arena *arena, struct slice tag, size_t index)
{
	static const char begin[] = "<untagged ";
	char room[48];
	size_t at = sizeof(room);

	if (tag.len > 0)
		return tag;
	room[--at] = '>';
	index++;
	do
		room[--at] = (char)('0' + index % 10);
	while ((index /= 10) != 0);
	at -= sizeof(begin) - 1;
	memcpy(room + at, begin, sizeof(begin) - 1);
	return ng_arena_copy(arena, (struct slice){room + at, sizeof(room) - at});
}

static void put_tag(
	struct ng_arena *arena, struct ng_value *tags, const struct ng_report_tag *t, size_t index)
{
	struct ng_value *to = ng_value_dict(arena);
	struct ng_value *medias;

	ng_value_put(tags, tag_key(arena, t->tag, index), to);
	ng_value_put_text(arena, to, "tag", t->tag);
	if (t->via_branch.len > 0)
		ng_value_put_text(arena, to, "via-branch", t->via_branch);
	if (t->label.len > 0)
		ng_value_put_text(arena, to, "label", t->label);
	ng_value_put_int(arena, to, "created", t->created);
	if (t->other_tag.ptr != NULL)
		ng_value_put_text(arena, to, "in dialogue with", t->other_tag);
	put_subscription(arena, to, "subscriptions", t->other_tag);
	put_subscription(arena, to, "subscribers", t->other_tag);
	medias = ng_value_put_list(arena, to, "medias");
	for (size_t i = 0; i < t->n_medias; i++)
		put_media(arena, medias, &t->medias[i]);
}

static void put_ssrc(struct ng_arena *arena, struct ng_value *dict, const struct ng_report_ssrc *s)
{
	struct ng_value *to = ng_value_dict(arena);
	char digits[10];
	size_t at = sizeof(digits);
	uint32_t n = s->ssrc;

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	ng_value_put(
		dict, ng_arena_copy(arena, (struct slice){digits + at, sizeof(digits) - at}), to);
	ng_value_put_int(arena, to, "bytes", s->bytes);
	ng_value_put_int(arena, to, "packets", s->packets);
	ng_value_put_int(arena, to, "last RTP timestamp", s->last_timestamp);
	ng_value_put_int(arena, to, "last RTP seq", s->last_seq);
	ng_value_put_int(arena, to, "cumulative loss", s->lost);
}

void ng_report_call(
	struct ng_arena *arena, struct ng_value *reply, const struct ng_report_call *call)
{
	struct ng_value *to;

	ng_value_put_int(arena, reply, "created", call->created);
	ng_value_put_int(arena, reply, "created_us", call->created_us);
	ng_value_put_int(arena, reply, "last signal", call->last_signal);
	to = ng_value_put_dict(arena, reply, "SSRC");
	for (size_t i = 0; i < call->n_ssrcs; i++)
		put_ssrc(arena, to, &call->ssrcs[i]);
	to = ng_value_put_dict(arena, reply, "tags");
	for (size_t i = 0; i < call->n_tags; i++)
		put_tag(arena, to, &call->tags[i], i);
	to = ng_value_put_dict(arena, reply, "totals");
	put_counts(arena, to, "RTP", &call->rtp);
	put_counts(arena, to, "RTCP", &call->rtcp);
}

void ng_report_list(struct ng_arena *arena, struct ng_value *reply, const struct slice *call_ids,
	size_t n_call_ids)
{
	put_texts(arena, reply, "calls", call_ids, n_call_ids);
}

struct ng_value *ng_report_statistics(struct ng_arena *arena, struct ng_value *reply)
{
	return ng_value_put_dict(arena, reply, "statistics");
}

void ng_report_figures(struct ng_arena *arena, struct ng_value *statistics, const char *group,
	const struct ng_report_figure *figures, size_t n_figures)
{
	struct ng_value *to = ng_value_put_dict(arena, statistics, group);

	for (size_t i = 0; i < n_figures; i++)
		ng_value_put_int(arena, to, figures[i].name, figures[i].value);
}
