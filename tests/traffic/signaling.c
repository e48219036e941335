/* SPDX-License-Identifier: BSD-3-Clause */
#include "signaling.h"

#include "signal_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

#define RATE_SHARE 0.95 /* of the asked rate, which must be reached */

/* A slot's calls come one after the other, in the same memory. */
struct bench {
	const struct options *options;
	struct dialog_plan plan;
	struct dialog *dialogs;
	struct call *calls;
	uint64_t serial;
	struct signaler_counts counts;
};

static struct dialog *begin(void *context, uint32_t slot)
{
	struct bench *b = context;
	struct dialog *d = &b->dialogs[slot];

	if (caller_make(&b->options->caller, b->plan.codec, slot, &b->calls[slot]) != 0)
		return NULL;
	*d = (struct dialog){.call = &b->calls[slot], .number = b->serial++};
	return d;
}

static void end(void *context, struct dialog *dialog, bool good)
{
	(void)context;
	(void)dialog;
	(void)good; /* the counts say so */
}

static double pairs_per_second(const struct bench *b)
{
	double seconds = (double)b->counts.elapsed_ns / 1e9;

	if (seconds > b->options->seconds)
		seconds = b->options->seconds;
	return seconds > 0 ? (double)b->counts.pairs / seconds : 0;
}

static const char *verdict(const struct bench *b)
{
	if (b->counts.pairs == 0)
		return "no call was placed";
	if (b->counts.faults.total > 0)
		return "replies were wrong or did not come";
	if (pairs_per_second(b) < b->options->rate * RATE_SHARE)
		return "fewer calls were placed than the rate asked for";
	return NULL;
}

static void print(const struct bench *b)
{
	const struct signaler_options *s = &b->options->signaler;
	const char *failed = verdict(b);

	(void)printf("pairs       %12" PRIu64 "  %.0f a second, over %u connections with up to %u "
		     "calls each\n",
		b->counts.pairs, pairs_per_second(b), s->connections, s->window);
	signal_report_print(&b->counts, stdout);
	if (failed != NULL)
		(void)printf("failed: %s\n", failed);
	(void)printf("%s\n", failed == NULL ? "PASS" : "FAIL");
}

static int write_json(const struct bench *b, const char *path)
{
	const struct options *o = b->options;
	FILE *out = fopen(path, "we");

	if (out == NULL)
		return -errno;
	(void)fprintf(out,
		"{\"passed\": %s, \"pairs\": %" PRIu64 ", \"pairs_per_s\": %.1f, "
		"\"asked_per_s\": %.1f, \"seconds\": %.3f, \"connections\": %u, \"window\": %u, ",
		verdict(b) == NULL ? "true" : "false", b->counts.pairs, pairs_per_second(b),
		o->rate, o->seconds, o->signaler.connections, o->signaler.window);
	signal_report_json(&b->counts, out);
	(void)fprintf(out, "}\n");
	return fclose(out) == 0 ? 0 : -errno;
}

static int measure(struct bench *b, bool (*stopped)(void))
{
	const struct options *o = b->options;
	const struct signaler_work work = {.plan = &b->plan,
		.first = DIALOG_OFFER,
		.last = o->keep ? DIALOG_ANSWER : DIALOG_DELETE,
		.rate = o->rate,
		.seconds = o->seconds,
		.begin = begin,
		.end = end,
		.stopped = stopped,
		.context = b};
	struct signaler *signaler;
	int error = signaler_open(&o->signaler, &signaler);

	if (error != 0)
		return error;
	signaler_run(signaler, &work, &b->counts);
	signaler_close(signaler);
	print(b);
	error = o->json != NULL ? write_json(b, o->json) : 0;
	if (error != 0)
		(void)fprintf(
			stderr, "sluice-trafficgen: %s: %s\n", o->json, strerrordesc_np(-error));
	return error;
}

int signaling_run(const struct options *options, bool (*stopped)(void))
{
	size_t slots = (size_t)options->signaler.connections * options->signaler.window;
	struct bench *b = calloc(1, sizeof(*b));
	int status = EXIT_USAGE;

	if (b == NULL)
		return EXIT_USAGE;
	b->options = options;
	b->dialogs = calloc(slots, sizeof(*b->dialogs));
	b->calls = calloc(slots, sizeof(*b->calls));
	if (b->dialogs != NULL && b->calls != NULL &&
		caller_plan(&options->caller, options->codec.codec, &b->plan) == 0 &&
		measure(b, stopped) == 0)
		status = verdict(b) == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	free(b->dialogs);
	free(b->calls);
	free(b);
	return status;
}
