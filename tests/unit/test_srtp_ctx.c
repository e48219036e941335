/* SPDX-License-Identifier: BSD-3-Clause */
/* Contexts: parameters, memory, state of SSRCs; on both backends. */
#include "srtp_ctx.h"

#include "fixture.h"

#include <malloc.h>
#include <stdlib.h>

/* A parameter set wrong: 'size' bytes at 'off' of the params become 'value'. */
struct wrong {
	const char *what;
	size_t off;
	size_t size;
	uint64_t value;
	enum srtp_status want;
};

#define WRONG(field, value, want)                                                                  \
	{                                                                                          \
#field " = " #value, offsetof(struct srtp_ctx_params, field),                      \
			sizeof(((struct srtp_ctx_params *)NULL)->field), value, want               \
	}

static const struct wrong wrongs[] = {
	WRONG(suite, SUITE_COUNT, SRTP_BAD_SUITE),
	WRONG(direction, 0, SRTP_BAD_DIRECTION),
	WRONG(direction, 3, SRTP_BAD_DIRECTION),
	WRONG(master.key, 0, SRTP_NULL_ARGUMENT),
	WRONG(master.salt, 0, SRTP_NULL_ARGUMENT),
	WRONG(master.key_len, 0, SRTP_BAD_KEY_LENGTH),
	WRONG(master.key_len, 15, SRTP_BAD_KEY_LENGTH),
	WRONG(master.key_len, 32, SRTP_BAD_KEY_LENGTH),
	WRONG(master.salt_len, 0, SRTP_BAD_SALT_LENGTH),
	WRONG(master.salt_len, 13, SRTP_BAD_SALT_LENGTH),
	WRONG(master.salt_len, 15, SRTP_BAD_SALT_LENGTH),
	WRONG(mki_len, 5, SRTP_BAD_MKI_LENGTH),
	WRONG(max_ssrc, 65, SRTP_BAD_SSRC_LIMIT),
	WRONG(window, 32, SRTP_BAD_WINDOW),
	WRONG(window, 4095, SRTP_BAD_WINDOW),
	WRONG(window, 8192, SRTP_BAD_WINDOW),
	WRONG(rtp_lifetime, SRTP_LIFETIME_RTP_MAX + 1, SRTP_BAD_LIFETIME),
	WRONG(rtcp_lifetime, SRTP_LIFETIME_RTCP_MAX + 1, SRTP_BAD_LIFETIME),
	WRONG(rtp_used, SRTP_LIFETIME_RTP_MAX + 1, SRTP_BAD_LIFETIME),
	WRONG(rtcp_used, SRTP_LIFETIME_RTCP_MAX + 1, SRTP_BAD_LIFETIME),
};

static struct srtp_ctx_params spoilt(const struct wrong *w)
{
	struct srtp_ctx_params params = fixture_params(SUITE_AES_CM_128_HMAC_SHA1_80, SRTP_PROTECT);

	assert_true(w->size <= sizeof(w->value));
	memcpy((uint8_t *)&params + w->off, &w->value, w->size); /* little-endian */
	return params;
}

static void params_each_wrong_named_and_nothing_made(void **state)
{
	static uint8_t mem[8192], before[sizeof(mem)];
	struct srtp_ctx *const untouched = (struct srtp_ctx *)(void *)mem;

	(void)state;
	memset(mem, 0x5a, sizeof(mem));
	memcpy(before, mem, sizeof(mem));
	for (uint32_t i = 0; i < FIXTURE_ENGINES * sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i / FIXTURE_ENGINES];
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		const struct srtp_ctx_params params = spoilt(w);
		struct srtp_ctx *ctx = untouched;
		enum srtp_status created = srtp_ctx_create(engine, &params, &ctx);
		void *aligned = mem + (64 - (uintptr_t)mem % 64) % 64;
		enum srtp_status inited =
			srtp_ctx_init(engine, &params, aligned, sizeof(mem) - 64, &ctx);

		if (created != w->want || inited != w->want)
			fail_msg("%s: create %s, init %s", w->what, srtp_status_name(created),
				srtp_status_name(inited));
		assert_ptr_equal(ctx, untouched);
		assert_int_equal(srtp_ctx_size(engine, &params), 0);
		assert_memory_equal(mem, before, sizeof(mem));
	}
}

