/* SPDX-License-Identifier: BSD-3-Clause */
/* ng over WebSocket: a message a request, by either sub-protocol of rtpengine.
 *
 * DESIGN: libevent 2.1 knows no upgrade. evhttp is left with a request that it believes to be
 * worked on, for as long as the WebSocket lives, and the bufferevent's callbacks become ours; to
 * end it is evhttp_connection_free. wslay reads from and writes to the bufferevent's buffers. */
#include "listener_http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <wslay/wslay.h>

enum { INPUT_AT_ONCE = 64 << 10, CLOSE_MS = 1000 };

struct listener_socket {
	struct http_connection *connection;
	struct evhttp_connection *evcon;
	struct bufferevent *bev;
	wslay_event_context_ptr wslay;
	struct pending_owner owner;
	bool has_cookie;
	bool is_blocked;
	bool is_closing;  /* our close frame is on its way */
	bool is_dead;     /* freed at the deadline, which is now */
	bool is_handling; /* within wslay_event_recv */
	bool was_pinged;  /* and has said nothing since */
};

static size_t unread(const struct listener_socket *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->bev));
}

void listener_websocket_end(struct listener_socket *s)
{
	struct http_connection *c = s->connection;

	/* evhttp frees the bufferevent, that its SSL, and that the connection */
	pending_abandon(c->peer.listener->set->pending, &s->owner);
	c->socket = NULL;
	c->is_dead = true;
	deadline_set(&c->peer.deadline, DEADLINE_NEVER);
	(void)SSL_shutdown(c->ssl);
	wslay_event_context_free(s->wslay);
	evhttp_connection_free(s->evcon);
	free(s);
}

static void kill_socket(struct listener_socket *s)
{
	s->is_dead = true;
	(void)bufferevent_disable(s->bev, EV_READ);
	deadline_set(&s->connection->peer.deadline, 0);
}

static bool must_block(const struct listener_socket *s)
{
	return s->is_dead || s->owner.n >= LISTENER_OUTSTANDING_MAX ||
	       unread(s) > LISTENER_OUTPUT_PAUSE;
}

