/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_impl.h"

#include "config_text.h"
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>

static void one(
	struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
	metrics_family(out, name, type, help);
	metrics_sample(out, name, NULL, value);
}

static void labelled(
	struct buffer *out, const char *name, const char *label, const char *is, uint64_t value)
{
	const struct metrics_label labels[] = {{label, slice_of(is)}, {NULL, {NULL, 0}}};

	metrics_sample(out, name, labels, value);
}

/* With its fraction, which metrics_sample does not have; 'label' needs no escapes. */
static void seconds(
	struct buffer *out, const char *name, const char *label, const char *is, uint64_t us)
{
	char text[160];

	if (label != NULL)
		(void)snprintf(text, sizeof(text), "%s{%s=\"%s\"} %" PRIu64 ".%06" PRIu64 "\n",
			name, label, is, us / 1000000, us % 1000000);
	else
		(void)snprintf(text, sizeof(text), "%s %" PRIu64 ".%06" PRIu64 "\n", name,
			us / 1000000, us % 1000000);
	buffer_text(out, text);
}

static void put_calls(
	const struct report_statistics *s, const struct report_now *now, struct buffer *out)
{
#define STATE_LABEL(id, name, label) label,
	static const char *const states[REPORT_STATE_COUNT] = {REPORT_STATES(STATE_LABEL)};
	static const char closed[] = "rtpengine_closed_sessions_total";
	static const char average[] = "rtpengine_call_duration_avg";
	static const char duration[] = "rtpengine_call_duration_total";
	uint64_t managed = report_managed(s);

	one(out, "rtpengine_uptime_seconds", "gauge", "Seconds since the control plane started",
		now->uptime_s);
	metrics_family(out, "rtpengine_sessions", "gauge", "Calls there are");
	labelled(out, "rtpengine_sessions", "type", "own", report_calls(now));
	metrics_family(out, "sluice_sessions", "gauge", "Calls there are, by state");
	for (unsigned i = 0; i < REPORT_STATE_COUNT; i++)
		labelled(out, "sluice_sessions", "state", states[i], now->calls[i]);
	one(out, "sluice_sessions_created_total", "counter", "Calls that began", s->created);
	one(out, "rtpengine_sessions_total", "counter", "Calls that ended", managed);
	metrics_family(out, closed, "counter", "Calls that ended or were rejected, by reason");
	for (unsigned i = 0; i < REPORT_END_COUNT; i++)
		labelled(out, closed, "reason", report_end_text((enum report_end)i), s->ended[i]);
	metrics_family(out, average, "gauge", "Average duration of calls that ended, in seconds");
	seconds(out, average, NULL, NULL, managed > 0 ? s->ended_us / managed : 0);
	metrics_family(out, duration, "counter", "Duration of all calls that ended, in seconds");
	seconds(out, duration, NULL, NULL, s->ended_us);
}

static void put_requests(const struct report_statistics *s, struct buffer *out)
{
	/* as rtpengine writes them */
	static const char *const names[NG_COMMAND_COUNT] = {
		[NG_PING] = "ping",
		[NG_OFFER] = "offer",
		[NG_ANSWER] = "answer",
		[NG_DELETE] = "delete",
		[NG_QUERY] = "query",
		[NG_LIST_CALLS] = "list",
		[NG_STATISTICS] = "statistics",
		[NG_BLOCK_MEDIA] = "block media",
		[NG_UNBLOCK_MEDIA] = "unblock media",
		[NG_REFUSED] = "unsupported",
	};
	static const char requests[] = "rtpengine_requests_total";
	static const char duration[] = "rtpengine_request_seconds_total";
	static const char errors[] = "sluice_request_errors_total";

	metrics_family(out, requests, "counter", "Requests worked on, by command");
	for (unsigned i = 0; i < NG_COMMAND_COUNT; i++)
		labelled(out, requests, "request", names[i], s->requests[i]);
	metrics_family(out, duration, "counter", "Seconds spent on these");
	for (unsigned i = 0; i < NG_COMMAND_COUNT; i++)
		seconds(out, duration, "request", names[i], s->request_us[i]);
	one(out, "sluice_requests_repeated_total", "counter",
		"Requests that came again and were answered from the cache", s->repeated);
	one(out, "rtpengine_errors_total", "counter", "Requests answered by an error",
		report_errors(s));
	metrics_family(out, errors, "counter", "Requests answered by an error, by reason");
	for (unsigned i = NG_OK + 1; i < NG_ERROR_COUNT; i++)
		labelled(out, errors, "reason", ng_error_text((enum ng_error)i), s->errors[i]);
}

/* Which of these numbers a family is about. */
enum ports_what { PORTS_ALL, PORTS_USED, PORTS_FREE };

static uint64_t ports_number(const struct report_ports *ports, enum ports_what what)
{
	switch (what) {
	case PORTS_ALL:
		return ports->all;
	case PORTS_USED:
		return ports->used;
	case PORTS_FREE:
		return ports->all > ports->used ? ports->all - ports->used : 0;
	}
	return 0;
}