static void null_arguments_named(void **state)
{
	const struct srtp_ctx_params params =
		fixture_params(SUITE_AES_CM_128_HMAC_SHA1_80, SRTP_PROTECT);
	struct srtp_ctx *ctx = fixture_ctx(fixture_engines[0], &params);
	static _Alignas(64) uint8_t mem[8192];
	struct srtp_ssrc_state s = {0};
	struct srtp_ctx *made = NULL;

	(void)state;
	assert_int_equal(srtp_ctx_create(NULL, &params, &made), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_create(fixture_engines[0], NULL, &made), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_create(fixture_engines[0], &params, NULL), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_init(NULL, &params, mem, sizeof(mem), &made), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_init(fixture_engines[0], NULL, mem, sizeof(mem), &made),
		SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_init(fixture_engines[0], &params, NULL, sizeof(mem), &made),
		SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_init(fixture_engines[0], &params, mem, sizeof(mem), NULL),
		SRTP_NULL_ARGUMENT);
	assert_null(made);
	assert_int_equal(srtp_ctx_size(NULL, &params), 0);
	assert_int_equal(srtp_ctx_size(fixture_engines[0], NULL), 0);
	assert_int_equal(srtp_ctx_get_ssrc(NULL, 1, &s), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_get_ssrc(ctx, 1, NULL), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_get_ssrc_at(NULL, 0, &s), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_get_ssrc_at(ctx, 0, NULL), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_set_ssrc(NULL, &s), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_ctx_set_ssrc(ctx, NULL), SRTP_NULL_ARGUMENT);
	srtp_ctx_destroy(ctx);
	srtp_ctx_destroy(NULL);
}

static void session_keys_derived_elsewhere_do_as_master(void **state)
{
	struct srtp_engine *engine = fixture_engines[0];

	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * 2; i++) {
		struct srtp_ctx_params params = fixture_params(i / 2, SRTP_PROTECT);
		uint8_t bufs[2][FIXTURE_ROOM];
		struct kdf_session session;

		assert_int_equal(
			kdf_derive(suite_get(params.suite), &params.master, &session), SRTP_OK);
		for (uint32_t k = 0; k < 2; k++) {
			struct srtp_pkt pkt = fixture_pkt(bufs[k], i % 2, 1, 1);
			struct srtp_ctx *ctx = fixture_ctx(engine, &params);

			assert_int_equal(fixture_run_one(engine, ctx, SRTP_PROTECT, &pkt), SRTP_OK);
			assert_memory_equal(bufs[0], bufs[k], pkt.len);
			srtp_ctx_destroy(ctx);
			params.session = &session;
			memset(&params.master, 0, sizeof(params.master));
		}
	}
}

/* Suites that differ in the tag alone derive the same keys of a master key: another context made of
 * them would begin the same keystream anew. The master key of each suite is the start of one. */
static void key_is_the_same_whatever_the_tag(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * SUITE_COUNT; i++) {
		const struct suite *a = &suite_table[i / SUITE_COUNT];
		const struct suite *b = &suite_table[i % SUITE_COUNT];
		bool same = a->aead == b->aead && a->key_len == b->key_len;
		struct srtp_ctx_params params = fixture_params(a->id, SRTP_PROTECT);
		struct srtp_ctx *ctx = fixture_ctx(fixture_engines[i % FIXTURE_ENGINES], &params);
		struct kdf_session session;

		params = fixture_params(b->id, SRTP_PROTECT);
		assert_false(srtp_ctx_has_key(ctx, &params)); /* without session keys */
		assert_int_equal(kdf_derive(b, &params.master, &session), SRTP_OK);
		params.session = &session;
		assert_int_equal(srtp_ctx_has_key(ctx, &params), same);
		assert_int_equal(srtp_ctx_has_terms(ctx, &params), a == b);
		session.rtp.salt[0] ^= 1;
		assert_false(srtp_ctx_has_key(ctx, &params));
		srtp_ctx_destroy(ctx);
	}
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* In memory that ends at a page that faults; all of its SSRCs are used. */
static void use_and_wipe(struct srtp_engine *engine, const struct srtp_ctx_params *params)
{
	size_t size = srtp_ctx_size(engine, params);
	struct srtp_ctx *ctx = NULL;
	struct support_guard g;
	uint8_t buf[FIXTURE_ROOM], *mem;
	struct srtp_pkt pkt;

	support_guard_open(&g, size);
	mem = support_guard_before_end(&g, size);
	memset(mem, 0xa5, size);
	assert_int_equal(srtp_ctx_init(engine, params, mem, size - 1, &ctx), SRTP_BAD_MEMORY);
	assert_int_equal(srtp_ctx_init(engine, params, mem, 0, &ctx), SRTP_BAD_MEMORY);
	assert_int_equal(srtp_ctx_init(engine, params, mem, size, &ctx), SRTP_OK);
	assert_ptr_equal(ctx, mem);
	for (uint32_t i = 0; i < params->max_ssrc; i++) {
		const struct srtp_ssrc_state s = {
			.ssrc = i, .rtp_valid = true, .seq = 9, .rtcp_valid = true};

		assert_int_equal(srtp_ctx_set_ssrc(ctx, &s), SRTP_OK);
	}
	pkt = fixture_pkt(buf, SRTP_RTP, 0, 10);
	assert_int_equal(fixture_run_one(engine, ctx, SRTP_PROTECT, &pkt), SRTP_OK);
	pkt = fixture_pkt(buf, SRTP_RTCP, 0, 0);
	assert_int_equal(fixture_run_one(engine, ctx, SRTP_PROTECT, &pkt), SRTP_OK);
	srtp_ctx_fini(ctx);
	assert_true(all_zero(mem, size));
	pkt = fixture_pkt(buf, SRTP_RTP, 0, 11);
	assert_int_equal(fixture_run_one(engine, ctx, SRTP_PROTECT, &pkt), SRTP_WRONG_CONTEXT);
	support_guard_close(&g);
}

