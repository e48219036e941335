/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const uint8_t master_key[SUITE_KEY_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static const uint8_t master_salt[SUITE_SALT_MAX] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4};

enum { HUGE_PAGE = 2 << 20 };

static size_t whole_pages(size_t bytes)
{
	return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *bench_slab(size_t bytes)
{
	void *slab = aligned_alloc(HUGE_PAGE, whole_pages(bytes));

	if (slab == NULL) {
		perror("bench: no memory");
		abort();
	}
	(void)madvise(slab, whole_pages(bytes), MADV_HUGEPAGE);
	memset(slab, 0, whole_pages(bytes));
	return slab;
}

void bench_slab_free(void *slab, size_t bytes)
{
	(void)bytes;
	free(slab);
}

static void shuffle(uint32_t *order, uint32_t n)
{
	uint64_t seed = 88172645463325252u;

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j, swap;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		j = (uint32_t)(seed % (i + 1));
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
}

void bench_load_open(
	struct bench_load *l, struct srtp_engine *engine, enum suite_id suite, uint32_t streams)
{
	memset(l, 0, sizeof(*l));
	l->suite = suite_get(suite);
	l->engine = engine;
	l->streams = streams;
	l->master.key = master_key;
	l->master.key_len = l->suite->key_len;
	l->master.salt = master_salt;
	l->master.salt_len = l->suite->salt_len;
	if (kdf_derive(l->suite, &l->master, &l->session) != SRTP_OK)
		abort();
	l->order = bench_slab(sizeof(*l->order) * streams);
	shuffle(l->order, streams);
	l->bufs = bench_slab(sizeof(*l->bufs) * BENCH_SLICE);
}

void bench_load_close(struct bench_load *l)
{
	bench_slab_free(l->order, sizeof(*l->order) * l->streams);
	bench_slab_free(l->bufs, sizeof(*l->bufs) * BENCH_SLICE);
	srtp_ctx_destroy(l->sender);
}

/* The packet of this round, protected if it is unprotect that is measured. */
static void make_packet(struct bench_load *l)
{
	struct srtp_pkt pkt = {
		.ctx = l->sender,
		.data = l->packet,
		.len = BENCH_HEADER + l->payload,
		.room = BENCH_ROOM,
	};

	memset(l->packet, 0, BENCH_HEADER);
	memset(l->packet + BENCH_HEADER, 0x55, l->payload);
	l->packet[0] = 0x80;
	l->packet[2] = (uint8_t)(l->round >> 8);
	l->packet[3] = (uint8_t)l->round;
	memcpy(l->packet + 8, "SSRC", 4);
	if (l->unprotect) {
		(void)srtp_burst_protect(l->engine, &pkt, 1);
		if (pkt.status != SRTP_OK)
			abort();
	}
	l->len = pkt.len;
}

void bench_load_start(struct bench_load *l, uint32_t payload, bool unprotect)
{
	const struct srtp_ctx_params params = {
		.suite = l->suite->id,
		.direction = SRTP_PROTECT,
		.session = &l->session,
		.max_ssrc = 1,
	};

	srtp_ctx_destroy(l->sender);
	if (srtp_ctx_create(l->engine, &params, &l->sender) != SRTP_OK)
		abort();
	l->payload = payload;
	l->unprotect = unprotect;
	l->next = 0;
	l->round = 0;
	make_packet(l);
}

void bench_load_fill(struct bench_load *l)
{
	for (uint32_t i = 0; i < BENCH_SLICE; i++, l->next++) {
		uint64_t round = l->next / l->streams;

		if (round != l->round) {
			l->round = round;
			make_packet(l);
		}
		l->stream[i] = l->order[l->next % l->streams];
		memcpy(l->bufs[i], l->packet, l->len);
	}
}
