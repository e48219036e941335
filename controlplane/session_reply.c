/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN: a request is worked on at once, and its reply written. If that said that something is so,
 * the reply waits as a transaction until the data plane has answered each command, and the store
 * has committed. One commit serves all that came in 400 us.
 */
#include "call_image.h"
#include "deadline.h"
#include "logger.h"
#include "secret.h"
#include "session_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

enum { COMMIT_US = 400, STORE_AGAIN_MS = 10000 };

struct session_transaction {
	struct session_transaction *older, *newer;
	struct session *s;
	struct pending_handle handle;
	struct call *call; /* whose 'working' it is in; NULL: none */
	uint32_t bridge;
	uint32_t commands;
	bool commit; /* waits for it */
	bool ready;  /* the request is worked on, and its reply here */
	enum relay_status refused;
	enum ng_encoding encoding;
	char *source; /* then the cookie */
	size_t source_len, cookie_len;
	char *reply;
	size_t reply_len;
};

static void unlink_transaction(struct session_transaction *t)
{
	struct session *s = t->s;

	*(t->older != NULL ? &t->older->newer : &s->first) = t->newer;
	*(t->newer != NULL ? &t->newer->older : &s->last) = t->older;
}

static void transaction_free(struct session_transaction *t)
{
	if (t->call != NULL)
		session_release(t->call);
	if (t->reply != NULL)
		secret_wipe(t->reply, t->reply_len);
	free(t->reply);
	free(t->source);
	free(t);
}

static struct session_transaction *transaction_create(struct session *s)
{
	struct session_transaction *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->s = s;
	t->older = s->last;
	*(s->last != NULL ? &s->last->newer : &s->first) = t;
	s->last = t;
	return t;
}

static void put_out(struct session_transaction *t, struct slice reply)
{
	struct slice source = {t->source, t->source_len};
	struct slice cookie = {t->source + t->source_len, t->cookie_len};

	if (t->cookie_len > 0 && reply.ptr != NULL)
		ng_cache_store(t->s->cache, source, cookie, reply);
	t->s->reply(t->s->arg, t->handle, reply);
}

static struct call_bridge *bridge_of(const struct session_transaction *t)
{
	for (struct call_bridge *b = t->call->bridges; b != NULL; b = b->next)
		if (b->number == t->bridge)
			return b;
	return NULL;
}

/* The data plane refused what we had said yes to: that dialogue has no media. */
static void put_out_refusal(struct session_transaction *t)
{
	struct session *s = t->s;
	struct slice cookie = {t->source + t->source_len, t->cookie_len};
	struct call_bridge *b = t->call == NULL || t->call->gone ? NULL : bridge_of(t);
	struct wiring w = session_wiring(s);

	logger_write(LOGGER_ERROR, "session", "refused-by-dataplane",
		LOGGER_FIELDS(LOGGER_PIECE("call",
				      t->call == NULL ? slice_of("") : call_text(t->call->call_id)),
			LOGGER_TEXT("status", relay_status_name(t->refused)),
			LOGGER_TEXT("cure", relay_status_help(t->refused))));
	if (b != NULL) {
		wiring_remove(&w, b);
		session_changed(s, t->call);
	}
	ng_arena_reset(&s->arena);
	buffer_clear(&s->out);
	ng_reply_write(ng_reply_error(&s->arena, NG_ERROR_NO_PORTS), cookie, t->encoding, &s->out);
	s->told.errors[NG_ERROR_NO_PORTS]++;
	put_out(t, s->out.failed ? (struct slice){NULL, 0} : buffer_all(&s->out));
}

static void settle(struct session_transaction *t)
{
	if (t->commands > 0 || t->commit || !t->ready)
		return;
	unlink_transaction(t);
	if (t->refused != RELAY_OK)
		put_out_refusal(t);
	else
		put_out(t, (struct slice){t->reply, t->reply_len});
	transaction_free(t);
}

/* A data plane that died is told all of it again when it is back. */
static void on_done(void *arg, uint64_t tag, enum relay_status status)
{
	struct session_transaction *t = arg;

	(void)tag;
	t->commands--;
	if (status != RELAY_OK && status != DPLINK_LOST)
		t->refused = status;
	settle(t);
}

struct wiring session_wiring(struct session *s)
{
	return (struct wiring){
		.link = s->link, .pool = s->pool, .config = s->config, .now_ms = deadline_now()};
}