static void set_blocked(struct listener_socket *s)
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
	bufferevent_trigger(s->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* Half the time of idleness, then a ping, then the other half; or the time that a message has. */
static void set_deadline(struct listener_socket *s)
{
	struct listener_peer *peer = &s->connection->peer;
	uint64_t idle_ms = peer->listener->config->idle_timeout_s * UINT64_C(1000);

	if (s->is_dead || s->is_closing || s->connection->in_request)
		return;
	deadline_set(&peer->deadline, idle_ms == 0 ? DEADLINE_NEVER : idle_ms / 2 + 1);
}

static ssize_t on_wslay_recv(
	wslay_event_context_ptr wslay, uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct listener_socket *s = arg;
	size_t n = must_block(s) ? 0 : bufferevent_read(s->bev, bytes, len);

	(void)flags;
	if (n > 0)
		return (ssize_t)n;
	wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t on_wslay_send(
	wslay_event_context_ptr wslay, const uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct listener_socket *s = arg;

	(void)flags;
	if (bufferevent_write(s->bev, bytes, len) == 0)
		return (ssize_t)len;
	wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* A message's time runs from its first frame. */
static void on_wslay_frame(wslay_event_context_ptr wslay,
	const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	struct listener_socket *s = arg;
	struct http_connection *c = s->connection;

	(void)wslay;
	if (c->in_request || wslay_is_ctrl_frame(frame->opcode))
		return;
	c->in_request = true;
	deadline_set(
		&c->peer.deadline, c->peer.listener->config->message_timeout_s * UINT64_C(1000));
}

static void on_wslay_message(
	wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct listener_socket *s = arg;
	struct http_connection *c = s->connection;
	const struct pending_entry entry = {.owner = &s->owner, .mark = message->opcode};
	const struct proto_request request = {
		.bytes = {(const char *)message->msg, message->msg_length},
		.has_cookie = s->has_cookie,
		.transport = PROTO_WSS,
		.principal = &c->peer.principal,
		.source = c->peer.source,
	};

	if (wslay_is_ctrl_frame(message->opcode))
		return;
	c->in_request = false;
	if (s->is_closing || message->msg_length == 0)
		return;
	if (!listener_dispatch(c->peer.listener, &request, &entry))
		(void)wslay_event_queue_close(wslay, 1013, NULL, 0); /* try again later */
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = on_wslay_recv,
	.send_callback = on_wslay_send,
	.on_frame_recv_start_callback = on_wslay_frame,
	.on_msg_recv_callback = on_wslay_message,
};

/* What wslay has queued; and the end, once both sides have said goodbye or we said it last. */
static void push(struct listener_socket *s)
{
	if (wslay_event_send(s->wslay) != 0) {
		kill_socket(s);
		return;
	}
	if (!s->is_closing && wslay_event_get_close_sent(s->wslay)) {
		s->is_closing = true;
		deadline_set(&s->connection->peer.deadline, CLOSE_MS);
	}
	if (wslay_event_get_close_sent(s->wslay) && wslay_event_get_close_received(s->wslay) &&
		unread(s) == 0)
		kill_socket(s);
}

static void websocket_reply(
	struct pending_owner *owner, const struct pending_entry *entry, struct slice bytes)
{
	struct listener_socket *s = LISTENER_OF(owner, struct listener_socket, owner);
	struct wslay_event_msg message = {entry->mark, (const uint8_t *)bytes.ptr, bytes.len};
	struct listener_peer *peer = &s->connection->peer;

	if (bytes.ptr != NULL && !s->is_dead && !s->is_closing) {
		if (unread(s) + bytes.len > LISTENER_OUTPUT_MAX) {
			listener_note(peer, LISTENER_UNREAD, "listener", "closed",
				"too many replies left unread");
			kill_socket(s);
			return;
		}
		peer->listener->counters[LISTENER_REPLIES]++;
		(void)wslay_event_queue_msg(s->wslay, &message);
		push(s);
	}
	if (!s->is_handling)
		set_blocked(s);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct listener_socket *s = arg;
	bool was_closing = s->is_closing;
	int status;

	(void)bev;
	if (s->is_dead)
		return;
	s->was_pinged = false;
	s->is_handling = true;
	status = wslay_event_recv(s->wslay);
	s->is_handling = false;
	if (status != 0) { /* what wslay does not answer by itself */
		(void)wslay_event_queue_close(s->wslay, WSLAY_CODE_PROTOCOL_ERROR, NULL, 0);
		wslay_event_shutdown_read(s->wslay);
	}
	push(s);
	if (!s->is_dead && !was_closing && s->is_closing &&
		!wslay_event_get_close_received(s->wslay))
		listener_note(&s->connection->peer, LISTENER_MALFORMED, "proto", "closed",
			"broken frame, or message longer than max_message_bytes");
	set_blocked(s);
	set_deadline(s);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct listener_socket *s = arg;

	(void)bev;
	if (s->is_dead)
		return;
	push(s);
	set_blocked(s);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct listener_socket *s = arg;

	(void)bev;
	if ((what & BEV_EVENT_TIMEOUT) != 0)
		listener_note(&s->connection->peer, LISTENER_UNREAD, "listener", "closed",
			"replies left unread for message_timeout_s");
	listener_websocket_end(s);
}

void listener_websocket_deadline(struct listener_socket *s)
{
	static const struct wslay_event_msg ping = {WSLAY_PING, NULL, 0};
	struct listener_peer *peer = &s->connection->peer;

	if (s->connection->in_request && !s->is_dead && !s->is_closing) {
		listener_note(peer, LISTENER_SLOW, "proto", "closed",
			"message not whole within message_timeout_s");
	} else if (!s->is_dead && !s->is_closing && !s->was_pinged) {
		s->was_pinged = true;
		(void)wslay_event_queue_msg(s->wslay, &ping);
		push(s);
		set_deadline(s);
		return;
	} else if (!s->is_dead && !s->is_closing) {
		peer->listener->counters[LISTENER_IDLE]++;
	}
	listener_websocket_end(s);
}

void listener_websocket_drain(struct listener_socket *s)
{
	if (s->is_dead || s->is_closing)
		return;
	(void)wslay_event_queue_close(s->wslay, WSLAY_CODE_GOING_AWAY, NULL, 0);
	push(s);
}

static struct listener_socket *take_over(
	struct http_connection *c, struct evhttp_request *request, bool has_cookie)
{
	struct listener_socket *s = calloc(1, sizeof(*s));

	if (s == NULL || wslay_event_context_server_init(&s->wslay, &callbacks, s) != 0) {
		free(s);
		return NULL;
	}
	wslay_event_config_set_max_recv_msg_length(
		s->wslay, c->peer.listener->config->max_message_bytes);
	pending_owner_init(&s->owner, websocket_reply);
	s->connection = c;
	s->evcon = evhttp_request_get_connection(request);
	s->bev = c->bev;
	s->has_cookie = has_cookie;
	c->socket = s;
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, INPUT_AT_ONCE);
	(void)bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	/* frames that came with the request */
	bufferevent_trigger(s->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
	return s;
}

void listener_websocket_upgrade(struct http_connection *c, struct evhttp_request *request)
{
	struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
	const char *key = evhttp_find_header(headers, "Sec-WebSocket-Key");
	const char *version = evhttp_find_header(headers, "Sec-WebSocket-Version");
	const char *offered = evhttp_find_header(headers, "Sec-WebSocket-Protocol");
	const char *connection = evhttp_find_header(headers, "Connection");
	const char *protocol;
	char accept[LISTENER_ACCEPT_BYTES];
	bool has_cookie = false;

	if (evhttp_request_get_command(request) != EVHTTP_REQ_GET || key == NULL ||
		connection == NULL || !listener_websocket_lists(connection, "upgrade") ||
		!listener_websocket_accept(key, accept)) {
		listener_http_say(request, HTTP_BADREQUEST, "No WebSocket handshake");
		return;
	}
	if (version == NULL || strcmp(version, "13") != 0) {
		(void)evhttp_add_header(
			evhttp_request_get_output_headers(request), "Sec-WebSocket-Version", "13");
		listener_http_say(request, 426, "Upgrade Required");
		return;
	}
	protocol = offered != NULL ? listener_websocket_protocol(offered, &has_cookie) : NULL;
	if (protocol == NULL || c->peer.listener->set->draining) {
		listener_http_say(request, HTTP_BADREQUEST, "No sub-protocol of ours");
		return;
	}
	if (take_over(c, request, has_cookie) == NULL) {
		listener_http_say(request, HTTP_SERVUNAVAIL, "No memory");
		return;
	}
	(void)evbuffer_add_printf(bufferevent_get_output(c->bev),
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		accept, protocol);
	set_deadline(c->socket);
}
