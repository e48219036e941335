/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_request.h"

#include "ng_flags.h"
#include "ng_request_impl.h"

enum { WORDS_MAX = 4096 };

/* Rows whose value came already, by where they put it. */
struct seen {
	uint64_t bits[(sizeof(struct ng_request) / 8 + 63) / 64];
};

static bool is_repeated(struct seen *seen, const struct ng_request_key *row)
{
	size_t at = row->offset / 8;
	bool before;

	if (row->kind != NG_KEY_TEXT && row->kind != NG_KEY_BODY && row->kind != NG_KEY_INT &&
		row->kind != NG_KEY_CHOICE)
		return false;
	before = (seen->bits[at / 64] >> (at % 64) & 1) != 0;
	seen->bits[at / 64] |= UINT64_C(1) << (at % 64);
	return before;
}

/* Returns the rtpp-flags among the entries, which are read last: they override. */
static const struct ng_value *apply_all(
	struct ng_request_reader *r, const struct ng_value *dict, struct seen *seen)
{
	const struct ng_value *flags = NULL;
	char room[NG_WORDS_LEN_MAX];

	for (const struct ng_value *v = dict->first; v != NULL; v = v->next) {
		struct slice name = ng_words_normal(v->key, room);

		r->key = v->key;
		r->row = ng_request_key_find(name);
		if (slice_is(name, "rtpp-flags"))
			flags = v;
		if (r->row == NULL) {
			ng_request_apply_warn(r, NG_WARNING_KEY, (struct slice){NULL, 0});
			continue;
		}
		if (seen != NULL && is_repeated(seen, r->row))
			ng_request_apply_warn(r, NG_WARNING_TWICE, (struct slice){NULL, 0});
		ng_request_apply(r, v);
	}
	return flags;
}

static void apply_rtpp_flags(struct ng_request_reader *r, const struct ng_value *value)
{
	struct ng_value *dict;

	if (value->kind != NG_TEXT || ng_flags_parse(value->text, r->arena, &dict) != 0) {
		r->key = value->key;
		ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
		return;
	}
	r->request->rtpp_flags = true;
	r->request->to_tag_in_flags = ng_value_get(dict, "to-tag") != NULL;
	if (r->request->to_tag_in_flags)
		r->request->flags |= NG_BIT(NG_FLAG_TO_TAG);
	if (ng_value_get(dict, "from-tag") != NULL)
		r->request->flags |= NG_BIT(NG_FLAG_DIRECTIONAL);
	(void)apply_all(r, dict, NULL);
}

static enum ng_error find_command(const struct ng_value *dict, struct ng_request *q)
{
	const struct ng_value *value = ng_value_get(dict, "command");
	char room[NG_WORDS_LEN_MAX];
	uint64_t command;

	if (value == NULL || value->kind != NG_TEXT)
		return NG_ERROR_NO_COMMAND;
	q->command_text = value->text;
	if (!ng_words_find(ng_words_commands, ng_words_normal(value->text, room), &command))
		return NG_ERROR_COMMAND;
	q->command = (enum ng_command)command;
	return command == NG_REFUSED ? NG_ERROR_UNSUPPORTED : NG_OK;
}

/* In this order, which is rtpengine's. */
static enum ng_error check(const struct ng_request *q)
{
	bool of_a_call =
		q->command != NG_PING && q->command != NG_LIST_CALLS && q->command != NG_STATISTICS;
	bool has_sdp = q->command == NG_OFFER || q->command == NG_ANSWER;

	if (has_sdp && q->sdp.ptr == NULL)
		return NG_ERROR_NO_SDP;
	if (of_a_call && q->call_id.len == 0)
		return NG_ERROR_NO_CALL_ID;
	if (has_sdp && q->from_tag.len == 0)
		return NG_ERROR_NO_FROM_TAG;
	if (q->command == NG_ANSWER && q->to_tag.len == 0)
		return NG_ERROR_NO_TO_TAG;
	if (q->command == NG_LIST_CALLS && q->limit < 0)
		return NG_ERROR_LIMIT;
	return NG_OK;
}

enum ng_error ng_request_parse(
	const struct ng_value *dict, struct ng_arena *arena, struct ng_request *request)
{
	struct ng_request_reader reader = {
		.request = request, .arena = arena, .words_left = WORDS_MAX};
	const struct ng_value *flags;
	struct seen seen = {{0}};
	enum ng_error error;

	*request =
		(struct ng_request){.delete_delay = -1, .tos = -1, .limit = NG_REQUEST_LIST_LIMIT};
	if (dict->kind != NG_DICT)
		return NG_ERROR_FORMAT;
	error = find_command(dict, request);
	if (error != NG_OK)
		return error;
	flags = apply_all(&reader, dict, &seen);
	if (flags != NULL)
		apply_rtpp_flags(&reader, flags);
	if (request->tos > 255)
		request->tos = -1;
	return check(request);
}
