/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets cut at every length, in buffers that just suffice, between pages that fault: nothing
 * outside a packet's room is read or written, on any backend and instruction set. */
#include "srtp_burst.h"

#include "backend.h"
#include "fixture.h"

enum {
	ISAS_MAX = 16,
	PAYLOAD = 70, /* more than four blocks of AES */
	LONG_HEADER = 12 + 4 * 3 + 4 + 4 * 2,
	PACKET_MAX = 512,
	CANARY = 64,
	BURST = 20,
	PAYLOADS = 320, /* in the sweep: over two blocks of GHASH's widest code */
};

static struct srtp_engine *engines[ISAS_MAX];
static uint32_t n_engines;

static int open_engines(void **state)
{
	(void)state;
	for (uint32_t b = 0; backend_all[b] != NULL; b++) {
		const char *const *isa = backend_all[b]->isas;

		if (srtp_engine_create(backend_all[b]->name, NULL, &engines[n_engines++]) !=
			SRTP_OK)
			return -1;
		for (; *isa != NULL; isa++)
			n_engines += srtp_engine_create(backend_all[b]->name, *isa,
					     &engines[n_engines]) == SRTP_OK;
	}
	return 0;
}

static int close_engines(void **state)
{
	(void)state;
	while (n_engines > 0)
		srtp_engine_destroy(engines[--n_engines]);
	return 0;
}

enum shape { RTP_PLAIN, RTP_LONG_HEADER, RTCP, SHAPES };

/* One engine, suite, MKI, shape of packet, and end of the memory at which packets lie. */
struct bench {
	struct srtp_engine *engine;
	const struct suite *suite;
	uint8_t mki_len;
	enum shape shape;
	bool at_end;
	struct srtp_ctx *tx, *rx;
	uint32_t head, trailer;
	uint16_t seq;
	struct support_guard guard;
};

static void open_bench(struct bench *b, uint32_t i)
{
	struct srtp_ctx_params params;

	b->suite = suite_get(i % SUITE_COUNT);
	b->mki_len = i / SUITE_COUNT % 2 == 0 ? 0 : SRTP_MKI_MAX;
	b->at_end = i / SUITE_COUNT / 2 % 2 == 0;
	b->shape = i / SUITE_COUNT / 4 % SHAPES;
	params = fixture_params(b->suite->id, SRTP_PROTECT);
	params.mki_len = b->mki_len;
	b->tx = fixture_ctx(b->engine, &params);
	params.direction = SRTP_UNPROTECT;
	b->rx = fixture_ctx(b->engine, &params);
	b->head = b->shape == RTCP ? 8 : b->shape == RTP_PLAIN ? 12 : LONG_HEADER;
	b->trailer = srtp_ctx_trailer_len(b->tx, b->shape == RTCP);
	support_guard_open(&b->guard, PACKET_MAX);
}

static void close_bench(struct bench *b)
{
	support_guard_close(&b->guard);
	srtp_ctx_destroy(b->tx);
	srtp_ctx_destroy(b->rx);
}

enum { BENCHES = SUITE_COUNT * 4 * SHAPES }; /* an engine */

/* The next packet of the stream; returns its length. */
static uint32_t make_packet(struct bench *b, uint32_t payload, uint8_t out[PACKET_MAX])
{
	memset(out, 0x42, PACKET_MAX);
	(void)fixture_pkt(out, b->shape == RTCP ? SRTP_RTCP : SRTP_RTP, 9, b->seq++);
	if (b->shape == RTP_LONG_HEADER) {
		out[0] |= 0x13; /* extension, three CSRCs */
		out[LONG_HEADER - 4 * 2 - 2] = 0;
		out[LONG_HEADER - 4 * 2 - 1] = 2;
	}
	return b->head + payload;
}

/* The first 'len' bytes of a packet, in a buffer of 'room' at a page that faults; what else is
 * there is 0x5a. */
