/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of all calls, and of the data plane: statistics and metrics. */
#include "report.h"

#include "report_case.h"
#include "support.h"

#include <inttypes.h>
#include <stdio.h>

/* Each number another one. */
static void count_up(struct report_statistics *s, struct relay_counts *c)
{
	uint64_t n = 1;

	*s = (struct report_statistics){.created = 1000,
		.ended_us = 123456789012,
		.repeated = 77,
		.errors = {[NG_ERROR_UNKNOWN_CALL] = 3, [NG_ERROR_NO_PORTS] = 4}};
	for (unsigned i = 0; i < REPORT_END_COUNT; i++)
		s->ended[i] = n++;
	for (unsigned i = 0; i < NG_COMMAND_COUNT; i++) {
		s->requests[i] = 100 + n;
		s->request_us[i] = 1000000 + n++;
	}
	*c = (struct relay_counts){.drops = {[RELAY_DROP_SOURCE] = 8, [RELAY_DROP_MTU] = 9}};
	for (unsigned i = 0; i < RELAY_COUNTER_COUNT; i++)
		c->counts[i] = 10000 + i;
	c->counts[RELAY_COUNTER_TX] = 5000;
	c->counts[RELAY_COUNTER_TX_BYTES] = 6000;
	for (unsigned i = 0; i < RELAY_STAGE_COUNT; i++)
		c->stage_cycles[i] = 30000 + i;
}

static bool is_of_the_link(struct slice line)
{
	static const char *const names[] = {"sluice_dataplane_up ", "sluice_dataplane_stalled ",
		"sluice_dataplane_deaths_total ", "sluice_dataplane_breaches_total ",
		"sluice_dataplane_stalls_total "};

	if (!slice_skip(&line, "# HELP "))
		(void)slice_skip(&line, "# TYPE ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_skip(&line, names[i]))
			return true;
	return false;
}

/* Lines that come from other files' tables are looked for one by one. */
static bool is_of_a_table(struct slice line)
{
	static const char *const begins[] = {"sluice_request_errors_total{", "sluice_dataplane_",
		"# HELP sluice_dataplane_", "# TYPE sluice_dataplane_", "sluice_nic_",
		"# HELP sluice_nic_", "# TYPE sluice_nic_"};

	if (is_of_the_link(line))
		return false;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (slice_skip(&line, begins[i]))
			return true;
	return false;
}

static void assert_metrics(struct report_case *c, const char *name)
{
	struct buffer own = {.limit = REPORT_CASE_TEXT};
	struct slice rest = buffer_all(&c->out);

	assert_false(c->out.failed);
	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		if (!is_of_a_table(line)) {
			buffer_slice(&own, line);
			buffer_char(&own, '\n');
		}
	}
	report_case_text(buffer_all(&own), name);
	buffer_fini(&own);
}

/* "NAME VALUE", as a line, once, with its type somewhere before it. */
static void assert_sample(
	const struct report_case *c, const char *name, const char *labels, uint64_t value)
{
	struct slice rest = buffer_all(&c->out);
	char line[256], type[256];
	unsigned lines = 0, types = 0;

	(void)snprintf(line, sizeof(line), "%s%s %" PRIu64, name, labels, value);
	(void)snprintf(type, sizeof(type), "# TYPE %s counter", name);
	while (rest.len > 0) {
		struct slice next = slice_cut(&rest, '\n');

		types += slice_is(next, type);
		if (slice_is(next, line)) {
			lines++;
			assert_int_equal(types, 1);
		}
	}
	if (lines != 1)
		fail_msg("%u lines: %s", lines, line);
}

static void assert_samples(const struct report_case *c, const struct report_statistics *s,
	const struct relay_counts *totals)
{
	char name[128];

	for (unsigned i = 0; i < RELAY_COUNTER_COUNT; i++) {
		(void)snprintf(name, sizeof(name), "sluice_dataplane_%s_total",
			relay_counters_worker_rows[i].name);
		assert_sample(c, name, "", totals->counts[i]);
	}
	for (unsigned i = 0; i < RELAY_DROP_COUNT; i++) {
		(void)snprintf(
			name, sizeof(name), "{reason=\"%s\"}", relay_counters_drop_rows[i].name);
		assert_sample(c, "sluice_dataplane_drops_total", name, totals->drops[i]);
	}
	for (unsigned i = 0; i < RELAY_STAGE_COUNT; i++) {
		(void)snprintf(name, sizeof(name), "{stage=\"%s\"}", relay_counters_stage_names[i]);
		assert_sample(
			c, "sluice_dataplane_stage_cycles_total", name, totals->stage_cycles[i]);
	}
	assert_sample(c, "sluice_request_errors_total", "{reason=\"Unknown call-id\"}",
		s->errors[NG_ERROR_UNKNOWN_CALL]);
	assert_sample(c, "sluice_request_errors_total",
		"{reason=\"Dictionary contains no key \\\"command\\\"\"}", 0);
	assert_sample(c, "sluice_nic_tx_errors_total", "{port=\"1\"}", 6);
	assert_sample(c, "sluice_nic_rx_packets_total", "{port=\"0\"}", 5);
}

static const struct report_ports ports[CONFIG_INTERFACES_MAX][CONFIG_ADDRESSES_MAX] = {
	{{100, 5000}}, {{7, 5000}, {0, 4999}}};
static const uint64_t nics[2][RELAY_PORT_COUNT] = {
	{[RELAY_PORT_RX] = 5, [RELAY_PORT_LINK_UP] = 1}, {[RELAY_PORT_TX_ERRORS] = 6}};

static void statistics_and_metrics_are_told(void **state)
{
	struct report_case *c = *state;
	struct report_statistics s;
	struct relay_counts totals;
	struct ng_value *reply = ng_value_dict(&c->arena);
	const struct report_now now = {.config = &c->config,
		.uptime_s = 3600,
		.calls = {3, 20, 1},
		.ports = ports,
		.link = {6, 2, 4, .is_up = true, .is_stalled = true},
		.totals = &totals,
		.nics = nics,
		.n_nics = 2};

	count_up(&s, &totals);
	report_statistics(&s, &now, &c->arena, reply);
	report_case_reply(c, reply, "statistics.json");
	c->out.len = 0;
	report_metrics(&s, &now, &c->out);
	assert_metrics(c, "metrics.txt");
	assert_samples(c, &s, &totals);
}

static void without_a_data_plane_its_numbers_are_left_out(void **state)
{
	struct report_case *c = *state;
	const struct report_statistics s = {.created = 0};
	struct ng_value *reply = ng_value_dict(&c->arena);
	const struct report_now now = {.config = &c->config};

	report_statistics(&s, &now, &c->arena, reply);
	report_case_reply(c, reply, "statistics_down.json");
	c->out.len = 0;
	report_metrics(&s, &now, &c->out);
	assert_metrics(c, "metrics_down.txt");
}

int main(int argc, char **argv)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, report_case_open, report_case_close)
	const struct CMUnitTest tests[] = {
		CASE(statistics_and_metrics_are_told),
		CASE(without_a_data_plane_its_numbers_are_left_out),
	};

	if (!report_case_folder(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
