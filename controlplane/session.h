/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h - what becomes of a request.
 *
 * Invariant: each request is answered by session_reply's function or forgotten, once.
 * Threads:   the event loop's.
 * Ownership: session_create allocates, session_destroy frees (NULL accepted).
 * Units:     -
 * Errors:    0 or -errno; a request's own are its reply.
 * Cost:      a ping: one parse and one short reply.
 */
#ifndef SESSION_H
#define SESSION_H

#include "proto.h"

struct session;

/* How replies leave: 'bytes' without 'ptr' is none. */
typedef void session_reply(void *arg, struct pending_handle handle, struct slice bytes);

int session_create(session_reply *reply, void *arg, struct session **session);
void session_destroy(struct session *session);

void session_request(
	struct session *session, const struct proto_request *request, struct pending_handle handle);

#endif
