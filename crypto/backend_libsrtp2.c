/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * libsrtp's cipher and authentication types, below its sessions: a session keeps an SRTCP index
 * that can't be set and a window of its own, so it can neither take a stream over nor share our
 * semantics. The types are exported data that installed headers use but do not declare.
 *
 * libsrtp checks and decrypts AEAD in one step and, depending on the crypto library that it was
 * built on, writes its output before it knows; a copy of the ciphertext is put back on failure.
 */
#include "backend.h"
#include "rtp_header.h"
#include "secret.h"

#include <srtp2/auth.h>
#include <srtp2/cipher.h>
#include <srtp2/srtp.h>
#include <stdlib.h>

extern const srtp_cipher_type_t srtp_aes_icm_128;
extern const srtp_cipher_type_t srtp_aes_icm_192;
extern const srtp_cipher_type_t srtp_aes_icm_256;
extern const srtp_cipher_type_t srtp_aes_gcm_128;
extern const srtp_cipher_type_t srtp_aes_gcm_256;
extern const srtp_auth_type_t srtp_hmac;

enum {
	ICM_SALT_LEN = 14, /* libsrtp's ICM keys end with the salt */
	GCM_SALT_LEN = 12,
	ROC_LEN = 4,
};

struct key {
	srtp_cipher_t *cipher;
	srtp_auth_t *auth; /* NULL for AEAD */
};

struct libsrtp2 {
	uint8_t aside[RTP_PACKET_MAX + 1];
};

static const char *const isa_names[] = {NULL};

static enum srtp_status libsrtp2_open(const char *isa, void **state)
{
	struct libsrtp2 *st;

	if (strcmp(isa, "auto") != 0)
		return SRTP_BAD_ISA;
	st = calloc(1, sizeof(*st));
	if (st == NULL)
		return SRTP_NO_MEMORY;
	*state = st;
	return SRTP_OK;
}

static void libsrtp2_close(void *state)
{
	secret_wipe(state, sizeof(struct libsrtp2));
	free(state);
}

static const char *libsrtp2_version(const void *state)
{
	const char *space = strchr(srtp_get_version_string(), ' '); /* behind the name */

	(void)state;
	return space == NULL ? "" : space + 1;
}

static uint8_t libsrtp2_key_format(const void *state)
{
	(void)state;
	return 0x80;
}

static size_t libsrtp2_key_bytes(const struct suite *suite, enum srtp_kind kind)
{
	(void)suite;
	(void)kind;
	return sizeof(struct key);
}

static const srtp_cipher_type_t *cipher_type(const struct suite *suite)
{
	if (suite->aead)
		return suite->key_len == 16 ? &srtp_aes_gcm_128 : &srtp_aes_gcm_256;
	if (suite->key_len == 16)
		return &srtp_aes_icm_128;
	return suite->key_len == 24 ? &srtp_aes_icm_192 : &srtp_aes_icm_256;
}

/* The salt is in the IV that set_iv takes, so the cipher's own is zero. */
static enum srtp_status make_cipher(
	const struct suite *suite, const struct kdf_keys *keys, srtp_cipher_t **cipher)
{
	uint8_t key[SUITE_KEY_MAX + ICM_SALT_LEN] = {0};
	int key_len = suite->key_len + (suite->aead ? GCM_SALT_LEN : ICM_SALT_LEN);
	srtp_err_status_t err;

	err = srtp_cipher_type_alloc(cipher_type(suite), cipher, key_len, BACKEND_GCM_TAG_LEN);
	if (err != srtp_err_status_ok)
		return err == srtp_err_status_alloc_fail ? SRTP_NO_MEMORY : SRTP_CRYPTO_FAILED;
	memcpy(key, keys->cipher, suite->key_len);
	err = srtp_cipher_init(*cipher, key);
	secret_wipe(key, sizeof(key));
	if (err == srtp_err_status_ok)
		return SRTP_OK;
	srtp_cipher_dealloc(*cipher);
	return SRTP_CRYPTO_FAILED;
}

static enum srtp_status make_auth(
	const struct suite *suite, const struct kdf_keys *keys, srtp_auth_t **auth)
{
	if (srtp_auth_type_alloc(&srtp_hmac, auth, suite->auth_key_len, suite->rtcp_tag_len) !=
		srtp_err_status_ok)
		return SRTP_NO_MEMORY;
	if (srtp_auth_init(*auth, keys->auth) == srtp_err_status_ok)
		return SRTP_OK;
	srtp_auth_dealloc(*auth);
	return SRTP_CRYPTO_FAILED;
}

static enum srtp_status libsrtp2_key_init(void *state, const struct suite *suite,
	enum srtp_kind kind, const struct kdf_keys *keys, void *key)
{
	struct key made = {NULL, NULL};
	enum srtp_status status;

	(void)state;
	(void)kind;
	status = make_cipher(suite, keys, &made.cipher);
	if (status == SRTP_OK && !suite->aead) {
		status = make_auth(suite, keys, &made.auth);
		if (status != SRTP_OK)
			srtp_cipher_dealloc(made.cipher);
	}
	if (status == SRTP_OK)
		memcpy(key, &made, sizeof(made));
	return status;
}

