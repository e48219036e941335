/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include "deadline.h"
#include "ng_frame.h"
#include "session_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>

enum {
	ARENA_MAX = 16 << 20,
	CACHE_ENTRIES = 1 << 17,
	CACHE_BYTES = 256 << 20,
	EVENTS_BURST = 5,
	SETTLE_MS = 300,
};

static int create_parts(struct session *s)
{
	const struct ng_cache_limits limits = {CACHE_ENTRIES, CACHE_BYTES};
	uint8_t seed[NG_CACHE_SEED];
	int err;

	if (RAND_bytes(seed, sizeof(seed)) != 1 ||
		RAND_bytes(s->mark_seed, sizeof(s->mark_seed)) != 1)
		return -EIO;
	err = ng_cache_create(&limits, seed, &s->cache);
	return err == 0 ? call_table_create(&s->calls) : err;
}

int session_create(const struct session_options *options, struct session **session)
{
	struct session *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->reply = options->reply;
	s->arg = options->arg;
	s->config = options->config;
	s->out.limit = SESSION_REPLY_MAX;
	s->sdp.limit = SESSION_REPLY_MAX;
	s->started_ms = deadline_now();
	s->events.burst = EVENTS_BURST;
	s->strange.burst = EVENTS_BURST;
	ng_arena_init(&s->arena, ARENA_MAX);
	err = create_parts(s);
	if (err == 0)
		err = session_reply_start(s, options->base);
	if (err == 0)
		err = session_restore_start(s, options->base);
	if (err == 0)
		err = session_sweep_start(s, options->base);
	if (err != 0) {
		session_destroy(s);
		return err;
	}
	*session = s;
	return 0;
}

/* 1. no more time; 2. what waits is dropped, what changed is stored; 3. the link, which calls
 * nobody; 4. what all of them used. */
void session_destroy(struct session *session)
{
	if (session == NULL)
		return;
	if (session->tick != NULL)
		event_free(session->tick);
	session_reply_drop(session);
	dplink_destroy(session->link);
	portpool_destroy(session->pool);
	store_close(session->store);
	call_table_destroy(session->calls);
	ng_cache_destroy(session->cache);
	ng_arena_fini(&session->arena);
	buffer_fini(&session->out);
	buffer_fini(&session->sdp);
	free(session->node);
	free(session->removed);
	free(session);
}

void session_settle(const struct session *session, struct event_base *base)
{
	uint64_t until_ms = deadline_now() + SETTLE_MS;

	/* whatever happens, a tick comes soon */
	while (call_table_count(session->calls) > 0 && !dplink_is_up(session->link) &&
		deadline_now() < until_ms && !event_base_got_break(base))
		(void)event_base_loop(base, EVLOOP_ONCE);
}

void session_reload(struct session *session, const struct config *config)
{
	session->config = config;
}

static enum ng_error carry_out(struct session_work *work)
{
	switch (work->request->command) {
	case NG_PING:
		work->reply = ng_reply_pong(&work->s->arena);
		return NG_OK;
	case NG_OFFER:
		return session_offer(work);
	case NG_ANSWER:
		return session_answer(work);
	case NG_DELETE:
		return session_delete(work);
	case NG_QUERY:
		return session_query(work);
	case NG_LIST_CALLS:
		return session_list(work);
	case NG_STATISTICS:
		return session_statistics(work);
	case NG_BLOCK_MEDIA:
		return session_block(work, true);
	case NG_UNBLOCK_MEDIA:
		return session_block(work, false);
	case NG_REFUSED:
	case NG_COMMAND_COUNT:
		break;
	}
	return NG_ERROR_UNSUPPORTED;
}

/* What can be said before a call is looked at; the rest is asked where it is found. */
static bool is_allowed(const struct session_work *work)
{
	switch (work->request->command) {
	case NG_OFFER:
		return authz_allows(work->principal, AUTHZ_PLACE, NULL);
	case NG_LIST_CALLS:
	case NG_STATISTICS:
		return authz_allows(work->principal, AUTHZ_SURVEY, NULL);
	case NG_PING:
	case NG_ANSWER:
	case NG_DELETE:
	case NG_QUERY:
	case NG_BLOCK_MEDIA:
	case NG_UNBLOCK_MEDIA:
	case NG_REFUSED:
	case NG_COMMAND_COUNT:
		break;
	}
	return authz_allows(work->principal, AUTHZ_PING, NULL);
}

static void deny(const struct session_work *work)
{
	logger_write(LOGGER_WARN, "authz", "denied",
		LOGGER_FIELDS(LOGGER_TEXT("principal", work->principal->name),
			LOGGER_TEXT("listener", work->principal->listener),
			LOGGER_PIECE("command", work->request->command_text),
			LOGGER_PIECE("call", work->request->call_id)));
}

