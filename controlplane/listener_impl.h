/* SPDX-License-Identifier: BSD-3-Clause */
/* listener_impl.h - what the parts of the listener share.
 *
 * Invariant: a peer that was admitted is counted, at its listener and its source, until it leaves.
 *            No reply frees the connection it goes to: that is left to the connection's deadline.
 * Threads:   the event loop's.
 * Ownership: a listener has its socket, its TLS context and its connections. A stream has its
 *            bufferevent; a connection of HTTP belongs to its SSL, and that to evhttp.
 * Units:     milliseconds.
 * Errors:    as listener.h.
 * Cost:      -
 */
#ifndef LISTENER_IMPL_H
#define LISTENER_IMPL_H

#include "deadline.h"
#include "listener.h"
#include "logger.h"
#include "source.h"
#include "tls.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define LISTENER_OF(pointer, type, member)                                                         \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

enum {
	LISTENER_PENDING_MAX = 65536,      /* of all */
	LISTENER_OUTSTANDING_MAX = 256,    /* of a connection: then it is paused */
	LISTENER_OUTPUT_PAUSE = 256 << 10, /* bytes unread: then it is paused */
	LISTENER_OUTPUT_MAX = 4 << 20,     /* bytes unread: then it is closed */
};

#define LISTENER_COUNTERS(X)                                                                       \
	X(LISTENER_ACCEPTED, "accepted", "Connections accepted")                                   \
	X(LISTENER_FULL, "refused_full", "Connections closed at once: max_connections")            \
	X(LISTENER_CROWDED, "refused_source", "Connections closed at once: too many of a source")  \
	X(LISTENER_BLOCKED, "refused_blocked", "Connections closed at once: failed too often")     \
	X(LISTENER_HANDSHAKE, "handshake_failures", "TLS handshakes that failed")                  \
	X(LISTENER_AUTHN, "authn_failures", "Requests of peers that did not sign in")              \
	X(LISTENER_SLOW, "closed_slow", "Connections closed: handshake or request took too long")  \
	X(LISTENER_IDLE, "closed_idle", "Connections closed: no request for too long")             \
	X(LISTENER_UNREAD, "closed_unread", "Connections closed: replies left unread")             \
	X(LISTENER_MALFORMED, "closed_malformed", "Connections closed: no request of ng")          \
	X(LISTENER_REQUESTS, "requests", "Requests taken")                                         \
	X(LISTENER_REPLIES, "replies", "Replies sent")                                             \
	X(LISTENER_DROPPED, "dropped", "Datagrams dropped: too long, refused, or no room")

#define LISTENER_ENUM(id, name, help) id,

enum listener_counter { LISTENER_COUNTERS(LISTENER_ENUM) LISTENER_COUNTER_COUNT };

struct stream;
struct http_connection;
struct datagrams;
struct evhttp;

struct listener {
	struct listener_set *set;
	const struct config_listener *config;
	int fd;
	SSL_CTX *tls;                         /* of the next connection */
	struct evconnlistener *acceptor;      /* ng-tls, ng-tcp */
	struct evconnlistener *http_acceptor; /* evhttp frees it */
	struct evhttp *http;
	struct pending_owner http_owner;
	struct datagrams *datagrams;
	TAILQ_HEAD(listener_streams, stream) streams;
	TAILQ_HEAD(listener_connections, http_connection) connections;
	uint32_t n_connections;
	uint64_t counters[LISTENER_COUNTER_COUNT];
	struct logger_limit log_limit;
};

struct listener_set {
	struct listener_options options;
	const struct config *config;
	struct pending_table *pending;
	struct source_table *sources;
	bool draining;
	uint32_t n;
	struct listener list[CONFIG_LISTENERS_MAX];
};

/* The other end of a connection. */
struct listener_peer {
	struct tls_watch watch;
	struct listener *listener;
	struct relay_sockaddr source;
	struct principal principal;
	struct deadline deadline;
	bool admitted;
	bool handshaken;
};

/* listener_peer.c */
struct relay_sockaddr listener_address(const struct sockaddr *sa);
bool listener_admit(struct listener_peer *peer);
void listener_leave(struct listener_peer *peer);
/* Counts it, and logs it unless there are too many to. 'module' and 'event' say what was done. */
void listener_note(struct listener_peer *peer, enum listener_counter counter, const char *module,
	const char *event, const char *reason);
/* A failure to sign in, of the handshake or by a token. */
void listener_note_failure(struct listener_peer *peer, enum listener_counter counter,
	const char *event, const char *reason);
/* A handshake that failed: by us, for which the source pays, or by the peer. */
void listener_note_handshake(struct listener_peer *peer, const char *reason, bool ours);
/* To the upcall. False: no slot is free. */
bool listener_dispatch(struct listener *listener, const struct proto_request *request,
	const struct pending_entry *entry);

/* listener_socket.c: a bound socket, or -errno. */
int listener_bind(const struct config_listener *config);
void listener_tune(int fd);

/* The kinds. 'start' begins to read; 'stop' frees all. */
int listener_stream_start(struct listener *listener);
void listener_stream_drain(struct listener *listener);
void listener_stream_stop(struct listener *listener);
int listener_udp_start(struct listener *listener);
void listener_udp_drain(struct listener *listener);
void listener_udp_stop(struct listener *listener);
int listener_http_start(struct listener *listener);
void listener_http_reload(struct listener *listener);
void listener_http_drain(struct listener *listener);
void listener_http_stop(struct listener *listener);

#endif
