/* SPDX-License-Identifier: BSD-3-Clause */
#include "result.h"

#include <errno.h>
#include <inttypes.h>

#define RESULT_NAME(id, name, help) name,
#define RESULT_HELP(id, name, help) help,
static const char *const names[RESULT_CHECK_COUNT] = {RESULT_CHECKS(RESULT_NAME)};
static const char *const helps[RESULT_CHECK_COUNT] = {RESULT_CHECKS(RESULT_HELP)};

static const struct quantile {
	const char *name;
	uint64_t parts, whole;
} quantiles[] = {{"p50", 50, 100}, {"p99", 99, 100}, {"p999", 999, 1000}};

enum { QUANTILES = sizeof(quantiles) / sizeof(quantiles[0]) };

static uint64_t lost_reports(const struct trial_result *r)
{
	return r->tx.reports > r->rx.reports ? r->tx.reports - r->rx.reports : 0;
}

static bool exceeds(uint64_t lost, uint64_t sent, double ppm)
{
	return (double)lost > (double)sent * ppm / 1e6;
}

uint32_t result_verdict(const struct options *o, const struct trial_result *r)
{
	uint32_t failed = 0;

	failed |= (uint32_t)(r->tx.sent == 0) << RESULT_NOTHING;
	failed |= (uint32_t)(trial_sent_pps(r) < r->asked_pps * RESULT_RATE_SHARE) << RESULT_RATE;
	failed |= (uint32_t)exceeds(trial_lost(r), r->tx.sent, o->allow_loss_ppm) << RESULT_LOSS;
	failed |= (uint32_t)(trial_faulty(r) > 0) << RESULT_FAULTY;
	failed |= (uint32_t)(r->rx.duplicated > 0) << RESULT_DUPLICATED;
	failed |= (uint32_t)(r->rx.reordered > 0 && !o->allow_reorder) << RESULT_REORDERED;
	failed |= (uint32_t)(exceeds(lost_reports(r), r->tx.reports, o->allow_loss_ppm) ||
			     r->rx.reports_again > 0)
		  << RESULT_REPORTS;
	failed |= (uint32_t)(r->tx.tx_abandoned > 0) << RESULT_ABANDONED;
	failed |= (uint32_t)(r->failure != SRTP_OK) << RESULT_SEALING;
	if (r->stopped)
		failed &= ~(1U << RESULT_RATE);
	return failed;
}

bool result_passes(double loss_ppm, bool allow_reorder, const struct trial_result *r)
{
	struct options o = {.allow_loss_ppm = loss_ppm, .allow_reorder = allow_reorder};

	return (result_verdict(&o, r) & ~(1U << RESULT_RATE)) == 0;
}

static double to_ns(const struct trial_result *r, uint64_t cycles)
{
	return (double)cycles * 1e9 / r->hz;
}

static double per(uint64_t cycles, uint64_t packets)
{
	return packets > 0 ? (double)cycles / (double)packets : 0;
}

static void print_counts(const struct trial_result *r, FILE *out)
{
	(void)fprintf(out,
		"sent        %12" PRIu64 "  in %.2f s, %.0f pps, %.3f Gb/s\n"
		"received    %12" PRIu64 "  %" PRIu64 " of them compared byte for byte\n"
		"lost        %12" PRIu64 "  %.2f ppm\n"
		"reordered   %12" PRIu64 "\nduplicated  %12" PRIu64 "\nfaulty      %12" PRIu64 "\n",
		r->tx.sent, r->seconds, trial_sent_pps(r),
		r->seconds > 0 ? (double)r->tx.sent_bytes * 8 / r->seconds / 1e9 : 0, r->rx.good,
		r->rx.verified, trial_lost(r),
		r->tx.sent > 0 ? (double)trial_lost(r) * 1e6 / (double)r->tx.sent : 0,
		r->rx.reordered, r->rx.duplicated, trial_faulty(r));
	for (unsigned i = 0; i < RECEIVE_FAULT_COUNT; i++)
		if (r->rx.faults[i] > 0)
			(void)fprintf(out, "  %-10s%12" PRIu64 "  %s\n", receive_fault_names[i],
				r->rx.faults[i], receive_fault_helps[i]);
	(void)fprintf(out, "rtcp        %12" PRIu64 "  sent, %" PRIu64 " received\n", r->tx.reports,
		r->rx.reports);
	(void)fprintf(out,
		"foreign     %12" PRIu64 "  and %" PRIu64 " asked where an address is, %" PRIu64
		" answered; %" PRIu64 " in parts\n"
		"refused     %12" PRIu64 "  times by the port, %" PRIu64 " at the end; %" PRIu64
		" without mbuf\n",
		r->rx.foreign, r->rx.questions, r->tx.answers, r->tx.segmented, r->tx.tx_refused,
		r->tx.tx_abandoned, r->tx.no_mbuf);
}

