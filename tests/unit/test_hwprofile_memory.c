/* SPDX-License-Identifier: BSD-3-Clause */
/* What a profile is said to need is what the data plane then takes. */
#include "endpoint_keys.h"
#include "fixture.h"
#include "hwprofile_memory.h"
#include "relay_endpoint.h"
#include "support.h"

#include <stdlib.h>

static size_t context_bytes(const struct srtp_engine *engine, uint8_t suite)
{
	const struct relay_crypto crypto = {.suite = suite};
	size_t most = 0;

	for (int direction = SRTP_PROTECT; direction <= SRTP_UNPROTECT; direction++) {
		const struct srtp_ctx_params params =
			endpoint_keys_params(&crypto, (enum srtp_direction)direction);
		size_t bytes = srtp_ctx_size(engine, &params);

		most = bytes > most ? bytes : most;
	}
	return most;
}

static void sizes_are_those_of_the_structs(void **state)
{
	(void)state;
	assert_int_equal(HWPROFILE_ENDPOINT_BYTES,
		sizeof(struct endpoint) + sizeof(struct endpoint_cold) + sizeof(uint32_t));
	assert_int_equal(HWPROFILE_RECORD_BYTES, sizeof(struct relay_endpoint));
	assert_int_equal(HWPROFILE_CONTEXT_BYTES % CONTEXT_POOL_UNIT, 0);
	for (unsigned i = 0; i < FIXTURE_ENGINES; i++) {
		const struct srtp_engine *e = fixture_engines[i];

		assert_in_range(context_bytes(e, SUITE_AES_CM_128_HMAC_SHA1_80), 1,
			HWPROFILE_CONTEXT_BYTES);
		/* as the help of media.crypto_memory_mb says */
		assert_in_range(context_bytes(e, SUITE_AEAD_AES_256_GCM), 1, 1664);
	}
}

/* As plane_worker.c divides it. */
static uint32_t contexts_in(uint64_t mb, uint32_t workers)
{
	size_t bytes = (size_t)(mb << 20) / workers, n_pages = bytes / CONTEXT_POOL_PAGE;
	struct context_pool_page *pages = calloc(n_pages, sizeof(*pages));
	/* the pool writes into no block before it is given back */
	void *arena = aligned_alloc(CONTEXT_POOL_PAGE, n_pages * CONTEXT_POOL_PAGE);
	struct context_pool pool;
	uint32_t n = 0;

	assert_non_null(pages);
	assert_non_null(arena);
	context_pool_init(&pool, arena, bytes, pages);
	while (context_pool_alloc(&pool, HWPROFILE_CONTEXT_BYTES) != NULL)
		n++;
	free(arena);
	free(pages);
	return n;
}

static void keys_of_all_endpoints_fit(void **state)
{
	static const struct {
		uint64_t endpoints;
		uint32_t workers;
	} rows[] = {{1, 1}, {36, 1}, {37, 1}, {584, 1}, {1000, 1}, {20000, 1}, {20001, 3},
		{96000, 4}, {100000, 1}, {100000, 7}, {200000, 1}, {1000000, 32}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t mb = hwprofile_memory_crypto_mb(rows[i].endpoints, rows[i].workers);
		uint64_t share = (rows[i].endpoints + rows[i].workers - 1) / rows[i].workers;

		if (contexts_in(mb, rows[i].workers) < 2 * share)
			fail_msg("%llu MiB do not hold the keys of %llu endpoints of %u workers",
				(unsigned long long)mb, (unsigned long long)rows[i].endpoints,
				rows[i].workers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_structs),
		cmocka_unit_test(keys_of_all_endpoints_fit),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
