/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_dplink [SOCKET]: installs endpoints through dplink, in one go and one by one, in the data
 * plane that listens there, or else in one without packets that sleeps when it has nothing to do.
 */
#include "config.h"
#include "dplink.h"
#include "fake_plane.h"
#include "portpool.h"

#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENDPOINTS = 20000, SINGLES = 2000, P50 = SINGLES / 2, P99 = SINGLES * 99 / 100 };

struct bench {
	struct event_base *base;
	struct dplink *link;
	struct portpool *pool;
	struct relay_info info;
	struct relay_command commands[ENDPOINTS];
	uint32_t n, want, answers, refused;
};

static struct bench bench;
static struct config config;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static _Noreturn void plane_main(const char *path)
{
	static const struct relay_geometry g = {2, 4096, 4096, 256, 256, 65536};
	struct fake_plane f;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || fake_plane_open(&f, path, &g) != 0)
		_exit(1);
	for (;;) {
		struct pollfd fds[1 + ATTACH_POLLFDS] = {
			{.fd = attach_wake_fd(f.attach), .events = POLLIN}};
		uint32_t n = 1 + attach_pollfds(f.attach, fds + 1);
		bool sleeps = true;

		for (uint32_t i = 0; f.link != NULL && i < f.link->n_workers; i++)
			sleeps &= link_sleep(&f.link->workers[i]);
		(void)poll(fds, n, sleeps ? 100 : 0);
		for (uint32_t i = 0; f.link != NULL && i < f.link->n_workers; i++)
			link_awake(&f.link->workers[i]);
		relay_attach_drain(attach_wake_fd(f.attach));
		fake_plane_turn(&f);
	}
}

static void on_up(void *arg, enum dplink_up how)
{
	(void)how;
	(void)arg;
	(void)event_base_loopbreak(bench.base);
}

static void on_down(void *arg)
{
	(void)arg;
	(void)fprintf(stderr, "bench_dplink: the data plane died\n");
	_exit(1);
}

static void on_event(void *arg, const struct relay_event *event)
{
	(void)arg;
	(void)event;
}

static void on_done(void *arg, uint64_t tag, enum relay_status status)
{
	(void)arg;
	(void)tag;
	bench.refused += status != RELAY_OK;
	if (++bench.answers == bench.want)
		(void)event_base_loopbreak(bench.base);
}

static void wait_for(uint32_t answers)
{
	bench.want = answers;
	if (bench.answers < answers)
		(void)event_base_dispatch(bench.base);
	bench.answers = 0;
}

static void check(int err, const char *what)
{
	if (err == 0)
		return;
	(void)fprintf(stderr, "bench_dplink: %s: %s\n", what, strerrordesc_np(-err));
	_exit(1);
}

/* Slots and ports for all of them, as offers would ask for. */
static void choose(void)
{
	struct config_interface *in = &config.interfaces[0];
	uint32_t workers = dplink_geometry(bench.link)->workers;
	uint64_t start;

	check(dplink_info(bench.link, &bench.info), "info");
	config.n_interfaces = in->n_addresses = 1;
	in->addresses[0].local =
		(struct relay_sockaddr){.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4};
	in->port_min = bench.info.media_port_min;
	in->port_max = bench.info.media_port_max;
	if (in->port_max - in->port_min < 2 * ENDPOINTS) /* the fake one takes any */
		in->port_min = 1024, in->port_max = 65535;
	check(portpool_create(&config, workers, &bench.pool), "ports");
	start = now_ns();
	for (uint32_t i = 0; i < ENDPOINTS; i++)
		check(portpool_take(bench.pool, &in->addresses[0].local, in->port_min, in->port_max,
			      i % workers, 0, &bench.commands[i].local.port),
			"port");
	(void)printf("portpool_take: %.0f ns each\n", (double)(now_ns() - start) / ENDPOINTS);
	for (uint32_t i = 0; i < ENDPOINTS; i++) {
		struct relay_command *c = &bench.commands[i];
		struct relay_route slot = {0, 0};

		check(dplink_slot_take(bench.link, i % workers, &slot), "slot");
		c->endpoint = slot.endpoint;
		c->generation = slot.generation;
		c->kind = RELAY_KIND_PORT;
		c->source = RELAY_SOURCE_LATCH;
		c->media = RELAY_MEDIA_MUXED;
	}
}

static void install(uint32_t i)
{
	static const uint8_t key[SUITE_KEY_MAX] = {1}, salt[SUITE_SALT_MAX] = {2};
	static const struct plane_client_key master = {
		.suite = SUITE_AES_CM_128_HMAC_SHA1_80, .master = {key, 16, salt, 14}};
	static struct relay_record record;

	static bool is_derived;

	if (!is_derived)
		check(plane_client_crypto(&master, &record.ingress), "keys");
	is_derived = true;
	record.egress = record.ingress;
	check(dplink_install(bench.link, &bench.commands[i], &record, on_done, NULL, i), "install");
}

static void remove_one(uint32_t i)
{
	const struct relay_route slot = {
		bench.commands[i].endpoint, bench.commands[i].generation++};

	check(dplink_remove(bench.link, slot, on_done, NULL, i), "remove");
}

static void all(const char *name, void (*one)(uint32_t i))
{
	uint64_t start = now_ns(), sent;

	for (uint32_t i = 0; i < ENDPOINTS; i++)
		one(i);
	sent = now_ns();
	wait_for(ENDPOINTS);
	(void)printf("%s: %d in %.1f ms: %.0f a second (given in %.1f ms), %u refused\n", name,
		ENDPOINTS, (double)(now_ns() - start) / 1e6,
		ENDPOINTS * 1e9 / (double)(now_ns() - start), (double)(sent - start) / 1e6,
		bench.refused);
	bench.refused = 0;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void singly(void)
{
	static uint64_t took[SINGLES];
	const struct timespec pause = {.tv_nsec = 300000};

	for (uint32_t i = 0; i < SINGLES; i++) {
		uint64_t start = now_ns();

		install(i);
		wait_for(1);
		took[i] = now_ns() - start;
		(void)nanosleep(&pause, NULL);
	}
	qsort(took, SINGLES, sizeof(took[0]), compare);
	(void)printf("one install, idle: p50 %.1f us, p99 %.1f us, max %.1f us, %u refused\n",
		(double)took[P50] / 1e3, (double)took[P99] / 1e3, (double)took[SINGLES - 1] / 1e3,
		bench.refused);
	for (uint32_t i = 0; i < SINGLES; i++)
		remove_one(i);
	wait_for(SINGLES);
}

int main(int argc, char **argv)
{
	char path[64];
	struct dplink_options options = {.socket_path = argc > 1 ? argv[1] : path,
		.data_uid = getuid(),
		.up = on_up,
		.down = on_down,
		.event = on_event};
	pid_t pid = -1;

	(void)snprintf(path, sizeof(path), "/tmp/bench_dplink.%d", (int)getpid());
	if (argc < 2 && (pid = fork()) == 0)
		plane_main(path);
	bench.base = options.base = event_base_new();
	check(dplink_create(&options, &bench.link), "link");
	(void)event_base_dispatch(bench.base);
	choose();
	all("install", install);
	all("remove", remove_one);
	singly();
	dplink_destroy(bench.link);
	portpool_destroy(bench.pool);
	event_base_free(bench.base);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		(void)unlink(path);
	}
	return 0;
}
