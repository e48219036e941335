/* SPDX-License-Identifier: BSD-3-Clause */
/* Where things end: the lifetime of a key, the last index, the longest packet, the SSRC table,
 * the MKI; and where SRTCP's index begins. On both backends, alone and in bursts. */
#include "srtp_burst.h"

#include "fixture.h"
#include "rtp_header.h"

enum {
	LEN = FIXTURE_LEN,
	ROOM = FIXTURE_ROOM,
	SSRC = 9,
	CASES = FIXTURE_ENGINES * SUITE_COUNT * 2, /* engines, suites, kinds */
	N = 20,                                    /* packets in a row */
};

/* Case i of CASES. */
struct here {
	struct srtp_engine *engine;
	const struct suite *suite;
	enum srtp_kind kind;
};

static struct here case_of(uint32_t i)
{
	return (struct here){fixture_engines[i % FIXTURE_ENGINES],
		suite_get(i / FIXTURE_ENGINES % SUITE_COUNT), i / FIXTURE_ENGINES / SUITE_COUNT};
}

static struct srtp_ctx *make_ctx(const struct here *h, enum srtp_direction direction)
{
	const struct srtp_ctx_params params = fixture_params(h->suite->id, direction);

	return fixture_ctx(h->engine, &params);
}

/* 'n' packets from the sequence on, plain; or protected, by a context set to 'before'. */
static void make_row(const struct here *h, enum srtp_direction direction, uint16_t seq,
	const struct srtp_ssrc_state *before, struct srtp_pkt *pkts, uint8_t (*bufs)[ROOM])
{
	struct srtp_ctx *tx = make_ctx(h, SRTP_PROTECT);

	if (before != NULL)
		assert_int_equal(srtp_ctx_set_ssrc(tx, before), SRTP_OK);
	for (uint32_t k = 0; k < N; k++) {
		pkts[k] = fixture_pkt(bufs[k], h->kind, SSRC, (uint16_t)(seq + k));
		if (direction == SRTP_UNPROTECT)
			(void)fixture_run_one(h->engine, tx, SRTP_PROTECT, &pkts[k]);
	}
	srtp_ctx_destroy(tx);
}

/* Through one context, as one burst or one by one. */
static void run_row(const struct here *h, struct srtp_ctx *ctx, enum srtp_direction direction,
	struct srtp_pkt *pkts, bool burst)
{
	for (uint32_t k = 0; k < N; k++)
		pkts[k].ctx = ctx;
	for (uint32_t k = 0; k < N; k += burst ? N : 1)
		fixture_run(h->engine, direction, &pkts[k], burst ? N : 1);
}

static void check_lifetime(const struct here *h, enum srtp_direction direction, bool burst,
	uint32_t used, uint32_t lifetime)
{
	struct srtp_ctx_params params = fixture_params(h->suite->id, direction);
	uint32_t left = used < lifetime ? lifetime - used : 0;
	uint64_t *rtp[] = {&params.rtp_lifetime, &params.rtp_used};
	uint64_t *rtcp[] = {&params.rtcp_lifetime, &params.rtcp_used};
	uint64_t **fields = h->kind == SRTP_RTP ? rtp : rtcp;
	uint8_t bufs[N][ROOM], was[N][ROOM];
	struct srtp_ctx_usage usage;
	struct srtp_pkt pkts[N];
	struct srtp_ctx *ctx;

	*fields[0] = lifetime;
	*fields[1] = used;
	ctx = fixture_ctx(h->engine, &params);
	make_row(h, direction, 1, NULL, pkts, bufs);
	memcpy(was, bufs, sizeof(was));
	run_row(h, ctx, direction, pkts, burst);
	for (uint32_t k = 0; k < N; k++) {
		assert_int_equal(pkts[k].status, k < left ? SRTP_OK : SRTP_KEY_USED_UP);
		assert_int_equal(pkts[k].soft_limit, used + k >= lifetime - lifetime / 8);
		if (k >= left)
			assert_memory_equal(bufs[k], was[k], pkts[k].len);
	}
	srtp_ctx_get_usage(ctx, &usage);
	assert_int_equal(h->kind == SRTP_RTP ? usage.rtp_used : usage.rtcp_used, used + left);
	assert_int_equal(h->kind == SRTP_RTP ? usage.rtp_limit : usage.rtcp_limit, lifetime);
	assert_int_equal(h->kind == SRTP_RTP ? usage.rtcp_used : usage.rtp_used, 0);
	assert_true(usage.soft_limit_reached);
	srtp_ctx_destroy(ctx);
}

