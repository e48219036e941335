/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener_http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/keyvalq_struct.h>

enum { HEADERS_MAX = 16 << 10, METRICS_MAX = 4 << 20 };

static const char type_ng[] = "application/x-rtpengine-ng";
static const char type_json[] = "application/json";
static const char type_text[] = "text/plain; charset=utf-8";
static const char type_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

/* Ends what evhttp has of it, from below: it sees the socket end. */
static void kill_connection(struct http_connection *c)
{
	c->is_dead = true;
	(void)bufferevent_enable(c->bev, EV_READ);
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
}

static void set_idle(struct http_connection *c)
{
	uint32_t idle_s = c->peer.listener->config->idle_timeout_s;

	c->in_request = false;
	deadline_set(&c->peer.deadline, idle_s == 0 ? DEADLINE_NEVER : idle_s * UINT64_C(1000));
}

/* evhttp accepts without asking, and tells nobody the address: so as soon after as we can. */
static void admit(struct http_connection *c)
{
	struct sockaddr_storage sa = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(sa);
	int fd = bufferevent_getfd(c->bev);

	if (c->peer.admitted || c->is_dead)
		return;
	if (getpeername(fd, (struct sockaddr *)&sa, &len) == 0)
		c->peer.source = listener_address((const struct sockaddr *)&sa);
	if (c->peer.source.family == RELAY_FAMILY_NONE || !listener_admit(&c->peer)) {
		kill_connection(c); /* so the handshake meets the end of the stream */
		return;
	}
	listener_tune(fd);
	deadline_set(
		&c->peer.deadline, c->peer.listener->config->handshake_timeout_s * UINT64_C(1000));
}

/* The other place is the deadline, which is at once: a silent peer does not come here. */
static void on_begun(struct tls_watch *watch)
{
	admit(LISTENER_OF(watch, struct http_connection, peer.watch));
}

static void on_deadline(void *arg)
{
	struct http_connection *c = arg;

	if (c->is_dead)
		return;
	if (c->socket != NULL) {
		listener_websocket_deadline(c->socket);
	} else if (!c->peer.admitted) {
		admit(c);
	} else if (!c->peer.handshaken) {
		listener_note_failure(&c->peer, LISTENER_SLOW, "closed",
			"TLS handshake not done within handshake_timeout_s");
		kill_connection(c);
	} else if (c->in_request) {
		listener_note(&c->peer, LISTENER_SLOW, "proto", "closed",
			"request not whole within message_timeout_s");
		kill_connection(c);
	} else if (!c->is_busy) {
		c->peer.listener->counters[LISTENER_IDLE]++;
		kill_connection(c);
	}
}

static void on_handshake(struct tls_watch *watch)
{
	struct http_connection *c = LISTENER_OF(watch, struct http_connection, peer.watch);

	if (c->peer.handshaken || c->is_dead)
		return;
	c->peer.handshaken = true;
	set_idle(c);
}

static void on_failure(struct tls_watch *watch, const char *reason, bool ours)
{
	struct http_connection *c = LISTENER_OF(watch, struct http_connection, peer.watch);

	listener_note_handshake(&c->peer, reason, ours);
}

static void on_gone(struct tls_watch *watch)
{
	struct http_connection *c = LISTENER_OF(watch, struct http_connection, peer.watch);

	deadline_fini(&c->peer.deadline);
	listener_leave(&c->peer);
	TAILQ_REMOVE(&c->peer.listener->connections, c, link);
	free(c);
}

/* A request's time runs from its first byte. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct http_connection *c = arg;

	(void)input;
	if (info->n_added == 0 || c->in_request || c->is_busy || c->socket != NULL || c->is_dead)
		return;
	c->in_request = true;
	deadline_set(
		&c->peer.deadline, c->peer.listener->config->message_timeout_s * UINT64_C(1000));
}

static bool connection_init(struct http_connection *c, struct listener *l)
{
	struct event_base *base = l->set->options.base;
	const struct timeval write_timeout = {l->config->message_timeout_s, 0};

	c->peer.listener = l;
	c->peer.watch = (struct tls_watch){on_begun, on_handshake, on_failure, on_gone};
	if (!deadline_init(&c->peer.deadline, base, on_deadline, c))
		return false;
	c->ssl = SSL_new(l->tls);
	if (c->ssl == NULL)
		return false;
	c->bev = bufferevent_openssl_socket_new(
		base, -1, c->ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		SSL_free(c->ssl);
		return false;
	}
	(void)evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c);
	/* evhttp wants a request whole, and reads on while it writes */
	bufferevent_setwatermark(
		c->bev, EV_READ, 0, l->config->max_message_bytes + UINT64_C(2) * HEADERS_MAX);
	(void)bufferevent_set_timeouts(c->bev, NULL, &write_timeout);
	return true;
}

