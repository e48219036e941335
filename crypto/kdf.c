/* SPDX-License-Identifier: BSD-3-Clause */
#include "kdf.h"

#include "secret.h"

#include <openssl/evp.h>
#include <string.h>

/* RFC 3711 4.3.1: SRTP's labels; SRTCP's follow in the same order. */
enum kdf_label {
	KDF_LABEL_CIPHER = 0,
	KDF_LABEL_AUTH = 1,
	KDF_LABEL_SALT = 2,
	KDF_LABEL_RTCP = 3, /* added for SRTCP */
};

enum { LABEL_OCTET = 7 }; /* key_id = label || r with a 48-bit r of 0, right-aligned to the salt */

static const EVP_CIPHER *prf_cipher(size_t key_len)
{
	switch (key_len) {
	case 16:
		return EVP_aes_128_ctr();
	case 24:
		return EVP_aes_192_ctr();
	case 32:
		return EVP_aes_256_ctr();
	default:
		return NULL;
	}
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
	return EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, iv) == 1 &&
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

	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL)
		return SRTP_NO_MEMORY;
	if (EVP_EncryptInit_ex(ctx, prf_cipher(suite->key_len), NULL, master->key, NULL) == 1 &&
		derive_half(ctx, suite, salt, 0, &out->rtp) &&
		derive_half(ctx, suite, salt, KDF_LABEL_RTCP, &out->rtcp))
		status = SRTP_OK;
	else
		secret_wipe(out, sizeof(*out));
	EVP_CIPHER_CTX_free(ctx);
	secret_wipe(salt, sizeof(salt));
	return status;
}
