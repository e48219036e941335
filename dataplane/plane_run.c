/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * Main turns a thousand times a second whether or not a descriptor is ready, so that workers, who
 * make no system calls, need not wake it. What takes longer is done each 100 ms.
 */
#include "answer.h"
#include "log.h"
#include "plane.h"

#include <rte_launch.h>
#include <rte_lcore.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TURN_MS = 1, SLOW_MS = 100 };

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void set_link(struct plane *p, struct link *link)
{
	for (uint32_t i = 0; i < p->geometry.workers; i++)
		/* release: the link is whole before a worker sees it */
		atomic_store_explicit(&p->workers[i]->link, link, memory_order_release);
}

static void attach_news(struct plane *p, const struct attach_news *news)
{
	switch (news->event) {
	case ATTACH_NOTHING:
		break;
	case ATTACH_REFUSED:
		log_line(LOG_LEVEL_WARN, "attach", "refused: %s", attach_reason(news));
		break;
	case ATTACH_CLIENT:
		log_line(LOG_LEVEL_INFO, "attach", "control plane is here");
		p->attach_failed = NULL;
		p->link = news->link;
		set_link(p, p->link);
		break;
	case ATTACH_GONE:
		log_line(LOG_LEVEL_INFO, "attach", "control plane is gone; media goes on");
		set_link(p, NULL);
		retire_wait(&p->retire);
		link_close(p->link);
		p->link = NULL;
		attach_forget(p->attach);
		break;
	case ATTACH_FAILED:
	case ATTACH_STUCK:
		/* each turn, while it lasts: say it once */
		if (attach_reason(news) != p->attach_failed)
			log_line(LOG_LEVEL_ERROR, "attach", "%s", attach_reason(news));
		p->attach_failed = attach_reason(news);
		break;
	}
}

static void wake_client(struct plane *p)
{
	bool wanted = false;

	if (p->link == NULL)
		return;
	for (uint32_t i = 0; i < p->geometry.workers; i++)
		/* acquire: pairs with the release in worker_wake_client */
		wanted |= atomic_exchange_explicit(
			&p->workers[i]->wake_wanted, false, memory_order_acquire);
	if (wanted)
		link_wake(p->link);
}

static void mark_worker(struct plane *p, struct worker *w)
{
	for (uint32_t i = 0; i < WORKER_PEERS; i++)
		neighbour_sweep_mark(p->neighbour,
			atomic_load_explicit(&w->peers[i].destination, memory_order_relaxed));
}

/* What was found before the sweep began has been answered, and taken by its worker, when the
 * answers are through and each worker has passed a quiescent point. */
static void sweep(struct plane *p)
{
	if (!p->sweeping) {
		if (!neighbour_sweep_wanted(p->neighbour))
			return;
		neighbour_sweep_begin(p->neighbour);
		p->sweeping = true;
		return;
	}
	for (uint32_t i = 0; i < p->geometry.workers; i++) {
		if (!rte_ring_empty(p->workers[i]->answers))
			return;
	}
	retire_wait(&p->retire);
	for (uint32_t i = 0; i < p->geometry.endpoints; i++)
		neighbour_sweep_mark(p->neighbour,
			atomic_load_explicit(&p->slots[i].destination, memory_order_relaxed));
	for (uint32_t i = 0; i < p->geometry.workers; i++)
		mark_worker(p, p->workers[i]);
	neighbour_sweep_end(p->neighbour);
	p->sweeping = false;
}

static void publish_ports(struct plane *p)
{
	struct relay_port_counters *ports = relay_layout_ports(p->region.base);

	for (uint32_t i = 0; i < p->n_ports; i++) {
		port_publish(&p->ports[i], &ports[i]);
		atomic_store_explicit(&ports[i].counts[RELAY_PORT_KERNEL_LOST],
			p->exception.lost[i], memory_order_relaxed);
		exception_carrier(&p->exception, i,
			atomic_load_explicit(
				&ports[i].counts[RELAY_PORT_LINK_UP], memory_order_relaxed) != 0);
	}
}

static void slow_turn(struct plane *p, uint64_t now)
{
	struct relay_info *info = relay_layout_info(p->region.base);

	neighbour_run(p->neighbour);
	(void)retire_run(&p->retire);
	sweep(p);
	publish_ports(p);
	atomic_store_explicit(&info->beat, now, memory_order_relaxed);
}

/* Returns how many descriptors there are; the signals' is first. */
static uint32_t gather(const struct plane *p, int signals, struct pollfd *fds)
{
	uint32_t n = 0;

	fds[n++] = (struct pollfd){.fd = signals, .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = neighbour_fd(p->neighbour), .events = POLLIN};
	n += attach_pollfds(p->attach, &fds[n]);
	n += exception_pollfds(&p->exception, &fds[n]);
	return n;
}

static void turn(struct plane *p, const struct pollfd *fds)
{
	const struct attach_news news = attach_run(p->attach, now_ms());

	attach_news(p, &news);
	if (fds[1].revents != 0)
		neighbour_run(p->neighbour);
	for (uint32_t i = 0; i < p->geometry.workers; i++)
		answer_run(p->neighbour, p->workers[i]);
	exception_run(&p->exception, p->workers, p->geometry.workers);
	wake_client(p);
}

static int run_worker(void *arg)
{
	const struct worker *w = arg;
	const struct endpoints *e = &w->endpoints;

	/* from its own core, so that they lie near it */
	relay_region_touch(&e->records[e->first], e->n * sizeof(e->records[0]));
	worker_run(arg);
	return 0;
}

static int start_workers(struct plane *p)
{
	for (uint32_t i = 0; i < p->geometry.workers; i++) {
		unsigned lcore = p->profile->workers[i].core;
		int err = rte_eal_remote_launch(run_worker, p->workers[i], lcore);

		if (err != 0) {
			log_line(LOG_LEVEL_ERROR, "plane", "worker=%u core=%u does not start: %s",
				i, lcore, strerrordesc_np(-err));
			return err;
		}
	}
	return 0;
}

int plane_run(struct plane *p, int signals)
{
	struct pollfd fds[2 + ATTACH_POLLFDS + HWPROFILE_PORTS_MAX];
	uint64_t slow = 0;
	int err = start_workers(p);

	while (err == 0) {
		uint64_t now = now_ms();

		(void)poll(fds, gather(p, signals, fds), TURN_MS);
		if (fds[0].revents != 0)
			break;
		turn(p, fds);
		if (now - slow >= SLOW_MS) {
			slow_turn(p, now);
			slow = now;
		}
	}
	atomic_store_explicit(&p->stop, true, memory_order_relaxed);
	rte_eal_mp_wait_lcore();
	return err;
}
