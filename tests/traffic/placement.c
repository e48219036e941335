/* SPDX-License-Identifier: BSD-3-Clause */
#include "placement.h"

#include "result.h"
#include "signal_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

struct placement {
	const struct options *options;
	struct dialog_plan plan;
	struct call_sheet sheet;
	struct dialog *dialogs;
	bool *placed; /* each call: it is up */
	uint32_t n_placed, next;
	struct signaler_counts setup, end;
	bool with_media;
	struct trial trial;
	struct result media;
};

static struct dialog *begin_next(void *context, uint32_t slot)
{
	struct placement *p = context;

	(void)slot;
	return p->next < p->sheet.n_calls ? &p->dialogs[p->next++] : NULL;
}

static void end_setup(void *context, struct dialog *dialog, bool good)
{
	struct placement *p = context;

	p->placed[dialog - p->dialogs] = good;
	p->n_placed += good;
}

static struct dialog *begin_placed(void *context, uint32_t slot)
{
	struct placement *p = context;

	while (p->next < p->sheet.n_calls && !p->placed[p->next])
		p->next++;
	return begin_next(context, slot);
}

static void end_delete(void *context, struct dialog *dialog, bool good)
{
	(void)context;
	(void)dialog;
	(void)good;
}

static bool never(void)
{
	return false;
}

static void place(struct placement *p, struct signaler *signaler)
{
	const struct signaler_work work = {.plan = &p->plan,
		.first = DIALOG_OFFER,
		.last = DIALOG_ANSWER,
		.begin = begin_next,
		.end = end_setup,
		.stopped = trial_stopped,
		.context = p};

	signaler_run(signaler, &work, &p->setup);
}

static void delete_all(struct placement *p, struct signaler *signaler)
{
	const struct signaler_work work = {.plan = &p->plan,
		.first = DIALOG_DELETE,
		.last = DIALOG_DELETE,
		.begin = begin_placed,
		.end = end_delete,
		.stopped = never,
		.context = p};

	p->next = 0;
	signaler_run(signaler, &work, &p->end);
}

/* No port of the relay was given twice. */
static bool ports_differ(struct placement *p)
{
	struct address_index *index = address_index_create(p->sheet.n_calls * CALL_LEGS * 2);
	bool good = index != NULL;

	for (uint32_t i = 0; good && i < p->sheet.n_calls; i++)
		for (unsigned leg = 0; good && leg < CALL_LEGS; leg++) {
			struct relay_sockaddr addr = p->sheet.calls[i].legs[leg].relay;

			good = address_index_add(index, &addr, i) == 0;
			addr.port++;
			if (good && !p->sheet.calls[i].legs[leg].rtcp_mux)
				good = address_index_add(index, &addr, i) == 0;
		}
	address_index_destroy(index);
	if (!good)
		faults_add_text(&p->setup.faults, "the relay gave a port to two calls");
	return good;
}

/* What each party has sent, for the relay's statistics. */
static void note_sent(struct placement *p)
{
	const struct streams *s = p->trial.streams;

	for (uint32_t i = 0; i < s->n; i++)
		p->dialogs[s->tx[i].id >> 1].sent[s->tx[i].id & 1] =
			s->tx[i].index - s->tx[i].first;
	p->plan.counts = p->media.trial.tx.tx_abandoned == 0;
}

static int send_media(struct placement *p)
{
	const struct options *o = p->options;
	int error = trial_open(&p->trial, o, &p->sheet);

	if (error != 0)
		return error;
	p->media.options = o;
	p->media.n_calls = p->sheet.n_calls;
	p->media.n_streams = p->trial.streams->n;
	error = trial_run(&p->trial, o->rate, o->seconds, &p->media.trial);
	if (error == 0) {
		p->media.failed = result_verdict(o, &p->media.trial);
		p->with_media = true;
		note_sent(p);
	}
	trial_close(&p->trial);
	return error;
}

static double setup_seconds(const struct placement *p)
{
	return (double)p->setup.elapsed_ns / 1e9;
}

static double setup_rate(const struct placement *p)
{
	return p->setup.elapsed_ns > 0 ? p->n_placed / setup_seconds(p) : 0;
}

