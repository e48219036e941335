/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

#include "secret.h"

#include <errno.h>
#include <stdlib.h>

enum { ANSWER_MS = 5000 };

static bool answered(struct driver *d, uint32_t n)
{
	double until = driver_now() + ANSWER_MS / 1000.0;

	while (d->answers < n && driver_now() < until)
		driver_listen(d);
	return d->answers >= n;
}

/* An order for endpoint 'i', until there was room for it. */
typedef int order(struct driver *d, const struct driver_calls *c, uint32_t i, uint8_t set);

static int install_one(struct driver *d, const struct driver_calls *c, uint32_t i, uint8_t set)
{
	struct relay_command command;
	struct relay_record record;
	int err = driver_calls_install(c, i, &command, &record);

	command.set = set;
	if (err == 0 && set == RELAY_SET_ALL)
		err = plane_client_install(d->client, &command, &record);
	else if (err == 0)
		err = plane_client_update(d->client, &command, &record);
	secret_wipe(&record, sizeof(record));
	return err;
}

static int remove_one(struct driver *d, const struct driver_calls *c, uint32_t i, uint8_t set)
{
	const struct relay_route *r = &c->endpoints[i].route;

	(void)set;
	return plane_client_remove(d->client, r->endpoint, r->generation, i);
}

static int for_all(struct driver *d, const struct driver_calls *c, order *one, uint8_t set)
{
	int err = 0;

	d->answers = 0;
	d->refusals = 0;
	d->last_refusal = RELAY_OK;
	for (uint32_t i = 0; i < c->n && err == 0; i++)
		while ((err = one(d, c, i, set)) == -EAGAIN)
			driver_listen(d);
	return err == 0 && !answered(d, c->n) ? -ETIMEDOUT : err;
}

static void tell(const struct driver *d, const char *what, int err, double start)
{
	double seconds = driver_now() - start;

	(void)printf("{\"%s\": %u, \"refused\": %u, \"refusal\": \"%s\", \"error\": \"%s\", "
		     "\"seconds\": %.6f, \"per_second\": %.0f}\n",
		what, d->answers - d->refusals, d->refusals, relay_status_name(d->last_refusal),
		err == 0 ? "" : strerrordesc_np(-err), seconds, d->answers / seconds);
}

/* The calls that a sentence names. False: it was told why not. */
static bool read_calls(struct driver *d, char *const words[], struct driver_calls *c)
{
	struct driver_rule rule;
	struct call_sheet *sheet = NULL;
	int err;

	*c = (struct driver_calls){.n = 0};
	if (words[1] == NULL || !driver_rule_read(words, &rule)) {
		driver_fail("a sheet, then options", 0);
		return false;
	}
	err = call_sheet_read(words[1], stderr, &sheet);
	if (err == 0)
		err = driver_calls_open(d->client, sheet, rule, c);
	if (err == 0)
		return true;
	driver_calls_close(c);
	driver_fail(words[1], err);
	return false;
}

static void keep(struct driver *d, const struct driver_calls *c)
{
	driver_calls_close(&d->calls);
	d->calls = *c;
}

void driver_do_install(struct driver *d, char *const words[])
{
	struct driver_calls c;
	double start;
	int err;

	if (!read_calls(d, words, &c))
		return;
	start = driver_now();
	err = driver_calls_take(d->client, &c);
	if (err != 0) {
		driver_fail("slots", err);
		driver_calls_close(&c);
		return;
	}
	err = for_all(d, &c, install_one, RELAY_SET_ALL);
	tell(d, "installed", err, start);
	keep(d, &c);
}

void driver_do_adopt(struct driver *d, char *const words[])
{
	struct driver_calls c;
	uint32_t n;
	int err;

	if (!read_calls(d, words, &c))
		return;
	err = driver_calls_find(d->client, &c, &n);
	if (err == 0)
		(void)printf("{\"adopted\": %u, \"missing\": %u}\n", n, c.n - n);
	else
		driver_fail("directory", err);
	keep(d, &c);
}

static uint8_t read_set(const char *text)
{
	static const struct {
		const char *name;
		uint8_t set;
	} parts[] = {
		{"remote", RELAY_SET_REMOTE},
		{"ingress", RELAY_SET_INGRESS},
		{"egress", RELAY_SET_EGRESS},
		{"routes", RELAY_SET_ROUTES},
		{"dscp", RELAY_SET_DSCP},
	};
	uint8_t set = 0;

	for (size_t i = 0; text != NULL && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(text, parts[i].name) != NULL)
			set |= parts[i].set;
	return set;
}

void driver_do_update(struct driver *d, char *const words[])
{
	uint8_t set = read_set(driver_option(words, "set"));
	double start = driver_now();
	struct driver_calls c;
	uint32_t n = 0;
	int err;

	if (!read_calls(d, words, &c))
		return;
	err = driver_calls_find(d->client, &c, &n);
	if (err == 0)
		err = n < c.n || set == 0 ? -ENOENT : for_all(d, &c, install_one, set);
	tell(d, "updated", err, start);
	keep(d, &c);
}

void driver_do_remove(struct driver *d, char *const words[])
{
	double start = driver_now();
	int err = for_all(d, &d->calls, remove_one, 0);

	(void)words;
	tell(d, "removed", err, start);
	if (err == 0)
		driver_calls_give(d->client, &d->calls);
	driver_calls_close(&d->calls);
}

static double number(char *const words[], const char *key)
{
	const char *text = driver_option(words, key);

	return text == NULL ? 0 : strtod(text, NULL);
}

/* In and out once. */
static int churn_turn(struct driver *d, struct driver_calls *c)
{
	int err = driver_calls_take(d->client, c);

	if (err == 0)
		err = for_all(d, c, install_one, RELAY_SET_ALL);
	if (err == 0 && d->refusals == 0)
		err = for_all(d, c, remove_one, 0);
	driver_calls_give(d->client, c);
	return err == 0 && d->refusals > 0 ? -EPROTO : err;
}

void driver_do_churn(struct driver *d, char *const words[])
{
	double seconds = number(words, "seconds"), rate = number(words, "rate");
	double start = driver_now(), spent;
	struct driver_calls c;
	uint64_t done = 0;
	int err = 0;

	if (!read_calls(d, words, &c))
		return;
	while (err == 0 && (spent = driver_now() - start) < seconds) {
		if (rate > 0 && (double)done > rate * spent) {
			driver_listen(d);
			continue;
		}
		err = churn_turn(d, &c);
		done += c.n;
	}
	spent = driver_now() - start;
	(void)printf("{\"churned\": %llu, \"error\": \"%s\", \"refusal\": \"%s\", "
		     "\"seconds\": %.6f, \"per_second\": %.0f}\n",
		(unsigned long long)done, err == 0 ? "" : strerrordesc_np(-err),
		relay_status_name(d->last_refusal), spent, (double)done / spent);
	driver_calls_close(&c);
}