bool session_wiring_of(struct session_work *work, struct wiring *w)
{
	*w = session_wiring(work->s);
	if (work->wait == NULL)
		work->wait = transaction_create(work->s);
	w->done = on_done;
	w->arg = work->wait;
	return work->wait != NULL;
}

void session_waits(struct session_work *work, uint32_t commands)
{
	work->wait->commands += commands;
}

/* All that comes in that time together: alone, each would cost more than the request that it is
 * for. */
void session_commit_soon(struct session *s)
{
	static const struct timeval soon = {0, COMMIT_US};

	if (!evtimer_pending(s->commit, NULL))
		(void)event_add(s->commit, &soon);
}

/* One entry a call, however often it changes until the commit. */
void session_changed(struct session *s, struct call *call)
{
	struct call **dirty;
	size_t room;

	if (call->dirty)
		return;
	if (s->n_dirty == s->room_dirty) {
		room = s->room_dirty == 0 ? 256 : s->room_dirty * 2;
		dirty = realloc(s->dirty, room * sizeof(struct call *));
		if (dirty == NULL)
			return; /* the next change of it comes again */
		s->dirty = dirty;
		s->room_dirty = room;
	}
	s->dirty[s->n_dirty++] = call;
	call->dirty = true;
	call->working++;
	if (s->n_dirty == 1)
		session_commit_soon(s);
}

/* A row that could not be removed would be a call again, after a restart. */
static void keep_removed(struct session *s, uint64_t id)
{
	size_t room = s->room_removed == 0 ? 64 : s->room_removed * 2;
	uint64_t *removed;

	if (s->n_removed == s->room_removed) {
		removed = realloc(s->removed, room * sizeof(*removed));
		if (removed == NULL)
			return;
		s->removed = removed;
		s->room_removed = room;
	}
	s->removed[s->n_removed++] = id;
}

static int put(struct session *s, const struct call *call)
{
	const struct call_image_clock clock = {deadline_now(), session_now_us()};
	int err;

	buffer_clear(&s->out);
	err = call_image_write(call, &clock, &s->out);
	if (err != 0) { /* ours, not the disk's */
		logger_write(LOGGER_ERROR, "session", "call-not-stored",
			LOGGER_FIELDS(LOGGER_PIECE("call", call_text(call->call_id)),
				LOGGER_TEXT("effect", "it goes on, but not over a restart")));
		buffer_clear(&s->out);
		return 0;
	}
	err = store_put(s->store, call->id, s->out.data, s->out.len);
	buffer_clear(&s->out);
	return err;
}

/* What the store could not take is still served: a full disk ends no call. It is tried again, with
 * all calls, as nobody knows which of them it lacks. */
void session_store_retry(struct session *s)
{
	if (!s->store_failed || deadline_now() < s->store_again_ms)
		return;
	for (struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer)
		session_changed(s, c);
	session_commit_soon(s);
}

static void tell_store(struct session *s, int err)
{
	s->store_again_ms = deadline_now() + STORE_AGAIN_MS;
	if ((err != 0) == s->store_failed)
		return;
	s->store_failed = err != 0;
	if (err != 0)
		logger_write(LOGGER_ERROR, "session", "store-failed",
			LOGGER_FIELDS(LOGGER_TEXT("reason", strerrordesc_np(-err)),
				LOGGER_TEXT("effect", "calls go on, but not over a restart"),
				LOGGER_TEXT("cure", "make room in state_directory")));
	else
		logger_write(LOGGER_INFO, "session", "store-works-again", NULL);
}

/* All or nothing. After the first fault the rest is not tried: it comes again, with all calls. */
static int commit(struct session *s)
{
	int err = s->node_stored ? 0 : session_node_put(s);
	int end;

	for (size_t i = 0; i < s->n_dirty; i++) {
		struct call *call = s->dirty[i];

		if (call->gone)
			keep_removed(s, call->id);
		else if (err == 0)
			err = put(s, call);
		call->dirty = false;
		session_release(call);
	}
	s->n_dirty = 0;
	for (size_t i = 0; err == 0 && i < s->n_removed; i++)
		err = store_remove(s->store, s->removed[i]);
	end = store_commit(s->store);
	err = err == 0 ? end : err;
	if (err == 0) {
		s->n_removed = 0;
		s->node_stored = true;
	}
	return err;
}

