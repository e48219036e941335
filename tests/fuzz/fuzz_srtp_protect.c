/* SPDX-License-Identifier: BSD-3-Clause */
/* A sender fed by the fuzzer: packets well-formed or not, in buffers of any room. What it
 * protects, a receiver of the same key, perhaps on the other backend, must accept in the same
 * order and turn back. Input: 4 bytes for the key, then records of an operation byte and its
 * arguments, read by step(). */
#include "fuzz.h"

#include "rtp_header.h"

#include <stdlib.h>
#include <string.h>

enum {
	BURST_MAX = 80, /* more than is worked on at a time */
	PLAIN_MAX = 4096,
	CANARY = 0xa5,
};

struct item {
	uint32_t len, room;
	uint8_t plain[PLAIN_MAX];
};

static struct session {
	struct fuzz_key key;
	struct srtp_ctx *tx, *rx;
	uint16_t seq;
	struct item items[BURST_MAX];
	struct srtp_pkt pkts[BURST_MAX];
	uint32_t n;
} s;

static bool all_canary(const uint8_t *from, const uint8_t *end)
{
	while (from < end)
		if (*from++ != CANARY)
			return false;
	return true;
}

/* Refused as it is, whatever was sent before. */
static enum srtp_status shape(const struct item *item, enum srtp_kind kind)
{
	uint32_t header_len = 0;
	enum srtp_status status = kind == SRTP_RTP
					  ? rtp_header_check(item->plain, item->len, &header_len)
					  : rtp_header_check_rtcp(item->plain, item->len);

	if (status == SRTP_OK && item->room < item->len + fuzz_trailer(&s.key, kind))
		return SRTP_NO_ROOM;
	return status;
}

static void check_refused(const struct item *item, const struct srtp_pkt *pkt)
{
	enum srtp_status expected = shape(item, pkt->kind);

	FUZZ_CHECK(pkt->status == expected ||
		   (expected == SRTP_OK &&
			   (pkt->status == SRTP_REPLAYED || pkt->status == SRTP_TOO_OLD ||
				   pkt->status == SRTP_NO_STREAM)));
	FUZZ_CHECK(pkt->len == item->len);
	FUZZ_CHECK(memcmp(pkt->data, item->plain, item->len) == 0);
	FUZZ_CHECK(all_canary(pkt->data + item->len, pkt->data + item->room));
}

static void check_protected(const struct item *item, const struct srtp_pkt *pkt)
{
	static uint8_t wire[PLAIN_MAX + 24];
	struct srtp_pkt back = {.data = wire, .len = pkt->len, .room = pkt->len, .kind = pkt->kind};

	FUZZ_CHECK(shape(item, pkt->kind) == SRTP_OK);
	FUZZ_CHECK(pkt->len == item->len + fuzz_trailer(&s.key, pkt->kind));
	FUZZ_CHECK(pkt->len <= item->room);
	FUZZ_CHECK(all_canary(pkt->data + pkt->len, pkt->data + item->room));
	memcpy(wire, pkt->data, pkt->len);
	FUZZ_CHECK(fuzz_run_one(s.key.other, s.rx, SRTP_UNPROTECT, &back) == SRTP_OK);
	FUZZ_CHECK(back.len == item->len);
	FUZZ_CHECK(memcmp(wire, item->plain, item->len) == 0);
}

static void run_burst(void)
{
	FUZZ_CHECK(srtp_burst_protect(s.key.engine, s.pkts, s.n) == SRTP_OK);
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.pkts[i].status == SRTP_OK)
			check_protected(&s.items[i], &s.pkts[i]);
		else
			check_refused(&s.items[i], &s.pkts[i]);
		free(s.pkts[i].data);
	}
	s.n = 0;
}

/* In a buffer with as much room behind it as the input says, up to more than is needed. */
static void add(struct fuzz_input *in, enum srtp_kind kind)
{
	struct item *item = &s.items[s.n];
	uint8_t *mem;

	item->room = item->len + fuzz_u8(in) % (fuzz_trailer(&s.key, kind) + 5u);
	mem = fuzz_alloc(item->room);
	memset(mem, CANARY, item->room);
	memcpy(mem, item->plain, item->len);
	s.pkts[s.n++] = (struct srtp_pkt){.ctx = s.tx,
		.data = mem,
		.len = item->len,
		.room = item->room,
		.kind = (uint8_t)kind};
	if (s.n == BURST_MAX)
		run_burst();
}

static void step(struct fuzz_input *in)
{
	uint8_t op = fuzz_u8(in);
	enum srtp_kind kind = op & 1 ? SRTP_RTCP : SRTP_RTP;
	struct item *item = &s.items[s.n];

	switch (op >> 1 & 3) {
	case 0: /* as it is */
		item->len = fuzz_bytes(in, item->plain, fuzz_u16(in) % PLAIN_MAX);
		break;
	case 1: /* out of order */
		s.seq = (uint16_t)(s.seq + fuzz_u16(in));
		item->len = fuzz_make_packet(in, kind, s.seq, item->plain);
		break;
	case 2:
		item->len = fuzz_make_packet(in, kind, ++s.seq, item->plain);
		break;
	default:
		run_burst();
		return;
	}
	add(in, kind);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, data + size};

	s.key = fuzz_read_key(&in);
	s.key.max_ssrc = FUZZ_SSRCS; /* the receiver takes what the sender takes */
	s.tx = fuzz_ctx(&s.key, s.key.engine, SRTP_PROTECT);
	s.rx = fuzz_ctx(&s.key, s.key.other, SRTP_UNPROTECT);
	s.seq = 0;
	s.n = 0;
	while (fuzz_more(&in))
		step(&in);
	run_burst();
	srtp_ctx_destroy(s.tx);
	srtp_ctx_destroy(s.rx);
	return 0;
}