static struct srtp_pkt place(const struct bench *b, const struct support_guard *guard,
	const uint8_t *packet, uint32_t len, uint32_t room)
{
	uint8_t *start = support_guard_after_start(guard);
	uint8_t *data = b->at_end ? support_guard_before_end(guard, room) : start;

	memset(start, 0x5a, guard->usable);
	memcpy(data, packet, len < room ? len : room);
	return (struct srtp_pkt){
		.data = data,
		.len = len,
		.room = room,
		.kind = b->shape == RTCP ? SRTP_RTCP : SRTP_RTP,
	};
}

/* On the side where no page faults. */
static void check_canary(const struct bench *b, const struct srtp_pkt *pkt)
{
	uint8_t want[CANARY];

	memset(want, 0x5a, CANARY);
	assert_memory_equal(b->at_end ? pkt->data - CANARY : pkt->data + pkt->room, want, CANARY);
}

static void run(const struct bench *b, enum srtp_direction direction, struct srtp_pkt *pkt,
	enum srtp_status want)
{
	struct srtp_ctx *ctx = direction == SRTP_PROTECT ? b->tx : b->rx;
	uint32_t len = pkt->len;

	if (fixture_run_one(b->engine, ctx, direction, pkt) != want)
		fail_msg("%s, %s, MKI %u, shape %d, direction %d, %u of %u bytes: %s, not %s",
			srtp_engine_describe(b->engine), b->suite->name, b->mki_len, b->shape,
			direction, len, pkt->room, srtp_status_name(pkt->status),
			srtp_status_name(want));
	check_canary(b, pkt);
}

/* What is left of a plain packet is one too, if the header is whole. */
static void check_protect_cut(struct bench *b, uint32_t len)
{
	enum srtp_status whole = len < b->head ? SRTP_BAD_LENGTH : SRTP_OK;
	enum srtp_status short_room = len < b->head ? SRTP_BAD_LENGTH : SRTP_NO_ROOM;
	uint8_t packet[PACKET_MAX];
	struct srtp_pkt pkt;

	(void)make_packet(b, PAYLOAD, packet);
	pkt = place(b, &b->guard, packet, len, len + b->trailer - 1);
	run(b, SRTP_PROTECT, &pkt, short_room);
	assert_int_equal(pkt.len, len);
	assert_memory_equal(pkt.data, packet, len);
	pkt = place(b, &b->guard, packet, len, len + b->trailer);
	run(b, SRTP_PROTECT, &pkt, whole);
	assert_int_equal(pkt.len, whole == SRTP_OK ? len + b->trailer : len);
}

/* What a protected packet cut to 'len' is refused for. */
static enum srtp_status refusal_of(const struct bench *b, const uint8_t *packet, uint32_t len)
{
	uint32_t word_at;

	if (len < b->head + b->trailer)
		return SRTP_BAD_LENGTH;
	if (b->mki_len != 0)
		return SRTP_WRONG_MKI;
	word_at = len - b->trailer + (b->suite->aead ? SUITE_TAG_MAX : 0);
	return b->shape == RTCP && (packet[word_at] & 0x80) == 0 ? SRTP_NOT_ENCRYPTED
								 : SRTP_TAG_MISMATCH;
}

static void check_unprotect_cut(struct bench *b)
{
	uint8_t plain[PACKET_MAX], packet[PACKET_MAX];
	uint32_t plain_len = make_packet(b, PAYLOAD, plain);
	struct srtp_pkt pkt = {.data = packet,
		.len = plain_len,
		.room = PACKET_MAX,
		.kind = b->shape == RTCP ? SRTP_RTCP : SRTP_RTP};
	uint32_t full;

	memcpy(packet, plain, PACKET_MAX);
	assert_int_equal(fixture_run_one(b->engine, b->tx, SRTP_PROTECT, &pkt), SRTP_OK);
	full = pkt.len;
	for (uint32_t len = 0; len < full; len++) {
		pkt = place(b, &b->guard, packet, len, len);
		run(b, SRTP_UNPROTECT, &pkt, refusal_of(b, packet, len));
		assert_int_equal(pkt.len, len);
		assert_memory_equal(pkt.data, packet, len);
	}
	assert_int_equal(srtp_ctx_ssrc_count(b->rx), 0);
	pkt = place(b, &b->guard, packet, full, full);
	run(b, SRTP_UNPROTECT, &pkt, SRTP_OK);
	assert_int_equal(pkt.len, plain_len);
	assert_memory_equal(pkt.data, plain, plain_len);
}

