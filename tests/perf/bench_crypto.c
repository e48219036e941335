/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_crypto - million packets a second and cycles a packet of one core, for suites x payloads x
 * streams, protect and unprotect; beside it, in the same run and by turns, the raw library's
 * figure for the same bytes and as many keys (the limit), the same with keys fetched ahead of
 * their use as ours are, and libsrtp2's. Prints a table; --json adds a file.
 *
 * Ours and the raw library run by turns, ROUNDS times each; the medians are shown, and the median
 * of the ratios of neighbours, since machines are noisy and neighbours see the same noise. Cycles
 * are those of the time stamp counter. */
#include "bench_contender.h"
#include "oracle.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

enum {
	ROUNDS = 9,
	PEER_STREAMS_MAX = 1000, /* libsrtp on NSS slows down with sessions; fewer favour it */
	NAME_MAX_LEN = 96,
};

static const uint32_t payloads[] = {20, 160, 500, 1200};
static const uint32_t stream_counts[] = {1, 1000, 10000, 100000};

enum { PAYLOADS = sizeof(payloads) / sizeof(payloads[0]) };
enum { STREAM_COUNTS = sizeof(stream_counts) / sizeof(stream_counts[0]) };

struct options {
	double seconds; /* a row, for ours and the limits together */
	const char *json;
	const char *filter;
};

struct rate {
	double mpps;
	double cycles;
};

struct bench {
	struct options opt;
	struct srtp_engine *engine;
	FILE *json;
	uint32_t rows;
	char peer_name[64];
	struct rate peer[SUITE_COUNT][2][PAYLOADS]
			[2]; /* by suite, direction, payload, one stream */
};

