/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_reply.h"

#include "ng_bencode.h"
#include "ng_json.h"

enum { WORD_SHOWN = 40 };

#define WARNING_TEXT(id, text) [id] = (text),

static const char *const warning_texts[] = {NG_WARNINGS(WARNING_TEXT)};

static struct ng_value *result(struct ng_arena *arena, const char *text)
{
	struct ng_value *reply = ng_value_dict(arena);

	ng_value_put_text(arena, reply, "result", slice_of(text));
	return reply;
}

struct ng_value *ng_reply_ok(struct ng_arena *arena)
{
	return result(arena, "ok");
}

struct ng_value *ng_reply_pong(struct ng_arena *arena)
{
	return result(arena, "pong");
}

struct ng_value *ng_reply_error(struct ng_arena *arena, enum ng_error error)
{
	struct ng_value *reply = result(arena, "error");

	ng_value_put_text(arena, reply, "error-reason", slice_of(ng_error_text(error)));
	return reply;
}

struct ng_value *ng_reply_load(
	struct ng_arena *arena, const struct ng_request *request, enum ng_error which)
{
	struct ng_value *reply;

	if (request->supports == 0)
		return ng_reply_error(arena, NG_ERROR_SESSIONS);
	reply = result(arena, "load limit");
	ng_value_put_text(arena, reply, "message", slice_of(ng_error_text(which)));
	return reply;
}

struct ng_value *ng_reply_not_deleted(struct ng_arena *arena, const struct ng_request *request)
{
	struct ng_value *reply;

	if (ng_request_flag(request, NG_FLAG_FATAL))
		return ng_reply_error(arena, NG_ERROR_UNKNOWN_TAGS);
	reply = ng_reply_ok(arena);
	ng_value_put_text(arena, reply, "warning", slice_of(ng_error_text(NG_ERROR_UNKNOWN_TAGS)));
	return reply;
}

void ng_reply_sdp(struct ng_arena *arena, struct ng_value *reply, struct slice sdp)
{
	ng_value_put_text(arena, reply, "sdp", sdp);
}

/* What a peer wrote, so that it can stand in a log. */
static void put_shown(struct buffer *out, struct slice word)
{
	struct slice shown = slice_first(word, WORD_SHOWN);

	buffer_char(out, '\'');
	for (size_t i = 0; i < shown.len; i++) {
		char c = shown.ptr[i];

		buffer_char(out, (char)(c >= ' ' && c <= '~' && c != '\'' ? c : '?'));
	}
	buffer_text(out, word.len > shown.len ? "...'" : "'");
}

static void put_warning(struct buffer *out, const struct ng_warning *warning)
{
	if (out->len > 0)
		buffer_text(out, "; ");
	buffer_text(out, warning_texts[warning->kind]);
	buffer_char(out, ' ');
	put_shown(out, warning->key);
	if (warning->word.ptr != NULL) {
		buffer_text(out, ": ");
		put_shown(out, warning->word);
	}
}

void ng_reply_warnings(
	struct ng_arena *arena, struct ng_value *reply, const struct ng_request *request)
{
	struct buffer text = {.limit = (size_t)256 * NG_REQUEST_WARNINGS_MAX};
	struct slice shown;

	for (uint32_t i = 0; i < request->n_warnings; i++)
		put_warning(&text, &request->warnings[i]);
	if (request->warnings_left > 0) {
		buffer_text(&text, "; and more: ");
		buffer_number(&text, request->warnings_left);
	}
	shown = slice_first(buffer_all(&text), NG_REPLY_WARNING_MAX);
	if (shown.len > 0)
		ng_value_put_text(arena, reply, "warning", ng_arena_copy(arena, shown));
	buffer_fini(&text);
}

void ng_reply_write(const struct ng_value *reply, struct slice cookie, enum ng_encoding encoding,
	struct buffer *out)
{
	if (reply == NULL) {
		out->failed = true;
		return;
	}
	if (cookie.len > 0) {
		buffer_slice(out, cookie);
		buffer_char(out, ' ');
	}
	if (encoding == NG_ENCODING_JSON)
		ng_json_encode(reply, out);
	else
		ng_bencode_encode(reply, out);
}