static void packet_cut_at_every_length_refused_in_bounds(void **state)
{
	(void)state;
	for (uint32_t e = 0; e < n_engines; e++)
		for (uint32_t i = 0; i < BENCHES; i++) {
			struct bench b = {.engine = engines[e]};

			open_bench(&b, i);
			check_unprotect_cut(&b);
			for (uint32_t len = 0; len <= b.head + PAYLOAD; len++)
				check_protect_cut(&b, len);
			close_bench(&b);
		}
}

/* A length that the buffer does not have is not believed. */
static void length_beyond_room_not_read(void **state)
{
	static const uint32_t beyond[] = {1, 12, 100, 65535, UINT32_MAX};

	(void)state;
	for (uint32_t i = 0; i < n_engines * BENCHES; i++) {
		struct bench b = {.engine = engines[i / BENCHES]};
		uint8_t packet[PACKET_MAX];

		open_bench(&b, i % BENCHES);
		(void)make_packet(&b, PAYLOAD, packet);
		for (uint32_t room = 0; room <= 40; room++)
			for (uint32_t k = 0; k < sizeof(beyond) / sizeof(beyond[0]); k++) {
				struct srtp_pkt pkt = place(&b, &b.guard, packet, room, room);

				pkt.len = beyond[k] > UINT32_MAX - room ? UINT32_MAX
									: room + beyond[k];
				run(&b, SRTP_PROTECT, &pkt, SRTP_NO_ROOM);
				run(&b, SRTP_UNPROTECT, &pkt, SRTP_NO_ROOM);
			}
		close_bench(&b);
	}
}

/* Packets of BURST lengths in a row, each at pages of its own, there and back in bursts. */
static void check_sweep(struct bench *b, const struct support_guard *guards, uint32_t payload)
{
	uint8_t plain[BURST][PACKET_MAX];
	struct srtp_pkt pkts[BURST];

	for (uint32_t k = 0; k < BURST; k++) {
		uint32_t len = make_packet(b, payload + k, plain[k]);

		pkts[k] = place(b, &guards[k], plain[k], len, len + b->trailer);
		pkts[k].ctx = b->tx;
	}
	fixture_run(b->engine, SRTP_PROTECT, pkts, BURST);
	for (uint32_t k = 0; k < BURST; k++) {
		assert_int_equal(pkts[k].status, SRTP_OK);
		assert_int_equal(pkts[k].len, pkts[k].room);
		check_canary(b, &pkts[k]);
		pkts[k].ctx = b->rx;
	}
	fixture_run(b->engine, SRTP_UNPROTECT, pkts, BURST);
	for (uint32_t k = 0; k < BURST; k++) {
		assert_int_equal(pkts[k].status, SRTP_OK);
		assert_int_equal(pkts[k].len, b->head + payload + k);
		assert_memory_equal(pkts[k].data, plain[k], pkts[k].len);
		check_canary(b, &pkts[k]);
	}
}

static void burst_of_every_length_passes_in_bounds(void **state)
{
	struct support_guard guards[BURST];

	(void)state;
	for (uint32_t k = 0; k < BURST; k++)
		support_guard_open(&guards[k], PACKET_MAX);
	for (uint32_t i = 0; i < n_engines * BENCHES; i++) {
		struct bench b = {.engine = engines[i / BENCHES]};

		open_bench(&b, i % BENCHES);
		for (uint32_t payload = 0; payload < PAYLOADS; payload += BURST)
			check_sweep(&b, guards, payload);
		close_bench(&b);
	}
	for (uint32_t k = 0; k < BURST; k++)
		support_guard_close(&guards[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_cut_at_every_length_refused_in_bounds),
		cmocka_unit_test(length_beyond_room_not_read),
		cmocka_unit_test(burst_of_every_length_passes_in_bounds),
	};

	return cmocka_run_group_tests(tests, open_engines, close_engines);
}
