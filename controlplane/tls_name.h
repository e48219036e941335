/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_name.h - whether a certificate bears one of the names that are trusted.
 *
 * Invariant: only DNS names of the subjectAltName count: not the subject's CN, no wildcard on
 *            either side, no name with a NUL or other byte that a listed name can't have. Letters
 *            of either case are one, as in DNS.
 * Threads:   pure.
 * Ownership: none.
 * Units:     none.
 * Errors:    NULL: none of them.
 * Cost:      names of the certificate times names of the list; of the former at most
 *            TLS_NAME_SANS_MAX are looked at.
 */
#ifndef TLS_NAME_H
#define TLS_NAME_H

#include <openssl/x509.h>
#include <stdint.h>

enum { TLS_NAME_SANS_MAX = 256 };

/* The first entry of 'names' that 'certificate' has. */
const char *tls_name_find(const X509 *certificate, const char *const *names, uint32_t n_names);

#endif
