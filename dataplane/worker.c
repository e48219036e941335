/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "command.h"
#include "punt.h"
#include "question.h"

#include <rte_cycles.h>
#include <rte_pause.h>
#include <time.h>

enum { TURNS_A_HOUSEKEEPING = 256, PAUSE_POLLS = 64 };

static void clock_read(struct worker_clock *c)
{
	c->tsc = rte_rdtsc();
	worker_clock_show(c,
		c->base_us + (uint64_t)((unsigned __int128)(c->tsc - c->base_tsc) * c->us_per_tsc >>
					32));
}

/* The TSC drifts from CLOCK_MONOTONIC by some us a second: begin anew now and then. */
static void clock_set(struct worker_clock *c)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* no syscall: vDSO */
	c->base_tsc = rte_rdtsc();
	c->base_us = (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
	if (c->us_per_tsc == 0)
		c->us_per_tsc = (UINT64_C(1000000) << 32) / rte_get_tsc_hz();
}

static inline void stage_done(struct worker *w, enum relay_stage stage)
{
	uint64_t now;

	if (likely(!w->stage_cycles))
		return;
	now = rte_rdtsc();
	w->sums.stage_cycles[stage] += now - w->stage_tsc;
	w->stage_tsc = now;
}

/* packets flow top to bottom; nothing else decides order */
uint32_t worker_poll(struct worker *w)
{
	struct batch b;
	uint32_t n;

	w->stage_tsc = w->stage_cycles ? rte_rdtsc() : 0;
	n = rx_run(w, &b);
	if (n == 0)
		return 0;
	clock_read(&w->clock);
	stage_done(w, RELAY_STAGE_RX);
	classify_run(w, &b);
	stage_done(w, RELAY_STAGE_CLASSIFY);
	flow_run(w, &b);
	stage_done(w, RELAY_STAGE_FLOW);
	unprotect_run(w, &b);
	stage_done(w, RELAY_STAGE_UNPROTECT);
	route_run(w, &b);
	stage_done(w, RELAY_STAGE_ROUTE);
	protect_run(w, &b);
	stage_done(w, RELAY_STAGE_PROTECT);
	encap_run(w, &b);
	stage_done(w, RELAY_STAGE_ENCAP);
	tx_run(w, &b);
	stage_done(w, RELAY_STAGE_TX);
	w->sums.counts[RELAY_COUNTER_CYCLES_BUSY] += rte_rdtsc() - w->clock.tsc;
	relay_counters_publish(w->published, &w->sums);
	return n;
}

/* What comes from other threads than the wire's; each part does a bounded number. */
static void control_run(struct worker *w)
{
	/* acquire: pairs with main's release when it made the link */
	struct link *link = atomic_load_explicit(&w->link, memory_order_acquire);

	if (link != NULL) {
		command_run(w, link);
		punt_run_inject(w, link);
	} else {
		w->ring_told = false;
	}
	question_run(w);
	punt_run_kernel(w);
}

static void housekeeping(struct worker *w)
{
	clock_set(&w->clock);
	clock_read(&w->clock);
	srtp_engine_set_clock(w->engine, (uint32_t)(w->clock.now_us / 1000000));
	relay_counters_publish(w->published, &w->sums);
	endpoint_settle(&w->endpoints, w->clock.now_ms);
}

static void idle(struct worker *w, uint32_t n)
{
	const struct timespec nap = {.tv_nsec = (long)w->idle_sleep_us * 1000};

	w->sums.counts[RELAY_COUNTER_POLLS]++;
	if (n > 0) {
		w->polls_empty = 0;
		return;
	}
	w->sums.counts[RELAY_COUNTER_POLLS_EMPTY]++;
	if (!w->backoff || ++w->polls_empty < PAUSE_POLLS)
		return;
	rte_pause();
	if (w->polls_empty >= w->idle_polls)
		(void)nanosleep(&nap, NULL);
}

void worker_run(struct worker *w)
{
	retire_start(w->retire, w->id);
	housekeeping(w);
	/* relaxed: an order to stop carries nothing else */
	for (uint32_t turn = 0; !atomic_load_explicit(w->stop, memory_order_relaxed); turn++) {
		uint32_t n = worker_poll(w);

		control_run(w);
		if (turn % TURNS_A_HOUSEKEEPING == 0 || (n == 0 && w->polls_empty >= w->idle_polls))
			housekeeping(w);
		retire_quiescent(w->retire, w->id);
		idle(w, n);
	}
	housekeeping(w);
	relay_counters_publish(w->published, &w->sums);
	endpoint_wipe_all(&w->endpoints);
	retire_stop(w->retire, w->id);
}