static void key_at_end_of_life_warns_then_refuses(void **state)
{
	static const struct {
		uint32_t used, lifetime;
	} rows[] = {{0, 16}, {0, 1}, {0, 8}, {13, 16}, {14, 16}, {15, 16}, {16, 16}, {30, 16}};

	(void)state;
	for (uint32_t i = 0; i < CASES * 4; i++) {
		const struct here h = case_of(i % CASES);

		for (uint32_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
			check_lifetime(&h, SRTP_PROTECT + i / CASES % 2, i / CASES / 2,
				rows[r].used, rows[r].lifetime);
	}
}

/* Forged packets and copies do not use a key up. */
static void refused_packets_not_counted(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CASES; i++) {
		const struct here h = case_of(i);
		struct srtp_ctx_params params = fixture_params(h.suite->id, SRTP_UNPROTECT);
		uint8_t bufs[N][ROOM], copies[N][ROOM];
		struct srtp_pkt pkts[N], again[N];
		struct srtp_ctx *rx;

		params.rtp_lifetime = N;
		params.rtcp_lifetime = N;
		rx = fixture_ctx(h.engine, &params);
		make_row(&h, SRTP_UNPROTECT, 1, NULL, pkts, bufs);
		for (uint32_t k = 0; k < 4 * N; k++) {
			memcpy(copies, bufs, sizeof(copies));
			for (uint32_t j = 0; j < N; j++) {
				again[j] = pkts[j];
				again[j].data = copies[j];
				copies[j][LEN - 1] ^= k < 2 * N;
			}
			run_row(&h, rx, SRTP_UNPROTECT, again, k % 2 == 0);
			for (uint32_t j = 0; j < N && k <= 2 * N; j++)
				assert_int_equal(
					again[j].status, k < 2 * N ? SRTP_TAG_MISMATCH : SRTP_OK);
		}
		srtp_ctx_destroy(rx);
	}
}

/* The last index is used, what would come after it is refused; 'before' is two before it. */
static void check_last_index(const struct here *h, enum srtp_direction direction, bool burst)
{
	const struct srtp_ssrc_state before = {.ssrc = SSRC,
		.rtp_valid = true,
		.roc = UINT32_MAX,
		.seq = UINT16_MAX - 2,
		.rtcp_valid = true,
		.rtcp_index = (uint32_t)INT32_MAX - 2};
	struct srtp_ctx *ctx = make_ctx(h, direction);
	struct srtp_ssrc_state after;
	uint8_t bufs[N][ROOM];
	struct srtp_pkt pkts[N];

	make_row(h, direction, UINT16_MAX - 1, &before, pkts, bufs);
	assert_int_equal(srtp_ctx_set_ssrc(ctx, &before), SRTP_OK);
	run_row(h, ctx, direction, pkts, burst);
	assert_int_equal(pkts[0].status, SRTP_OK);
	assert_int_equal(pkts[1].status, SRTP_OK);
	for (uint32_t k = 2; k < N; k++) {
		/* what no sender makes: SRTP of sequence 0, SRTCP that is not protected */
		bool forged_rtcp = h->kind == SRTP_RTCP && direction == SRTP_UNPROTECT;

		if (!forged_rtcp)
			assert_int_equal(pkts[k].status, SRTP_KEY_USED_UP);
		else
			assert_int_not_equal(pkts[k].status, SRTP_OK);
	}
	assert_int_equal(srtp_ctx_get_ssrc(ctx, SSRC, &after), SRTP_OK);
	assert_int_equal(after.roc, UINT32_MAX);
	assert_int_equal(after.seq, h->kind == SRTP_RTP ? UINT16_MAX : before.seq);
	assert_int_equal(
		after.rtcp_index, h->kind == SRTP_RTCP ? (uint32_t)INT32_MAX : before.rtcp_index);
	srtp_ctx_destroy(ctx);
}

