/* SPDX-License-Identifier: BSD-3-Clause */
/* All ways for a packet to be refused, each by its name, and what a refusal leaves alone: the
 * stream, the packet itself, its neighbours; in both directions, on both backends. Lifetimes and
 * lengths at their limits are in test_srtp_limits.c. */
#include "srtp_burst.h"

#include "backend.h"
#include "fixture.h"

enum {
	LEN = FIXTURE_LEN,
	ROOM = FIXTURE_ROOM,
	MKI_LEN = 3,
	SEEN_SEQ = 5000,
	OLD_SEQ = 100,
	RTP = 1 << SRTP_RTP,
	RTCP = 1 << SRTP_RTCP,
	BOTH = SRTP_PROTECT | SRTP_UNPROTECT,
};

static struct srtp_ctx *make_ctx(
	struct srtp_engine *engine, const struct suite *suite, enum srtp_direction direction)
{
	struct srtp_ctx_params params = fixture_params(suite->id, direction);

	params.mki_len = MKI_LEN;
	params.max_ssrc = 2;
	return fixture_ctx(engine, &params);
}

/* The packets of a bench, as they are before and after protection. */
enum which { FRESH, OLD, SEEN, OTHER, LEFT, RIGHT, WHICH };

static const struct {
	uint32_t ssrc;
	uint16_t seq;
	uint32_t rtcp_index;
} wires[WHICH] = {
	[FRESH] = {1, SEEN_SEQ + 1, 1001},
	[OLD] = {1, OLD_SEQ, 5},
	[SEEN] = {1, SEEN_SEQ, 1000},
	[OTHER] = {3, 1, 1}, /* an SSRC that has no place in the table */
	[LEFT] = {2, 7001, 8},
	[RIGHT] = {2, 7002, 9},
};

/* One suite and kind, in one direction: 'in' is what goes in, 'out' what comes out. */
struct bench {
	struct srtp_engine *engine;
	const struct suite *suite;
	enum srtp_direction direction;
	uint8_t kind;
	struct srtp_ctx *ctx;
	uint32_t in_len, out_len, room;
	uint8_t in[WHICH][ROOM];
	uint8_t out[WHICH][ROOM];
};

static void set_just_before(struct srtp_ctx *ctx, enum which which)
{
	const struct srtp_ssrc_state s = {
		.ssrc = wires[which].ssrc,
		.rtp_valid = true,
		.seq = (uint16_t)(wires[which].seq - 1),
		.rtcp_valid = true,
		.rtcp_index = wires[which].rtcp_index - 1,
	};

	assert_int_equal(srtp_ctx_set_ssrc(ctx, &s), SRTP_OK);
}

/* A context for two SSRCs that has seen all up to SEEN of the one, and before LEFT of the other. */
static void open_ctx(struct bench *b)
{
	b->ctx = make_ctx(b->engine, b->suite, b->direction);
	set_just_before(b->ctx, FRESH);
	set_just_before(b->ctx, LEFT);
}

static void open_bench(struct bench *b)
{
	for (uint32_t w = 0; w < WHICH; w++) {
		struct srtp_ctx *tx = make_ctx(b->engine, b->suite, SRTP_PROTECT);
		bool protect = b->direction == SRTP_PROTECT;
		uint8_t *plain = protect ? b->in[w] : b->out[w];
		uint8_t *sealed = protect ? b->out[w] : b->in[w];
		struct srtp_pkt pkt = fixture_pkt(sealed, b->kind, wires[w].ssrc, wires[w].seq);

		memcpy(plain, sealed, LEN);
		set_just_before(tx, w);
		assert_int_equal(fixture_run_one(b->engine, tx, SRTP_PROTECT, &pkt), SRTP_OK);
		b->in_len = protect ? LEN : pkt.len;
		b->out_len = protect ? pkt.len : LEN;
		b->room = pkt.len;
		srtp_ctx_destroy(tx);
	}
	open_ctx(b);
}

enum place { AT_START, AT_TEXT, AT_WORD, AT_MKI, AT_TAG };

/* A way to spoil a packet. Bits of the byte 'off' from a place are flipped; 'len' if not 0 is
 * the length; 'room' is added to the buffer that just suffices. */
struct refusal {
	const char *what;
	uint8_t directions, kinds;
	uint8_t which; /* enum which */
	uint8_t at;    /* enum place */
	uint8_t off, flip;
	uint32_t len;
	int32_t room;
	enum srtp_status want;
};

