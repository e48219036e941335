/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_client.h - TLS 1.3 towards a relay: who we are, and whom we take for the relay.
 *
 * Invariant: a peer that does not chain to 'ca', or bears another name or address, gets nothing.
 * Threads:   the context is for one thread.
 * Ownership: the caller frees the context.
 * Units:     none.
 * Errors:    NULL, having said why on stderr.
 * Cost:      cold.
 */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <openssl/ssl.h>

struct tls_client_options {
	const char *ca;                /* PEM file */
	const char *certificate, *key; /* PEM files; NULL: none */
	const char *name;              /* a DNS name or an IP address, as in its certificate */
};

SSL_CTX *tls_client_create(const struct tls_client_options *options);

#endif