static bool passed(const struct placement *p)
{
	return p->with_media && p->media.failed == 0 && p->n_placed == p->sheet.n_calls &&
	       p->setup.faults.total == 0 && p->end.faults.total == 0 &&
	       p->end.done[DIALOG_DELETE] == p->n_placed;
}

static void print(const struct placement *p, FILE *out)
{
	(void)fprintf(out, "placed      %12u  of %u calls in %.3f s, %.0f a second\n", p->n_placed,
		p->sheet.n_calls, setup_seconds(p), setup_rate(p));
	signal_report_print(&p->setup, out);
	if (p->with_media)
		result_print_table(&p->media, out);
	(void)fprintf(out, "deleted     %12" PRIu64 "  with the packets that their parties sent\n",
		p->end.done[DIALOG_DELETE]);
	signal_report_print(&p->end, out);
	(void)fprintf(out, "%s\n", passed(p) ? "PASS" : "FAIL");
}

static int write_json(const struct placement *p, const char *path)
{
	FILE *out = fopen(path, "we");

	if (out == NULL)
		return -errno;
	(void)fprintf(out,
		"{\"passed\": %s, \"calls\": %u, \"placed\": %u, \"setup_s\": %.6f, "
		"\"setup_per_s\": %.1f,\n\"setup\": {",
		passed(p) ? "true" : "false", p->sheet.n_calls, p->n_placed, setup_seconds(p),
		setup_rate(p));
	signal_report_json(&p->setup, out);
	(void)fprintf(out, "},\n\"end\": {");
	signal_report_json(&p->end, out);
	(void)fprintf(out, "},\n\"media\": ");
	if (p->with_media)
		result_write(&p->media, out);
	else
		(void)fprintf(out, "null");
	(void)fprintf(out, "}\n");
	return fclose(out) == 0 ? 0 : -errno;
}

static int report(const struct placement *p)
{
	int error = p->options->json != NULL ? write_json(p, p->options->json) : 0;

	print(p, stdout);
	if (error != 0)
		(void)fprintf(stderr, "sluice-trafficgen: %s: %s\n", p->options->json,
			strerrordesc_np(-error));
	return error;
}

/* 0 if all was tried, whatever came of it. */
static int run(struct placement *p)
{
	struct signaler *signaler;
	int error = signaler_open(&p->options->signaler, &signaler), reported;

	if (error != 0)
		return error;
	place(p, signaler);
	if (p->n_placed == p->sheet.n_calls && ports_differ(p))
		error = send_media(p);
	delete_all(p, signaler);
	signaler_close(signaler);
	reported = report(p);
	return error != 0 ? error : reported;
}

static int prepare(struct placement *p)
{
	const struct caller_options *caller = &p->options->caller;
	uint32_t n = p->options->calls;
	int error = caller_plan(caller, p->options->codec.codec, &p->plan);

	p->plan.own_keys = true;
	p->sheet.calls = calloc(n, sizeof(*p->sheet.calls));
	p->dialogs = calloc(n, sizeof(*p->dialogs));
	p->placed = calloc(n, sizeof(*p->placed));
	if (!p->sheet.calls || !p->dialogs || !p->placed)
		return -ENOMEM;
	for (; error == 0 && p->sheet.n_calls < n; p->sheet.n_calls++) {
		uint32_t i = p->sheet.n_calls;

		error = caller_make(caller, p->plan.codec, i, &p->sheet.calls[i]);
		p->dialogs[i] = (struct dialog){.call = &p->sheet.calls[i], .number = i};
	}
	return error;
}

int placement_run(const struct options *options)
{
	static struct placement placement;
	struct placement *p = &placement;
	int error, status;

	p->options = options;
	error = prepare(p);
	if (error != 0)
		(void)fprintf(stderr, "sluice-trafficgen: %s\n", strerrordesc_np(-error));
	else
		error = run(p);
	status = passed(p) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (p->sheet.calls != NULL)
		secret_wipe(p->sheet.calls, p->sheet.n_calls * sizeof(*p->sheet.calls));
	free(p->sheet.calls);
	free(p->dialogs);
	free(p->placed);
	return error != 0 ? EXIT_USAGE : status;
}
