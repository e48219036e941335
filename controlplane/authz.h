/* SPDX-License-Identifier: BSD-3-Clause */
/* authz.h - may this principal do that, to this call?
 *
 * Peers that place calls come in clusters, so a call belongs to whoever placed it and to all that
 * sign in at the same listener. To anybody else it is as if it did not exist, and the call-id is
 * free.
 *
 * Invariant: what is not allowed by the table is denied; a principal of no kind may do nothing.
 * Threads:   pure.
 * Ownership: none.
 * Units:     -
 * Errors:    false.
 * Cost:      two comparisons of names.
 */
#ifndef AUTHZ_H
#define AUTHZ_H

#include "authn.h"

enum authz_action {
	AUTHZ_PING,
	AUTHZ_PLACE,  /* a call that is new */
	AUTHZ_CHANGE, /* one that is there: offer, answer, delete, block */
	AUTHZ_READ,   /* its statistics */
	AUTHZ_SURVEY, /* those of all calls together, and a list of one's own */
	AUTHZ_ACTIONS,
};

/* 'object' of change and read: whose call it is; NULL for the others. */
struct authz_object {
	const char *owner;    /* name of a principal, which a token and a certificate may share */
	enum authn_kind kind; /* of that principal */
	const char *listener; /* where it signed in */
};

/* Whether it is the principal's own, wherever it was placed. */
bool authz_owns(const struct principal *principal, const struct authz_object *object);

bool authz_allows(const struct principal *principal, enum authz_action action,
	const struct authz_object *object);

#endif
