/* SPDX-License-Identifier: BSD-3-Clause */
/* authn.h - who is asking: from a certificate, a token, or the loopback address.
 *
 * Tokens are made by machine, at least 128 bits of them, so one SHA-256 is as good as a slow hash,
 * which on this event loop would let anybody stop all calls by guessing. Shorter ones, such as
 * people choose, are refused, whatever their hash.
 *
 * Invariant: a principal is complete or kind AUTHN_NOBODY. All tokens of a listener are compared,
 *            in constant time, whichever fits.
 * Threads:   pure.
 * Ownership: a principal has copies; it outlives connection and configuration.
 * Units:     tokens in characters.
 * Errors:    the reason, to be logged and counted: never what was presented.
 * Cost:      a hash, and 32 bytes for each token.
 */
#ifndef AUTHN_H
#define AUTHN_H

#include "config.h"
#include "slice.h"

#define AUTHN_RESULTS(X)                                                                           \
	X(AUTHN_OK, "ok")                                                                          \
	X(AUTHN_NO_PROOF, "neither certificate nor token")                                         \
	X(AUTHN_SHORT_TOKEN, "token too short to be one of ours")                                  \
	X(AUTHN_UNKNOWN_TOKEN, "unknown token")                                                    \
	X(AUTHN_WRONG_SOURCE, "token from an address that is not its own")                         \
	X(AUTHN_NOT_HERE, "in the clear from another machine")

#define AUTHN_ENUM(id, text) id,

enum authn_result { AUTHN_RESULTS(AUTHN_ENUM) AUTHN_COUNT };

const char *authn_text(enum authn_result result);

enum authn_kind {
	AUTHN_NOBODY,
	AUTHN_CERTIFICATE,
	AUTHN_TOKEN,
	AUTHN_LOOPBACK,  /* a user of this machine */
	AUTHN_PLAINTEXT, /* whoever reaches a listener with allow_plaintext */
};

const char *authn_kind_text(enum authn_kind kind);

enum { AUTHN_NAME_BYTES = 254, AUTHN_TOKEN_MIN = 22, AUTHN_TOKEN_MAX = 128 };

struct principal {
	enum authn_kind kind;
	char name[AUTHN_NAME_BYTES]; /* of the certificate or token; else the kind's */
	char listener[32];
};

/* 'peer_name' is tls_peer_name's, NULL: no certificate; 'token' is "not there" where none was sent.
 * A certificate goes before a token. */
enum authn_result authn_tls(const struct config_listener *listener, const char *peer_name,
	struct slice token, const struct relay_sockaddr *source, struct principal *principal);

enum authn_result authn_plaintext(const struct config_listener *listener,
	const struct relay_sockaddr *source, struct principal *principal);

/* Makes a token, and its hash as sluice.conf has it. 0 or -errno. */
enum { AUTHN_NEW_TOKEN_BYTES = 33, AUTHN_HASH_TEXT_BYTES = 7 + 64 + 1 };
int authn_new_token(char token[AUTHN_NEW_TOKEN_BYTES], char hash[AUTHN_HASH_TEXT_BYTES]);

#endif
