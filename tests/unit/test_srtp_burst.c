/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts are what their packets one by one would be: of any size, of mixed suites, with copies,
 * wraps and jumps within; and packets of every shape pass. On both backends. */
#include "srtp_burst.h"

#include "fixture.h"

#include <endian.h>
#include <stdlib.h>

enum {
	LEN = FIXTURE_LEN,
	ROOM = FIXTURE_ROOM,
	BURST_MAX = 200,
	TRAILER_MAX = 4 + SUITE_TAG_MAX,
	PAYLOAD_MAX = 180,
};

static struct srtp_ctx *make_ctx(
	struct srtp_engine *engine, enum suite_id suite, enum srtp_direction direction)
{
	const struct srtp_ctx_params params = fixture_params(suite, direction);

	return fixture_ctx(engine, &params);
}

/* Protects 'n' packets of one SSRC, each in a buffer of ROOM bytes, by a context of their own. */
static void protect_all(
	struct srtp_engine *engine, enum suite_id suite, struct srtp_pkt *pkts, uint32_t n)
{
	struct srtp_ctx *tx = make_ctx(engine, suite, SRTP_PROTECT);

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(fixture_run_one(engine, tx, SRTP_PROTECT, &pkts[i]), SRTP_OK);
	srtp_ctx_destroy(tx);
}

/* A burst of packets without a byte between them. */
struct train {
	struct srtp_pkt pkts[BURST_MAX];
	uint8_t bytes[BURST_MAX * (12 + PAYLOAD_MAX + TRAILER_MAX)];
	uint32_t used;
};

/* Adds a packet of a random length; its room is just enough. */
static void train_add(
	struct train *t, uint32_t i, struct support_rng *rng, struct srtp_ctx *ctx, uint16_t seq)
{
	uint8_t kind = support_chance(rng, 200) ? SRTP_RTCP : SRTP_RTP;
	uint32_t head = kind == SRTP_RTP ? 12 : 8;
	uint32_t len = head + support_below(rng, PAYLOAD_MAX + 1);
	uint8_t *data = t->bytes + t->used;
	uint8_t plain[ROOM];
	struct srtp_pkt pkt = fixture_pkt(plain, kind, 7, seq);

	support_fill(rng, data, len);
	memcpy(data, plain, head);
	pkt.ctx = ctx;
	pkt.data = data;
	pkt.len = len;
	pkt.room = len + srtp_ctx_trailer_len(ctx, kind == SRTP_RTCP);
	t->used += pkt.room;
	t->pkts[i] = pkt;
}

static void train_copy(struct train *to, const struct train *from, struct srtp_ctx *const *ctxs,
	const uint8_t *suites, uint32_t n)
{
	memcpy(to, from, sizeof(*to));
	for (uint32_t i = 0; i < n; i++) {
		to->pkts[i].data = to->bytes + (from->pkts[i].data - from->bytes);
		to->pkts[i].ctx = ctxs[suites[i]];
	}
}

struct mixed {
	struct srtp_engine *engine;
	struct support_rng rng;
	struct srtp_ctx *tx[SUITE_COUNT], *single[SUITE_COUNT], *rx[SUITE_COUNT];
	uint16_t seq;
};

static void check_mixed(struct mixed *m, uint32_t n)
{
	static struct train plain, burst, single;
	uint8_t suites[BURST_MAX];

	plain.used = 0;
	memset(plain.bytes, 0x5a, sizeof(plain.bytes));
	for (uint32_t i = 0; i < n; i++) {
		suites[i] = (uint8_t)support_below(&m->rng, SUITE_COUNT);
		train_add(&plain, i, &m->rng, m->tx[suites[i]], m->seq++);
	}
	train_copy(&burst, &plain, m->tx, suites, n);
	train_copy(&single, &plain, m->single, suites, n);
	fixture_run(m->engine, SRTP_PROTECT, burst.pkts, n);
	for (uint32_t i = 0; i < n; i++) {
		fixture_run(m->engine, SRTP_PROTECT, &single.pkts[i], 1);
		assert_int_equal(burst.pkts[i].status, SRTP_OK);
		assert_int_equal(burst.pkts[i].len, burst.pkts[i].room);
		assert_int_equal(single.pkts[i].len, burst.pkts[i].len);
		burst.pkts[i].ctx = m->rx[suites[i]];
	}
	assert_memory_equal(burst.bytes, single.bytes, sizeof(burst.bytes));

	fixture_run(m->engine, SRTP_UNPROTECT, burst.pkts, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(burst.pkts[i].status, SRTP_OK);
		assert_int_equal(burst.pkts[i].len, plain.pkts[i].len);
		assert_memory_equal(burst.pkts[i].data, plain.pkts[i].data, plain.pkts[i].len);
	}
}

