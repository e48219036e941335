/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_trust.h - which clients a TLS context believes: its CAs, revocation lists and names.
 *
 * Invariant: as tls.h.
 * Threads:   one.
 * Ownership: copies the names; they go with the context.
 * Units:     none.
 * Errors:    as tls_create.
 * Cost:      cold, but for the check of a chain.
 */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include "tls.h"

int tls_trust_install(
	SSL_CTX *ctx, const struct config_listener *listener, char why[TLS_WHY_BYTES]);

/* The listed name that was found; NULL: no certificate, or no handshake yet. */
const char *tls_trust_peer_name(const SSL *ssl);

#endif