static void last_index_used_then_no_more(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CASES * 4; i++) {
		const struct here h = case_of(i % CASES);

		check_last_index(&h, SRTP_PROTECT + i / CASES % 2, i / CASES / 2);
	}
}

/* Where MKI and SRTCP's index word lie in a protected packet, and that both are checked. */
static void check_trailer(const struct here *h, uint32_t mki_len)
{
	static const uint8_t mki[] = {0xc1, 0xc2, 0xc3, 0xc4};
	struct srtp_ctx_params params = fixture_params(h->suite->id, SRTP_PROTECT);
	uint32_t tag_len = h->kind == SRTP_RTP ? h->suite->rtp_tag_len : h->suite->aead ? 16 : 10;
	uint32_t word_len = h->kind == SRTP_RTP ? 0 : 4;
	uint32_t word_at = LEN + (h->suite->aead ? 16 : 0);
	struct srtp_ctx *tx, *rx, *other;
	uint8_t buf[ROOM], copy[ROOM];
	struct srtp_pkt pkt;

	params.mki_len = (uint8_t)mki_len;
	tx = fixture_ctx(h->engine, &params);
	params.direction = SRTP_UNPROTECT;
	rx = fixture_ctx(h->engine, &params);
	params.mki[mki_len == 0 ? 0 : mki_len - 1] ^= 0x10;
	other = fixture_ctx(h->engine, &params);
	assert_int_equal(
		srtp_ctx_trailer_len(tx, h->kind == SRTP_RTCP), tag_len + word_len + mki_len);
	for (uint32_t k = 0; k < 3; k++) {
		pkt = fixture_pkt(buf, h->kind, SSRC, (uint16_t)k);
		assert_int_equal(fixture_run_one(h->engine, tx, SRTP_PROTECT, &pkt), SRTP_OK);
		assert_int_equal(pkt.len, LEN + tag_len + word_len + mki_len);
		assert_memory_equal(buf + word_at + word_len, mki, mki_len);
		if (h->kind == SRTP_RTCP) /* the first index is 0; E bit */
			assert_int_equal(rtp_header_load32(buf + word_at), 0x80000000 + k);
		memcpy(copy, buf, ROOM);
		assert_int_equal(fixture_run_one(h->engine, other, SRTP_UNPROTECT, &pkt),
			mki_len == 0 ? SRTP_OK : SRTP_WRONG_MKI);
		memcpy(buf, copy, ROOM);
		pkt.len = LEN + tag_len + word_len + mki_len;
		assert_int_equal(fixture_run_one(h->engine, rx, SRTP_UNPROTECT, &pkt), SRTP_OK);
		assert_int_equal(pkt.len, LEN);
	}
	srtp_ctx_destroy(tx);
	srtp_ctx_destroy(rx);
	srtp_ctx_destroy(other);
}

static void trailer_with_mki_of_each_length_as_rfc(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CASES; i++) {
		const struct here h = case_of(i);

		for (uint32_t mki_len = 0; mki_len <= SRTP_MKI_MAX; mki_len++)
			check_trailer(&h, mki_len);
	}
}