static void put_ports_of(
	const struct report_now *now, enum ports_what what, const char *name, struct buffer *out)
{
	for (uint32_t i = 0; i < now->config->n_interfaces; i++) {
		const struct config_interface *interface = &now->config->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++) {
			struct metrics_label labels[] = {
				{"name", slice_of(interface->name)},
				{"address", {NULL, 0}},
				{NULL, {NULL, 0}},
			};
			char address[CONFIG_TEXT_ADDRESS];

			config_text_address(&interface->addresses[j].local, address);
			labels[1].value = slice_of(address);
			metrics_sample(out, name, labels, ports_number(&now->ports[i][j], what));
		}
	}
}

static void put_ports(const struct report_now *now, struct buffer *out)
{
	static const struct {
		const char *name, *help;
	} rows[] = {
		[PORTS_ALL] = {"rtpengine_ports", "Pairs of ports there are"},
		[PORTS_USED] = {"rtpengine_ports_used", "Pairs of ports in use"},
		[PORTS_FREE] = {"rtpengine_ports_free", "Pairs of ports to be had"},
	};

	for (unsigned i = 0; now->ports != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_family(out, rows[i].name, "gauge", rows[i].help);
		put_ports_of(now, (enum ports_what)i, rows[i].name, out);
	}
}

static void put_link(const struct report_link *link, struct buffer *out)
{
	one(out, "sluice_dataplane_up", "gauge", "1 if there is a data plane", link->is_up ? 1 : 0);
	one(out, "sluice_dataplane_stalled", "gauge",
		"1 if its main loop stands still; its workers may relay all the same",
		link->is_stalled ? 1 : 0);
	one(out, "sluice_dataplane_deaths_total", "counter",
		"Data planes lost: they died, stopped, or broke the contract", link->deaths);
	one(out, "sluice_dataplane_breaches_total", "counter",
		"Data planes hung up on, as they broke the contract", link->breaches);
	one(out, "sluice_dataplane_stalls_total", "counter",
		"Times that the main loop of the data plane stood still", link->stalls);
}

/* The data plane runs in user space; what rtpengine calls so. */
static void put_relayed(const struct relay_counts *totals, struct buffer *out)
{
	static const char type[] = "type", user[] = "userspace";
	static const char packets[] = "rtpengine_packets_total";
	static const char bytes[] = "rtpengine_bytes_total";
	static const char errors[] = "rtpengine_packet_errors_total";

	metrics_family(out, packets, "counter", "Media packets relayed");
	labelled(out, packets, type, user, totals->counts[RELAY_COUNTER_TX]);
	metrics_family(
		out, bytes, "counter", "Bytes of these as sent, from the Ethernet header on");
	labelled(out, bytes, type, user, totals->counts[RELAY_COUNTER_TX_BYTES]);
	metrics_family(out, errors, "counter", "Packets dropped, for whatever reason");
	labelled(out, errors, type, user, report_drops(totals));
}

#define WORKER_NAME(id, name, help) "sluice_dataplane_" name "_total",
static const char *const worker_names[] = {RELAY_WORKER_COUNTERS(WORKER_NAME)};

static void put_dataplane(const struct relay_counts *totals, struct buffer *out)
{
	static const char drops[] = "sluice_dataplane_drops_total";
	static const char stages[] = "sluice_dataplane_stage_cycles_total";

	for (unsigned i = 0; i < RELAY_COUNTER_COUNT; i++)
		one(out, worker_names[i], "counter", relay_counters_worker_rows[i].help,
			totals->counts[i]);
	metrics_family(out, drops, "counter", "Packets dropped, by reason");
	for (unsigned i = 0; i < RELAY_DROP_COUNT; i++)
		labelled(out, drops, "reason", relay_counters_drop_rows[i].name, totals->drops[i]);
	metrics_family(
		out, stages, "counter", "TSC cycles by stage, where the profile counts them");
	for (unsigned i = 0; i < RELAY_STAGE_COUNT; i++)
		labelled(out, stages, "stage", relay_counters_stage_names[i],
			totals->stage_cycles[i]);
}

#define NIC_NAME(id, name, help) "sluice_nic_" name,
static const char *const nic_names[] = {RELAY_PORT_COUNTERS(NIC_NAME)};

static void put_nics(const struct report_now *now, struct buffer *out)
{
	for (unsigned i = 0; now->n_nics > 0 && i < RELAY_PORT_COUNT; i++) {
		bool gauge = i == RELAY_PORT_LINK_UP;
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%s", nic_names[i], gauge ? "" : "_total");
		metrics_family(
			out, name, gauge ? "gauge" : "counter", relay_counters_port_rows[i].help);
		for (uint32_t k = 0; k < now->n_nics; k++) {
			char port[12];

			(void)snprintf(port, sizeof(port), "%" PRIu32, k);
			labelled(out, name, "port", port, now->nics[k][i]);
		}
	}
}

void report_metrics(
	const struct report_statistics *s, const struct report_now *now, struct buffer *out)
{
	put_calls(s, now, out);
	put_requests(s, out);
	put_ports(now, out);
	put_link(&now->link, out);
	if (now->totals != NULL) {
		put_relayed(now->totals, out);
		put_dataplane(now->totals, out);
	}
	put_nics(now, out);
}
