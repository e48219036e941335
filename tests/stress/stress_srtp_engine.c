/* SPDX-License-Identifier: BSD-3-Clause */
/* Four threads, each with an engine and contexts of its own; the contexts were made on the main
 * thread, by an engine that is gone. Run it under TSan, too. Exit status 0 only if every packet
 * came through. Usage: stress_srtp_engine [ROUNDS] */
#include "srtp_burst.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, CTXS = 16, BURST = 64, ROOM = 300, PLAIN = 100 };

struct lane {
	const char *backend;
	uint32_t rounds;
	struct srtp_engine *engine;
	struct srtp_ctx *tx[CTXS], *rx[CTXS];
	const char *failed;
};

static enum suite_id suite_of(uint32_t ctx)
{
	return (enum suite_id)(ctx % SUITE_COUNT);
}

static void make_ctxs(struct lane *lane, struct srtp_engine *engine, uint8_t first_key_byte)
{
	uint8_t key[SUITE_KEY_MAX] = {first_key_byte}, salt[SUITE_SALT_MAX] = {1};

	for (uint32_t i = 0; i < CTXS; i++) {
		const struct suite *suite = suite_get(suite_of(i));
		struct srtp_ctx_params params = {
			.suite = suite->id,
			.direction = SRTP_PROTECT,
			.master = {key, suite->key_len, salt, suite->salt_len},
		};

		key[1] = (uint8_t)i;
		if (srtp_ctx_create(engine, &params, &lane->tx[i]) != SRTP_OK)
			abort();
		params.direction = SRTP_UNPROTECT;
		if (srtp_ctx_create(engine, &params, &lane->rx[i]) != SRTP_OK)
			abort();
	}
}

/* Every fourth packet is SRTCP; each context gets a packet of every 16. */
static void load(
	struct lane *lane, uint32_t round, uint8_t bufs[BURST][ROOM], struct srtp_pkt *pkts)
{
	for (uint32_t i = 0; i < BURST; i++) {
		uint32_t seq = round * (BURST / CTXS) + i / CTXS;

		memset(bufs[i], 0x33, ROOM);
		bufs[i][0] = 0x80;
		bufs[i][1] = i % 4 == 0 ? 200 : 0;
		bufs[i][2] = (uint8_t)(seq >> 8);
		bufs[i][3] = (uint8_t)seq;
		memcpy(bufs[i] + 4, "SSRCSSRC", 8);
		pkts[i] = (struct srtp_pkt){
			.ctx = lane->tx[i % CTXS],
			.data = bufs[i],
			.len = PLAIN + i,
			.room = ROOM,
			.kind = i % 4 == 0 ? SRTP_RTCP : SRTP_RTP,
		};
	}
}

static bool through(struct lane *lane, uint32_t round)
{
	uint8_t bufs[BURST][ROOM];
	struct srtp_pkt pkts[BURST];

	load(lane, round, bufs, pkts);
	(void)srtp_burst_protect(lane->engine, pkts, BURST);
	for (uint32_t i = 0; i < BURST; i++) {
		if (pkts[i].status != SRTP_OK)
			return false;
		pkts[i].ctx = lane->rx[i % CTXS];
	}
	(void)srtp_burst_unprotect(lane->engine, pkts, BURST);
	for (uint32_t i = 0; i < BURST; i++)
		if (pkts[i].status != SRTP_OK || pkts[i].len != PLAIN + i || bufs[i][50] != 0x33)
			return false;
	return true;
}

static void *lane_main(void *arg)
{
	struct lane *lane = arg;

	for (uint32_t round = 0; round < lane->rounds && lane->failed == NULL; round++)
		if (!through(lane, round))
			lane->failed = "a packet did not come through";
	return NULL;
}

static int run(const char *backend, uint32_t rounds)
{
	static struct lane lanes[THREADS];
	pthread_t threads[THREADS];
	struct srtp_engine *maker;
	int failed = 0;

	if (srtp_engine_create(backend, NULL, &maker) != SRTP_OK)
		return 1;
	for (uint32_t i = 0; i < THREADS; i++) {
		lanes[i] = (struct lane){.backend = backend, .rounds = rounds};
		make_ctxs(&lanes[i], maker, (uint8_t)i);
		if (srtp_engine_create(backend, NULL, &lanes[i].engine) != SRTP_OK)
			return 1;
	}
	srtp_engine_destroy(maker);
	for (uint32_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, lane_main, &lanes[i]) != 0)
			return 1;
	for (uint32_t i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		failed |= lanes[i].failed != NULL;
		for (uint32_t c = 0; c < CTXS; c++) {
			srtp_ctx_destroy(lanes[i].tx[c]);
			srtp_ctx_destroy(lanes[i].rx[c]);
		}
		srtp_engine_destroy(lanes[i].engine);
	}
	(void)printf("%s: %d threads, %u rounds: %s\n", backend, THREADS, rounds,
		failed ? "FAILED" : "ok");
	return failed;
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2000;

	return run("ipsec_mb", rounds) | run("libsrtp2", rounds / 20);
}
