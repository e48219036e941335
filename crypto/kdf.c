/* SPDX-License-Identifier: BSD-3-Clause */
#include "kdf.h"

#include "secret.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

/* RFC 3711 4.3.1: SRTP's labels; SRTCP's follow in the same order. */
enum kdf_label {
	KDF_LABEL_CIPHER = 0,
	KDF_LABEL_AUTH = 1,
	KDF_LABEL_SALT = 2,
	KDF_LABEL_RTCP = 3, /* added for SRTCP */
};

enum { LABEL_OCTET = 7 }; /* key_id = label || r with a 48-bit r of 0, right-aligned to the salt */

/* Fetched once, as OpenSSL looks a cipher up by its name each time, under a lock. Two threads that
 * come first both fetch it; one is kept for the life of the process. */
static EVP_CIPHER *prf_cipher(size_t key_len)
{
	static _Atomic(EVP_CIPHER *) fetched[3];
	static const char *const names[3] = {"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"};
	size_t i = key_len / 8 - 2;
	EVP_CIPHER *cipher, *none = NULL;

	if (key_len != 16 && key_len != 24 && key_len != 32)
		return NULL;
	/* acquire: with the release of whoever stored it */
	cipher = atomic_load_explicit(&fetched[i], memory_order_acquire);
	if (cipher != NULL)
		return cipher;
	cipher = EVP_CIPHER_fetch(NULL, names[i], NULL);
	if (cipher == NULL || atomic_compare_exchange_strong_explicit(&fetched[i], &none, cipher,
				      memory_order_acq_rel, memory_order_acquire))
		return cipher;
	EVP_CIPHER_free(cipher);
	return none;
}

/* PRF_n(k_master, x): the first 'len' bytes of AES-CM keystream at IV x * 2^16. */
static int prf(EVP_CIPHER_CTX *ctx, const uint8_t salt[SUITE_SALT_MAX], unsigned label,
	uint8_t *out, size_t len)
{
	uint8_t iv[16] = {0};
	int out_len = 0;

	memcpy(iv, salt, SUITE_SALT_MAX);
	iv[LABEL_OCTET] ^= (uint8_t)label;
	memset(out, 0, len);
	return EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, out, &out_len, out, (int)len) == 1 && (size_t)out_len == len;
}

static int derive_half(EVP_CIPHER_CTX *ctx, const struct suite *suite,
	const uint8_t salt[SUITE_SALT_MAX], unsigned base, struct kdf_keys *out)
{
	if (!prf(ctx, salt, base + KDF_LABEL_CIPHER, out->cipher, suite->key_len))
		return 0;
	if (!prf(ctx, salt, base + KDF_LABEL_SALT, out->salt, suite->salt_len))
		return 0;
	return suite->auth_key_len == 0 ||
	       prf(ctx, salt, base + KDF_LABEL_AUTH, out->auth, suite->auth_key_len);
}

enum srtp_status kdf_derive(
	const struct suite *suite, const struct kdf_master *master, struct kdf_session *out)
{
	uint8_t salt[SUITE_SALT_MAX] = {0}; /* RFC 7714 11: a 96-bit salt is padded at the end */
	enum srtp_status status = SRTP_CRYPTO_FAILED;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;

	if (suite == NULL || master == NULL || out == NULL || master->key == NULL ||
		master->salt == NULL)
		return SRTP_NULL_ARGUMENT;
	memset(out, 0, sizeof(*out));
	if (master->key_len != suite->key_len)
		return SRTP_BAD_KEY_LENGTH;
	if (master->salt_len != suite->salt_len)
		return SRTP_BAD_SALT_LENGTH;
	memcpy(salt, master->salt, master->salt_len);

	cipher = prf_cipher(suite->key_len);
	if (cipher == NULL)
		return SRTP_CRYPTO_FAILED;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL)
		return SRTP_NO_MEMORY;
	if (EVP_EncryptInit_ex2(ctx, cipher, master->key, NULL, NULL) == 1 &&
		derive_half(ctx, suite, salt, 0, &out->rtp) &&
		derive_half(ctx, suite, salt, KDF_LABEL_RTCP, &out->rtcp))
		status = SRTP_OK;
	else
		secret_wipe(out, sizeof(*out));
	EVP_CIPHER_CTX_free(ctx);
	secret_wipe(salt, sizeof(salt));
	return status;
}
