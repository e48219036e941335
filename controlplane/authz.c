/* SPDX-License-Identifier: BSD-3-Clause */
#include "authz.h"

#define MAY(action) (1u << (action))

static const unsigned allowed[] = {
	[AUTHN_NOBODY] = 0,
	[AUTHN_CERTIFICATE] = MAY(AUTHZ_PING) | MAY(AUTHZ_PLACE) | MAY(AUTHZ_CHANGE) |
			      MAY(AUTHZ_READ) | MAY(AUTHZ_SURVEY),
	[AUTHN_TOKEN] = MAY(AUTHZ_PING) | MAY(AUTHZ_PLACE) | MAY(AUTHZ_CHANGE) | MAY(AUTHZ_READ) |
			MAY(AUTHZ_SURVEY),
	[AUTHN_LOOPBACK] = MAY(AUTHZ_PING) | MAY(AUTHZ_PLACE) | MAY(AUTHZ_CHANGE) |
			   MAY(AUTHZ_READ) | MAY(AUTHZ_SURVEY),
	/* whoever reaches the port: what a proxy needs, and nothing about others */
	[AUTHN_PLAINTEXT] =
		MAY(AUTHZ_PING) | MAY(AUTHZ_PLACE) | MAY(AUTHZ_CHANGE) | MAY(AUTHZ_READ),
};

bool authz_owns(const struct principal *principal, const struct authz_object *object)
{
	return principal->kind == AUTHN_CERTIFICATE && object->kind == AUTHN_CERTIFICATE &&
	       strcmp(principal->name, object->owner) == 0;
}

bool authz_allows(const struct principal *principal, enum authz_action action,
	const struct authz_object *object)
{
	if ((unsigned)principal->kind >= sizeof(allowed) / sizeof(allowed[0]) ||
		(allowed[principal->kind] & MAY(action)) == 0)
		return false;
	if (object == NULL)
		return action != AUTHZ_CHANGE && action != AUTHZ_READ;
	return strcmp(principal->listener, object->listener) == 0 || authz_owns(principal, object);
}