static const struct refusal refusals[] = {
	{"empty but one byte", BOTH, RTP | RTCP, FRESH, 0, 0, 0, 1, 0, SRTP_BAD_LENGTH},
	{"header cut", BOTH, RTP | RTCP, FRESH, 0, 0, 0, 7, 0, SRTP_BAD_LENGTH},
	{"CSRCs past the end", BOTH, RTP, FRESH, AT_START, 0, 0x0f, 0, 0, SRTP_BAD_LENGTH},
	{"version 0", BOTH, RTP | RTCP, FRESH, AT_START, 0, 0x80, 0, 0, SRTP_BAD_VERSION},
	{"longer than buffer", BOTH, RTP | RTCP, FRESH, 0, 0, 0, 0, -30, SRTP_NO_ROOM},
	{"longer by 1", SRTP_UNPROTECT, RTP | RTCP, FRESH, 0, 0, 0, 0, -1, SRTP_NO_ROOM},
	{"no room for tag by 1", SRTP_PROTECT, RTP | RTCP, FRESH, 0, 0, 0, 0, -1, SRTP_NO_ROOM},
	{"table full", BOTH, RTP | RTCP, OTHER, 0, 0, 0, 0, 0, SRTP_NO_STREAM},
	{"seen", BOTH, RTP, SEEN, 0, 0, 0, 0, 0, SRTP_REPLAYED},
	{"seen", SRTP_UNPROTECT, RTCP, SEEN, 0, 0, 0, 0, 0, SRTP_REPLAYED},
	{"old", BOTH, RTP, OLD, 0, 0, 0, 0, 0, SRTP_TOO_OLD},
	{"old", SRTP_UNPROTECT, RTCP, OLD, 0, 0, 0, 0, 0, SRTP_TOO_OLD},
	{"tag 3", SRTP_UNPROTECT, RTP | RTCP, FRESH, AT_TAG, 3, 0x80, 0, 0, SRTP_TAG_MISMATCH},
	{"text", SRTP_UNPROTECT, RTP | RTCP, FRESH, AT_TEXT, 0, 0x01, 0, 0, SRTP_TAG_MISMATCH},
	{"type", SRTP_UNPROTECT, RTP | RTCP, FRESH, AT_START, 1, 0x01, 0, 0, SRTP_TAG_MISMATCH},
	{"sequence", SRTP_UNPROTECT, RTP, FRESH, AT_START, 2, 0x20, 0, 0, SRTP_TAG_MISMATCH},
	{"half a ROC", SRTP_UNPROTECT, RTP, FRESH, AT_START, 2, 0x80, 0, 0, SRTP_TAG_MISMATCH},
	{"MKI 0", SRTP_UNPROTECT, RTP | RTCP, FRESH, AT_MKI, 0, 0x01, 0, 0, SRTP_WRONG_MKI},
	{"E bit", SRTP_UNPROTECT, RTCP, FRESH, AT_WORD, 0, 0x80, 0, 0, SRTP_NOT_ENCRYPTED},
	{"index", SRTP_UNPROTECT, RTCP, FRESH, AT_WORD, 2, 0x10, 0, 0, SRTP_TAG_MISMATCH},
};

static uint32_t place_of(const struct bench *b, enum place at)
{
	uint32_t tag_len = b->suite->aead ? SUITE_TAG_MAX : 0; /* before index word and MKI */
	uint32_t word_len = b->kind == SRTP_RTCP ? 4 : 0;

	switch (at) {
	case AT_START:
		return 0;
	case AT_TEXT:
		return LEN - 1;
	case AT_WORD:
		return LEN + tag_len;
	case AT_MKI:
		return LEN + tag_len + word_len;
	case AT_TAG:
		break;
	}
	return b->suite->aead ? LEN : LEN + word_len + MKI_LEN;
}

static struct srtp_pkt good(const struct bench *b, enum which which, uint8_t *buf)
{
	memcpy(buf, b->in[which], b->in_len);
	return (struct srtp_pkt){
		.ctx = b->ctx, .data = buf, .len = b->in_len, .room = b->room, .kind = b->kind};
}

static struct srtp_pkt bad(const struct bench *b, const struct refusal *r, uint8_t *buf)
{
	struct srtp_pkt pkt = good(b, r->which, buf);

	buf[place_of(b, r->at) + r->off] ^= r->flip;
	pkt.len = r->len == 0 ? pkt.len : r->len;
	pkt.room = (uint32_t)((int32_t)pkt.room + r->room);
	return pkt;
}

static void check_good(const struct bench *b, enum which which, const struct srtp_pkt *pkt)
{
	assert_int_equal(pkt->status, SRTP_OK);
	assert_int_equal(pkt->len, b->out_len);
	assert_memory_equal(pkt->data, b->out[which], b->out_len);
}

