/* SPDX-License-Identifier: BSD-3-Clause */
#include "seal.h"

#include "support.h"

#include <errno.h>
#include <openssl/evp.h>

enum { LEN = 100 };

static const uint8_t key[SEAL_KEY_BYTES] = {1, 2, 3, [31] = 9};
static const struct seal_place home = {.table = 2, .row = 7, .key = 99};

static void fill(uint8_t *plain)
{
	struct support_rng rng = {.state = 5};

	support_fill(&rng, plain, LEN);
}

static void sealed_piece_opens_at_every_length(void **state)
{
	uint8_t plain[LEN], sealed[LEN + SEAL_EXTRA_BYTES], opened[LEN];
	struct seal *s = NULL, *later = NULL;

	(void)state;
	fill(plain);
	assert_int_equal(seal_create(key, SEAL_COUNTED, &s), 0);
	assert_int_equal(seal_create(key, SEAL_OPENS, &later), 0);
	for (size_t len = 0; len <= LEN; len++) {
		assert_int_equal(seal_wrap(s, &home, plain, len, sealed), 0);
		memset(opened, 0, sizeof(opened));
		assert_int_equal(
			seal_unwrap(later, &home, sealed, len + SEAL_EXTRA_BYTES, opened), 0);
		assert_memory_equal(opened, plain, len);
		assert_int_equal(seal_unwrap(s, &home, sealed, len + SEAL_EXTRA_BYTES, opened), 0);
	}
	assert_int_equal(seal_wrap(later, &home, plain, LEN, sealed), -EPERM);
	assert_int_equal(seal_wrap(s, &home, plain, SEAL_PLAIN_MAX + 1, sealed), -EMSGSIZE);
	seal_destroy(s);
	seal_destroy(later);
	seal_destroy(NULL);
}

/* What another program would open: the form on disk is a promise to the next version. */
static void sealed_piece_is_aes_256_gcm(void **state)
{
	static const uint8_t bound[] = "sluice 1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\x63";
	uint8_t plain[LEN], sealed[LEN + SEAL_EXTRA_BYTES], opened[LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct seal *s = NULL;
	int n;

	(void)state;
	fill(plain);
	assert_int_equal(seal_create(key, SEAL_RANDOM, &s), 0);
	assert_int_equal(seal_wrap(s, &home, plain, LEN, sealed), 0);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, sealed), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, bound, sizeof(bound) - 1), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, opened, &n, sealed + SEAL_NONCE_BYTES, LEN), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES,
				 sealed + SEAL_NONCE_BYTES + LEN),
		1);
	assert_int_equal(EVP_DecryptFinal_ex(ctx, opened, &n), 1);
	assert_memory_equal(opened, plain, LEN);
	EVP_CIPHER_CTX_free(ctx);
	seal_destroy(s);
}

static void counted_nonces_count(void **state)
{
	uint8_t plain[LEN], sealed[LEN + SEAL_EXTRA_BYTES];
	struct seal *s = NULL;

	(void)state;
	fill(plain);
	assert_int_equal(seal_create(key, SEAL_COUNTED, &s), 0);
	for (uint32_t i = 0; i < 70000; i++) {
		const uint8_t nonce[SEAL_NONCE_BYTES] = {
			[9] = (uint8_t)(i >> 16), [10] = (uint8_t)(i >> 8), [11] = (uint8_t)i};

		assert_int_equal(seal_wrap(s, &home, plain, LEN, sealed), 0);
		assert_memory_equal(sealed, nonce, sizeof(nonce));
	}
	seal_destroy(s);
}

static void random_nonces_differ(void **state)
{
	uint8_t plain[LEN], one[LEN + SEAL_EXTRA_BYTES], two[LEN + SEAL_EXTRA_BYTES];
	struct seal *s = NULL;

	(void)state;
	fill(plain);
	assert_int_equal(seal_create(key, SEAL_RANDOM, &s), 0);
	assert_int_equal(seal_wrap(s, &home, plain, LEN, one), 0);
	assert_int_equal(seal_wrap(s, &home, plain, LEN, two), 0);
	assert_memory_not_equal(one, two, SEAL_NONCE_BYTES);
	assert_memory_not_equal(one + SEAL_NONCE_BYTES, two + SEAL_NONCE_BYTES, LEN);
	seal_destroy(s);
}

/* Refused, and with nothing left of what had been deciphered. */
static void refused(
	struct seal *s, const struct seal_place *place, const uint8_t *sealed, size_t len)
{
	static const uint8_t zeros[LEN];
	uint8_t opened[LEN];

	memset(opened, 0x55, sizeof(opened));
	assert_int_equal(seal_unwrap(s, place, sealed, len, opened), -EBADMSG);
	if (len >= SEAL_EXTRA_BYTES)
		assert_memory_equal(opened, zeros, len - SEAL_EXTRA_BYTES);
}

static void changed_piece_is_refused_and_wiped(void **state)
{
	uint8_t plain[LEN], sealed[LEN + SEAL_EXTRA_BYTES];
	struct seal *s = NULL;

	(void)state;
	fill(plain);
	assert_int_equal(seal_create(key, SEAL_COUNTED, &s), 0);
	assert_int_equal(seal_wrap(s, &home, plain, LEN, sealed), 0);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused(s, &home, sealed, sizeof(sealed));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(sealed); len++)
		refused(s, &home, sealed, len);
	seal_destroy(s);
}

static void moved_piece_is_refused(void **state)
{
	static const struct seal_place places[] = {{1, 7, 99}, {2, 8, 99}, {2, 7, 98}, {7, 2, 99},
		{2, 99, 7}, {2, 7 | UINT64_C(1) << 63, 99}};
	static const uint8_t other_key[SEAL_KEY_BYTES] = {1, 2, 3, [31] = 8};
	uint8_t plain[LEN], sealed[LEN + SEAL_EXTRA_BYTES];
	struct seal *s = NULL, *other = NULL;

	(void)state;
	fill(plain);
	assert_int_equal(seal_create(key, SEAL_COUNTED, &s), 0);
	assert_int_equal(seal_create(other_key, SEAL_OPENS, &other), 0);
	assert_int_equal(seal_wrap(s, &home, plain, LEN, sealed), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		refused(s, &places[i], sealed, sizeof(sealed));
	refused(other, &home, sealed, sizeof(sealed));
	seal_destroy(s);
	seal_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_piece_opens_at_every_length),
		cmocka_unit_test(sealed_piece_is_aes_256_gcm),
		cmocka_unit_test(counted_nonces_count),
		cmocka_unit_test(random_nonces_differ),
		cmocka_unit_test(changed_piece_is_refused_and_wiped),
		cmocka_unit_test(moved_piece_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