static void burst_of_mixed_suites_any_size_as_one_by_one(void **state)
{
	static const uint32_t sizes[] = {1, 2, 3, 16, 63, 64, 65, 127, 128, 129, 200};

	(void)state;
	for (uint32_t e = 0; e < FIXTURE_ENGINES; e++) {
		struct mixed m = {.engine = fixture_engines[e], .rng = {42}};

		for (uint32_t s = 0; s < SUITE_COUNT; s++) {
			m.tx[s] = make_ctx(m.engine, s, SRTP_PROTECT);
			m.single[s] = make_ctx(m.engine, s, SRTP_PROTECT);
			m.rx[s] = make_ctx(m.engine, s, SRTP_UNPROTECT);
		}
		for (uint32_t round = 0; round < 3; round++)
			for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
				check_mixed(&m, sizes[i]);
		for (uint32_t s = 0; s < SUITE_COUNT; s++) {
			srtp_ctx_destroy(m.tx[s]);
			srtp_ctx_destroy(m.single[s]);
			srtp_ctx_destroy(m.rx[s]);
		}
	}
}

/* Runs the packets as one burst through a new context, and each alone through another; both
 * must accept the same, end in the same state, and leave refused bytes alone. */
static uint32_t check_against_single(struct srtp_engine *engine, enum suite_id suite,
	const struct srtp_pkt *sent, uint32_t n, const struct srtp_ssrc_state *before)
{
	static uint8_t bufs[2][BURST_MAX][ROOM];
	struct srtp_pkt pkts[2][BURST_MAX];
	struct fixture_look looks[2];
	struct srtp_ctx *rx[2];
	uint32_t accepted = 0;

	for (uint32_t k = 0; k < 2; k++) {
		rx[k] = make_ctx(engine, suite, SRTP_UNPROTECT);
		if (before != NULL)
			assert_int_equal(srtp_ctx_set_ssrc(rx[k], before), SRTP_OK);
		for (uint32_t i = 0; i < n; i++) {
			pkts[k][i] = sent[i];
			pkts[k][i].data = memcpy(bufs[k][i], sent[i].data, ROOM);
			pkts[k][i].ctx = rx[k];
		}
		for (uint32_t i = 0; i < n; i += k == 0 ? n : 1)
			fixture_run(engine, SRTP_UNPROTECT, &pkts[k][i], k == 0 ? n : 1);
		looks[k] = fixture_look(rx[k]);
		srtp_ctx_destroy(rx[k]);
	}
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(pkts[0][i].status == SRTP_OK, pkts[1][i].status == SRTP_OK);
		assert_memory_equal(bufs[0][i], bufs[1][i], ROOM);
		assert_int_equal(pkts[0][i].len, pkts[1][i].len);
		accepted += pkts[0][i].status == SRTP_OK;
		if (pkts[0][i].status != SRTP_OK)
			assert_memory_equal(bufs[0][i], sent[i].data, sent[i].len);
	}
	assert_memory_equal(&looks[0], &looks[1], sizeof(looks[0]));
	return accepted;
}

static void copies_in_one_burst_exactly_one_accepted(void **state)
{
	uint8_t bufs[12][ROOM];
	struct srtp_pkt sent[12], burst[60];

	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES; i++) {
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];

		for (uint32_t k = 0; k < 12; k++)
			sent[k] = fixture_pkt(bufs[k], k % 4 == 3, 9, (uint16_t)(500 + k));
		protect_all(engine, i / FIXTURE_ENGINES, sent, 12);
		for (uint32_t k = 0; k < 60; k++)
			burst[k] = sent[k * 7 % 12];
		assert_int_equal(
			check_against_single(engine, i / FIXTURE_ENGINES, burst, 60, NULL), 12);
	}
}

