/* SPDX-License-Identifier: BSD-3-Clause */
/* A receiver fed by the fuzzer: packets from its bytes as they are, and, so that it comes behind
 * the tag, packets that a sender of the same key has protected, whole, again, late, cut short,
 * damaged, or taken for the other kind. Another receiver gets the same one by one, perhaps on the
 * other backend. Input: 4 bytes for the key, then records of an operation byte and its arguments,
 * read by step(). */
#include "fuzz.h"

#include "rtp_header.h"

#include <stdlib.h>
#include <string.h>

enum {
	BURST_MAX = 80, /* more than is worked on at a time */
	MADE_MAX = 256, /* packets of the sender that are kept, and the one in the making */
	TAKEN_MAX = 4096,
	RAW_MAX = 4096,
};

/* A packet of the sender. */
struct made {
	enum srtp_kind kind;
	uint64_t index;
	uint32_t plain_len, wire_len;
	uint8_t plain[FUZZ_PLAIN_MAX];
	uint8_t wire[FUZZ_WIRE_MAX];
};

/* One of a burst. */
struct item {
	enum srtp_kind kind;
	const struct made *made; /* NULL: not as the sender made it */
	bool forged;             /* and surely no packet of the sender's */
	uint32_t len;
	uint8_t wire[RAW_MAX];
};

static struct session {
	struct fuzz_key key;
	struct srtp_ctx *tx, *rx, *rx_single;
	uint64_t tx_top[FUZZ_SSRCS];
	struct made made[MADE_MAX];
	uint32_t n_made;
	struct item items[BURST_MAX];
	uint32_t n_items;
	uint64_t taken[TAKEN_MAX]; /* hashes of the packets that were accepted */
	uint32_t n_taken;
} s;

/* What a context tells of itself. */
struct look {
	uint32_t n_ssrc;
	struct srtp_ctx_usage usage;
	struct srtp_ssrc_state states[FUZZ_SSRCS];
};

static struct look look_at(const struct srtp_ctx *ctx)
{
	struct look look = {.n_ssrc = srtp_ctx_ssrc_count(ctx)};

	FUZZ_CHECK(look.n_ssrc <= s.key.max_ssrc);
	srtp_ctx_get_usage(ctx, &look.usage);
	for (uint32_t i = 0; i < look.n_ssrc; i++)
		FUZZ_CHECK(srtp_ctx_get_ssrc_at(ctx, i, &look.states[i]) == SRTP_OK);
	return look;
}

static bool state_equal(const struct srtp_ssrc_state *a, const struct srtp_ssrc_state *b)
{
	return a->ssrc == b->ssrc && a->roc == b->roc && a->seq == b->seq &&
	       a->rtp_valid == b->rtp_valid && a->rtcp_valid == b->rtcp_valid &&
	       a->rtcp_index == b->rtcp_index;
}

static uint64_t top_of(const struct srtp_ssrc_state *state)
{
	return (uint64_t)state->roc << 16 | state->seq;
}

static uint32_t ssrc_of(const uint8_t *data, enum srtp_kind kind)
{
	return kind == SRTP_RTP ? rtp_header_ssrc(data) : rtp_header_rtcp_ssrc(data);
}

/* How many packets of the SSRC were accepted in the burst. */
static uint32_t accepted_of(const struct srtp_pkt *pkts, uint32_t ssrc)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s.n_items; i++)
		n += pkts[i].status == SRTP_OK && ssrc_of(pkts[i].data, s.items[i].kind) == ssrc;
	return n;
}

/* Streams come and move by accepted packets alone, and forward. */
static void check_streams(
	const struct look *before, const struct look *after, const struct srtp_pkt *pkts)
{
	FUZZ_CHECK(after->n_ssrc >= before->n_ssrc);
	for (uint32_t i = 0; i < after->n_ssrc; i++) {
		const struct srtp_ssrc_state *old = &before->states[i], *now = &after->states[i];
		bool moved = accepted_of(pkts, now->ssrc) > 0;

		if (i >= before->n_ssrc) {
			FUZZ_CHECK(moved);
			continue;
		}
		FUZZ_CHECK(moved || state_equal(old, now));
		FUZZ_CHECK(old->ssrc == now->ssrc);
		FUZZ_CHECK(top_of(now) >= top_of(old) && now->rtp_valid >= old->rtp_valid);
		FUZZ_CHECK(
			now->rtcp_index >= old->rtcp_index && now->rtcp_valid >= old->rtcp_valid);
	}
}