static double seconds_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* One turn of a contender: slices until 'seconds' of measured time have gone by. */
static struct rate measure(
	const struct bench_contender *c, void *self, struct bench_load *l, double seconds)
{
	double time = 0;
	uint64_t cycles = 0, pkts = 0;

	while (time < seconds) {
		double t0;
		uint64_t c0;

		bench_load_fill(l);
		t0 = seconds_now();
		c0 = __rdtsc();
		c->run(self, l);
		cycles += __rdtsc() - c0;
		time += seconds_now() - t0;
		pkts += BENCH_SLICE;
		c->check(self, l);
	}
	return (struct rate){(double)pkts / time * 1e-6, (double)cycles / (double)pkts};
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

/* A first pass over all streams warms caches and is not counted. */
static void warm(const struct bench_contender *c, void *self, struct bench_load *l)
{
	for (uint32_t done = 0; done < l->streams; done += BENCH_SLICE) {
		bench_load_fill(l);
		c->run(self, l);
		c->check(self, l);
	}
}

/* Whose turn it is; the two raw ones share keys and buffers. */
enum turn { TURN_OURS, TURN_RAW, TURN_RAW_AHEAD, TURNS };

struct row {
	const char *name;
	struct rate rate[TURNS];
	double share[TURNS]; /* ours of theirs */
	const struct rate *peer;
};

static void print_row(struct bench *b, const struct row *row)
{
	const struct rate *ours = &row->rate[TURN_OURS];
	const struct rate *limit = &row->rate[TURN_RAW];

	(void)printf("%-46s %6.2f %6.0f %7.2f %4.0f %% %7.2f %4.0f %% %7.3f %5.1fx\n", row->name,
		ours->mpps, ours->cycles, limit->mpps, row->share[TURN_RAW] * 100,
		row->rate[TURN_RAW_AHEAD].mpps, row->share[TURN_RAW_AHEAD] * 100, row->peer->mpps,
		ours->mpps / row->peer->mpps);
	(void)fflush(stdout);
	if (b->json != NULL)
		(void)fprintf(b->json,
			"%s{\"name\":\"%s\",\"unit\":\"Mpps\",\"value\":%.3f,\"limit\":%.3f,"
			"\"limit_ahead\":%.3f,\"peer\":%.4f,\"peer_name\":\"%s\","
			"\"cycles\":%.1f,\"share\":%.3f,\"share_ahead\":%.3f}",
			b->rows == 0 ? "\n" : ",\n", row->name, ours->mpps, limit->mpps,
			row->rate[TURN_RAW_AHEAD].mpps, row->peer->mpps, b->peer_name, ours->cycles,
			row->share[TURN_RAW], row->share[TURN_RAW_AHEAD]);
	b->rows++;
}

static void measure_row(
	struct bench *b, struct row *row, struct bench_load *l, void *ours, void *raw)
{
	static const struct bench_contender *const contenders[TURNS] = {
		&bench_ours, &bench_raw, &bench_raw_ahead};
	double mpps[TURNS][ROUNDS], cycles[TURNS][ROUNDS], shares[TURNS][ROUNDS];
	struct bench_load raw_load = *l; /* takes the same way through the same buffers */
	double turn = b->opt.seconds / (TURNS * ROUNDS);

	raw_load.sender = NULL;
	bench_load_start(&raw_load, l->payload, l->unprotect);
	bench_ours.start(ours, l);
	warm(&bench_ours, ours, l);
	warm(&bench_raw, raw, &raw_load);
	for (uint32_t i = 0; i < ROUNDS; i++)
		for (uint32_t t = 0; t < TURNS; t++) {
			void *self = t == TURN_OURS ? ours : raw;
			struct rate rate;

			if (t != TURN_OURS)
				contenders[t]->start(raw, &raw_load);
			rate = measure(contenders[t], self, t == TURN_OURS ? l : &raw_load, turn);
			mpps[t][i] = rate.mpps;
			cycles[t][i] = rate.cycles;
			shares[t][i] = mpps[TURN_OURS][i] / rate.mpps;
		}
	for (uint32_t t = 0; t < TURNS; t++) {
		row->rate[t] = (struct rate){median(mpps[t], ROUNDS), median(cycles[t], ROUNDS)};
		row->share[t] = median(shares[t], ROUNDS);
	}
	print_row(b, row);
	srtp_ctx_destroy(raw_load.sender);
}

/* libsrtp's figure, measured once for one stream and once for many. */
static const struct rate *measure_peer(
	struct bench *b, enum suite_id id, uint32_t payload_i, bool unprotect, uint32_t streams)
{
	struct rate *rate = &b->peer[id][unprotect][payload_i][streams == 1];
	struct bench_load l;
	void *peer;

	if (rate->mpps > 0)
		return rate;
	bench_load_open(&l, b->engine, id, streams < PEER_STREAMS_MAX ? streams : PEER_STREAMS_MAX);
	oracle_session(l.suite, &l.master, &l.session);
	bench_load_start(&l, payloads[payload_i], unprotect);
	peer = bench_peer.open(&l);
	bench_peer.start(peer, &l);
	warm(&bench_peer, peer, &l);
	*rate = measure(&bench_peer, peer, &l, b->opt.seconds / 4);
	bench_peer.close(peer);
	bench_load_close(&l);
	return rate;
}

static bool wanted(const struct bench *b, const char *name)
{
	return b->opt.filter == NULL || strstr(name, b->opt.filter) != NULL;
}

static void row_name(
	char *out, bool unprotect, enum suite_id id, uint32_t payload_i, uint32_t streams)
{
	(void)snprintf(out, NAME_MAX_LEN, "%s/%s/%u/%u", unprotect ? "unprotect" : "protect",
		suite_get(id)->name, payloads[payload_i], streams);
}

/* All rows of a suite and a number of streams, which share keys. */
static void measure_suite(struct bench *b, enum suite_id id, uint32_t streams)
{
	char name[NAME_MAX_LEN];
	struct bench_load l;
	void *ours = NULL;
	void *raw = NULL;

	bench_load_open(&l, b->engine, id, streams);
	for (uint32_t p = 0; p < PAYLOADS; p++) {
		for (int unprotect = 0; unprotect < 2; unprotect++) {
			struct row row = {.name = name};

			row_name(name, unprotect, id, p, streams);
			if (!wanted(b, name))
				continue;
			if (ours == NULL) {
				ours = bench_ours.open(&l);
				raw = bench_raw.open(&l);
			}
			row.peer = measure_peer(b, id, p, unprotect, streams);
			bench_load_start(&l, payloads[p], unprotect);
			measure_row(b, &row, &l, ours, raw);
		}
	}
	if (ours != NULL) {
		bench_ours.close(ours);
		bench_raw.close(raw);
	}
	bench_load_close(&l);
}

/* What a context of one SSRC takes, and how fast it is made, session keys and all. */
static void measure_contexts(struct bench *b, enum suite_id id)
{
	enum { MADE = 2000 };
	struct bench_load l;
	struct srtp_ctx_params params = {.suite = id, .direction = SRTP_PROTECT, .max_ssrc = 1};
	size_t bytes;
	double t0;

	bench_load_open(&l, b->engine, id, 1);
	params.master = l.master;
	bytes = srtp_ctx_size(b->engine, &params);
	t0 = seconds_now();
	for (uint32_t i = 0; i < MADE; i++) {
		struct srtp_ctx *ctx;

		if (srtp_ctx_create(b->engine, &params, &ctx) != SRTP_OK)
			abort();
		srtp_ctx_destroy(ctx);
	}
	(void)printf(
		"memory/%-45s %6zu bytes a direction, %6.0f contexts/s made from master keys\n",
		suite_get(id)->name, bytes, MADE / (seconds_now() - t0));
	if (b->json != NULL)
		(void)fprintf(b->json,
			"%s{\"name\":\"memory/%s\",\"unit\":\"bytes\",\"value\":%zu}",
			b->rows == 0 ? "\n" : ",\n", suite_get(id)->name, bytes);
	b->rows++;
	bench_load_close(&l);
}

static void usage(FILE *to)
{
	(void)fprintf(to, "usage: bench_crypto [--seconds N] [--json FILE] [--filter TEXT]\n"
			  "  --seconds N    measured time of a row, of 256 (default 0.4)\n"
			  "  --json FILE    write the rows there, too\n"
			  "  --filter TEXT  only rows whose name holds TEXT, as in "
			  "unprotect/AEAD_AES_128_GCM/160/10000\n");
}

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

static enum parsed parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {{"seconds", required_argument, NULL, 's'},
		{"json", required_argument, NULL, 'j'}, {"filter", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	char *end;
	int c;

	*opt = (struct options){.seconds = 0.4};
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			opt->seconds = strtod(optarg, &end);
			if (*end != '\0' || !(opt->seconds > 0) || opt->seconds > 3600) {
				(void)fprintf(stderr,
					"bench_crypto: --seconds %s: want a number "
					"above 0 and up to 3600\n",
					optarg);
				return PARSED_WRONG;
			}
			break;
		case 'j':
			opt->json = optarg;
			break;
		case 'f':
			opt->filter = optarg;
			break;
		case 'h':
			return PARSED_HELP;
		default:
			return PARSED_WRONG;
		}
	}
	return optind == argc ? PARSED_RUN : PARSED_WRONG;
}

