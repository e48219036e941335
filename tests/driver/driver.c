/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * Stands in for the control plane in tests and benchmarks: reads sentences from standard input,
 * carries them out over the contract, and prints a line of JSON for each.
 */
#include "driver_calls.h"
#include "secret.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ATTACH_MS = 5000, ANSWER_MS = 5000, EVENTS_A_TURN = 1024, LINE_BYTES = 4096 };

struct driver {
	struct plane_client *client;
	struct driver_calls calls;
	uint32_t answers, refusals;
	uint8_t last_refusal;
};

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_event(void *arg, const struct relay_event *event)
{
	struct driver *d = arg;

	if (event->type > RELAY_EVENT_REMOVED)
		return;
	d->answers++;
	if (event->status != RELAY_OK) {
		d->refusals++;
		d->last_refusal = event->status;
	}
}

static void take_events(struct driver *d)
{
	(void)plane_client_events(d->client, on_event, d, EVENTS_A_TURN);
}

static int install_one(struct driver *d, uint32_t i)
{
	struct relay_command command;
	struct relay_record record;
	int err = driver_calls_install(&d->calls, i, &command, &record);

	while (err == 0) {
		err = plane_client_install(d->client, &command, &record);
		if (err != -EAGAIN)
			break;
		take_events(d);
		err = 0;
	}
	secret_wipe(&record, sizeof(record));
	return err;
}

static int remove_one(struct driver *d, uint32_t i)
{
	const struct relay_route *r = &d->calls.endpoints[i].route;
	int err;

	while ((err = plane_client_remove(d->client, r->endpoint, r->generation, i)) == -EAGAIN)
		take_events(d);
	return err;
}

static bool await_answers(struct driver *d, uint32_t n)
{
	double until = now() + ANSWER_MS / 1000.0;

	while (d->answers < n && now() < until)
		take_events(d);
	return d->answers >= n;
}

static void for_all(struct driver *d, const char *what, int (*one)(struct driver *, uint32_t))
{
	double start = now(), seconds;
	int err = 0;

	d->answers = 0;
	d->refusals = 0;
	d->last_refusal = RELAY_OK;
	for (uint32_t i = 0; i < d->calls.n && err == 0; i++)
		err = one(d, i);
	if (err == 0 && !await_answers(d, d->calls.n))
		err = -ETIMEDOUT;
	seconds = now() - start;
	(void)printf("{\"%s\": %u, \"refused\": %u, \"refusal\": \"%s\", \"error\": \"%s\", "
		     "\"seconds\": %.6f, \"per_second\": %.0f}\n",
		what, d->answers - d->refusals, d->refusals, relay_status_name(d->last_refusal),
		err == 0 ? "" : strerror(-err), seconds, d->answers / seconds);
}

static void install(struct driver *d, const char *path)
{
	struct driver_rule rule = {.source = RELAY_SOURCE_LATCH};
	struct call_sheet *sheet = NULL;
	int err = call_sheet_read(path, stderr, &sheet);

	if (err == 0)
		err = driver_calls_open(d->client, sheet, rule, &d->calls);
	if (err != 0) {
		(void)printf("{\"error\": \"%s\"}\n", strerror(-err));
		return;
	}
	for_all(d, "installed", install_one);
}

static void print_counts(struct driver *d)
{
	struct relay_counts total;

	if (plane_client_total(d->client, &total) != 0) {
		(void)puts("{\"error\": \"no snapshot\"}");
		return;
	}
	(void)printf("{");
	for (uint32_t i = 0; i < RELAY_COUNTER_COUNT; i++)
		(void)printf("\"%s\": %llu, ", relay_counters_worker_rows[i].name,
			(unsigned long long)total.counts[i]);
	for (uint32_t i = 0; i < RELAY_DROP_COUNT; i++)
		(void)printf("\"drop_%s\": %llu, ", relay_counters_drop_rows[i].name,
			(unsigned long long)total.drops[i]);
	for (uint32_t i = 0; i < RELAY_STAGE_COUNT; i++)
		(void)printf("\"cycles_%s\": %llu%s", relay_counters_stage_names[i],
			(unsigned long long)total.stage_cycles[i],
			i + 1 < RELAY_STAGE_COUNT ? ", " : "}\n");
}

static bool obey(struct driver *d, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "install ", 8) == 0)
		install(d, line + 8);
	else if (strcmp(line, "remove") == 0)
		for_all(d, "removed", remove_one);
	else if (strcmp(line, "counters") == 0)
		print_counts(d);
	else if (strcmp(line, "quit") == 0)
		return false;
	else
		(void)printf("{\"error\": \"unknown sentence\"}\n");
	(void)fflush(stdout);
	return true;
}

int main(int argc, char *argv[])
{
	struct driver d = {.client = NULL};
	char line[LINE_BYTES];
	int err;

	if (argc != 2) {
		(void)fputs("usage: plane-driver SOCKET\n", stderr);
		return 2;
	}
	err = plane_client_attach(argv[1], getuid(), ATTACH_MS, &d.client);
	if (err != 0) {
		(void)fprintf(stderr, "plane-driver: %s: %s\n", argv[1], strerror(-err));
		return EXIT_FAILURE;
	}
	while (fgets(line, sizeof(line), stdin) != NULL && obey(&d, line))
		;
	driver_calls_close(&d.calls);
	plane_client_detach(d.client);
	return EXIT_SUCCESS;
}