static void check_bad(const struct bench *b, const struct refusal *r, const struct srtp_pkt *pkt)
{
	uint8_t was[ROOM];
	struct srtp_pkt same = bad(b, r, was);

	if (pkt->status != r->want)
		fail_msg("%s, %s, direction %d, kind %d: %s", r->what, b->suite->name, b->direction,
			b->kind, srtp_status_name(pkt->status));
	assert_int_equal(pkt->len, same.len);
	assert_memory_equal(pkt->data, was, b->in_len);
}

/* Refused alone, then between two that are accepted; then the packet as it should be. */
static void check_refusal(struct bench *b, const struct refusal *r)
{
	struct fixture_look before = fixture_look(b->ctx);
	struct fixture_look after;
	uint8_t bufs[3][ROOM];
	struct srtp_pkt pkts[3] = {[1] = bad(b, r, bufs[1])};

	fixture_run(b->engine, b->direction, &pkts[1], 1);
	check_bad(b, r, &pkts[1]);
	after = fixture_look(b->ctx);
	assert_memory_equal(&after, &before, sizeof(after));

	pkts[0] = good(b, LEFT, bufs[0]);
	pkts[1] = bad(b, r, bufs[1]);
	pkts[2] = good(b, RIGHT, bufs[2]);
	fixture_run(b->engine, b->direction, pkts, 3);
	check_good(b, LEFT, &pkts[0]);
	check_bad(b, r, &pkts[1]);
	check_good(b, RIGHT, &pkts[2]);
	after = fixture_look(b->ctx);
	assert_int_equal(after.n_ssrc, 2);
	assert_memory_equal(&after.ssrcs[0], &before.ssrcs[0], sizeof(after.ssrcs[0]));
	assert_int_equal(after.rtp_used + after.rtcp_used, 2);

	pkts[1] = good(b, FRESH, bufs[1]);
	fixture_run(b->engine, b->direction, &pkts[1], 1);
	check_good(b, FRESH, &pkts[1]);
}

/* Calls 'check' with a bench for every engine, suite, direction and kind. */
static void for_each_bench(void (*check)(struct bench *))
{
	for (uint32_t i = 0; i < FIXTURE_ENGINES * SUITE_COUNT * 4; i++) {
		struct bench b = {
			.engine = fixture_engines[i / 4 % FIXTURE_ENGINES],
			.suite = suite_get(i / 4 / FIXTURE_ENGINES),
			.direction = i % 2 == 0 ? SRTP_PROTECT : SRTP_UNPROTECT,
			.kind = (uint8_t)(i / 2 % 2),
		};

		open_bench(&b);
		check(&b);
		srtp_ctx_destroy(b.ctx);
	}
}

static void check_refusals(struct bench *b)
{
	for (uint32_t r = 0; r < sizeof(refusals) / sizeof(refusals[0]); r++) {
		if ((refusals[r].directions & b->direction) == 0 ||
			(refusals[r].kinds & 1 << b->kind) == 0)
			continue;
		srtp_ctx_destroy(b->ctx);
		open_ctx(b);
		check_refusal(b, &refusals[r]);
	}
}

static void packet_spoilt_in_each_way_refused_by_name_alone(void **state)
{
	(void)state;
	for_each_bench(check_refusals);
}

/* NULL and contexts that are not for this call, between two packets that are. */
static void check_wrong_contexts(struct bench *b)
{
	struct srtp_engine *other = fixture_engines[b->engine == fixture_engines[0]];
	struct srtp_ctx *wrong[] = {
		NULL,
		make_ctx(b->engine, b->suite, BOTH - b->direction),
		make_ctx(other, b->suite, b->direction),
	};
	uint8_t bufs[7][ROOM];
	struct srtp_pkt pkts[7];

	pkts[0] = good(b, LEFT, bufs[0]);
	for (uint32_t i = 1; i < 6; i++)
		pkts[i] = good(b, FRESH, bufs[i]);
	for (uint32_t i = 1; i < 4; i++)
		pkts[i].ctx = wrong[i - 1];
	pkts[4].data = NULL;
	pkts[5].kind = 77;
	pkts[6] = good(b, RIGHT, bufs[6]);
	fixture_run(b->engine, b->direction, pkts, 7);
	check_good(b, LEFT, &pkts[0]);
	check_good(b, RIGHT, &pkts[6]);
	for (uint32_t i = 1; i < 6; i++) {
		assert_int_equal(pkts[i].status, i < 4 ? SRTP_WRONG_CONTEXT : SRTP_BAD_PACKET);
		assert_int_equal(pkts[i].len, b->in_len);
		assert_memory_equal(bufs[i], b->in[FRESH], b->in_len);
	}
	for (uint32_t i = 1; i < 3; i++) {
		assert_int_equal(srtp_ctx_ssrc_count(wrong[i]), 0);
		srtp_ctx_destroy(wrong[i]);
	}
}

