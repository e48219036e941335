/* SPDX-License-Identifier: BSD-3-Clause */
#include "seal.h"

#include "secret.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { PLACE_BYTES = 32 };

struct seal {
	EVP_CIPHER_CTX *closing; /* NULL: SEAL_OPENS */
	EVP_CIPHER_CTX *opening;
	enum seal_nonces nonces;
	uint64_t next; /* SEAL_COUNTED: the nonce to come */
};

static EVP_CIPHER_CTX *key_context(const EVP_CIPHER *cipher, const uint8_t *key, int closes)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL && EVP_CipherInit_ex(ctx, cipher, NULL, key, NULL, closes) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int seal_create(const uint8_t key[SEAL_KEY_BYTES], enum seal_nonces nonces, struct seal **seal)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	struct seal *s = calloc(1, sizeof(*s));

	if (s != NULL && cipher != NULL) {
		s->nonces = nonces;
		s->opening = key_context(cipher, key, 0);
		if (nonces != SEAL_OPENS)
			s->closing = key_context(cipher, key, 1);
	}
	EVP_CIPHER_free(cipher); /* the contexts hold it */
	if (s == NULL || s->opening == NULL || (s->closing == NULL && nonces != SEAL_OPENS)) {
		seal_destroy(s);
		return -ENOMEM;
	}
	*seal = s;
	return 0;
}

void seal_destroy(struct seal *s)
{
	if (s == NULL)
		return;
	EVP_CIPHER_CTX_free(s->closing); /* wipes */
	EVP_CIPHER_CTX_free(s->opening);
	free(s);
}

static void put_be64(uint8_t *out, uint64_t value)
{
	for (unsigned i = 0; i < sizeof(value); i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void write_place(const struct seal_place *place, uint8_t out[PLACE_BYTES])
{
	put_be64(out, UINT64_C(0x736c756963652031)); /* "sluice 1" */
	put_be64(out + 8, place->table);
	put_be64(out + 16, place->row);
	put_be64(out + 24, place->key);
}

static int next_nonce(struct seal *s, uint8_t nonce[SEAL_NONCE_BYTES])
{
	if (s->nonces == SEAL_RANDOM)
		return getrandom(nonce, SEAL_NONCE_BYTES, 0) == SEAL_NONCE_BYTES ? 0 : -EIO;
	if (s->next == UINT64_MAX)
		return -EOVERFLOW;
	memset(nonce, 0, SEAL_NONCE_BYTES);
	put_be64(nonce + SEAL_NONCE_BYTES - sizeof(s->next), s->next++);
	return 0;
}

/* Nonce and place, then the text: all that closing and opening have in common. */
static bool run(EVP_CIPHER_CTX *ctx, const struct seal_place *place, const uint8_t *nonce,
	const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t bound[PLACE_BYTES];
	int done;

	write_place(place, bound);
	return EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &done, bound, sizeof(bound)) == 1 &&
	       (len == 0 || EVP_CipherUpdate(ctx, out, &done, in, (int)len) == 1);
}

int seal_wrap(struct seal *s, const struct seal_place *place, const void *plain, size_t len,
	uint8_t *sealed)
{
	uint8_t *text = sealed + SEAL_NONCE_BYTES;
	int done, err;

	if (s->closing == NULL)
		return -EPERM;
	if (len > SEAL_PLAIN_MAX)
		return -EMSGSIZE;
	err = next_nonce(s, sealed);
	if (err != 0)
		return err;
	if (!run(s->closing, place, sealed, plain, len, text) ||
		EVP_CipherFinal_ex(s->closing, text + len, &done) != 1 ||
		EVP_CIPHER_CTX_ctrl(
			s->closing, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, text + len) != 1)
		return -EIO;
	return 0;
}

int seal_unwrap(struct seal *s, const struct seal_place *place, const uint8_t *sealed, size_t len,
	void *plain)
{
	uint8_t tag[SEAL_TAG_BYTES], rest[SEAL_TAG_BYTES];
	size_t text_len;
	int done;

	if (len < SEAL_EXTRA_BYTES)
		return -EBADMSG;
	text_len = len - SEAL_EXTRA_BYTES;
	if (text_len > SEAL_PLAIN_MAX)
		return -EMSGSIZE;
	memcpy(tag, sealed + len - SEAL_TAG_BYTES, SEAL_TAG_BYTES);
	if (run(s->opening, place, sealed, sealed + SEAL_NONCE_BYTES, text_len, plain) &&
		EVP_CIPHER_CTX_ctrl(s->opening, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1 &&
		EVP_CipherFinal_ex(s->opening, rest, &done) == 1)
		return 0;
	secret_wipe(plain, text_len); /* it is nobody's word */
	return -EBADMSG;
}
