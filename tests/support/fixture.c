/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <endian.h>

static const char *const backend_names[FIXTURE_ENGINES] = {"ipsec_mb", "libsrtp2"};

struct srtp_engine *fixture_engines[FIXTURE_ENGINES];

int fixture_open(void **state)
{
	(void)state;
	for (uint32_t e = 0; e < FIXTURE_ENGINES; e++)
		if (srtp_engine_create(backend_names[e], NULL, &fixture_engines[e]) != SRTP_OK)
			return -1;
	return 0;
}

int fixture_close(void **state)
{
	(void)state;
	for (uint32_t e = 0; e < FIXTURE_ENGINES; e++)
		srtp_engine_destroy(fixture_engines[e]);
	return 0;
}

struct srtp_ctx_params fixture_params(enum suite_id suite, enum srtp_direction direction)
{
	static const uint8_t key[SUITE_KEY_MAX] = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 1, 2, 3};
	static const uint8_t salt[SUITE_SALT_MAX] = {0x0e, 0xc6, 0x75, 0xad, 0x49, 4, 5, 6};

	return (struct srtp_ctx_params){
		.suite = suite,
		.direction = direction,
		.master = {key, suite_get(suite)->key_len, salt, suite_get(suite)->salt_len},
		.mki = {0xc1, 0xc2, 0xc3, 0xc4},
	};
}

struct srtp_ctx *fixture_ctx(struct srtp_engine *engine, const struct srtp_ctx_params *params)
{
	struct srtp_ctx *ctx = NULL;

	assert_int_equal(srtp_ctx_create(engine, params, &ctx), SRTP_OK);
	return ctx;
}

struct srtp_pkt fixture_pkt(uint8_t *buf, enum srtp_kind kind, uint32_t ssrc, uint16_t seq)
{
	uint32_t ssrc_be = htobe32(ssrc);

	memset(buf, 0x42, FIXTURE_LEN);
	buf[0] = 0x80;
	buf[1] = kind == SRTP_RTP ? 0 : 200;
	buf[2] = (uint8_t)(seq >> 8);
	buf[3] = (uint8_t)seq;
	memcpy(buf + (kind == SRTP_RTP ? 8 : 4), &ssrc_be, sizeof(ssrc_be));
	return (struct srtp_pkt){
		.data = buf, .len = FIXTURE_LEN, .room = FIXTURE_ROOM, .kind = (uint8_t)kind};
}

void fixture_run(struct srtp_engine *engine, enum srtp_direction direction, struct srtp_pkt *pkts,
	uint32_t n)
{
	if (direction == SRTP_PROTECT)
		assert_int_equal(srtp_burst_protect(engine, pkts, n), SRTP_OK);
	else
		assert_int_equal(srtp_burst_unprotect(engine, pkts, n), SRTP_OK);
}

enum srtp_status fixture_run_one(struct srtp_engine *engine, struct srtp_ctx *ctx,
	enum srtp_direction direction, struct srtp_pkt *pkt)
{
	pkt->ctx = ctx;
	fixture_run(engine, direction, pkt, 1);
	return pkt->status;
}

struct fixture_look fixture_look(const struct srtp_ctx *ctx)
{
	struct fixture_look look;
	struct srtp_ctx_usage usage;

	memset(&look, 0, sizeof(look));
	srtp_ctx_get_usage(ctx, &usage);
	look.n_ssrc = srtp_ctx_ssrc_count(ctx);
	look.rtp_used = usage.rtp_used;
	look.rtcp_used = usage.rtcp_used;
	for (uint32_t i = 0; i < look.n_ssrc && i < FIXTURE_SSRCS; i++)
		assert_int_equal(srtp_ctx_get_ssrc_at(ctx, i, &look.ssrcs[i]), SRTP_OK);
	return look;
}