static void packet_of_wrong_context_refused(void **state)
{
	(void)state;
	for_each_bench(check_wrong_contexts);
}

/* Its keys are laid out for another instruction set. */
static void context_of_other_isa_refused(void **state)
{
	struct srtp_engine *sse = NULL;
	uint8_t buf[ROOM];
	struct srtp_pkt pkt = fixture_pkt(buf, SRTP_RTP, 1, 1);
	struct srtp_ctx *ctx;

	(void)state;
	if (srtp_engine_create("ipsec_mb", "sse", &sse) != SRTP_OK ||
		strstr(srtp_engine_describe(fixture_engines[0]), "sse") != NULL) {
		srtp_engine_destroy(sse);
		skip();
	}
	ctx = make_ctx(sse, suite_get(SUITE_AEAD_AES_128_GCM), SRTP_PROTECT);
	assert_int_equal(
		fixture_run_one(fixture_engines[0], ctx, SRTP_PROTECT, &pkt), SRTP_WRONG_CONTEXT);
	assert_int_equal(fixture_run_one(sse, ctx, SRTP_PROTECT, &pkt), SRTP_OK);
	srtp_ctx_destroy(ctx);
	srtp_engine_destroy(sse);
}

/* Sound until 'failing': then the last op of each call cannot be carried out. */
static bool failing;

static bool failing_seal(void *state, struct backend_op *ops, uint32_t n)
{
	bool ok = backend_ipsec_mb.seal(state, ops, n);

	ops[n - 1].ok = ops[n - 1].ok && !failing;
	return ok && !failing;
}

static bool failing_settle(void *state, struct backend_op *ops, uint32_t n)
{
	bool ok = backend_ipsec_mb.settle(state, ops, n);

	ops[n - 1].ok = ops[n - 1].ok && !failing;
	return ok && !failing;
}

static void check_crypto_failure(struct bench *b)
{
	struct backend backend = backend_ipsec_mb;
	uint8_t bufs[2][ROOM];
	struct srtp_pkt pkts[2];

	if (b->engine != fixture_engines[0])
		return;
	backend.seal = failing_seal;
	backend.settle = failing_settle;
	failing = false;
	srtp_ctx_destroy(b->ctx);
	assert_int_equal(srtp_engine_create_with(&backend, NULL, &b->engine), SRTP_OK);
	open_ctx(b);
	failing = true;
	pkts[0] = good(b, LEFT, bufs[0]);
	pkts[1] = good(b, RIGHT, bufs[1]);
	fixture_run(b->engine, b->direction, pkts, 2);
	check_good(b, LEFT, &pkts[0]);
	assert_int_equal(pkts[1].status, SRTP_CRYPTO_FAILED);
	srtp_engine_destroy(b->engine);
	assert_int_equal(pkts[1].len, b->in_len);
}

static void operation_failed_in_backend_told_for_its_packet_alone(void **state)
{
	(void)state;
	for_each_bench(check_crypto_failure);
}

static void null_burst_refused_empty_accepted(void **state)
{
	struct srtp_pkt pkt = {.status = 0x77};

	(void)state;
	for (uint32_t e = 0; e < FIXTURE_ENGINES; e++) {
		struct srtp_engine *engine = fixture_engines[e];

		assert_int_equal(srtp_burst_protect(NULL, &pkt, 1), SRTP_NULL_ARGUMENT);
		assert_int_equal(srtp_burst_unprotect(NULL, &pkt, 1), SRTP_NULL_ARGUMENT);
		assert_int_equal(srtp_burst_protect(engine, NULL, 1), SRTP_NULL_ARGUMENT);
		assert_int_equal(srtp_burst_unprotect(engine, NULL, 1), SRTP_NULL_ARGUMENT);
		assert_int_equal(srtp_burst_protect(engine, NULL, 0), SRTP_OK);
		assert_int_equal(srtp_burst_unprotect(engine, NULL, 0), SRTP_OK);
		assert_int_equal(srtp_burst_protect(engine, &pkt, 0), SRTP_OK);
		assert_int_equal(srtp_burst_unprotect(engine, &pkt, 0), SRTP_OK);
	}
	assert_int_equal(pkt.status, 0x77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_spoilt_in_each_way_refused_by_name_alone),
		cmocka_unit_test(packet_of_wrong_context_refused),
		cmocka_unit_test(context_of_other_isa_refused),
		cmocka_unit_test(operation_failed_in_backend_told_for_its_packet_alone),
		cmocka_unit_test(null_burst_refused_empty_accepted),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