static void on_commit(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	struct session_transaction *t, *newer;

	(void)fd;
	(void)what;
	tell_store(s, commit(s));
	for (t = s->first; t != NULL; t = newer) {
		newer = t->newer;
		t->commit = false;
		settle(t);
	}
}

int session_reply_start(struct session *s, struct event_base *base)
{
	s->commit = event_new(base, -1, 0, on_commit, s);
	return s->commit == NULL ? -ENOMEM : 0;
}

/* Who asked, for the cache: from a certificate, a token or the clear, at an address and port. */
static bool keep_source(struct session_transaction *t, struct slice source, struct slice cookie)
{
	t->source = malloc(source.len + cookie.len + 1);
	if (t->source == NULL)
		return false;
	memcpy(t->source, source.ptr, source.len);
	if (cookie.len > 0)
		memcpy(t->source + source.len, cookie.ptr, cookie.len);
	t->source_len = source.len;
	t->cookie_len = cookie.len;
	return true;
}

static bool keep_reply(struct session_transaction *t, struct slice reply)
{
	t->reply = malloc(reply.len);
	if (t->reply == NULL)
		return false;
	memcpy(t->reply, reply.ptr, reply.len);
	t->reply_len = reply.len;
	return true;
}

/* As many entries as get there. */
static void cut_list(struct ng_value *list, size_t room)
{
	struct ng_value *last = NULL;
	uint32_t n = 0;

	for (struct ng_value *v = list->first; v != NULL; v = v->next) {
		size_t len = v->text.len * 2 + 16; /* as JSON may escape it */

		if (v->kind != NG_TEXT || len > room)
			break;
		room -= len;
		last = v;
		n++;
	}
	list->count = n;
	list->last = last;
	*(last != NULL ? &last->next : &list->first) = NULL;
}

/* What was done is done: the answer says so, though it can't tell all. */
static void shorten(const struct session_work *work)
{
	for (struct ng_value *v = work->reply->first; v != NULL; v = v->next) {
		if (slice_is(v->key, "tags") || slice_is(v->key, "SSRC")) {
			v->first = v->last = NULL;
			v->count = 0;
		} else if (v->kind == NG_LIST) {
			cut_list(v, work->room - SESSION_REPLY_BESIDE);
		}
	}
	ng_value_put_text(&work->s->arena, work->reply, "warning",
		slice_of("not all is told: that is longer than a reply may be"));
}

static void write_reply(const struct session_work *work, const struct ng_frame *frame)
{
	struct buffer *out = &work->s->out;

	ng_reply_write(work->reply, frame->cookie, frame->encoding, out);
	if (work->reply == NULL || (!out->failed && out->len <= work->room))
		return;
	shorten(work);
	buffer_clear(out);
	ng_reply_write(work->reply, frame->cookie, frame->encoding, out);
}

/* Now, or when all is done that it says. */
void session_reply_send(
	struct session_work *work, const struct ng_frame *frame, struct pending_handle handle)
{
	struct session *s = work->s;
	struct slice reply = {NULL, 0};
	struct session_transaction *t = work->wait;

	write_reply(work, frame);
	if (!s->out.failed)
		reply = buffer_all(&s->out);
	if (t == NULL && s->n_dirty == 0) {
		if (frame->cookie.len > 0 && reply.ptr != NULL)
			ng_cache_store(s->cache, work->source, frame->cookie, reply);
		s->reply(s->arg, handle, reply);
		return;
	}
	if (t == NULL)
		t = transaction_create(s);
	if (t == NULL) {
		s->reply(s->arg, handle, (struct slice){NULL, 0});
		return;
	}
	/* without memory there is no reply: the peer asks again */
	if (keep_source(t, work->source, frame->cookie) && reply.ptr != NULL)
		(void)keep_reply(t, reply);
	t->ready = true;
	t->handle = handle;
	t->encoding = frame->encoding;
	t->bridge = work->bridge;
	t->commit = s->n_dirty > 0;
	t->call = work->call;
	if (t->call != NULL)
		t->call->working++;
	settle(t);
}

/* At the end of all: replies that still wait are not given. */
void session_reply_drop(struct session *s)
{
	if (s->commit != NULL) {
		if (s->store != NULL && s->n_dirty > 0)
			on_commit(-1, 0, s);
		event_free(s->commit);
	}
	for (struct session_transaction *t = s->first, *newer; t != NULL; t = newer) {
		newer = t->newer;
		transaction_free(t);
	}
	free(s->dirty);
}
