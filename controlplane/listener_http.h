/* SPDX-License-Identifier: BSD-3-Clause */
/* listener_http.h - a connection of HTTPS, and what may become of it: a WebSocket.
 *
 * evhttp accepts, reads requests and writes replies; it says nothing of a connection's beginning
 * and end. So ours hangs on the SSL: made with it, freed when that is.
 *
 * Invariant: a request that was handed to us is answered, or freed by evhttp with its connection.
 * Threads:   the event loop's.
 * Ownership: as listener_impl.h. A WebSocket's connection is evhttp's too; websocket_end frees it.
 * Units:     bytes.
 * Errors:    refused by an HTTP status.
 * Cost:      -
 */
#ifndef LISTENER_HTTP_H
#define LISTENER_HTTP_H

#include "listener_impl.h"

#include <event2/bufferevent.h>
#include <event2/http.h>

struct listener_socket; /* a WebSocket */

struct http_connection {
	struct listener_peer peer;
	struct bufferevent *bev;
	SSL *ssl;
	struct listener_socket *socket; /* NULL: plain HTTP */
	bool in_request;                /* one has begun, and its time runs */
	bool is_busy;                   /* one is being worked on */
	bool is_dead;
	TAILQ_ENTRY(http_connection) link;
};

/* listener_http_target.c: what a path asks for, and the token at its end. */
enum listener_http_target {
	TARGET_UNKNOWN,
	TARGET_NG,
	TARGET_NG_PLAIN,
	TARGET_PING,
	TARGET_METRICS,
};

enum listener_http_target listener_http_target(const char *path, struct slice *token);

/* listener_upgrade.c: the answer to Sec-WebSocket-Key; false: it is no such key. */
enum { LISTENER_ACCEPT_BYTES = 29 };
bool listener_websocket_accept(const char *key, char accept[LISTENER_ACCEPT_BYTES]);
/* The first of the client's sub-protocols that we speak, or NULL. */
const char *listener_websocket_protocol(const char *offered, bool *has_cookie);
/* Whether a list of HTTP's tokens has 'token', in letters of either case. */
bool listener_websocket_lists(const char *list, const char *token);

/* listener_websocket.c: takes the connection over from evhttp. Answers the request in any case. */
void listener_websocket_upgrade(struct http_connection *connection, struct evhttp_request *request);
void listener_websocket_deadline(struct listener_socket *socket);
void listener_websocket_drain(struct listener_socket *socket);
void listener_websocket_end(struct listener_socket *socket);

/* A reply of a line of text. */
void listener_http_say(struct evhttp_request *request, int code, const char *reason);

#endif