static void print_latency(const struct trial_result *r, FILE *out)
{
	if (r->latency.count == 0)
		return;
	(void)fprintf(
		out, "latency, us       min %.1f", to_ns(r, histogram_min(&r->latency)) / 1e3);
	for (unsigned i = 0; i < QUANTILES; i++)
		(void)fprintf(out, "  %s %.1f", quantiles[i].name,
			to_ns(r, histogram_quantile(
					 &r->latency, quantiles[i].parts, quantiles[i].whole)) /
				1e3);
	(void)fprintf(out, "  max %.1f\n", to_ns(r, r->latency.max) / 1e3);
}

void result_print_table(const struct result *result, FILE *out)
{
	const struct trial_result *r = &result->trial;

	(void)fprintf(out, "calls       %12u  %u streams, %" PRIu64 " heard of\n", result->n_calls,
		result->n_streams, r->rx.heard);
	print_counts(r, out);
	print_latency(r, out);
	if (result->options->cycles)
		(void)fprintf(out, "cycles a packet   sending %.0f  receiving %.0f\n",
			per(r->tx.tx_cycles, r->tx.sent + r->tx.reports),
			per(r->tx.rx_cycles, r->rx.frames));
	if (result->options->search)
		(void)fprintf(out,
			"search      %12.0f  pps is the highest rate that passed; bound by: %s\n",
			result->search.best, search_bound_names[result->search.bound]);
	for (unsigned i = 0; i < RESULT_CHECK_COUNT; i++)
		if ((result->failed >> i & 1) != 0)
			(void)fprintf(out, "failed: %s\n", helps[i]);
}

void result_print(const struct result *result, FILE *out)
{
	result_print_table(result, out);
	(void)fprintf(out, "%s\n", result->failed == 0 ? "PASS" : "FAIL");
}

static void json_latency(const struct trial_result *r, FILE *out)
{
	const char *comma = "";

	(void)fprintf(out, "    \"latency_ns\": {\"count\": %" PRIu64 ", \"min\": %.0f",
		r->latency.count, to_ns(r, histogram_min(&r->latency)));
	for (unsigned i = 0; i < QUANTILES; i++)
		(void)fprintf(out, ", \"%s\": %.0f", quantiles[i].name,
			to_ns(r, histogram_quantile(
					 &r->latency, quantiles[i].parts, quantiles[i].whole)));
	(void)fprintf(out, ", \"max\": %.0f},\n    \"histogram_ns\": [", to_ns(r, r->latency.max));
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (r->latency.buckets[i] == 0)
			continue;
		(void)fprintf(out, "%s[%.1f, %.1f, %" PRIu64 "]", comma, to_ns(r, histogram_low(i)),
			to_ns(r, histogram_high(i)), r->latency.buckets[i]);
		comma = ", ";
	}
	(void)fprintf(out, "]\n");
}

