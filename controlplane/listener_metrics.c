/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener_impl.h"

#include "metrics.h"

enum { DAY_S = 86400 };

#define LISTENER_ROW(id, name, help) [id] = {"sluice_listener_" name "_total", help},

static const struct {
	const char *name, *help;
} rows[] = {LISTENER_COUNTERS(LISTENER_ROW)};

static void sample(struct buffer *out, const char *name, const struct listener *l, uint64_t value)
{
	const struct metrics_label labels[] = {
		{"listener", slice_of(l->config->name)}, {NULL, {NULL, 0}}};

	metrics_sample(out, name, labels, value);
}

void listener_metrics(const struct listener_set *set, struct buffer *out)
{
	static const char connections[] = "sluice_listener_connections";
	static const char left[] = "sluice_listener_certificate_remaining_seconds";

	for (size_t i = 0; i < LISTENER_COUNTER_COUNT; i++) {
		metrics_family(out, rows[i].name, "counter", rows[i].help);
		for (uint32_t k = 0; k < set->n; k++)
			sample(out, rows[i].name, &set->list[k], set->list[k].counters[i]);
	}
	metrics_family(out, connections, "gauge", "Connections there are");
	for (uint32_t k = 0; k < set->n; k++)
		sample(out, connections, &set->list[k], set->list[k].n_connections);
	metrics_family(out, left, "gauge", "Until the server's certificate ends, in whole days");
	for (uint32_t k = 0; k < set->n; k++) {
		int days = set->list[k].tls != NULL ? tls_days_left(set->list[k].tls) : -1;

		if (set->list[k].tls != NULL)
			sample(out, left, &set->list[k], days > 0 ? (uint64_t)days * DAY_S : 0);
	}
	metrics_family(out, "sluice_requests_pending", "gauge", "Requests that wait for a reply");
	metrics_sample(out, "sluice_requests_pending", NULL, pending_count(set->pending));
}