static void memory_of_told_size_used_whole_and_wiped(void **state)
{
	static const uint16_t ssrcs[] = {1, 5, 64};
	static const uint16_t sizes[] = {64, 1024, 4096};

	(void)state;
	for (uint32_t i = 0; i < FIXTURE_ENGINES * SUITE_COUNT * 9; i++) {
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		struct srtp_ctx_params params =
			fixture_params(i / FIXTURE_ENGINES % SUITE_COUNT, SRTP_PROTECT);
		struct srtp_ctx *ctx = NULL;
		size_t size;

		params.max_ssrc = ssrcs[i / FIXTURE_ENGINES / SUITE_COUNT % 3];
		params.window = sizes[i / FIXTURE_ENGINES / SUITE_COUNT / 3];
		use_and_wipe(engine, &params);
		size = srtp_ctx_size(engine, &params);
		assert_int_equal(srtp_ctx_create(engine, &params, &ctx), SRTP_OK);
		assert_in_range(malloc_usable_size(ctx), size, size + 63);
		srtp_ctx_destroy(ctx);
	}
}

static void memory_misaligned_refused(void **state)
{
	const struct srtp_ctx_params params =
		fixture_params(SUITE_AEAD_AES_128_GCM, SRTP_UNPROTECT);
	static _Alignas(64) uint8_t mem[16384];
	struct srtp_ctx *ctx = NULL;

	(void)state;
	for (uint32_t off = 1; off < SRTP_CTX_ALIGN; off++)
		assert_int_equal(srtp_ctx_init(fixture_engines[0], &params, mem + off,
					 sizeof(mem) - off, &ctx),
			SRTP_BAD_MEMORY);
	assert_null(ctx);
	assert_true(all_zero(mem, sizeof(mem)));
}

static void context_of_one_ssrc_small(void **state)
{
	struct srtp_ctx_params params = fixture_params(SUITE_AES_CM_128_HMAC_SHA1_80, SRTP_PROTECT);

	(void)state;
	params.max_ssrc = 1;
	assert_in_range(srtp_ctx_size(fixture_engines[0], &params), 1, 640);
	params = fixture_params(SUITE_AEAD_AES_128_GCM, SRTP_PROTECT);
	params.max_ssrc = 1;
	assert_in_range(srtp_ctx_size(fixture_engines[0], &params), 1, 1408);
}

/* What the RFC and the header promise for fields left zero. */
static void zero_params_mean_defaults(void **state)
{
	struct srtp_ctx_params zero = fixture_params(SUITE_AES_CM_128_HMAC_SHA1_80, SRTP_PROTECT);
	struct srtp_ctx_params said = zero;
	struct srtp_ctx_usage usage;
	struct srtp_ctx *ctx;

	(void)state;
	zero.max_ssrc = 0;
	zero.window = 0;
	said.max_ssrc = 4;
	said.window = 1024;
	assert_int_equal(
		srtp_ctx_size(fixture_engines[0], &zero), srtp_ctx_size(fixture_engines[0], &said));
	ctx = fixture_ctx(fixture_engines[0], &zero);
	srtp_ctx_get_usage(ctx, &usage);
	assert_int_equal(usage.rtp_limit, UINT64_C(1) << 48);
	assert_int_equal(usage.rtcp_limit, UINT64_C(1) << 31);
	assert_int_equal(usage.rtp_used, 0);
	assert_false(usage.soft_limit_reached);
	srtp_ctx_destroy(ctx);
}