static void check_usage(
	const struct look *before, const struct look *after, const struct srtp_pkt *pkts)
{
	uint64_t n[2] = {0, 0};

	for (uint32_t i = 0; i < s.n_items; i++)
		n[s.items[i].kind] += pkts[i].status == SRTP_OK;
	FUZZ_CHECK(after->usage.rtp_used == before->usage.rtp_used + n[SRTP_RTP]);
	FUZZ_CHECK(after->usage.rtcp_used == before->usage.rtcp_used + n[SRTP_RTCP]);
}

/* FNV-1a. A tag covers the ROC, so the same bytes are the same packet. */
static uint64_t hash(const struct item *item)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)item->kind;

	for (uint32_t i = 0; i < item->len; i++)
		h = (h ^ item->wire[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void check_accepted(const struct item *item, const struct srtp_pkt *pkt)
{
	uint64_t h = hash(item);

	FUZZ_CHECK(!item->forged);
	FUZZ_CHECK(pkt->len + fuzz_trailer(&s.key, item->kind) == item->len);
	for (uint32_t i = 0; i < s.n_taken; i++)
		FUZZ_CHECK(s.taken[i] != h);
	s.taken[s.n_taken++] = h;
	if (item->made != NULL) {
		FUZZ_CHECK(pkt->len == item->made->plain_len);
		FUZZ_CHECK(memcmp(pkt->data, item->made->plain, pkt->len) == 0);
	}
}

static void check_packet(const struct item *item, const struct srtp_pkt *pkt)
{
	FUZZ_CHECK(pkt->status < SRTP_PACKET_STATUS_COUNT && pkt->status != SRTP_CRYPTO_FAILED &&
		   pkt->status != SRTP_WRONG_CONTEXT && pkt->status != SRTP_NO_ROOM);
	if (pkt->status == SRTP_OK) {
		check_accepted(item, pkt);
		return;
	}
	FUZZ_CHECK(pkt->len == item->len);
	FUZZ_CHECK(memcmp(pkt->data, item->wire, item->len) == 0);
}

/* The receiver that gets one packet at a time accepts the same, and makes the same of it. */
static void check_single(const struct item *item, const struct srtp_pkt *pkt)
{
	static uint8_t data[RAW_MAX];
	struct srtp_pkt alone = {
		.data = data, .len = item->len, .room = item->len, .kind = (uint8_t)item->kind};
	enum srtp_status status;

	memcpy(data, item->wire, item->len);
	status = fuzz_run_one(s.key.other, s.rx_single, SRTP_UNPROTECT, &alone);
	FUZZ_CHECK((status == SRTP_OK) == (pkt->status == SRTP_OK));
	FUZZ_CHECK(alone.len == pkt->len);
	FUZZ_CHECK(memcmp(data, pkt->data, pkt->len) == 0);
}

static void check_burst(const struct look *before, const struct srtp_pkt *pkts)
{
	struct look after = look_at(s.rx), single;

	for (uint32_t i = 0; i < s.n_items; i++) {
		check_packet(&s.items[i], &pkts[i]);
		check_single(&s.items[i], &pkts[i]);
	}
	check_streams(before, &after, pkts);
	check_usage(before, &after, pkts);
	single = look_at(s.rx_single);
	FUZZ_CHECK(single.n_ssrc == after.n_ssrc);
	for (uint32_t i = 0; i < after.n_ssrc; i++)
		FUZZ_CHECK(state_equal(&single.states[i], &after.states[i]));
}

static void run_burst(void)
{
	struct srtp_pkt pkts[BURST_MAX];
	struct look before = look_at(s.rx);

	for (uint32_t i = 0; i < s.n_items; i++) {
		const struct item *item = &s.items[i];
		uint8_t *mem = fuzz_alloc(item->len);

		memcpy(mem, item->wire, item->len);
		pkts[i] = (struct srtp_pkt){.ctx = s.rx,
			.data = mem,
			.len = item->len,
			.room = item->len,
			.kind = (uint8_t)item->kind};
	}
	FUZZ_CHECK(srtp_burst_unprotect(s.key.engine, pkts, s.n_items) == SRTP_OK);
	check_burst(&before, pkts);
	for (uint32_t i = 0; i < s.n_items; i++)
		free(pkts[i].data);
	s.n_items = 0;
}

static struct item *add(enum srtp_kind kind)
{
	struct item *item;

	if (s.n_items == BURST_MAX)
		run_burst();
	item = &s.items[s.n_items++];
	*item = (struct item){.kind = kind, .made = NULL, .forged = true, .len = 0};
	return item;
}

static void add_raw(struct fuzz_input *in, enum srtp_kind kind)
{
	struct item *item = add(kind);

	item->forged = false; /* the fuzzer might hold a packet that we made for it */
	item->len = fuzz_bytes(in, item->wire, fuzz_u16(in) % RAW_MAX);
}

static struct item *add_made(const struct made *made)
{
	struct item *item = add(made->kind);

	item->made = made;
	item->forged = false;
	item->len = made->wire_len;
	memcpy(item->wire, made->wire, made->wire_len);
	return item;
}

static struct item *add_forged(const struct made *made)
{
	struct item *item = add_made(made);

	item->made = NULL;
	item->forged = true;
	return item;
}

/* The index that the sender gives a sequence number, by signed distance. */
static uint64_t rtp_index(uint64_t top, uint16_t seq)
{
	int64_t distance = (int16_t)(uint16_t)(seq - (uint16_t)top);

	if (distance == INT16_MIN || (int64_t)top + distance < 0)
		return (top & ~UINT64_C(0xffff)) | seq;
	return top + (uint64_t)distance;
}

static uint64_t rtcp_index(const struct made *made)
{
	uint32_t after = s.key.mki_len + 4u + (s.key.suite->aead ? 0 : s.key.suite->rtcp_tag_len);

	return rtp_header_load32(made->wire + made->wire_len - after) & 0x7fffffff;
}

/* No index is used twice. */
static void check_made(const struct made *made)
{
	uint32_t first = s.n_made < MADE_MAX ? 0 : s.n_made - MADE_MAX;

	for (uint32_t i = first; i < s.n_made; i++) {
		const struct made *other = &s.made[i % MADE_MAX];

		FUZZ_CHECK(other == made || other->kind != made->kind ||
			   other->index != made->index ||
			   ssrc_of(other->plain, other->kind) != ssrc_of(made->plain, made->kind));
	}
}

/* False if the sender refuses the sequence number. */
static bool protect(struct made *made)
{
	uint8_t ssrc = (uint8_t)ssrc_of(made->plain, made->kind);
	struct srtp_pkt pkt = {.data = made->wire,
		.len = made->plain_len,
		.room = made->plain_len + fuzz_trailer(&s.key, made->kind),
		.kind = (uint8_t)made->kind};
	enum srtp_status status;

	memcpy(made->wire, made->plain, made->plain_len);
	status = fuzz_run_one(s.key.other, s.tx, SRTP_PROTECT, &pkt);
	if (status == SRTP_REPLAYED || status == SRTP_TOO_OLD)
		return false;
	FUZZ_CHECK(status == SRTP_OK && pkt.len == pkt.room);
	made->wire_len = pkt.len;
	if (made->kind == SRTP_RTCP) {
		made->index = rtcp_index(made);
		return true;
	}
	made->index = rtp_index(s.tx_top[ssrc], rtp_header_seq(made->plain));
	if (made->index > s.tx_top[ssrc])
		s.tx_top[ssrc] = made->index;
	return true;
}

static bool in_burst(const struct made *made)
{
	for (uint32_t i = 0; i < s.n_items; i++)
		if (s.items[i].made == made)
			return true;
	return false;
}

/* The sender's next packet, with a sequence number 'ahead' of its last. */
static void make(struct fuzz_input *in, enum srtp_kind kind, uint16_t ahead)
{
	struct made *made = &s.made[s.n_made % MADE_MAX]; /* the oldest is forgotten */
	uint8_t ssrc = fuzz_more(in) ? *in->at % FUZZ_SSRCS : 0;

	if (in_burst(made))
		run_burst();
	made->kind = kind;
	made->plain_len =
		fuzz_make_packet(in, kind, (uint16_t)(s.tx_top[ssrc] + ahead), made->plain);
	if (!protect(made))
		return;
	s.n_made++;
	check_made(made);
}

enum op {
	OP_RAW_RTP,
	OP_RAW_RTCP,
	OP_SEND_RTP, /* made and delivered */
	OP_SEND_RTCP,
	OP_KEEP_RTP, /* made, to be late */
	OP_KEEP_RTCP,
	OP_AGAIN,
	OP_DAMAGE,
	OP_CUT,
	OP_GROW,
	OP_SWAP_KIND,
	OP_RUN,
	OP_COUNT
};

static const struct made *pick(struct fuzz_input *in)
{
	uint32_t n = s.n_made < MADE_MAX ? s.n_made : MADE_MAX - 1;

	return &s.made[(s.n_made - 1 - fuzz_u8(in) % n) % MADE_MAX];
}

/* What is done to a packet that the sender has made. */
static void step_made(struct fuzz_input *in, enum op op)
{
	const struct made *made = pick(in);
	struct item *item;

	if (op == OP_AGAIN) {
		(void)add_made(made);
		return;
	}
	item = add_forged(made);
	if (op == OP_SWAP_KIND) {
		item->kind = made->kind == SRTP_RTP ? SRTP_RTCP : SRTP_RTP;
	} else if (op == OP_CUT) {
		item->len = fuzz_u16(in) % made->wire_len;
	} else if (op == OP_GROW) {
		item->wire[item->len++] = fuzz_u8(in);
	} else {
		uint32_t at = fuzz_u16(in) % made->wire_len;
		uint8_t flips = fuzz_u8(in);

		item->wire[at] ^= flips == 0 ? 1 : flips;
	}
}

static void step(struct fuzz_input *in)
{
	enum op op = fuzz_u8(in) % OP_COUNT;

	switch (op) {
	case OP_RAW_RTP:
	case OP_RAW_RTCP:
		add_raw(in, op == OP_RAW_RTP ? SRTP_RTP : SRTP_RTCP);
		break;
	case OP_SEND_RTP:
	case OP_SEND_RTCP:
		make(in, op == OP_SEND_RTP ? SRTP_RTP : SRTP_RTCP, 1);
		if (s.n_made > 0)
			(void)add_made(&s.made[(s.n_made - 1) % MADE_MAX]);
		break;
	case OP_KEEP_RTP:
	case OP_KEEP_RTCP:
		make(in, op == OP_KEEP_RTP ? SRTP_RTP : SRTP_RTCP, fuzz_u16(in));
		break;
	case OP_AGAIN:
	case OP_DAMAGE:
	case OP_CUT:
	case OP_GROW:
	case OP_SWAP_KIND:
		if (s.n_made > 0)
			step_made(in, op);
		break;
	case OP_RUN:
	case OP_COUNT:
		run_burst();
		break;
	}
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, data + size};

	s.key = fuzz_read_key(&in);
	s.tx = fuzz_ctx(&s.key, s.key.other, SRTP_PROTECT);
	s.rx = fuzz_ctx(&s.key, s.key.engine, SRTP_UNPROTECT);
	s.rx_single = fuzz_ctx(&s.key, s.key.other, SRTP_UNPROTECT);
	memset(s.tx_top, 0, sizeof(s.tx_top));
	s.n_made = s.n_items = s.n_taken = 0;
	while (fuzz_more(&in) && s.n_taken + s.n_items < TAKEN_MAX)
		step(&in);
	run_burst();
	srtp_ctx_destroy(s.tx);
	srtp_ctx_destroy(s.rx);
	srtp_ctx_destroy(s.rx_single);
	return 0;
}
