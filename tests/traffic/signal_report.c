/* SPDX-License-Identifier: BSD-3-Clause */
#include "signal_report.h"

#include <inttypes.h>

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

void signal_report_print(const struct signaler_counts *c, FILE *out)
{
	for (unsigned step = 0; step < DIALOG_STEPS; step++) {
		const struct histogram *h = &c->latency[step];

		if (h->count == 0)
			continue;
		(void)fprintf(out,
			"%-11s %12" PRIu64 "  latency, ms  p50 %.3f  p99 %.3f  max %.3f\n",
			dialog_step_names[step], c->done[step], ms(histogram_quantile(h, 50, 100)),
			ms(histogram_quantile(h, 99, 100)), ms(h->max));
	}
	(void)fprintf(out, "sent again  %12" PRIu64 "  datagrams; %" PRIu64 " late replies\n",
		c->resent, c->late);
	(void)fprintf(out, "wrong       %12" PRIu64 "\n", c->faults.total);
	faults_print(&c->faults, out);
}

void signal_report_json(const struct signaler_counts *c, FILE *out)
{
	for (unsigned step = 0; step < DIALOG_STEPS; step++) {
		const struct histogram *h = &c->latency[step];

		(void)fprintf(out,
			"\"%s\": {\"count\": %" PRIu64 ", \"p50_ns\": %" PRIu64
			", \"p99_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64 "}, ",
			dialog_step_names[step], c->done[step], histogram_quantile(h, 50, 100),
			histogram_quantile(h, 99, 100), h->max);
	}
	(void)fprintf(out,
		"\"sent_again\": %" PRIu64 ", \"late\": %" PRIu64 ", \"wrong\": %" PRIu64
		", \"wrong_by_text\": ",
		c->resent, c->late, c->faults.total);
	faults_write_json(&c->faults, out);
}