static void longest_packet_passes_one_more_refused(void **state)
{
	static uint8_t buf[RTP_PACKET_MAX + 64], plain[sizeof(buf)];

	(void)state;
	for (uint32_t i = 0; i < CASES; i++) {
		const struct here h = case_of(i);
		struct srtp_ctx *tx = make_ctx(&h, SRTP_PROTECT),
				*rx = make_ctx(&h, SRTP_UNPROTECT);
		uint32_t most = RTP_PACKET_MAX - srtp_ctx_trailer_len(tx, h.kind == SRTP_RTCP);
		struct srtp_pkt pkt;

		memset(buf, 0x42, sizeof(buf));
		pkt = fixture_pkt(buf, h.kind, SSRC, 1);
		memcpy(plain, buf, sizeof(buf));
		pkt.room = sizeof(buf);
		pkt.len = most + 1;
		assert_int_equal(
			fixture_run_one(h.engine, tx, SRTP_PROTECT, &pkt), SRTP_BAD_LENGTH);
		pkt.len = most;
		pkt.room = RTP_PACKET_MAX - 1;
		assert_int_equal(fixture_run_one(h.engine, tx, SRTP_PROTECT, &pkt), SRTP_NO_ROOM);
		pkt.room = RTP_PACKET_MAX;
		assert_int_equal(fixture_run_one(h.engine, tx, SRTP_PROTECT, &pkt), SRTP_OK);
		assert_int_equal(pkt.len, RTP_PACKET_MAX);

		pkt.room = sizeof(buf);
		pkt.len = RTP_PACKET_MAX + 1;
		assert_int_equal(
			fixture_run_one(h.engine, rx, SRTP_UNPROTECT, &pkt), SRTP_BAD_LENGTH);
		pkt.len = UINT32_MAX;
		pkt.room = UINT32_MAX;
		assert_int_equal(
			fixture_run_one(h.engine, rx, SRTP_UNPROTECT, &pkt), SRTP_BAD_LENGTH);
		pkt.len = RTP_PACKET_MAX;
		assert_int_equal(fixture_run_one(h.engine, rx, SRTP_UNPROTECT, &pkt), SRTP_OK);
		assert_int_equal(pkt.len, most);
		assert_memory_equal(buf, plain, most);
		srtp_ctx_destroy(tx);
		srtp_ctx_destroy(rx);
	}
}

/* As many SSRCs as the table has places, and no more; each goes on when the table is full. */
static void ssrc_table_of_each_size_holds_so_many(void **state)
{
	static const uint16_t sizes[][2] = {{0, SRTP_SSRC_DEFAULT}, {1, 1}, {2, 2}, {64, 64}};

	(void)state;
	for (uint32_t i = 0; i < CASES * 4; i++) {
		const struct here h = case_of(i % CASES);
		struct srtp_ctx_params params = fixture_params(h.suite->id, SRTP_PROTECT);
		struct srtp_ctx *tx, *rx;
		uint8_t buf[ROOM];

		params.max_ssrc = sizes[i / CASES][0];
		tx = fixture_ctx(h.engine, &params);
		params.direction = SRTP_UNPROTECT;
		rx = fixture_ctx(h.engine, &params);
		for (uint32_t k = 0; k < 3 * 66; k++) {
			bool fits = k % 66 < sizes[i / CASES][1];
			struct srtp_pkt pkt =
				fixture_pkt(buf, h.kind, 1000 + k % 66, (uint16_t)(k / 66));

			assert_int_equal(fixture_run_one(h.engine, tx, SRTP_PROTECT, &pkt),
				fits ? SRTP_OK : SRTP_NO_STREAM);
			if (fits)
				assert_int_equal(
					fixture_run_one(h.engine, rx, SRTP_UNPROTECT, &pkt),
					SRTP_OK);
		}
		assert_int_equal(srtp_ctx_ssrc_count(tx), sizes[i / CASES][1]);
		assert_int_equal(srtp_ctx_ssrc_count(rx), sizes[i / CASES][1]);
		srtp_ctx_destroy(tx);
		srtp_ctx_destroy(rx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_at_end_of_life_warns_then_refuses),
		cmocka_unit_test(refused_packets_not_counted),
		cmocka_unit_test(last_index_used_then_no_more),
		cmocka_unit_test(trailer_with_mki_of_each_length_as_rfc),
		cmocka_unit_test(longest_packet_passes_one_more_refused),
		cmocka_unit_test(ssrc_table_of_each_size_holds_so_many),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
