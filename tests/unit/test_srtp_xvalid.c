/* SPDX-License-Identifier: BSD-3-Clause */
/* Ours against libsrtp's sessions on random traffic: each packet is protected by both, byte for
 * byte the same, goes through a network that loses, shuffles, repeats, cuts and forges, and is
 * unprotected by both, with the same bytes and verdicts. Ours runs bursts, libsrtp one packet at
 * a time in the same order. As the protected bytes are the same, what libsrtp unprotects is ours
 * and what ours unprotects is libsrtp's. Where the two may differ is in support/verdict.c, and
 * in the tests at the end.
 *
 * test_srtp_xvalid [SEED [PACKETS]] */
#include "contenders.h"
#include "duel.h"
#include "rtp_header.h"
#include "sanitized.h"
#include "sender.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	PACKETS = SANITIZED ? 150000 : 1000000, /* protected; about as many are unprotected */
	TWINS_MAX = 3,
	TWIN_PACKETS = 500, /* on average, until there are new keys */
};

static uint64_t packets = PACKETS;
static uint64_t n_sent, n_received;
static struct support_rng rng = {1}; /* the same traffic in each run, if no seed is given */

/* What a round works on: a few keys whose packets share bursts and a network. */
static struct duel duel;
static struct network network;
static struct twin twins[TWINS_MAX];
static uint32_t n_twins;
static struct network_pkt burst[DUEL_BURST_MAX];

static void protect_one(struct network_pkt *in, struct twin_stream *stream)
{
	uint32_t trailer = twin_trailer(in->twin, in->kind);
	uint32_t room = in->len + trailer + support_below(&rng, 2) * 9;

	if (support_chance(&rng, 5))
		room = in->len + support_below(&rng, trailer);
	if (duel_protect(&duel, in, room))
		twin_sent(stream, in->kind, in->index);
}

/* Protects what was planned, and hands ours to the network. */
static void send_planned(void)
{
	duel_run(&duel);
	for (uint32_t i = 0; i < duel.n; i++) {
		if (duel.pkts[i].status != SRTP_OK)
			continue;
		memcpy(burst[i].data, duel.pkts[i].data, duel.pkts[i].len);
		burst[i].len = duel.pkts[i].len;
		network_send(&network, &burst[i]);
	}
	n_sent += duel.n;
	duel_end(&duel);
}

static void send_burst(void)
{
	uint32_t n = 1 + support_below(&rng, DUEL_BURST_MAX);

	duel_begin(&duel, SRTP_PROTECT);
	for (uint32_t i = 0; i < n; i++) {
		struct twin *t = &twins[support_below(&rng, n_twins)];
		struct twin_stream *stream = sender_pick(&rng, t);

		sender_any(&rng, t, stream, &burst[i]);
		protect_one(&burst[i], stream);
	}
	send_planned();
}

/* False if nothing was on its way. */
static bool receive_burst(uint32_t room)
{
	struct network_pkt *order[DUEL_BURST_MAX];
	uint32_t n = network_receive(&network, room, burst, order);

	duel_begin(&duel, SRTP_UNPROTECT);
	for (uint32_t i = 0; i < n; i++)
		duel_unprotect(&duel, order[i]);
	duel_run(&duel);
	duel_end(&duel);
	n_received += n;
	return n > 0;
}

/* Sends one packet that arrives at once. */
static void pass_one(struct twin *t, struct twin_stream *stream, uint16_t seq)
{
	struct network_pkt *in = &burst[0];

	sender_rtp(&rng, t, stream, seq, in);
	duel_begin(&duel, SRTP_PROTECT);
	assert_true(duel_protect(&duel, in, in->len + twin_trailer(t, SRTP_RTP)));
	twin_sent(stream, SRTP_RTP, in->index);
	send_planned();
	duel_begin(&duel, SRTP_UNPROTECT);
	duel_unprotect(&duel, in);
	duel_run(&duel);
	assert_int_equal(duel.pkts[0].status, SRTP_OK);
	duel_end(&duel);
	n_received++;
}

