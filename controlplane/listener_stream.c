/* SPDX-License-Identifier: BSD-3-Clause */
/* ng over TLS and TCP: messages back to back, replies in any order.
 *
 * DESIGN: input is moved out of libevent's chain into one buffer, where ng_frame looks at each byte
 * once. A stream is blocked while too many of its requests are worked on or too much of its output
 * is unread; then nothing is read from it, and TCP tells the peer. The deadline is that of the
 * handshake, of the message that has begun, or of idleness; it also is where a stream is freed. */
#include "listener_impl.h"

#include "ng_frame.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <unistd.h>

enum { INPUT_AT_ONCE = 64 << 10, PIECES = 16 };

struct stream {
	struct listener_peer peer;
	struct pending_owner owner;
	struct bufferevent *bev;
	struct buffer in;
	struct ng_frame_stream frame;
	bool in_message;  /* one has begun, and its time runs */
	bool is_blocked;  /* not read from */
	bool is_ending;   /* closed once all that is owed is sent */
	bool is_dead;     /* closed at once */
	bool is_handling; /* within take_messages: a reply need not wake it */
	TAILQ_ENTRY(stream) link;
};

static size_t unread(const struct stream *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->bev));
}

static void stream_free(struct stream *s)
{
	struct listener *l = s->peer.listener;
	SSL *ssl = bufferevent_openssl_get_ssl(s->bev);

	/* 1. no reply finds it, 2. no timer, 3. no count; 4. a word to the peer; 5. the socket */
	pending_abandon(l->set->pending, &s->owner);
	deadline_fini(&s->peer.deadline);
	listener_leave(&s->peer);
	TAILQ_REMOVE(&l->streams, s, link);
	if (ssl != NULL) {
		tls_set_watch(ssl, NULL);
		if (s->peer.handshaken)
			(void)SSL_shutdown(ssl);
	}
	bufferevent_free(s->bev);
	buffer_fini(&s->in);
	free(s);
}

static void end_if_done(struct stream *s)
{
	if (s->is_dead || (s->is_ending && s->owner.n == 0 && unread(s) == 0))
		deadline_set(&s->peer.deadline, 0);
}

static void kill_stream(struct stream *s)
{
	s->is_dead = true;
	(void)bufferevent_disable(s->bev, EV_READ);
	end_if_done(s);
}

static bool must_block(const struct stream *s)
{
	return s->is_dead || s->is_ending || s->owner.n >= LISTENER_OUTSTANDING_MAX ||
	       unread(s) > LISTENER_OUTPUT_PAUSE;
}

static void set_deadline(struct stream *s)
{
	const struct config_listener *c = s->peer.listener->config;

	if (s->is_dead || s->is_ending) {
		end_if_done(s);
	} else if (s->is_blocked) {
		/* its turn is ours; the timeout for writing goes on */
		s->in_message = false;
		deadline_set(&s->peer.deadline, DEADLINE_NEVER);
	} else if (s->in.len == 0) {
		s->in_message = false;
		deadline_set(&s->peer.deadline, c->idle_timeout_s == 0
							? DEADLINE_NEVER
							: c->idle_timeout_s * UINT64_C(1000));
	} else if (!s->in_message) {
		s->in_message = true;
		deadline_set(&s->peer.deadline, c->message_timeout_s * UINT64_C(1000));
	}
}

