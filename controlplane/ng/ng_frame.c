/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_frame.h"

#include "ng_bencode.h"
#include "ng_json.h"

#include <errno.h>

enum ng_encoding ng_frame_encoding(struct slice payload)
{
	if (payload.len > 0 && payload.ptr[0] == 'd')
		return NG_ENCODING_BENCODE;
	if (payload.len > 0 && payload.ptr[0] == '{')
		return NG_ENCODING_JSON;
	return NG_ENCODING_NONE;
}

int ng_frame_split(struct slice message, struct ng_frame *frame)
{
	size_t space = slice_find(message, ' ');

	if (space == message.len || space == 0 || space > NG_FRAME_COOKIE_MAX)
		return -EBADMSG;
	frame->cookie = slice_first(message, space);
	frame->payload = slice_from(message, space + 1);
	frame->encoding = ng_frame_encoding(frame->payload);
	return 0;
}

enum ng_error ng_frame_decode(
	const struct ng_frame *frame, struct ng_arena *arena, struct ng_value **dict)
{
	switch (frame->encoding) {
	case NG_ENCODING_BENCODE:
		return ng_bencode_decode(frame->payload, arena, dict) == 0 ? NG_OK
									   : NG_ERROR_BENCODE;
	case NG_ENCODING_JSON:
		return ng_json_decode(frame->payload, arena, dict) == 0 ? NG_OK : NG_ERROR_JSON;
	case NG_ENCODING_NONE:
		break;
	}
	return frame->payload.len == 0 ? NG_ERROR_NO_PAYLOAD : NG_ERROR_FORMAT;
}

void ng_frame_start(struct ng_frame_stream *stream, size_t limit)
{
	*stream = (struct ng_frame_stream){.limit = limit};
}

static enum ng_frame_state look_for_payload(struct ng_frame_stream *s, struct slice bytes)
{
	size_t space = slice_find(slice_first(bytes, NG_FRAME_COOKIE_MAX + 1), ' ');

	if ((space == 0 && bytes.len > 0) || space > NG_FRAME_COOKIE_MAX)
		return NG_FRAME_BAD;
	if (space + 1 >= bytes.len)
		return NG_FRAME_MORE;
	if (ng_frame_encoding(slice_from(bytes, space + 1)) != NG_ENCODING_BENCODE)
		return NG_FRAME_BAD;
	s->in_payload = true;
	s->at = space + 1;
	return NG_FRAME_MORE;
}

/* One token further; false at the end of what can be said. */
static bool step(struct ng_frame_stream *s, struct slice bytes)
{
	struct ng_bencode_token token;

	/* the text that was due reaches past what is there */
	if (s->at >= bytes.len)
		return false;
	token = ng_bencode_token(slice_from(bytes, s->at));
	if (token.kind == NG_BENCODE_MORE)
		return false;
	if (token.kind == NG_BENCODE_LIST || token.kind == NG_BENCODE_DICT)
		s->depth++;
	if (token.kind == NG_BENCODE_END)
		s->depth--;
	if (token.kind == NG_BENCODE_BAD || s->depth > NG_VALUE_DEPTH_MAX) {
		s->state = NG_FRAME_BAD;
		return false;
	}
	s->at += token.len + token.text_len;
	if (s->depth == 0) {
		s->state = NG_FRAME_WHOLE;
		s->message = s->at;
	}
	return s->state == NG_FRAME_MORE;
}

enum ng_frame_state ng_frame_look(struct ng_frame_stream *stream, struct slice bytes)
{
	if (stream->state != NG_FRAME_MORE)
		return stream->state;
	if (!stream->in_payload) {
		stream->state = look_for_payload(stream, bytes);
		if (stream->state != NG_FRAME_MORE || !stream->in_payload)
			return stream->state;
	}
	while (stream->at <= stream->limit && step(stream, bytes))
		;
	/* a text that is due counts before it has come */
	if (stream->state != NG_FRAME_BAD && stream->at > stream->limit)
		stream->state = NG_FRAME_LONG;
	if (stream->state == NG_FRAME_MORE && bytes.len > stream->limit)
		stream->state = NG_FRAME_LONG;
	return stream->state;
}
