/* SPDX-License-Identifier: BSD-3-Clause */
#include "siphash.h"

#include "support.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

enum { LONGEST = 300 };

static uint8_t seed[SIPHASH_SEED];
static uint8_t message[LONGEST];

static int fill(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SIPHASH_SEED; i++)
		seed[i] = (uint8_t)i;
	for (uint32_t i = 0; i < LONGEST; i++)
		message[i] = (uint8_t)i;
	return 0;
}

static struct slice first(size_t len)
{
	return (struct slice){(const char *)message, len};
}

static uint64_t hash(size_t len)
{
	struct siphash s;

	siphash_start(&s, seed);
	siphash_add(&s, first(len));
	return siphash_end(&s);
}

/* Of the paper's appendix A, and of its authors' reference code. */
static void vectors_of_the_paper_hold(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {{15, 0xa129ca6149be45e5}, {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},
		{2, 0x0d6c8009d9a94f5a}, {3, 0x85676696d7fb7e2d}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(hash(rows[i].len), rows[i].hash);
}

static uint64_t openssl_hash(EVP_MAC_CTX *ctx, size_t len)
{
	uint8_t out[8];
	uint64_t n = 0;
	size_t got;

	assert_int_equal(EVP_MAC_init(ctx, seed, sizeof(seed), NULL), 1);
	assert_int_equal(EVP_MAC_update(ctx, message, len), 1);
	assert_int_equal(EVP_MAC_final(ctx, out, &got, sizeof(out)), 1);
	for (size_t i = 0; i < sizeof(out); i++)
		n |= (uint64_t)out[i] << (8 * i);
	return n;
}

static void openssl_says_the_same_of_each_length(void **state)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx;
	size_t size = 8;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end()};

	(void)state;
	assert_non_null(mac);
	ctx = EVP_MAC_CTX_new(mac);
	assert_int_equal(EVP_MAC_CTX_set_params(ctx, params), 1);
	for (size_t len = 0; len < LONGEST; len++)
		assert_int_equal(hash(len), openssl_hash(ctx, len));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void pieces_hash_as_the_whole(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= 40; cut++) {
		struct siphash s;

		siphash_start(&s, seed);
		siphash_add(&s, first(cut));
		siphash_add(&s, (struct slice){NULL, 0});
		siphash_add(&s, slice_from(first(40), cut));
		assert_int_equal(siphash_end(&s), hash(40));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_paper_hold),
		cmocka_unit_test(openssl_says_the_same_of_each_length),
		cmocka_unit_test(pieces_hash_as_the_whole),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
