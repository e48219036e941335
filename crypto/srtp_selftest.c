/* SPDX-License-Identifier: BSD-3-Clause */
#include "srtp_selftest.h"

#include "rtp_header.h"
#include "srtp_burst.h"
#include "srtp_ctx.h"

enum {
	PER_SUITE = 2, /* an SRTP and an SRTCP packet */
	PACKETS = SUITE_COUNT * PER_SUITE,
	ROOM = SRTP_SELFTEST_RTP_LEN + 32,
};

struct bench {
	struct srtp_ctx *protect[SUITE_COUNT];
	struct srtp_ctx *unprotect[SUITE_COUNT];
	struct srtp_pkt pkts[PACKETS];
	uint8_t data[PACKETS][ROOM];
};

const uint8_t srtp_selftest_key[SUITE_KEY_MAX] = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0,
	0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39, 0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe,
	0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6, 0x17, 0x2b};

const uint8_t srtp_selftest_salt[SUITE_SALT_MAX] = {
	0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6};

/* Payload type 0, sequence 0x1234, SSRC 0xcafebabe. */
const uint8_t srtp_selftest_rtp[SRTP_SELFTEST_RTP_LEN] = {0x80, 0x00, 0x12, 0x34, 0xde, 0xca, 0xfb,
	0xad, 0xca, 0xfe, 0xba, 0xbe, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
	0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13};

/* A sender report without blocks. */
const uint8_t srtp_selftest_rtcp[SRTP_SELFTEST_RTCP_LEN] = {0x80, 0xc8, 0x00, 0x06, 0xca, 0xfe,
	0xba, 0xbe, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
	0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13};

static const uint8_t *plain(uint32_t i)
{
	return i % PER_SUITE == 0 ? srtp_selftest_rtp : srtp_selftest_rtcp;
}

static uint32_t plain_len(uint32_t i)
{
	return i % PER_SUITE == 0 ? SRTP_SELFTEST_RTP_LEN : SRTP_SELFTEST_RTCP_LEN;
}

static const uint8_t *answer(uint32_t i)
{
	const struct srtp_selftest_answer *a = &srtp_selftest_answers[i / PER_SUITE];

	return i % PER_SUITE == 0 ? a->rtp : a->rtcp;
}

/* Takes a stream over just before the indices of the answers. */
static enum srtp_status make_ctx(struct srtp_engine *engine, enum suite_id id,
	enum srtp_direction direction, struct srtp_ctx **ctx)
{
	const struct srtp_ssrc_state before = {
		.ssrc = rtp_header_ssrc(srtp_selftest_rtp),
		.rtp_valid = true,
		.roc = SRTP_SELFTEST_ROC,
		.seq = (uint16_t)(rtp_header_seq(srtp_selftest_rtp) - 1),
		.rtcp_valid = true,
		.rtcp_index = SRTP_SELFTEST_RTCP_INDEX - 1,
	};
	const struct srtp_ctx_params params = {
		.suite = id,
		.direction = direction,
		.master = {srtp_selftest_key, suite_table[id].key_len, srtp_selftest_salt,
			suite_table[id].salt_len},
		.max_ssrc = 1,
	};
	enum srtp_status status = srtp_ctx_create(engine, &params, ctx);

	return status == SRTP_OK ? srtp_ctx_set_ssrc(*ctx, &before) : status;
}

static enum srtp_status make_ctxs(struct srtp_engine *engine, struct bench *b)
{
	enum srtp_status status = SRTP_OK;

	for (uint32_t id = 0; id < SUITE_COUNT && status == SRTP_OK; id++) {
		status = make_ctx(engine, id, SRTP_PROTECT, &b->protect[id]);
		if (status == SRTP_OK)
			status = make_ctx(engine, id, SRTP_UNPROTECT, &b->unprotect[id]);
	}
	return status;
}

static void load(struct bench *b, struct srtp_ctx *const *ctxs)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		b->pkts[i].ctx = ctxs[i / PER_SUITE];
		b->pkts[i].data = b->data[i];
		b->pkts[i].room = ROOM;
		b->pkts[i].kind = i % PER_SUITE == 0 ? SRTP_RTP : SRTP_RTCP;
	}
}

static bool protects(struct srtp_engine *engine, struct bench *b)
{
	load(b, b->protect);
	for (uint32_t i = 0; i < PACKETS; i++) {
		memcpy(b->data[i], plain(i), plain_len(i));
		b->pkts[i].len = plain_len(i);
	}
	if (srtp_burst_protect(engine, b->pkts, PACKETS) != SRTP_OK)
		return false;
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint32_t len =
			plain_len(i) + srtp_ctx_trailer_len(b->pkts[i].ctx, i % PER_SUITE != 0);

		if (b->pkts[i].status != SRTP_OK || b->pkts[i].len != len ||
			memcmp(b->data[i], answer(i), len) != 0)
			return false;
	}
	return true;
}

/* Each packet comes once with a bit wrong, and must stay as it is; then right. */
static bool unprotects(struct srtp_engine *engine, struct bench *b)
{
	static const uint8_t flips[] = {0x80, 0x00};

	load(b, b->unprotect);
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < PACKETS; i++) {
			memcpy(b->data[i], answer(i), b->pkts[i].len);
			b->data[i][plain_len(i) - 1] ^= flips[pass];
		}
		if (srtp_burst_unprotect(engine, b->pkts, PACKETS) != SRTP_OK)
			return false;
		for (uint32_t i = 0; i < PACKETS; i++) {
			b->data[i][plain_len(i) - 1] ^= flips[pass];
			if (b->pkts[i].status != (pass == 0 ? SRTP_TAG_MISMATCH : SRTP_OK) ||
				memcmp(b->data[i], pass == 0 ? answer(i) : plain(i),
					b->pkts[i].len) != 0)
				return false;
		}
	}
	return true;
}

enum srtp_status srtp_selftest_run(struct srtp_engine *engine)
{
	struct bench b = {0};
	enum srtp_status status = make_ctxs(engine, &b);

	if (status == SRTP_OK && !(protects(engine, &b) && unprotects(engine, &b)))
		status = SRTP_SELF_TEST_FAILED;
	for (uint32_t id = 0; id < SUITE_COUNT; id++) {
		srtp_ctx_destroy(b.protect[id]);
		srtp_ctx_destroy(b.unprotect[id]);
	}
	return status;
}