/* Steps of one SSRC's state in a row: what set_ssrc says, and what get_ssrc then tells. */
static void state_set_any_way_but_backwards_told_again(void **state)
{
	static const struct {
		struct srtp_ssrc_state set, get;
		enum srtp_status want;
	} steps[] = {
		{{7, 3, 9, true, false, 5}, {7, 3, 9, true, false, 0}, SRTP_OK},
		{{7, 3, 9, true, false, 0}, {7, 3, 9, true, false, 0}, SRTP_OK},
		{{7, 3, 8, true, true, 6}, {7, 3, 9, true, false, 0}, SRTP_STATE_BACKWARDS},
		{{7, 2, 65535, true, true, 6}, {7, 3, 9, true, false, 0}, SRTP_STATE_BACKWARDS},
		{{7, 0, 0, false, true, 6}, {7, 3, 9, true, true, 6}, SRTP_OK},
		{{7, 4, 0, true, true, 5}, {7, 3, 9, true, true, 6}, SRTP_STATE_BACKWARDS},
		{{7, 4, 0, true, true, 6}, {7, 4, 0, true, true, 6}, SRTP_OK},
		{{7, 4, 1, true, true, 1u << 31}, {7, 4, 0, true, true, 6}, SRTP_BAD_LIFETIME},
		{{7, UINT32_MAX, 65535, true, true, INT32_MAX},
			{7, UINT32_MAX, 65535, true, true, INT32_MAX}, SRTP_OK},
		{{7, 0, 0, true, true, 0}, {7, UINT32_MAX, 65535, true, true, INT32_MAX},
			SRTP_STATE_BACKWARDS},
	};

	(void)state;
	for (uint32_t e = 0; e < FIXTURE_ENGINES * 2; e++) {
		const struct srtp_ctx_params params = fixture_params(
			SUITE_AEAD_AES_128_GCM, e % 2 == 0 ? SRTP_PROTECT : SRTP_UNPROTECT);
		struct srtp_ctx *ctx = fixture_ctx(fixture_engines[e / 2], &params);
		struct srtp_ssrc_state got;

		/* nothing to take over makes no SSRC */
		assert_int_equal(
			srtp_ctx_set_ssrc(ctx, &(struct srtp_ssrc_state){.ssrc = 7}), SRTP_OK);
		assert_int_equal(srtp_ctx_ssrc_count(ctx), 0);
		for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			memset(&got, 0, sizeof(got));
			if (srtp_ctx_set_ssrc(ctx, &steps[i].set) != steps[i].want)
				fail_msg("step %u", i);
			assert_int_equal(srtp_ctx_get_ssrc(ctx, 7, &got), SRTP_OK);
			assert_memory_equal(&got, &steps[i].get, sizeof(got));
			assert_int_equal(srtp_ctx_ssrc_count(ctx), 1);
			assert_int_equal(srtp_ctx_get_ssrc_at(ctx, 0, &got), SRTP_OK);
			assert_memory_equal(&got, &steps[i].get, sizeof(got));
		}
		memset(&got, 0x77, sizeof(got));
		assert_int_equal(srtp_ctx_get_ssrc(ctx, 8, &got), SRTP_NO_SUCH_SSRC);
		assert_int_equal(srtp_ctx_get_ssrc_at(ctx, 1, &got), SRTP_NO_SUCH_SSRC);
		assert_int_equal(got.ssrc, 0x77777777);
		srtp_ctx_destroy(ctx);
	}
}

static void ssrc_beyond_table_not_made(void **state)
{
	struct srtp_ctx_params params = fixture_params(SUITE_AES_CM_128_HMAC_SHA1_80, SRTP_PROTECT);
	struct srtp_ssrc_state s = {.ssrc = 1, .rtcp_valid = true, .rtcp_index = 1u << 31};
	struct srtp_ctx *ctx = NULL;

	(void)state;
	params.max_ssrc = 2;
	assert_int_equal(srtp_ctx_create(fixture_engines[0], &params, &ctx), SRTP_OK);
	assert_int_equal(srtp_ctx_set_ssrc(ctx, &s), SRTP_BAD_LIFETIME);
	assert_int_equal(srtp_ctx_ssrc_count(ctx), 0);
	for (s = (struct srtp_ssrc_state){.ssrc = 0, .rtp_valid = true}; s.ssrc < 4; s.ssrc++)
		assert_int_equal(srtp_ctx_set_ssrc(ctx, &s), s.ssrc < 2 ? SRTP_OK : SRTP_NO_STREAM);
	assert_int_equal(srtp_ctx_ssrc_count(ctx), 2);
	srtp_ctx_destroy(ctx);
}

/* A context of the same key that goes on where 'old' is. */
static struct srtp_ctx *take_over(
	struct srtp_engine *engine, const struct srtp_ctx *old, struct srtp_ctx_params params)
{
	struct fixture_look look = fixture_look(old);
	struct srtp_ctx *ctx;