/* Called by evhttp for each connection that it accepted. */
static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct listener *l = arg;
	struct http_connection *c = calloc(1, sizeof(*c));

	(void)base;
	if (c == NULL || !connection_init(c, l)) {
		if (c != NULL)
			deadline_fini(&c->peer.deadline);
		free(c);
		return NULL;
	}
	tls_set_watch(c->ssl, &c->peer.watch);
	TAILQ_INSERT_TAIL(&l->connections, c, link);
	deadline_set(&c->peer.deadline, 0);
	return c->bev;
}

/* NULL: it has gone. */
static struct http_connection *find(struct evhttp_request *request)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(request);
	struct bufferevent *bev = evcon != NULL ? evhttp_connection_get_bufferevent(evcon) : NULL;
	struct tls_watch *watch = NULL;

	if (bev != NULL)
		watch = tls_get_watch(bufferevent_openssl_get_ssl(bev));
	return watch != NULL ? LISTENER_OF(watch, struct http_connection, peer.watch) : NULL;
}

static void send_reply(struct listener *l, struct evhttp_request *request, int code,
	const char *type, struct slice body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *out = evbuffer_new();

	(void)evhttp_add_header(headers, "Content-Type", type);
	(void)evhttp_add_header(headers, "Cache-Control", "no-store");
	if (code >= 400 || l->set->draining)
		(void)evhttp_add_header(headers, "Connection", "close");
	if (out != NULL && body.len > 0)
		(void)evbuffer_add(out, body.ptr, body.len);
	evhttp_send_reply(request, code, NULL, out);
	if (out != NULL)
		evbuffer_free(out);
}

static void say(struct listener *l, struct evhttp_request *request, int code, const char *text)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "%s\n", text);

	send_reply(l, request, code, type_text, (struct slice){line, (size_t)len});
}

/* The connection may have gone meanwhile: evhttp knows, and frees the request. */
static void http_reply(
	struct pending_owner *owner, const struct pending_entry *entry, struct slice bytes)
{
	struct listener *l = LISTENER_OF(owner, struct listener, http_owner);
	struct evhttp_request *request = entry->object;
	struct http_connection *c = find(request);

	if (c != NULL) {
		c->is_busy = false;
		set_idle(c);
	}
	if (bytes.ptr == NULL) {
		say(l, request, HTTP_BADREQUEST, "no request of ng");
		return;
	}
	l->counters[LISTENER_REPLIES]++;
	send_reply(l, request, HTTP_OK, bytes.len > 0 && bytes.ptr[0] == '{' ? type_json : type_ng,
		bytes);
}

static void post(struct http_connection *c, struct evhttp_request *request, bool has_cookie)
{
	struct listener *l = c->peer.listener;
	struct evbuffer *body = evhttp_request_get_input_buffer(request);
	size_t len = evbuffer_get_length(body);
	const struct pending_entry entry = {.owner = &l->http_owner, .object = request};
	struct proto_request proto = {
		.bytes = {(const char *)evbuffer_pullup(body, -1), len},
		.has_cookie = has_cookie,
		.transport = PROTO_HTTPS,
		.principal = &c->peer.principal,
		.source = c->peer.source,
	};

	if (len == 0) {
		say(l, request, HTTP_BADREQUEST, "no body");
		return;
	}
	c->is_busy = true;
	deadline_set(&c->peer.deadline, DEADLINE_NEVER);
	if (listener_dispatch(l, &proto, &entry))
		return;
	c->is_busy = false;
	set_idle(c);
	say(l, request, HTTP_SERVUNAVAIL, "too many requests under way");
}

static void metrics(struct listener *l, struct evhttp_request *request)
{
	struct buffer out = {.limit = METRICS_MAX};

	listener_metrics(l->set, &out);
	if (l->set->options.metrics != NULL)
		l->set->options.metrics(l->set->options.arg, &out);
	if (out.failed)
		say(l, request, HTTP_INTERNAL, "no memory");
	else
		send_reply(l, request, HTTP_OK, type_metrics, buffer_all(&out));
	buffer_fini(&out);
}

