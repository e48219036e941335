/* SPDX-License-Identifier: BSD-3-Clause */
/* proto.h - one request as it came, with all that is known of whoever sent it.
 *
 * Invariant: 'bytes' is one whole message of at most max_message_bytes, of a peer that has signed
 *            in; nothing in it has been looked at but its end.
 * Threads:   the event loop's.
 * Ownership: all of it is valid during the upcall alone.
 * Units:     bytes.
 * Errors:    none.
 * Cost:      plain data.
 */
#ifndef PROTO_H
#define PROTO_H

#include "authn.h"
#include "pending.h"

enum proto_transport { PROTO_UDP, PROTO_TCP, PROTO_TLS, PROTO_HTTPS, PROTO_WSS };

struct proto_request {
	struct slice bytes;
	bool has_cookie; /* COOKIE SP PAYLOAD; else the payload alone, and so the reply */
	enum proto_transport transport;
	const struct principal *principal;
	struct relay_sockaddr source;
};

/* Answer now or later, by listener_reply with 'handle', or drop it by listener_forget: one of them,
 * once. To answer after the peer has gone is no error. */
typedef void proto_upcall(
	void *arg, const struct proto_request *request, struct pending_handle handle);

#endif