	params.rtp_used = look.rtp_used;
	params.rtcp_used = look.rtcp_used;
	ctx = fixture_ctx(engine, &params);
	for (uint32_t i = 0; i < look.n_ssrc; i++)
		assert_int_equal(srtp_ctx_set_ssrc(ctx, &look.ssrcs[i]), SRTP_OK);
	return ctx;
}

/* Packet k is of one of three SSRCs and of either kind; sequences wrap. */
static struct srtp_pkt take_pkt(uint8_t *buf, uint32_t k)
{
	return fixture_pkt(buf, k % 2, k / 2 % 3, (uint16_t)(65530 + k / 6));
}

/* Protects packet k, and verifies a copy of it. */
static void pass(struct srtp_engine *engine, struct srtp_ctx *const ctx[2], uint32_t k,
	struct srtp_pkt *sent)
{
	uint8_t copy[FIXTURE_ROOM];
	struct srtp_pkt pkt;

	*sent = take_pkt(sent->data, k);
	assert_int_equal(fixture_run_one(engine, ctx[0], SRTP_PROTECT, sent), SRTP_OK);
	memcpy(copy, sent->data, sent->len);
	pkt = *sent;
	pkt.data = copy;
	assert_int_equal(fixture_run_one(engine, ctx[1], SRTP_UNPROTECT, &pkt), SRTP_OK);
}

/* What the old contexts did is refused by the new; what comes next is the same of both. */
static void check_takeover(struct srtp_engine *engine, enum suite_id suite)
{
	enum { TAKEN = 120, ALL = TAKEN + 6 };
	static uint8_t bufs[ALL + 1][FIXTURE_ROOM];
	const struct srtp_ctx_params params[2] = {
		fixture_params(suite, SRTP_PROTECT), fixture_params(suite, SRTP_UNPROTECT)};
	struct srtp_ctx *old[2], *new[2];
	struct srtp_pkt sent[ALL], pkt;

	for (uint32_t k = 0; k < ALL; k++)
		sent[k].data = bufs[k];
	for (uint32_t d = 0; d < 2; d++)
		old[d] = fixture_ctx(engine, &params[d]);
	for (uint32_t k = 0; k < TAKEN; k++)
		pass(engine, old, k, &sent[k]);
	for (uint32_t d = 0; d < 2; d++)
		new[d] = take_over(engine, old[d], params[d]);
	for (uint32_t k = 0; k < TAKEN; k++) {
		pkt = take_pkt(bufs[ALL], k);
		if (pkt.kind == SRTP_RTP)
			assert_int_equal(
				fixture_run_one(engine, new[0], SRTP_PROTECT, &pkt), SRTP_REPLAYED);
		assert_int_equal(
			fixture_run_one(engine, new[1], SRTP_UNPROTECT, &sent[k]), SRTP_REPLAYED);
	}
	for (uint32_t k = TAKEN; k < ALL; k++) {
		pass(engine, new, k, &sent[k]);
		pkt.data = bufs[ALL];
		pass(engine, old, k, &pkt);
		assert_int_equal(pkt.len, sent[k].len);
		assert_memory_equal(bufs[ALL], bufs[k], pkt.len);
	}
	for (uint32_t d = 0; d < 2; d++) {
		struct fixture_look was = fixture_look(old[d]), is = fixture_look(new[d]);

		assert_memory_equal(&is, &was, sizeof(is));
		assert_int_equal(is.rtp_used, ALL / 2);
		srtp_ctx_destroy(old[d]);
		srtp_ctx_destroy(new[d]);
	}
}

static void takeover_of_all_state_refuses_old_goes_on_same(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES; i++)
		check_takeover(fixture_engines[i % FIXTURE_ENGINES], i / FIXTURE_ENGINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(params_each_wrong_named_and_nothing_made),
		cmocka_unit_test(null_arguments_named),
		cmocka_unit_test(session_keys_derived_elsewhere_do_as_master),
		cmocka_unit_test(key_is_the_same_whatever_the_tag),
		cmocka_unit_test(memory_of_told_size_used_whole_and_wiped),
		cmocka_unit_test(memory_misaligned_refused),
		cmocka_unit_test(context_of_one_ssrc_small),
		cmocka_unit_test(zero_params_mean_defaults),
		cmocka_unit_test(state_set_any_way_but_backwards_told_again),
		cmocka_unit_test(ssrc_beyond_table_not_made),
		cmocka_unit_test(takeover_of_all_state_refuses_old_goes_on_same),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
