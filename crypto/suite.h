/* SPDX-License-Identifier: BSD-3-Clause */
/* suite.h - the table of SRTP protection profiles (RFC 3711, 6188, 7714).
 *
 * Invariant: one const row a suite; row i has id i. SRTCP's tag is 80 bits for every
 *            HMAC suite, also for the _32 ones (RFC 3711 5.2, RFC 4568 6.2).
 * Threads:   const data.
 * Ownership: static.
 * Units:     lengths in bytes.
 * Errors:    suite_find and suite_get return NULL for what the table lacks.
 * Cost:      suite_get one bounds check; suite_find compares up to 8 names (cold).
 */
#ifndef SUITE_H
#define SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum suite_id {
	SUITE_AES_CM_128_HMAC_SHA1_80,
	SUITE_AES_CM_128_HMAC_SHA1_32,
	SUITE_AES_192_CM_HMAC_SHA1_80,
	SUITE_AES_192_CM_HMAC_SHA1_32,
	SUITE_AES_256_CM_HMAC_SHA1_80,
	SUITE_AES_256_CM_HMAC_SHA1_32,
	SUITE_AEAD_AES_128_GCM,
	SUITE_AEAD_AES_256_GCM,
	SUITE_COUNT
};

enum {
	SUITE_KEY_MAX = 32,
	SUITE_SALT_MAX = 14,
	SUITE_AUTH_KEY_MAX = 20,
	SUITE_TAG_MAX = 16,
};

struct suite {
	const char *name; /* as in RFC 4568 6.2, 6188 and 7714: the SDES crypto-suite */
	enum suite_id id;
	bool aead;            /* GCM: one pass, the tag belongs to the ciphertext */
	uint8_t key_len;      /* master key and session cipher key */
	uint8_t salt_len;     /* master salt and session salt */
	uint8_t auth_key_len; /* HMAC-SHA1 session key; 0 for AEAD */
	uint8_t rtp_tag_len;
	uint8_t rtcp_tag_len;
};

extern const struct suite suite_table[SUITE_COUNT];

static inline const struct suite *suite_get(enum suite_id id)
{
	return (unsigned)id < SUITE_COUNT ? &suite_table[id] : NULL;
}

const struct suite *suite_find(const char *name);

#endif
