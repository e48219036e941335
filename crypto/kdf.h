/* SPDX-License-Identifier: BSD-3-Clause */
/* kdf.h - SRTP key derivation (RFC 3711 4.3, RFC 6188 3, RFC 7714 11).
 *
 * Invariant: key derivation rate 0: each session key is derived once from the master key.
 * Threads:   pure; may run on any thread, also in another process than the one that polls.
 * Ownership: the caller's structs; the caller wipes them with secret_wipe.
 * Units:     lengths in bytes; fields longer than the suite needs are zero at the end.
 * Errors:    a wrong length by its name, SRTP_CRYPTO_FAILED if OpenSSL refuses; 'out'
 *            is then all zero, but after SRTP_NULL_ARGUMENT.
 * Cost:      cold: about 3 us; allocates inside OpenSSL.
 */
#ifndef KDF_H
#define KDF_H

#include "srtp_status.h"
#include "suite.h"

#include <stddef.h>
#include <stdint.h>

/* Session keys of one half, SRTP or SRTCP. */
struct kdf_keys {
	uint8_t cipher[SUITE_KEY_MAX];
	uint8_t auth[SUITE_AUTH_KEY_MAX];
	uint8_t salt[SUITE_SALT_MAX];
};

/* All session keys of one master key: what a data plane needs, so that it runs no KDF. */
struct kdf_session {
	struct kdf_keys rtp;
	struct kdf_keys rtcp;
};

struct kdf_master {
	const uint8_t *key;
	size_t key_len;
	const uint8_t *salt;
	size_t salt_len;
};

/* Derives all six session keys. */
enum srtp_status kdf_derive(
	const struct suite *suite, const struct kdf_master *master, struct kdf_session *out);

#endif
