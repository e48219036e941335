/* SPDX-License-Identifier: BSD-3-Clause */
/* tls.h - what TLS is here: versions, ciphers, and which client to believe.
 *
 * TLS 1.2 and 1.3, ECDHE with AEAD, security level 2. No renegotiation, no compression, no early
 * data, and no resumption: signalling connections live long, and so each begins with the client's
 * certificate looked at again, against the lists of the day.
 *
 * Invariant: a handshake that is done with a certificate has verified its chain to the listener's
 *            own CAs, for the purpose of a TLS client, not revoked where there are lists, and a DNS
 *            name of it is listed.
 * Threads:   one.
 * Ownership: SSL_CTX_free; each SSL holds its context, so a new one may replace it at any time.
 *            The context keeps copies of names and reads no file later.
 * Units:     none.
 * Errors:    tls_create: -EINVAL, and 'why' says what is wrong with which file; -ENOMEM.
 * Cost:      a handshake: about a millisecond.
 */
#ifndef TLS_H
#define TLS_H

#include "config.h"

#include <openssl/ssl.h>

enum { TLS_WHY_BYTES = 512 };

int tls_create(const struct config_listener *listener, char why[TLS_WHY_BYTES], SSL_CTX **out);

/* Days until the server's certificate ends; negative: it has. */
int tls_days_left(const SSL_CTX *ctx);

/* Who watches over a connection's handshake. */
struct tls_watch {
	void (*begun)(struct tls_watch *watch); /* before a byte is read; NULL: no matter */
	void (*done)(struct tls_watch *watch);
	/* 'reason' is OpenSSL's or ours, and no secret; 'ours': we refuse, else the peer does. */
	void (*failed)(struct tls_watch *watch, const char *reason, bool ours);
	void (*gone)(struct tls_watch *watch); /* the SSL is being freed; NULL: no matter */
};

void tls_set_watch(SSL *ssl, struct tls_watch *watch);
struct tls_watch *tls_get_watch(const SSL *ssl);

/* The listed name that the client proved; NULL: it sent no certificate. Lives as long as 'ssl'. */
const char *tls_peer_name(const SSL *ssl);

#endif