/* Sends a packet of before the one that has passed. */
static void forge_older(void)
{
	struct network_pkt *in = &burst[0];

	in->index -= 1 + support_below(&rng, 100);
	in->intact = false;
	in->data[2] = (uint8_t)(in->index >> 8);
	in->data[3] = (uint8_t)in->index;
	network_send(&network, in);
}

/* A new stream that was elsewhere for long. A first packet makes it, so that libsrtp can be told
 * its ROC; a second lets libsrtp act on it, for which the ROC must be 2 at the least. */
static void resume_stream(void)
{
	static const uint32_t rocs[] = {2, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffff00};
	struct twin *t = &twins[support_below(&rng, n_twins)];
	uint16_t seq = (uint16_t)(1 + support_below(&rng, 65535));
	struct twin_stream *stream;

	if (t->n_known == t->max_ssrc || t->n_streams == TWIN_STREAMS_MAX)
		return;
	stream = twin_add(t, &rng);
	pass_one(t, stream, (uint16_t)support_random(&rng));
	twin_set_roc(t, stream, rocs[support_below(&rng, 6)], seq);
	pass_one(t, stream, seq);
	forge_older();
}

static void open_round(struct contender *c, uint32_t n_round)
{
	duel.engine = c->engine;
	duel.engine_name = c->name;
	duel.rng = &rng;
	network.rng = &rng;
	network.sent = network.delivered = 0;
	n_twins = 1 + support_below(&rng, TWINS_MAX);
	for (uint32_t i = 0; i < n_twins; i++) {
		uint32_t suite = i == 0 ? n_round / contenders_count % SUITE_COUNT
					: support_below(&rng, SUITE_COUNT);

		twin_open(&twins[i], c->engine, &suite_table[suite], &rng);
	}
}

static void close_round(void)
{
	for (uint32_t i = 0; i < n_twins; i++)
		twin_close(&twins[i]);
}

static void run_round(uint32_t n_round)
{
	struct contender *c = &contenders[n_round % contenders_count];
	uint64_t before = n_sent + n_received;
	uint64_t end;

	open_round(c, n_round);
	end = n_sent + (uint64_t)n_twins * TWIN_PACKETS;
	while (n_sent < end) {
		if (support_chance(&rng, 100))
			resume_stream();
		send_burst();
		(void)receive_burst(1 + support_below(&rng, DUEL_BURST_MAX));
	}
	while (receive_burst(DUEL_BURST_MAX))
		continue;
	for (uint32_t i = 0; i < n_twins; i++)
		twin_assert_state(&twins[i]);
	close_round();
	c->packets += n_sent + n_received - before;
}

static void report(double seconds)
{
	for (uint32_t i = 0; i < SUITE_COUNT; i++)
		print_message("%10" PRIu64 "  %s\n", duel.packets[i], suite_table[i].name);
	for (uint32_t i = 0; i < contenders_count; i++)
		print_message("%10" PRIu64 "  %s\n", contenders[i].packets, contenders[i].name);
	print_message("%10" PRIu64 "  protected, %" PRIu64 " unprotected, in %.1f s\n", n_sent,
		n_received, seconds);
}

static void random_traffic_agrees(void **state)
{
	clock_t start = clock();

	(void)state;
	duel.seed = rng.state;
	print_message("seed %" PRIu64 "\n", duel.seed);
	for (uint32_t n_round = 0; n_sent < packets; n_round++)
		run_round(n_round);
	report((double)(clock() - start) / CLOCKS_PER_SEC);
	/* traffic that never comes to a row of the table does not test it */
	assert_true(verdict_report() || packets < PACKETS);
}

/* What follows are the differences that random traffic keeps away from. */

static enum srtp_status run_ours(
	const struct contender *c, enum srtp_direction direction, struct network_pkt *in)
{
	struct srtp_pkt pkt = {
		.ctx = direction == SRTP_PROTECT ? in->twin->tx : in->twin->rx,
		.data = in->data,
		.len = in->len,
		.room = sizeof(in->data),
		.kind = (uint8_t)in->kind,
	};

	(void)(direction == SRTP_PROTECT ? srtp_burst_protect(c->engine, &pkt, 1)
					 : srtp_burst_unprotect(c->engine, &pkt, 1));
	in->len = pkt.len;
	return pkt.status;
}

