/* SPDX-License-Identifier: BSD-3-Clause */
/* listener.h - the front: from bytes on a socket to a request of somebody known, and back.
 *
 * Four kinds of socket, one upcall. libevent carries them (TLS streams with back-pressure, HTTP),
 * wslay frames WebSocket; where a message ends is ng's to say.
 *
 * Start is in three steps, so that no byte is read with privileges: listener_open binds, the caller
 * gives up what it has, listener_start loads keys and certificates and begins to read.
 *
 * Invariant: a request was sent by a principal, in at most message_timeout_s and max_message_bytes.
 *            What a peer leaves unread pauses it, and then closes it; nothing that one peer does
 *            holds up another, but for the time its requests take.
 * Threads:   the event loop's.
 * Ownership: listener_open allocates, listener_close frees (NULL accepted). The configuration must
 *            outlive the set, or the next listener_reload.
 * Units:     bytes.
 * Errors:    0 or -errno, with a log line that says why. listener_reply: -ENOTCONN the peer has
 *            gone, or the handle was used before: nothing to do about.
 * Cost:      a request: two copies; a hash and a signature check a connection.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include "buffer.h"
#include "proto.h"

struct event_base;
struct listener_set;

struct listener_options {
	struct event_base *base;
	proto_upcall *request;
	void *arg;
	/* what else GET /metrics tells; NULL: nothing */
	void (*metrics)(void *arg, struct buffer *out);
};

int listener_open(const struct config *config, const struct listener_options *options,
	struct listener_set **out);
int listener_start(struct listener_set *set);
void listener_close(struct listener_set *set);

/* Takes limits, names and certificates of 'config', which has the listeners that 'set' was opened
 * with, in that order (config_reload_merge). Connections stay. A certificate that can't be used is
 * logged, and the old one kept: how many. */
unsigned listener_reload(struct listener_set *set, const struct config *config);

/* Begins to stop: no new connections or requests; replies still go out. */
void listener_drain(struct listener_set *set);
bool listener_is_idle(const struct listener_set *set);

int listener_reply(struct listener_set *set, struct pending_handle handle, struct slice bytes);
void listener_forget(struct listener_set *set, struct pending_handle handle);

void listener_metrics(const struct listener_set *set, struct buffer *out);

#endif