static void json_trial(const struct trial_result *r, FILE *out)
{
	(void)fprintf(out,
		"    \"asked_pps\": %.0f, \"sent_pps\": %.0f, \"seconds\": %.6f,\n"
		"    \"sent\": %" PRIu64 ", \"sent_bytes\": %" PRIu64 ", \"received\": %" PRIu64
		", \"verified\": %" PRIu64 ",\n"
		"    \"lost\": %" PRIu64 ", \"reordered\": %" PRIu64 ", \"duplicated\": %" PRIu64
		", \"streams_heard\": %" PRIu64 ",\n    \"faulty\": {",
		r->asked_pps, trial_sent_pps(r), r->seconds, r->tx.sent, r->tx.sent_bytes,
		r->rx.good, r->rx.verified, trial_lost(r), r->rx.reordered, r->rx.duplicated,
		r->rx.heard);
	for (unsigned i = 0; i < RECEIVE_FAULT_COUNT; i++)
		(void)fprintf(out, "%s\"%s\": %" PRIu64, i > 0 ? ", " : "", receive_fault_names[i],
			r->rx.faults[i]);
	(void)fprintf(out,
		"},\n    \"rtcp\": {\"sent\": %" PRIu64 ", \"received\": %" PRIu64
		", \"duplicated\": %" PRIu64 "},\n",
		r->tx.reports, r->rx.reports, r->rx.reports_again);
	(void)fprintf(out,
		"    \"foreign\": %" PRIu64 ", \"questions\": %" PRIu64 ", \"answers\": %" PRIu64
		", \"segmented\": %" PRIu64 ",\n"
		"    \"tx_refused\": %" PRIu64 ", \"tx_abandoned\": %" PRIu64
		", \"no_mbuf\": %" PRIu64 ",\n"
		"    \"cycles\": {\"tx\": %.1f, \"rx\": %.1f, \"hz\": %.0f},\n",
		r->rx.foreign, r->rx.questions, r->tx.answers, r->tx.segmented, r->tx.tx_refused,
		r->tx.tx_abandoned, r->tx.no_mbuf, per(r->tx.tx_cycles, r->tx.sent + r->tx.reports),
		per(r->tx.rx_cycles, r->rx.frames), r->hz);
	json_latency(r, out);
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void json_search(const struct result *result, FILE *out)
{
	const struct search *s = &result->search;

	(void)fprintf(out,
		"  \"search\": {\"loss_ppm\": %.3f, \"rate_pps\": %.0f, \"bound\": \"%s\",\n"
		"    \"trials\": [",
		result->options->search_loss_ppm, s->best, search_bound_names[s->bound]);
	for (uint32_t i = 0; i < s->n; i++) {
		const struct search_trial *t = &s->trials[i];

		(void)fprintf(out,
			"%s\n      {\"asked_pps\": %.0f, \"sent_pps\": %.0f, \"sent\": %" PRIu64
			", \"lost\": %" PRIu64 ", \"faulty\": %" PRIu64 ", \"refused\": %" PRIu64
			", \"valid\": %s, \"passed\": %s}",
			i > 0 ? "," : "", t->asked_pps, t->sent_pps, t->sent, t->lost, t->faulty,
			t->refused, truth(t->valid), truth(t->passed));
	}
	(void)fprintf(out, "]},\n");
}

void result_write(const struct result *result, FILE *out)
{
	const struct options *o = result->options;
	bool first = true;

	(void)fprintf(out, "{\n  \"passed\": %s,\n  \"failed\": [", truth(result->failed == 0));
	for (unsigned i = 0; i < RESULT_CHECK_COUNT; i++)
		if ((result->failed >> i & 1) != 0) {
			(void)fprintf(out, "%s\"%s\"", first ? "" : ", ", names[i]);
			first = false;
		}
	(void)fprintf(out,
		"],\n  \"calls\": %u, \"streams\": %u, \"directions\": %u, \"codec\": \"%s\", "
		"\"payload\": %u, \"sample\": %u, \"presealed_mb\": %u,\n",
		result->n_calls, result->n_streams, o->directions, o->codec.codec->name,
		o->codec.payload, o->sample, o->presealed_mb);
	if (o->search)
		json_search(result, out);
	(void)fprintf(out, "  \"trial\": {\n");
	json_trial(&result->trial, out);
	(void)fprintf(out, "  }\n}");
}

int result_write_json(const struct result *result, const char *path)
{
	FILE *out = fopen(path, "we");

	if (out == NULL)
		return -errno;
	result_write(result, out);
	(void)fputc('\n', out);
	return fclose(out) == 0 ? 0 : -errno;
}