static void copies_to_protect_in_one_burst_one_sent(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES; i++) {
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		struct srtp_ctx *tx = make_ctx(engine, i / FIXTURE_ENGINES, SRTP_PROTECT);
		uint8_t bufs[3][ROOM];
		struct srtp_pkt pkts[3];

		for (uint32_t k = 0; k < 3; k++) {
			pkts[k] = fixture_pkt(bufs[k], SRTP_RTP, 9, 500);
			pkts[k].ctx = tx;
		}
		fixture_run(engine, SRTP_PROTECT, pkts, 3);
		assert_int_equal(pkts[0].status, SRTP_OK);
		assert_int_equal(pkts[1].status, SRTP_REPLAYED);
		assert_int_equal(pkts[2].status, SRTP_REPLAYED);
		assert_int_equal(fixture_look(tx).rtp_used, 1);
		srtp_ctx_destroy(tx);
	}
}

/* A context has room for four SSRCs; packets of seven come, forged ones of others between. */
static void table_filled_within_burst_rest_refused(void **state)
{
	uint8_t bufs[28][ROOM];
	struct srtp_pkt sent[28];

	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES; i++) {
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		enum suite_id suite = i / FIXTURE_ENGINES;

		for (uint32_t k = 0; k < 28; k++) {
			sent[k] = fixture_pkt(bufs[k], k / 7 % 2, k % 7, (uint16_t)(k / 14));
			protect_all(engine, suite, &sent[k], 1);
			if (k % 7 == 2)
				bufs[k][20] ^= 1;
		}
		/* SSRCs 0, 1, 3 and 4 by two SRTP and one SRTCP packet: the other is a copy */
		assert_int_equal(check_against_single(engine, suite, sent, 28, NULL), 4 * 3);
	}
}

static void new_ssrc_wrapping_in_first_burst_accepted_whole(void **state)
{
	uint8_t bufs[BURST_MAX][ROOM];
	struct srtp_pkt sent[BURST_MAX];

	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES * 3; i++) {
		static const uint32_t sizes[] = {2, 64, BURST_MAX};
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		enum suite_id suite = i / FIXTURE_ENGINES % SUITE_COUNT;
		uint32_t n = sizes[i / FIXTURE_ENGINES / SUITE_COUNT];

		for (uint32_t k = 0; k < n; k++)
			sent[k] = fixture_pkt(bufs[k], SRTP_RTP, 9, (uint16_t)(65536 - n / 2 + k));
		protect_all(engine, suite, sent, n);
		assert_int_equal(check_against_single(engine, suite, sent, n, NULL), n);
	}
}

/* The sender steps by 20,000; of its packets some are lost, so the receiver sees jumps of
 * 20,000, 40,000 and more, which mean another ROC than the step alone would tell. */
static void jumps_within_burst_accepted_as_one_by_one(void **state)
{
	struct support_rng rng = {.state = 40000};
	struct srtp_pkt sent[48], got[48];
	uint8_t bufs[48][ROOM];
	uint32_t all = 0;

	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES * 8; i++) {
		const struct srtp_ssrc_state before = {.ssrc = 9, .rtp_valid = true, .seq = 100};
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		enum suite_id suite = i / FIXTURE_ENGINES % SUITE_COUNT;
		uint32_t n = 0;

		for (uint32_t k = 0; k < 48; k++)
			sent[k] = fixture_pkt(
				bufs[k], SRTP_RTP, 9, (uint16_t)(101 + k / 2 * 20000 + k % 2));
		protect_all(engine, suite, sent, 48);
		for (uint32_t k = 0; k < 48; k++)
			if (i < 16 || support_chance(&rng, 500))
				got[n++] = sent[k];
		all = check_against_single(engine, suite, got, n, i % 3 == 0 ? &before : NULL);
		if (i < 16)
			assert_int_equal(all, 48);
	}
}

/* Fills in CSRCs and, if 'words' is not negative, an extension of so many words. */
static struct srtp_pkt shaped(
	uint8_t *buf, uint32_t csrcs, int32_t words, bool padding, uint32_t payload)
{
	struct srtp_pkt pkt = fixture_pkt(buf, SRTP_RTP, 9, 1);
	uint32_t len = 12 + 4 * csrcs;

	memset(buf + 12, 0x42, 244);
	buf[0] = (uint8_t)(0x80 | (padding ? 0x20 : 0) | (words >= 0 ? 0x10 : 0) | csrcs);
	if (words >= 0) {
		buf[len + 2] = (uint8_t)(words >> 8);
		buf[len + 3] = (uint8_t)words;
		len += 4 + 4 * (uint32_t)words;
	}
	pkt.len = len + payload;
	pkt.room = 512;
	return pkt;
}