static void libsrtp2_key_fini(const struct suite *suite, enum srtp_kind kind, void *key)
{
	struct key *k = key;

	(void)suite;
	(void)kind;
	srtp_cipher_dealloc(k->cipher);
	if (k->auth != NULL)
		srtp_auth_dealloc(k->auth);
	memset(k, 0, sizeof(*k));
}

static bool crypt_cm(struct backend_op *op)
{
	const struct key *key = op->key;
	unsigned len = op->crypt_len;

	if (len == 0)
		return true;
	return srtp_cipher_set_iv(key->cipher, op->iv, srtp_direction_encrypt) ==
		       srtp_err_status_ok &&
	       srtp_cipher_encrypt(key->cipher, op->data + op->crypt_off, &len) ==
		       srtp_err_status_ok;
}

static bool mac(const struct backend_op *op, uint8_t out[SUITE_TAG_MAX])
{
	const struct key *key = op->key;
	int roc_len = op->kind == SRTP_RTP ? ROC_LEN : 0;

	return srtp_auth_start(key->auth) == srtp_err_status_ok &&
	       srtp_auth_update(key->auth, op->data, (int)op->auth_len) == srtp_err_status_ok &&
	       srtp_auth_compute(key->auth, (const uint8_t *)&op->roc_be, roc_len, out) ==
		       srtp_err_status_ok;
}

static bool start_gcm(struct backend_op *op, srtp_cipher_direction_t direction)
{
	const struct key *key = op->key;
	uint8_t aad[BACKEND_RTCP_AAD_LEN];

	if (srtp_cipher_set_iv(key->cipher, op->iv + BACKEND_GCM_IV_OFF, (int)direction) !=
		srtp_err_status_ok)
		return false;
	if (op->kind == SRTP_RTP)
		return srtp_cipher_set_aad(key->cipher, op->data, op->auth_len) ==
		       srtp_err_status_ok;
	backend_rtcp_aad(op, aad);
	return srtp_cipher_set_aad(key->cipher, aad, sizeof(aad)) == srtp_err_status_ok;
}

/* libsrtp on NSS writes the tag behind the ciphertext by itself, on OpenSSL it does not. */
static bool encrypt_gcm(struct backend_op *op)
{
	const struct key *key = op->key;
	unsigned len = op->crypt_len;
	unsigned tag_len = 0;

	return start_gcm(op, srtp_direction_encrypt) &&
	       srtp_cipher_encrypt(key->cipher, op->data + op->crypt_off, &len) ==
		       srtp_err_status_ok &&
	       srtp_cipher_get_tag(key->cipher, op->tag, &tag_len) == srtp_err_status_ok;
}

static bool decrypt_gcm(struct libsrtp2 *st, struct backend_op *op)
{
	const struct key *key = op->key;
	uint8_t *text = op->data + op->crypt_off;
	unsigned len = op->crypt_len + BACKEND_GCM_TAG_LEN;

	if (!start_gcm(op, srtp_direction_decrypt))
		return false;
	memcpy(st->aside, text, len);
	if (srtp_cipher_decrypt(key->cipher, text, &len) == srtp_err_status_ok)
		return true;
	memcpy(text, st->aside, op->crypt_len + BACKEND_GCM_TAG_LEN);
	return false;
}

static bool libsrtp2_seal(void *state, struct backend_op *ops, uint32_t n)
{
	uint8_t tag[SUITE_TAG_MAX];
	bool all_ok = true;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		struct backend_op *op = &ops[i];

		op->ok = op->aead ? encrypt_gcm(op) : crypt_cm(op) && mac(op, tag);
		if (op->ok && !op->aead)
			memcpy(op->tag, tag, op->tag_len);
		all_ok = all_ok && op->ok;
	}
	return all_ok;
}

static void libsrtp2_verify(void *state, struct backend_op *ops, uint32_t n)
{
	uint8_t tag[SUITE_TAG_MAX];

	for (uint32_t i = 0; i < n; i++) {
		struct backend_op *op = &ops[i];

		if (op->aead)
			op->ok = decrypt_gcm(state, op);
		else
			op->ok = mac(op, tag) && secret_equal(tag, op->tag, op->tag_len);
	}
	secret_wipe(tag, sizeof(tag));
}

static bool libsrtp2_settle(void *state, struct backend_op *ops, uint32_t n)
{
	bool all_ok = true;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		struct backend_op *op = &ops[i];

		if (!op->ok)
			continue;
		if (op->accept && !op->aead)
			op->ok = crypt_cm(op);
		else if (!op->accept && op->aead)
			op->ok = encrypt_gcm(op);
		all_ok = all_ok && op->ok;
	}
	return all_ok;
}

const struct backend backend_libsrtp2 = {
	.name = "libsrtp2",
	.isas = isa_names,
	.open = libsrtp2_open,
	.close = libsrtp2_close,
	.version = libsrtp2_version,
	.key_format = libsrtp2_key_format,
	.key_bytes = libsrtp2_key_bytes,
	.key_init = libsrtp2_key_init,
	.key_fini = libsrtp2_key_fini,
	.seal = libsrtp2_seal,
	.verify = libsrtp2_verify,
	.settle = libsrtp2_settle,
};
