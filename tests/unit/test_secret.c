/* SPDX-License-Identifier: BSD-3-Clause */
/* secret_equal against memcmp, and what memory holds when it is given back: free() is ours here,
 * and looks for keys in each block. */
#include "secret.h"

#include "fixture.h"
#include "sanitized.h"
#include "support.h"

#include <malloc.h>
#include <stdlib.h>

static uint8_t needles[8][16];
static volatile uint32_t n_needles; /* 0: not looking */
static volatile uint32_t blocks, found;

#if !SANITIZED
extern void __libc_free(void *block); /* NOLINT: glibc's own, beneath the one below */

static bool holds(const uint8_t *block, size_t len, const uint8_t *needle)
{
	return memmem(block, len, needle, sizeof(needles[0])) != NULL;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
void free(void *block)
{
	uint32_t n = n_needles;

	if (block != NULL && n > 0) {
		blocks++;
		for (uint32_t i = 0; i < n; i++)
			if (holds(block, malloc_usable_size(block), needles[i]))
				found++;
	}
	__libc_free(block);
}
#endif

static void look_for(const void *secret)
{
	memcpy(needles[n_needles], secret, sizeof(needles[0]));
	n_needles++;
}

/* Protects and unprotects SRTP and SRTCP, valid and forged, so that scratch has seen keys. */
static void use(struct srtp_engine *engine, const struct suite *suite, const struct kdf_session *s)
{
	struct srtp_ctx_params p = {.suite = suite->id, .direction = SRTP_PROTECT, .session = s};
	struct srtp_ctx *tx = NULL, *rx = NULL;
	uint8_t data[128];

	assert_int_equal(srtp_ctx_create(engine, &p, &tx), SRTP_OK);
	p.direction = SRTP_UNPROTECT;
	assert_int_equal(srtp_ctx_create(engine, &p, &rx), SRTP_OK);
	for (uint8_t i = 0; i < 4; i++) {
		struct srtp_pkt pkt = {.ctx = tx, .data = data, .len = 60, .room = sizeof(data)};

		memset(data, 0, sizeof(data));
		data[0] = 0x80;
		data[3] = i;
		pkt.kind = i % 2 == 0 ? SRTP_RTP : SRTP_RTCP;
		assert_int_equal(srtp_burst_protect(engine, &pkt, 1), SRTP_OK);
		assert_int_equal(pkt.status, SRTP_OK);
		pkt.ctx = rx;
		data[30] ^= i / 2;
		assert_int_equal(srtp_burst_unprotect(engine, &pkt, 1), SRTP_OK);
		assert_int_equal(pkt.status, i < 2 ? SRTP_OK : SRTP_TAG_MISMATCH);
	}
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
}

static void freed_memory_holds_no_key(void **state)
{
	static const uint8_t key[SUITE_KEY_MAX] = "the master key of this test, 32";
	static const uint8_t salt[SUITE_SALT_MAX] = "and its salt.";

	(void)state;
	for (uint32_t id = 0; id < SUITE_COUNT; id++) {
		const struct suite *suite = suite_get(id);
		const struct kdf_master master = {key, suite->key_len, salt, suite->salt_len};
		struct srtp_engine *engine = NULL;
		struct kdf_session s;

		assert_int_equal(kdf_derive(suite, &master, &s), SRTP_OK);
		assert_int_equal(srtp_engine_create("ipsec_mb", NULL, &engine), SRTP_OK);
		n_needles = blocks = 0;
		look_for(key);
		look_for(s.rtp.cipher);
		look_for(s.rtcp.cipher);
		if (!suite->aead) {
			look_for(s.rtp.auth);
			look_for(s.rtcp.auth);
		}
		use(engine, suite, &s);
		srtp_engine_destroy(engine);
		n_needles = 0;
		assert_true(SANITIZED || blocks >= 4); /* two contexts, state and engine */
		assert_int_equal(found, 0);
	}
}

/* The search itself must be able to find. */
static void forgotten_key_is_found(void **state)
{
	uint8_t *block = malloc(64);

	(void)state;
	if (SANITIZED)
		print_message("SKIP: free() is the sanitizer's\n");
	assert_non_null(block);
	memset(block, 0x5a, 64);
	n_needles = 0;
	look_for(block + 7);
	free(block);
	n_needles = 0;
	assert_int_equal(found, SANITIZED ? 0 : 1);
	found = 0;
}

static void equal_agrees_with_memcmp(void **state)
{
	uint8_t a[40], b[40];

	(void)state;
	for (uint32_t len = 0; len < sizeof(a); len++) {
		memset(a, 0x11, sizeof(a));
		memset(b, 0x11, sizeof(b));
		b[len] = 0x22; /* just behind */
		assert_true(secret_equal(a, b, len));
		b[len] = 0x11;
		for (uint32_t bit = 0; bit < len * 8; bit++) {
			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(secret_equal(a, b, len));
			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void wiped_is_zero(void **state)
{
	uint8_t secret[33];

	(void)state;
	memset(secret, 0xff, sizeof(secret));
	secret_wipe(secret, 32);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(secret[i], 0);
	assert_int_equal(secret[32], 0xff);
	secret_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_agrees_with_memcmp),
		cmocka_unit_test(wiped_is_zero),
		cmocka_unit_test(forgotten_key_is_found),
		cmocka_unit_test(freed_memory_holds_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