struct pair {
	struct srtp_engine *engine;
	struct srtp_ctx *tx, *rx;
	uint16_t seq;
};

/* Protects and unprotects; the header stays in clear, the payload does not. */
static void check_shape(struct pair *p, uint32_t csrcs, int32_t words, uint32_t shape)
{
	static const uint32_t payloads[] = {0, 1, 15, 16, 17, 100};
	uint32_t payload = payloads[shape / 2];
	uint8_t buf[512] = {0}, plain[512];
	struct srtp_pkt pkt = shaped(buf, csrcs, words, shape % 2 == 1, payload);
	uint32_t len = pkt.len;

	buf[2] = (uint8_t)(++p->seq >> 8);
	buf[3] = (uint8_t)p->seq;
	memcpy(plain, buf, len);
	assert_int_equal(fixture_run_one(p->engine, p->tx, SRTP_PROTECT, &pkt), SRTP_OK);
	assert_int_equal(pkt.len, len + srtp_ctx_trailer_len(p->tx, false));
	assert_memory_equal(buf, plain, len - payload);
	if (payload >= 15)
		assert_memory_not_equal(buf + len - payload, plain + len - payload, payload);
	assert_int_equal(fixture_run_one(p->engine, p->rx, SRTP_UNPROTECT, &pkt), SRTP_OK);
	assert_int_equal(pkt.len, len);
	assert_memory_equal(buf, plain, len);
}

static void packet_of_any_shape_passes(void **state)
{
	static const int32_t words[] = {-1, 0, 1, 9};

	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES; i++) {
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		struct pair p = {engine, make_ctx(engine, i / FIXTURE_ENGINES, SRTP_PROTECT),
			make_ctx(engine, i / FIXTURE_ENGINES, SRTP_UNPROTECT), 0};

		for (uint32_t csrcs = 0; csrcs < 16; csrcs++)
			for (uint32_t k = 0; k < 4 * 12; k++)
				check_shape(&p, csrcs, words[k / 12], k % 12);
		srtp_ctx_destroy(p.tx);
		srtp_ctx_destroy(p.rx);
	}
}

/* Of 'words' words, but cut a byte short, or with a length that runs far past the packet. */
static void extension_past_end_refused(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SUITE_COUNT * FIXTURE_ENGINES * 2; i++) {
		struct srtp_engine *engine = fixture_engines[i % FIXTURE_ENGINES];
		enum srtp_direction direction = i % 4 < 2 ? SRTP_PROTECT : SRTP_UNPROTECT;
		struct srtp_ctx *ctx = make_ctx(engine, i / 4, direction);
		uint32_t trailer = direction == SRTP_PROTECT ? 0 : srtp_ctx_trailer_len(ctx, false);
		uint8_t buf[512];

		for (uint32_t csrcs = 0; csrcs < 16; csrcs++)
			for (uint32_t cut = 1; cut <= 8; cut++) {
				struct srtp_pkt pkt = shaped(buf, csrcs, 1, false, trailer - cut);

				assert_int_equal(fixture_run_one(engine, ctx, direction, &pkt),
					SRTP_BAD_LENGTH);
				pkt = shaped(buf, csrcs, 1, false, trailer);
				buf[12 + 4 * csrcs + 2] = 0xff;
				buf[12 + 4 * csrcs + 3] = 0xff;
				assert_int_equal(fixture_run_one(engine, ctx, direction, &pkt),
					SRTP_BAD_LENGTH);
			}
		srtp_ctx_destroy(ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_of_mixed_suites_any_size_as_one_by_one),
		cmocka_unit_test(copies_in_one_burst_exactly_one_accepted),
		cmocka_unit_test(copies_to_protect_in_one_burst_one_sent),
		cmocka_unit_test(table_filled_within_burst_rest_refused),
		cmocka_unit_test(new_ssrc_wrapping_in_first_burst_accepted_whole),
		cmocka_unit_test(jumps_within_burst_accepted_as_one_by_one),
		cmocka_unit_test(packet_of_any_shape_passes),
		cmocka_unit_test(extension_past_end_refused),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