static void set_blocked(struct stream *s)
{
	bool must = must_block(s);

	if (must == s->is_blocked)
		return;
	s->is_blocked = must;
	if (must) {
		(void)bufferevent_disable(s->bev, EV_READ);
		return;
	}
	(void)bufferevent_enable(s->bev, EV_READ);
	/* what is here already is looked at in the loop's next turn, not within a reply */
	bufferevent_trigger(s->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static void stream_reply(
	struct pending_owner *owner, const struct pending_entry *entry, struct slice bytes)
{
	struct stream *s = LISTENER_OF(owner, struct stream, owner);

	(void)entry;
	if (!s->is_dead && bytes.ptr != NULL) {
		if (unread(s) + bytes.len > LISTENER_OUTPUT_MAX ||
			bufferevent_write(s->bev, bytes.ptr, bytes.len) != 0) {
			listener_note(&s->peer, LISTENER_UNREAD, "listener", "closed",
				"too many replies left unread");
			kill_stream(s);
		} else {
			s->peer.listener->counters[LISTENER_REPLIES]++;
		}
	}
	end_if_done(s);
	if (!s->is_handling)
		set_blocked(s);
}

static bool dispatch(struct stream *s, struct slice message)
{
	const struct listener *l = s->peer.listener;
	const struct pending_entry entry = {.owner = &s->owner};
	const struct proto_request request = {
		.bytes = message,
		.has_cookie = true,
		.transport = l->config->transport == CONFIG_NG_TLS ? PROTO_TLS : PROTO_TCP,
		.principal = &s->peer.principal,
		.source = s->peer.source,
	};

	return listener_dispatch(s->peer.listener, &request, &entry);
}

/* Moves as much as there is room for. */
static void take_input(struct stream *s)
{
	struct evbuffer *input = bufferevent_get_input(s->bev);
	struct evbuffer_iovec pieces[PIECES];
	int n;

	while (s->in.len < s->in.limit &&
		(n = evbuffer_peek(input, -1, NULL, pieces, PIECES)) > 0) {
		size_t taken = 0;

		for (int i = 0; i < n && i < PIECES; i++) {
			size_t room = s->in.limit - s->in.len;
			size_t len = pieces[i].iov_len < room ? pieces[i].iov_len : room;

			buffer_put(&s->in, pieces[i].iov_base, len);
			taken += len;
		}
		(void)evbuffer_drain(input, taken);
		if (taken == 0 || s->in.failed)
			return;
	}
}

/* The whole messages at the front; false: what stands there is none. */
static bool take_messages(struct stream *s, enum ng_frame_state *state)
{
	struct slice rest = buffer_all(&s->in);

	*state = NG_FRAME_MORE;
	s->is_handling = true;
	while (rest.len > 0 && !must_block(s)) {
		*state = ng_frame_look(&s->frame, rest);
		if (*state != NG_FRAME_WHOLE)
			break;
		if (!dispatch(s, slice_first(rest, s->frame.message))) {
			*state = NG_FRAME_LONG; /* for want of a slot, as good as none */
			break;
		}
		rest = slice_from(rest, s->frame.message);
		ng_frame_start(&s->frame, s->frame.limit);
		s->in_message = false;
	}
	s->is_handling = false;
	if (rest.len > 0 && rest.len < s->in.len)
		memmove(s->in.data, rest.ptr, rest.len);
	s->in.len = rest.len;
	return *state == NG_FRAME_MORE || *state == NG_FRAME_WHOLE;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct stream *s = arg;
	enum ng_frame_state state;

	(void)bev;
	if (s->is_dead)
		return;
	take_input(s);
	if (s->in.failed || !take_messages(s, &state)) {
		listener_note(&s->peer, LISTENER_MALFORMED, "proto", "closed",
			s->in.failed             ? "no memory"
			: state == NG_FRAME_LONG ? "message longer than max_message_bytes, or too "
						   "many requests under way"
						 : "no message of ng in bencode");
		kill_stream(s);
		return;
	}
	set_blocked(s);
	set_deadline(s);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct stream *s = arg;

	(void)bev;
	end_if_done(s);
	if (!s->is_dead && !s->is_ending) {
		set_blocked(s);
		set_deadline(s);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *s = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return; /* the watch knows */
	if ((what & BEV_EVENT_TIMEOUT) != 0)
		listener_note(&s->peer, LISTENER_UNREAD, "listener", "closed",
			"replies left unread for message_timeout_s");
	/* it has said all; what it asked for is still owed */
	if ((what & BEV_EVENT_EOF) != 0 && (s->owner.n > 0 || unread(s) > 0) && !s->is_dead) {
		s->is_ending = true;
		(void)bufferevent_disable(s->bev, EV_READ);
		deadline_set(&s->peer.deadline,
			s->peer.listener->config->message_timeout_s * UINT64_C(1000));
		return;
	}
	if ((what & BEV_EVENT_TIMEOUT) == 0 && s->in.len > 0 && !s->is_dead)
		listener_note(&s->peer, LISTENER_MALFORMED, "proto", "closed",
			"the connection ended within a message");
	stream_free(s);
}

static void on_deadline(void *arg)
{
	struct stream *s = arg;

	if (s->is_dead || s->is_ending) {
		stream_free(s);
		return;
	}
	if (!s->peer.handshaken)
		listener_note_failure(&s->peer, LISTENER_SLOW, "closed",
			"TLS handshake not done within handshake_timeout_s");
	else if (s->in_message)
		listener_note(&s->peer, LISTENER_SLOW, "proto", "closed",
			"message not whole within message_timeout_s");
	else
		s->peer.listener->counters[LISTENER_IDLE]++;
	stream_free(s);
}

static void on_handshake(struct tls_watch *watch)
{
	struct stream *s = LISTENER_OF(watch, struct stream, peer.watch);
	struct listener_peer *peer = &s->peer;
	const SSL *ssl = bufferevent_openssl_get_ssl(s->bev);
	enum authn_result result;

	if (peer->handshaken)
		return;
	peer->handshaken = true;
	result = authn_tls(peer->listener->config, tls_peer_name(ssl), (struct slice){NULL, 0},
		&peer->source, &peer->principal);
	if (result != AUTHN_OK) {
		listener_note_failure(peer, LISTENER_AUTHN, "refused", authn_text(result));
		kill_stream(s);
		return;
	}
	logger_write(LOGGER_DEBUG, "authn", "signed-in",
		LOGGER_FIELDS(LOGGER_TEXT("listener", peer->listener->config->name),
			LOGGER_PEER("peer", &peer->source),
			LOGGER_TEXT("principal", peer->principal.name)));
	set_deadline(s);
}

static void on_failure(struct tls_watch *watch, const char *reason, bool ours)
{
	struct stream *s = LISTENER_OF(watch, struct stream, peer.watch);

	listener_note_handshake(&s->peer, reason, ours);
}

static struct bufferevent *wrap(struct listener *l, int fd, struct stream *s)
{
	struct event_base *base = l->set->options.base;
	struct bufferevent *bev;
	SSL *ssl;

	if (l->tls == NULL)
		return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	ssl = SSL_new(l->tls);
	if (ssl == NULL)
		return NULL;
	s->peer.watch = (struct tls_watch){.done = on_handshake, .failed = on_failure};
	bev = bufferevent_openssl_socket_new(
		base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	else
		tls_set_watch(ssl, &s->peer.watch);
	return bev;
}

static bool stream_init(struct stream *s, int fd)
{
	struct listener *l = s->peer.listener;
	const struct config_listener *c = l->config;
	const struct timeval write_timeout = {c->message_timeout_s, 0};

	if (!deadline_init(&s->peer.deadline, l->set->options.base, on_deadline, s))
		return false;
	s->bev = wrap(l, fd, s);
	if (s->bev == NULL) {
		deadline_fini(&s->peer.deadline);
		return false;
	}
	pending_owner_init(&s->owner, stream_reply);
	s->in.limit = c->max_message_bytes + INPUT_AT_ONCE;
	ng_frame_start(&s->frame, c->max_message_bytes);
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, INPUT_AT_ONCE);
	(void)bufferevent_set_timeouts(s->bev, NULL, &write_timeout);
	(void)bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	TAILQ_INSERT_TAIL(&l->streams, s, link);
	return true;
}

static void on_accept(struct evconnlistener *acceptor, evutil_socket_t fd, struct sockaddr *sa,
	int len, void *arg)
{
	struct listener *l = arg;
	struct stream *s = calloc(1, sizeof(*s));
	enum authn_result result = AUTHN_OK;

	(void)acceptor;
	(void)len;
	if (s == NULL) {
		(void)close(fd);
		return;
	}
	s->peer.listener = l;
	s->peer.source = listener_address(sa);
	if (l->tls == NULL)
		result = authn_plaintext(l->config, &s->peer.source, &s->peer.principal);
	if (result != AUTHN_OK)
		listener_note_failure(&s->peer, LISTENER_AUTHN, "refused", authn_text(result));
	listener_tune(fd);
	if (result != AUTHN_OK || !listener_admit(&s->peer) || !stream_init(s, fd)) {
		listener_leave(&s->peer);
		(void)close(fd);
		free(s);
		return;
	}
	if (l->tls != NULL) {
		deadline_set(&s->peer.deadline, l->config->handshake_timeout_s * UINT64_C(1000));
		return;
	}
	s->peer.handshaken = true;
	set_deadline(s);
}

int listener_stream_start(struct listener *l)
{
	l->acceptor = evconnlistener_new(
		l->set->options.base, on_accept, l, LEV_OPT_CLOSE_ON_EXEC, -1, l->fd);
	return l->acceptor != NULL ? 0 : -ENOMEM;
}

void listener_stream_drain(struct listener *l)
{
	struct stream *s;

	if (l->acceptor != NULL)
		evconnlistener_free(l->acceptor);
	l->acceptor = NULL;
	TAILQ_FOREACH (s, &l->streams, link) {
		s->is_ending = true;
		(void)bufferevent_disable(s->bev, EV_READ);
		end_if_done(s);
	}
}

void listener_stream_stop(struct listener *l)
{
	struct stream *s, *next;

	listener_stream_drain(l);
	for (s = TAILQ_FIRST(&l->streams); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		stream_free(s);
	}
}
