/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include "ng_reply.h"

#include <errno.h>
#include <stdlib.h>

enum { ARENA_MAX = 16 << 20, REPLY_MAX = 256 << 10 };

struct session {
	session_reply *reply;
	void *arg;
	struct ng_arena arena;
	struct buffer out;
};

int session_create(session_reply *reply, void *arg, struct session **session)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->reply = reply;
	s->arg = arg;
	s->out.limit = REPLY_MAX;
	ng_arena_init(&s->arena, ARENA_MAX);
	*session = s;
	return 0;
}

void session_destroy(struct session *session)
{
	if (session == NULL)
		return;
	ng_arena_fini(&session->arena);
	buffer_fini(&session->out);
	free(session);
}

static struct ng_value *answer(struct session *s, const struct ng_frame *frame)
{
	struct ng_value *dict = NULL;
	struct ng_request request;
	enum ng_error error = ng_frame_decode(frame, &s->arena, &dict);

	if (error == NG_OK)
		error = ng_request_parse(dict, &s->arena, &request);
	if (error == NG_OK && request.command == NG_PING)
		return ng_reply_pong(&s->arena);
	return ng_reply_error(&s->arena, error == NG_OK ? NG_ERROR_UNSUPPORTED : error);
}

void session_request(
	struct session *s, const struct proto_request *request, struct pending_handle handle)
{
	struct ng_frame frame = {{NULL, 0}, request->bytes, ng_frame_encoding(request->bytes)};
	struct ng_value *reply = NULL;

	ng_arena_reset(&s->arena);
	s->out.len = 0;
	s->out.failed = false;
	if (!request->has_cookie || ng_frame_split(request->bytes, &frame) == 0)
		reply = answer(s, &frame);
	if (reply != NULL)
		ng_reply_write(reply, frame.cookie, frame.encoding, &s->out);
	s->reply(s->arg, handle,
		reply == NULL || s->out.failed ? (struct slice){NULL, 0} : buffer_all(&s->out));
}