static void answer(struct http_connection *c, struct evhttp_request *request,
	enum listener_http_target target, const char *path)
{
	static const enum evhttp_cmd_type methods[] = {[TARGET_NG] = EVHTTP_REQ_POST,
		[TARGET_NG_PLAIN] = EVHTTP_REQ_POST,
		[TARGET_PING] = EVHTTP_REQ_GET,
		[TARGET_METRICS] = EVHTTP_REQ_GET};
	struct listener *l = c->peer.listener;

	if (target == TARGET_UNKNOWN || strcmp(path, "/") == 0)
		say(l, request, HTTP_NOTFOUND, "not here");
	else if (evhttp_request_get_command(request) != methods[target])
		say(l, request, HTTP_BADMETHOD, "another method");
	else if (target == TARGET_PING)
		say(l, request, HTTP_OK, "pong");
	else if (target == TARGET_METRICS)
		metrics(l, request);
	else
		post(c, request, target == TARGET_NG);
}

/* Every request signs in, as each has its own path. */
static bool sign_in(struct http_connection *c, struct evhttp_request *request, struct slice token)
{
	struct listener_peer *peer = &c->peer;
	enum authn_result result = authn_tls(peer->listener->config, tls_peer_name(c->ssl), token,
		&peer->source, &peer->principal);

	if (result == AUTHN_OK)
		return true;
	listener_note_failure(peer, LISTENER_AUTHN, "refused", authn_text(result));
	say(peer->listener, request, 401, "not signed in");
	return false;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct http_connection *c = find(request);
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
	const char *upgrade =
		evhttp_find_header(evhttp_request_get_input_headers(request), "Upgrade");
	enum listener_http_target target;
	struct slice token;

	(void)arg;
	if (c == NULL || !c->peer.admitted || c->is_dead) {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	set_idle(c);
	if (path == NULL)
		path = "";
	target = listener_http_target(path, &token);
	if (!sign_in(c, request, token))
		return;
	if (upgrade != NULL && listener_websocket_lists(upgrade, "websocket") &&
		(target == TARGET_NG || target == TARGET_NG_PLAIN))
		listener_websocket_upgrade(c, request);
	else
		answer(c, request, target, path);
}

void listener_http_say(struct evhttp_request *request, int code, const char *reason)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
	evhttp_send_reply(request, code, reason, NULL);
}

/* How it is set up where limits may change later. */
void listener_http_reload(struct listener *l)
{
	if (l->http == NULL)
		return;
	evhttp_set_max_body_size(l->http, l->config->max_message_bytes);
}

int listener_http_start(struct listener *l)
{
	struct event_base *base = l->set->options.base;
	struct evconnlistener *acceptor;

	pending_owner_init(&l->http_owner, http_reply);
	l->http = evhttp_new(base);
	if (l->http == NULL)
		return -ENOMEM;
	evhttp_set_bevcb(l->http, on_connection, l);
	evhttp_set_gencb(l->http, on_request, l);
	evhttp_set_max_headers_size(l->http, HEADERS_MAX);
	/* all that there are: ours to refuse, once we know who asks */
	evhttp_set_allowed_methods(l->http, 0xffff);
	listener_http_reload(l);
	acceptor = evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, -1, l->fd);
	if (acceptor == NULL)
		return -ENOMEM;
	if (evhttp_bind_listener(l->http, acceptor) == NULL) {
		evconnlistener_free(acceptor);
		return -ENOMEM;
	}
	l->http_acceptor = acceptor;
	return 0;
}

void listener_http_drain(struct listener *l)
{
	struct http_connection *c;

	if (l->http_acceptor != NULL)
		(void)evconnlistener_disable(l->http_acceptor);
	TAILQ_FOREACH (c, &l->connections, link) {
		if (c->socket != NULL)
			listener_websocket_drain(c->socket);
		else if (!c->is_busy && !c->is_dead)
			kill_connection(c);
	}
}

void listener_http_stop(struct listener *l)
{
	struct http_connection *c;

	if (l->http == NULL)
		return;
	pending_abandon(l->set->pending, &l->http_owner);
	TAILQ_FOREACH (c, &l->connections, link)
		if (c->socket != NULL)
			listener_websocket_end(c->socket);
	evhttp_free(l->http);
	l->http = NULL;
	l->http_acceptor = NULL;
}
