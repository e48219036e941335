/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * One loop: a sentence is carried out when it has come whole; between sentences, and while one
 * waits for its answers, events and punted packets are taken, so that no ring fills up.
 */
#include "driver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	ATTACH_MS = 5000,
	EVENTS_A_TURN = 1024,
	LINE_BYTES = 4096,
	WORDS_MAX = 16,
	TURN_MS = 2,
};

double driver_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void driver_fail(const char *what, int err)
{
	(void)printf("{\"error\": \"%s%s%s\"}\n", what, err == 0 ? "" : ": ",
		err == 0 ? "" : strerrordesc_np(-err));
}

static void on_event(void *arg, const struct relay_event *event)
{
	struct driver *d = arg;
	struct driver_news *n = &d->news;

	if (event->type <= RELAY_EVENT_REMOVED) {
		d->answers++;
		if (event->status != RELAY_OK) {
			d->refusals++;
			d->last_refusal = event->status;
		}
		return;
	}
	n->all_events++;
	if (n->n_events < DRIVER_EVENTS_KEPT)
		n->events[n->n_events++] = *event;
}

static void on_punt(void *arg, const struct relay_packet *packet)
{
	struct driver *d = arg;
	struct driver_news *n = &d->news;

	n->all_punts++;
	if (n->n_punts < DRIVER_PUNTS_KEPT)
		n->punts[n->n_punts++] = *packet;
	if (n->answer_stun && packet->class == RELAY_PACKET_STUN) {
		driver_stun_answer(d->client, packet);
		n->answered++;
	}
}

void driver_listen(struct driver *d)
{
	(void)plane_client_events(d->client, on_event, d, EVENTS_A_TURN);
	(void)plane_client_punts(d->client, on_punt, d, EVENTS_A_TURN);
}

static void do_answer_stun(struct driver *d, char *const words[])
{
	d->news.answer_stun = words[1] != NULL && strcmp(words[1], "on") == 0;
	(void)printf("{\"answer_stun\": %s}\n", d->news.answer_stun ? "true" : "false");
}

static void do_alive(struct driver *d, char *const words[])
{
	(void)words;
	(void)printf("{\"alive\": %s}\n", plane_client_alive(d->client) ? "true" : "false");
}

static const struct {
	const char *name;
	void (*run)(struct driver *d, char *const words[]);
} sentences[] = {
	{"install", driver_do_install},
	{"adopt", driver_do_adopt},
	{"update", driver_do_update},
	{"remove", driver_do_remove},
	{"churn", driver_do_churn},
	{"takeover", driver_do_takeover},
	{"counters", driver_print_counters},
	{"workers", driver_print_workers},
	{"ports", driver_print_ports},
	{"endpoints", driver_print_endpoints},
	{"info", driver_print_info},
	{"events", driver_print_events},
	{"punts", driver_print_punts},
	{"answer-stun", do_answer_stun},
	{"alive", do_alive},
};

static bool obey(struct driver *d, char *line)
{
	char *words[WORDS_MAX + 1] = {NULL}, *rest = line, *word;
	size_t n = 0, i = 0;

	while (n < WORDS_MAX && (word = strtok_r(rest, " ", &rest)) != NULL)
		words[n++] = word;
	if (n == 0)
		return true;
	if (strcmp(words[0], "quit") == 0)
		return false;
	while (i < sizeof(sentences) / sizeof(sentences[0]) &&
		strcmp(sentences[i].name, words[0]) != 0)
		i++;
	if (i < sizeof(sentences) / sizeof(sentences[0]))
		sentences[i].run(d, words);
	else
		driver_fail("unknown sentence", 0);
	(void)fflush(stdout);
	return true;
}

/* False at the end of input. */
static bool read_some(char line[LINE_BYTES], size_t *len)
{
	ssize_t got = read(STDIN_FILENO, line + *len, LINE_BYTES - 1 - *len);

	if (got <= 0)
		return false;
	*len += (size_t)got;
	return true;
}

static bool obey_all(struct driver *d, char line[LINE_BYTES], size_t *len)
{
	char *end;

	while ((end = memchr(line, '\n', *len)) != NULL) {
		size_t used = (size_t)(end - line) + 1;

		*end = '\0';
		if (!obey(d, line))
			return false;
		memmove(line, line + used, *len - used);
		*len -= used;
	}
	return *len < LINE_BYTES - 1; /* no sentence is that long */
}

static void run(struct driver *d)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[LINE_BYTES];
	size_t len = 0;

	do {
		driver_listen(d);
		if (poll(&input, 1, TURN_MS) > 0 && !read_some(line, &len))
			break;
	} while (obey_all(d, line, &len));
}

static void help(FILE *out)
{
	(void)fputs(
		"usage: plane-driver SOCKET\n"
		"Attaches to the data plane at SOCKET, as the control plane does, obeys a sentence "
		"a line of\nstandard input, and answers each by a line of JSON, until 'quit' or "
		"the end. Sentences:\n",
		out);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		(void)fprintf(out, "  %s\n", sentences[i].name);
}

int main(int argc, char *argv[])
{
	static struct driver d;
	int err;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return EXIT_SUCCESS;
	}
	if (argc != 2) {
		help(stderr);
		return 2;
	}
	d.path = argv[1];
	err = plane_client_attach(d.path, getuid(), ATTACH_MS, &d.client);
	if (err != 0) {
		(void)fprintf(stderr, "plane-driver: %s: %s\n", argv[1], strerrordesc_np(-err));
		return EXIT_FAILURE;
	}
	run(&d);
	driver_calls_close(&d.calls);
	plane_client_detach(d.client);
	return EXIT_SUCCESS;
}
