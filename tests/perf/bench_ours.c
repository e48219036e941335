/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_contender.h"

#include <stdio.h>
#include <stdlib.h>

enum { BURST = 64 };

struct ours {
	struct srtp_engine *engine;
	uint8_t *slab;
	size_t stride;
	uint32_t streams;
	struct srtp_pkt pkts[BENCH_SLICE];
};

static void *ours_open(const struct bench_load *l)
{
	const struct srtp_ctx_params params = {
		.suite = l->suite->id,
		.direction = SRTP_PROTECT,
		.session = &l->session,
		.max_ssrc = 1,
	};
	struct ours *o = calloc(1, sizeof(*o));

	if (o == NULL)
		abort();
	o->engine = l->engine;
	o->streams = l->streams;
	o->stride = srtp_ctx_size(l->engine, &params);
	o->slab = bench_slab(o->stride * l->streams);
	return o;
}

static struct srtp_ctx *ctx_of(const struct ours *o, uint32_t stream)
{
	return (struct srtp_ctx *)(void *)(o->slab + o->stride * stream);
}

static void ours_start(void *self, const struct bench_load *l)
{
	const struct srtp_ctx_params params = {
		.suite = l->suite->id,
		.direction = l->unprotect ? SRTP_UNPROTECT : SRTP_PROTECT,
		.session = &l->session,
		.max_ssrc = 1,
	};
	struct ours *o = self;
	struct srtp_ctx *ctx;

	for (uint32_t i = 0; i < o->streams; i++)
		if (srtp_ctx_init(o->engine, &params, ctx_of(o, i), o->stride, &ctx) != SRTP_OK)
			abort();
}

static void ours_run(void *self, struct bench_load *l)
{
	struct ours *o = self;

	for (uint32_t first = 0; first < BENCH_SLICE; first += BURST) {
		for (uint32_t i = first; i < first + BURST; i++) {
			struct srtp_pkt *pkt = &o->pkts[i];

			pkt->ctx = ctx_of(o, l->stream[i]);
			pkt->data = l->bufs[i];
			pkt->len = l->len;
			pkt->room = BENCH_ROOM;
			pkt->kind = SRTP_RTP;
		}
		if (l->unprotect)
			(void)srtp_burst_unprotect(o->engine, &o->pkts[first], BURST);
		else
			(void)srtp_burst_protect(o->engine, &o->pkts[first], BURST);
	}
}

static void ours_check(void *self, const struct bench_load *l)
{
	const struct ours *o = self;

	for (uint32_t i = 0; i < BENCH_SLICE; i++) {
		enum srtp_status status = o->pkts[i].status;

		if (status == SRTP_OK && (!l->unprotect || l->bufs[i][BENCH_HEADER] == 0x55))
			continue;
		(void)fprintf(stderr, "bench: packet %u: %s\n", i, srtp_status_name(status));
		abort();
	}
}

static void ours_close(void *self)
{
	struct ours *o = self;

	bench_slab_free(o->slab, o->stride * o->streams);
	free(o);
}

const struct bench_contender bench_ours = {
	.open = ours_open,
	.start = ours_start,
	.run = ours_run,
	.check = ours_check,
	.close = ours_close,
};
