/* SPDX-License-Identifier: BSD-3-Clause */
/* The peer: libsrtp2's sessions as installed, one a stream. */
#include "bench_contender.h"
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

struct peer {
	uint32_t n;
	bool open;
	struct oracle *sessions;
	srtp_err_status_t failed;
};

static void *peer_open(const struct bench_load *l)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->n = l->streams;
	p->sessions = calloc(p->n, sizeof(*p->sessions));
	if (p->sessions == NULL)
		abort();
	return p;
}

static void close_sessions(struct peer *p)
{
	for (uint32_t i = 0; p->open && i < p->n; i++)
		oracle_close(&p->sessions[i]);
	p->open = false;
}

static void peer_start(void *self, const struct bench_load *l)
{
	const struct oracle_params params = {l->suite, &l->master, !l->unprotect, 1024, NULL, 0};
	struct peer *p = self;

	close_sessions(p);
	for (uint32_t i = 0; i < p->n; i++)
		oracle_open(&p->sessions[i], &params);
	p->open = true;
}

static void peer_run(void *self, struct bench_load *l)
{
	struct peer *p = self;

	for (uint32_t i = 0; i < BENCH_SLICE; i++) {
		uint32_t len = l->len;
		srtp_err_status_t err =
			oracle_run(&p->sessions[l->stream[i]], false, l->bufs[i], &len);

		if (err != srtp_err_status_ok)
			p->failed = err;
	}
}

static void peer_check(void *self, const struct bench_load *l)
{
	const struct peer *p = self;

	(void)l;
	if (p->failed == srtp_err_status_ok)
		return;
	(void)fprintf(stderr, "bench: libsrtp error %d\n", (int)p->failed);
	abort();
}

static void peer_close(void *self)
{
	struct peer *p = self;

	close_sessions(p);
	free(p->sessions);
	free(p);
}

const struct bench_contender bench_peer = {
	.open = peer_open,
	.start = peer_start,
	.run = peer_run,
	.check = peer_check,
	.close = peer_close,
};
