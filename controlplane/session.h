/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h - what becomes of a request: calls are set up, changed, told of and ended.
 *
 * A reply leaves when the data plane has done what it says, and the store has it: whoever has our
 * answer can rely on it, whichever process dies next.
 *
 * Invariant: each request is answered by session_reply's function or forgotten, once. What one
 *            request does wrong changes no other call, and none at all but the one it began.
 * Threads:   the event loop's.
 * Ownership: session_create allocates, session_destroy frees (NULL accepted): calls stay in the
 *            store and in the data plane. The configuration must outlive it, or the next
 *            session_reload.
 * Units:     -
 * Errors:    0 or -errno, with a log line that says why; a request's own are its reply.
 * Cost:      an offer and its answer about 100 us.
 */
#ifndef SESSION_H
#define SESSION_H

#include "buffer.h"
#include "config.h"
#include "proto.h"

struct event_base;
struct session;

/* How replies leave: 'bytes' without 'ptr' is none. */
typedef void session_reply(void *arg, struct pending_handle handle, struct slice bytes);

struct session_options {
	struct event_base *base;
	const struct config *config;
	session_reply *reply;
	void *arg;
};

/* Opens the store and reads the calls in it, then looks for the data plane. */
int session_create(const struct session_options *options, struct session **session);
void session_destroy(struct session *session);

/* Runs the loop until the data plane has told of its calls, or a moment is over: before that a
 * query would be answered by zeros, and a deleted call's statistics would be lost. */
void session_settle(const struct session *session, struct event_base *base);

/* Policies, limits and drain of 'config', which has the same interfaces. */
void session_reload(struct session *session, const struct config *config);

void session_request(
	struct session *session, const struct proto_request *request, struct pending_handle handle);

void session_metrics(struct session *session, struct buffer *out);

#endif