/* The protocol has it that an unknown name means the default; but who mistyped it should hear. */
static void look_at_interface(struct session *s, struct ng_request *r, struct slice name)
{
	uint64_t swallowed = 0;

	if (name.len == 0)
		return;
	for (uint32_t i = 0; i < s->config->n_interfaces; i++)
		if (slice_is(name, s->config->interfaces[i].name))
			return;
	if (r->n_warnings < NG_REQUEST_WARNINGS_MAX)
		r->warnings[r->n_warnings++] =
			(struct ng_warning){NG_WARNING_VALUE, slice_of("direction"), name};
	if (logger_limit_allow(&s->strange, deadline_now(), &swallowed))
		logger_write(LOGGER_WARN, "session", "unknown-interface",
			LOGGER_FIELDS(LOGGER_PIECE("name", name),
				LOGGER_TEXT("instead", s->config->interfaces[0].name),
				LOGGER_PIECE("call", r->call_id),
				LOGGER_COUNT("unsaid", swallowed)));
}

/* For how long something takes: the time of day may be set meanwhile. */
static uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void work_on(struct session_work *work, const struct ng_frame *frame)
{
	struct session *s = work->s;
	struct ng_request request = {.command = NG_REFUSED};
	struct ng_value *dict = NULL;
	enum ng_error error = ng_frame_decode(frame, &s->arena, &dict);
	uint64_t before_us = clock_us();

	work->request = &request;
	work->encoding = frame->encoding;
	if (error == NG_OK)
		error = ng_request_parse(dict, &s->arena, &request);
	if (error == NG_OK && !is_allowed(work)) {
		deny(work);
		error = NG_ERROR_UNSUPPORTED;
	}
	if (error == NG_OK) {
		look_at_interface(s, &request, request.from_interface);
		look_at_interface(s, &request, request.to_interface);
		error = carry_out(work);
	}
	s->told.requests[request.command]++;
	s->told.request_us[request.command] += clock_us() - before_us;
	if (error != NG_OK) {
		s->told.errors[error]++;
		work->reply = ng_reply_error(&s->arena, error);
	} else {
		ng_reply_warnings(&s->arena, work->reply, &request);
	}
	work->request = NULL;
}

/* Another principal is another source, even behind the same address and port. */
struct source {
	struct relay_sockaddr address;
	char listener[sizeof(((struct principal *)0)->listener)];
	uint8_t kind;
	char name[AUTHN_NAME_BYTES];
};

static struct slice source_of(const struct proto_request *request, struct source *source)
{
	const struct principal *who = request->principal;

	*source = (struct source){.address = request->source, .kind = (uint8_t)who->kind};
	memcpy(source->listener, who->listener, sizeof(source->listener));
	memcpy(source->name, who->name, strlen(who->name));
	return (struct slice){
		(const char *)source, offsetof(struct source, name) + strlen(who->name)};
}

/* One that came before: answered as then, or, if that is still worked on, not at all. */
static bool is_repeated(struct session *s, const struct session_work *work,
	const struct ng_frame *frame, struct pending_handle handle)
{
	struct slice reply = {NULL, 0};

	switch (ng_cache_open(
		s->cache, deadline_now() / 1000, work->source, frame->cookie, &reply)) {
	case NG_CACHE_NEW:
		return false;
	case NG_CACHE_PENDING:
	case NG_CACHE_KNOWN:
		break;
	}
	s->told.repeated++;
	s->reply(s->arg, handle, reply);
	return true;
}

void session_request(
	struct session *s, const struct proto_request *request, struct pending_handle handle)
{
	struct ng_frame frame = {{NULL, 0}, request->bytes, ng_frame_encoding(request->bytes)};
	struct session_work work = {.s = s, .principal = request->principal};
	struct source source;

	work.source = source_of(request, &source);
	work.room = request->transport == PROTO_UDP ? SESSION_DATAGRAM_MAX : SESSION_REPLY_MAX;
	if (request->has_cookie && ng_frame_split(request->bytes, &frame) != 0) {
		s->reply(s->arg, handle, (struct slice){NULL, 0});
		return;
	}
	if (request->has_cookie && is_repeated(s, &work, &frame, handle))
		return;
	work_on(&work, &frame);
	session_reply_send(&work, &frame, handle);
	/* keys that were negotiated must not lie about until the next request */
	ng_arena_reset(&s->arena);
	buffer_clear(&s->out);
	buffer_clear(&s->sdp);
}
