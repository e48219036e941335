/* SPDX-License-Identifier: BSD-3-Clause */
/* backend.h - what a crypto library must do for SRTP, and the table of those that can.
 *
 * Backends know keys, counters and tags; replay, ROC, limits and packet formats are
 * srtp_burst's, so every backend has the same semantics.
 *
 * Invariant: seal and verify set 'ok' of each op; seal and settle return false if there is
 *            one with 'ok' false that settle was to accept; ops of a burst share no packets.
 *            verify leaves the packet's bytes as they came unless the op is AEAD and ok;
 *            settle then gives each op its final bytes by 'accept'.
 * Threads:   one state per thread; keys may be made by another thread's state of the same
 *            backend and isa, and are used by one thread at a time.
 * Ownership: key_init fills key_bytes() of the caller's memory, aligned to 16; it may hold
 *            resources of the library until key_fini, which also wipes it.
 * Units:     lengths and offsets in bytes.
 * Errors:    open and key_init return an enum srtp_status and leave nothing half-made.
 * Cost:      seal, verify and settle are hot: no allocation, no syscall in ipsec_mb.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include "kdf.h"
#include "srtp_ctx.h"
#include "srtp_status.h"
#include "suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BACKEND_BURST_MAX = 64 }; /* ops in one call */

/* One packet's crypto. 'tag' is where the tag lies in the packet, or comes to lie. HMAC suites
 * authenticate 'auth_len' bytes from 'data', ciphertext and all, and 'roc_be' behind them for
 * SRTP, where MKI or tag begin. For AEAD they are the associated data, but see backend_rtcp_aad,
 * and the tag follows the ciphertext. */
struct backend_op {
	const void *key;
	uint8_t *data;
	uint8_t *tag;
	uint32_t crypt_off; /* from data */
	uint32_t crypt_len;
	uint32_t auth_len;
	uint32_t roc_be;
	uint8_t kind; /* enum srtp_kind */
	uint8_t key_len;
	uint8_t tag_len;
	bool aead;
	bool ok;        /* out: sealed, or the tag verified */
	bool accept;    /* in of settle: the window took the packet */
	uint8_t iv[16]; /* HMAC suites: all of it; AEAD: 12 bytes from BACKEND_GCM_IV_OFF */
};

enum { BACKEND_GCM_IV_OFF = 2, BACKEND_RTCP_AAD_LEN = 12, BACKEND_GCM_TAG_LEN = 16 };

/* Fetches 'len' bytes ahead. Always inline: gcc sees no effect in a function that only
 * prefetches, and drops calls of it. */
static inline __attribute__((always_inline)) void backend_prefetch(const void *from, size_t len)
{
	for (size_t i = 0; i < len; i += 64)
		__builtin_prefetch((const uint8_t *)from + i);
}

/* RFC 7714 9.2: AEAD associates SRTCP's first 8 bytes and the word with E bit and index. */
static inline void backend_rtcp_aad(const struct backend_op *op, uint8_t aad[BACKEND_RTCP_AAD_LEN])
{
	memcpy(aad, op->data, 8);
	memcpy(aad + 8, op->tag + BACKEND_GCM_TAG_LEN, 4);
}

struct backend {
	const char *name;
	const char *const *isas; /* names that open() takes besides "auto", NULL at the end */
	enum srtp_status (*open)(const char *isa, void **state);
	void (*close)(void *state);
	const char *(*version)(const void *state); /* of the library, and what it runs on */
	uint8_t (*key_format)(
		const void *state); /* equal: keys can be shared; another for each backend */
	size_t (*key_bytes)(const struct suite *suite, enum srtp_kind kind);
	enum srtp_status (*key_init)(void *state, const struct suite *suite, enum srtp_kind kind,
		const struct kdf_keys *keys, void *key);
	void (*key_fini)(const struct suite *suite, enum srtp_kind kind, void *key);
	bool (*seal)(void *state, struct backend_op *ops, uint32_t n);
	void (*verify)(void *state, struct backend_op *ops, uint32_t n);
	bool (*settle)(void *state, struct backend_op *ops, uint32_t n);
};

extern const struct backend backend_ipsec_mb;
extern const struct backend backend_libsrtp2;

/* All of them, the default first, NULL at the end. */
extern const struct backend *const backend_all[];

#endif