static srtp_err_status_t run_theirs(enum srtp_direction direction, struct network_pkt *in)
{
	return oracle_run(twin_oracle(in->twin, direction, in->kind), in->kind == SRTP_RTCP,
		in->data, &in->len);
}

/* RFC 3550 A.1 wants version 2; libsrtp does not look. */
static void other_version_refused_by_ours_alone(void **state)
{
	const struct contender *c = &contenders[0];
	struct network_pkt *in = &burst[0];
	struct twin *t = &twins[0];

	(void)state;
	twin_open(t, c->engine, &suite_table[0], &rng);
	sender_rtp(&rng, t, twin_add(t, &rng), 1000, in);
	in->data[0] ^= 0x40;
	assert_int_equal(run_ours(c, SRTP_PROTECT, in), SRTP_BAD_VERSION);
	assert_int_equal(run_theirs(SRTP_PROTECT, in), srtp_err_status_ok);
	assert_int_equal(run_ours(c, SRTP_UNPROTECT, in), SRTP_BAD_VERSION);
	assert_int_equal(run_theirs(SRTP_UNPROTECT, in), srtp_err_status_ok);
	twin_close(t);
}

static uint8_t last_index_byte(const struct network_pkt *in)
{
	return in->data[in->len - in->twin->mki_len - 1]; /* AEAD's comes after the tag */
}

/* RFC 3711 3.2.1: the SRTCP index is zero at first, and counts after each packet. libsrtp counts
 * before, but takes our zero. */
static void first_rtcp_index_is_zero(void **state)
{
	const struct contender *c = &contenders[0];
	struct network_pkt *in = &burst[0];
	struct twin *t = &twins[0];
	struct twin_stream *stream;

	(void)state;
	twin_open(t, c->engine, &suite_table[SUITE_AEAD_AES_128_GCM], &rng);
	stream = twin_add(t, &rng);
	stream->rtcp_primed = true; /* not as the random traffic has it */
	for (uint32_t i = 0; i < 3; i++) {
		sender_rtcp(&rng, t, stream, in);
		assert_int_equal(run_ours(c, SRTP_PROTECT, in), SRTP_OK);
		assert_int_equal(last_index_byte(in), i);
		assert_int_equal(run_theirs(SRTP_UNPROTECT, in), srtp_err_status_ok);
	}
	sender_rtcp(&rng, t, stream, in);
	assert_int_equal(run_theirs(SRTP_PROTECT, in), srtp_err_status_ok);
	assert_int_equal(last_index_byte(in), 1);
	twin_close(t);
}

/* libsrtp goes on at ROC 0 behind the last ROC, where all IVs were used before. */
static void last_roc_is_the_last_for_ours_alone(void **state)
{
	const struct contender *c = &contenders[0];
	struct network_pkt *in = &burst[0];
	struct twin *t = &twins[0];
	struct twin_stream *stream;

	(void)state;
	open_round(&contenders[0], 0);
	stream = twin_add(t, &rng);
	pass_one(t, stream, 1);
	twin_set_roc(t, stream, UINT32_MAX, 65535);
	pass_one(t, stream, 65535);
	sender_rtp(&rng, t, stream, 0, in);
	assert_int_equal(run_ours(c, SRTP_PROTECT, in), SRTP_KEY_USED_UP);
	assert_int_equal(run_theirs(SRTP_PROTECT, in), srtp_err_status_ok);
	assert_int_equal(run_ours(c, SRTP_UNPROTECT, in), SRTP_KEY_USED_UP);
	assert_int_equal(run_theirs(SRTP_UNPROTECT, in), srtp_err_status_ok);
	close_round();
}

