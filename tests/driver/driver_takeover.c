/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * The client of the dead data plane stays until all is read out of its region. Endpoints keep
 * their slots and generations, so that routes need no translation.
 */
#include "driver.h"

#include "secret.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { ATTACH_MS = 5000, WAIT_S = 10, ANSWER_S = 5, PAUSE_NS = 10000000 };

static int attach_next(const struct driver *d, struct plane_client **client)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	double until = driver_now() + WAIT_S;
	int err;

	while ((err = plane_client_attach(d->path, getuid(), ATTACH_MS, client)) != 0 &&
		driver_now() < until)
		(void)nanosleep(&pause, NULL);
	return err;
}

static int take_over_one(
	struct driver *d, const struct plane_client *dead, uint32_t i, uint32_t *unknown)
{
	const struct relay_route *route = &d->calls.endpoints[i].route;
	struct relay_command command;
	struct relay_record record;
	int err = driver_calls_install(&d->calls, i, &command, &record);

	if (err == 0 && plane_client_takeover(dead, route, &record) != 0)
		++*unknown;
	if (err == 0)
		plane_client_slot_claim(d->client, route);
	if (err == 0)
		while ((err = plane_client_install(d->client, &command, &record)) == -EAGAIN)
			driver_listen(d);
	secret_wipe(&record, sizeof(record));
	return err;
}

void driver_do_takeover(struct driver *d, char *const words[])
{
	struct plane_client *dead = d->client, *next = NULL;
	uint32_t unknown = 0;
	double start;
	int err;

	(void)words;
	if (plane_client_alive(dead)) {
		driver_fail("the data plane is alive", 0);
		return;
	}
	err = attach_next(d, &next);
	if (err != 0) {
		driver_fail(d->path, err);
		return;
	}
	start = driver_now();
	d->client = next;
	d->answers = 0;
	d->refusals = 0;
	for (uint32_t i = 0; i < d->calls.n && err == 0; i++)
		err = take_over_one(d, dead, i, &unknown);
	while (err == 0 && d->answers < d->calls.n && driver_now() < start + ANSWER_S)
		driver_listen(d);
	plane_client_detach(dead);
	(void)printf("{\"taken\": %u, \"unknown\": %u, \"refused\": %u, \"refusal\": \"%s\", "
		     "\"error\": \"%s\", \"seconds\": %.6f}\n",
		d->answers - d->refusals, unknown, d->refusals, relay_status_name(d->last_refusal),
		err == 0 ? "" : strerrordesc_np(-err), driver_now() - start);
}