/* False if no row has a name as asked for. */
static bool run(struct bench *b)
{
	(void)printf(
		"engine %s; limit libipsec-mb %s, raw, and with its keys fetched ahead; peer %s "
		"with %u streams at most\n%-46s %6s %6s %7s %6s %7s %6s %7s\n",
		srtp_engine_describe(b->engine), bench_raw_version(), b->peer_name,
		(unsigned)PEER_STREAMS_MAX, "", "Mpps", "cycles", "limit", "share", "ahead",
		"share", "peer");
	for (uint32_t id = 0; id < SUITE_COUNT; id++)
		for (uint32_t s = 0; s < STREAM_COUNTS; s++)
			measure_suite(b, id, stream_counts[s]);
	if (b->rows == 0)
		return false;
	for (uint32_t id = 0; id < SUITE_COUNT; id++)
		measure_contexts(b, id);
	return true;
}

int main(int argc, char **argv)
{
	static struct bench b;
	enum srtp_status status;

	switch (parse_options(argc, argv, &b.opt)) {
	case PARSED_RUN:
		break;
	case PARSED_HELP:
		usage(stdout);
		return EXIT_SUCCESS;
	case PARSED_WRONG:
		usage(stderr);
		return EXIT_FAILURE;
	}
	status = srtp_engine_create(NULL, NULL, &b.engine);
	if (status != SRTP_OK) {
		(void)fprintf(stderr, "bench_crypto: %s\n", srtp_status_help(status));
		return EXIT_FAILURE;
	}
	oracle_setup();
	(void)snprintf(b.peer_name, sizeof(b.peer_name), "%s", srtp_get_version_string());
	if (b.opt.json != NULL) {
		b.json = fopen(b.opt.json, "w");
		if (b.json == NULL) {
			perror(b.opt.json);
			return EXIT_FAILURE;
		}
		(void)fputs("[", b.json);
	}
	if (!run(&b)) {
		(void)fprintf(stderr, "bench_crypto: --filter %s: no row's name holds that\n",
			b.opt.filter);
		return EXIT_FAILURE;
	}
	if (b.json != NULL) {
		(void)fputs("\n]\n", b.json);
		if (fclose(b.json) != 0) {
			perror("bench_crypto: json");
			return EXIT_FAILURE;
		}
	}
	oracle_teardown();
	srtp_engine_destroy(b.engine);
	return EXIT_SUCCESS;
}