/* AEAD's associated data is the header. libsrtp on NSS has room for RTP_HEADER_MAX bytes of it, so
 * all our backends take that, and no more; libsrtp for other suites takes more. */
static void run_long_header(const struct contender *c, enum suite_id suite, uint32_t header_len)
{
	struct network_pkt *in = &burst[0], *plain = &burst[1], *theirs = &burst[2];
	uint32_t words = (header_len - RTP_HEADER_MIN - 4) / 4;
	struct twin *t = &twins[0];
	srtp_err_status_t err;

	twin_open(t, c->engine, &suite_table[suite], &rng);
	sender_rtp(&rng, t, twin_add(t, &rng), 1000, in);
	in->len = header_len + 20;
	in->data[0] = 0x90;
	in->data[14] = (uint8_t)(words >> 8);
	in->data[15] = (uint8_t)words;
	*plain = *theirs = *in;
	err = run_theirs(SRTP_PROTECT, theirs);
	if (header_len > RTP_HEADER_MAX) {
		assert_true(err == srtp_err_status_cipher_fail || err == srtp_err_status_ok);
		assert_int_equal(run_ours(c, SRTP_PROTECT, in), SRTP_BAD_LENGTH);
	} else {
		assert_int_equal(err, srtp_err_status_ok);
		assert_int_equal(run_ours(c, SRTP_PROTECT, in), SRTP_OK);
		assert_int_equal(in->len, theirs->len);
		assert_memory_equal(in->data, theirs->data, in->len);
		assert_int_equal(run_ours(c, SRTP_UNPROTECT, in), SRTP_OK);
		assert_int_equal(in->len, plain->len);
		assert_memory_equal(in->data, plain->data, in->len);
	}
	twin_close(t);
}

static void longest_header_agrees_and_longer_is_refused(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < contenders_count; i++) {
		run_long_header(&contenders[i], SUITE_AEAD_AES_128_GCM, RTP_HEADER_MAX);
		run_long_header(&contenders[i], SUITE_AEAD_AES_128_GCM, RTP_HEADER_MAX + 4);
		run_long_header(&contenders[i], SUITE_AES_CM_128_HMAC_SHA1_80, RTP_HEADER_MAX);
		run_long_header(&contenders[i], SUITE_AES_CM_128_HMAC_SHA1_80, RTP_HEADER_MAX + 4);
	}
}

/* See twin_oracle. */
static void rtcp_mki_lost_by_old_libsrtp(void **state)
{
	const unsigned first_right = 2u << 24 | 7u << 16; /* 2.7.0 */
	const struct contender *c = &contenders[0];
	struct network_pkt *in = &burst[0];
	struct twin *t = &twins[0];

	(void)state;
	twin_open(t, c->engine, &suite_table[SUITE_AES_CM_128_HMAC_SHA1_32], &rng);
	while (t->mki_len < SRTP_MKI_MAX) { /* long enough not to be found by chance */
		twin_close(t);
		twin_open(t, c->engine, &suite_table[SUITE_AES_CM_128_HMAC_SHA1_32], &rng);
	}
	sender_rtcp(&rng, t, twin_add(t, &rng), in);
	assert_int_equal(run_ours(c, SRTP_PROTECT, in), SRTP_OK);
	assert_int_equal(oracle_run(&t->orx, true, in->data, &in->len),
		srtp_get_version() < first_right ? srtp_err_status_bad_mki : srtp_err_status_ok);
	twin_close(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_traffic_agrees),
		cmocka_unit_test(other_version_refused_by_ours_alone),
		cmocka_unit_test(first_rtcp_index_is_zero),
		cmocka_unit_test(last_roc_is_the_last_for_ours_alone),
		cmocka_unit_test(longest_header_agrees_and_longer_is_refused),
		cmocka_unit_test(rtcp_mki_lost_by_old_libsrtp),
	};
	int failed;

	if (argc > 1)
		rng.state = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		packets = strtoull(argv[2], NULL, 0);
	oracle_setup();
	failed = cmocka_run_group_tests(tests, contenders_open, contenders_close);
	oracle_teardown();
	return failed;
}
