/* SPDX-License-Identifier: BSD-3-Clause */
#include "trial.h"

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <unistd.h>

enum {
	BURST_MAX = 32,
	BURSTS_PER_SECOND = 200000, /* so bursts are smaller at lower rates */
	WATCH_US = 10000,
};

static atomic_bool stopped;

void trial_stop(void)
{
	atomic_store_explicit(&stopped, true, memory_order_relaxed);
}

bool trial_stopped(void)
{
	return atomic_load_explicit(&stopped, memory_order_relaxed);
}

static int fail(const char *what, int error)
{
	(void)fprintf(stderr, "sluice-trafficgen: %s\n", what);
	return error;
}

static int open_streams(struct trial *t, const struct call_sheet *sheet)
{
	const struct options *o = t->options;
	struct stream_options stream_options = {.directions = o->directions};
	enum srtp_status status = srtp_engine_create(o->backend, NULL, &t->engine);

	if (status != SRTP_OK) {
		(void)fprintf(stderr, "sluice-trafficgen: crypto: %s\n", srtp_status_help(status));
		return -ENOTSUP;
	}
	memcpy(stream_options.link.src, t->port.mac, FRAME_MAC);
	memcpy(stream_options.link.dst, o->dst_mac, FRAME_MAC);
	stream_options.link.vlan = o->vlan;
	stream_options.link.offload = t->port.offload;
	t->worker.link = stream_options.link;
	return stream_create(sheet, &stream_options, t->engine, stderr, &t->streams);
}

static int open_presealed(struct trial *t)
{
	size_t bytes = (size_t)t->options->presealed_mb << 20;

	if (bytes == 0)
		return 0;
	t->presealed = presealed_create(bytes, transmit_frame_max(&t->transmitter));
	if (t->presealed == NULL)
		return fail("no memory for --presealed: take less", -ENOMEM);
	t->receiver.stamps =
		(struct receive_stamps){.tsc = t->presealed->stamps, .n = t->presealed->n};
	return 0;
}

int trial_open(struct trial *t, const struct options *options, const struct call_sheet *sheet)
{
	struct port_options port_options = {.descriptors = options->descriptors,
		.mbufs = options->mbufs,
		.offload = options->offload,
		.socket = SOCKET_ID_ANY};
	int error;

	t->options = options;
	t->lcore = rte_get_next_lcore(LCORE_ID_ANY, 1, 0);
	if (t->lcore >= RTE_MAX_LCORE)
		return fail("the EAL has no worker core: give it two lcores", -ENODEV);
	error = port_open(&t->port, &port_options);
	if (error != 0)
		return error;
	error = open_streams(t, sheet);
	t->transmitter = (struct transmitter){.streams = t->streams,
		.engine = t->engine,
		.codec = options->codec,
		.turn = options->own_pace ? options->codec.codec->frame_packets : 1};
	t->receiver = (struct receiver){.streams = t->streams,
		.engine = t->engine,
		.latency = &t->latency,
		.codec = options->codec,
		.sample = options->sample,
		.vlan = options->vlan};
	if (error == 0)
		error = open_presealed(t);
	if (error != 0)
		trial_close(t);
	return error;
}

void trial_close(struct trial *t)
{
	presealed_destroy(t->presealed);
	stream_destroy(t->streams);
	srtp_engine_destroy(t->engine);
	port_close(&t->port);
}

/* What is watched: a line each second. */
static void print_live(const struct worker *w, unsigned second, uint64_t last[2])
{
	uint64_t sent = atomic_load_explicit(&w->live.sent, memory_order_relaxed);
	uint64_t good = atomic_load_explicit(&w->live.good, memory_order_relaxed);

	(void)fprintf(stderr,
		"%5u s  sent %9.0f pps  received %9.0f pps  missing %llu  faulty %llu  refused %llu\n",
		second, (double)(sent - last[0]), (double)(good - last[1]),
		(unsigned long long)(sent > good ? sent - good : 0),
		(unsigned long long)atomic_load_explicit(&w->live.faulty, memory_order_relaxed),
		(unsigned long long)atomic_load_explicit(&w->live.refused, memory_order_relaxed));
	last[0] = sent;
	last[1] = good;
}

static void watch(struct trial *t)
{
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), last[2] = {0, 0};
	unsigned second = 0;

	while (rte_eal_get_lcore_state(t->lcore) == RUNNING) {
		(void)usleep(WATCH_US);
		if (trial_stopped())
			atomic_store_explicit(&t->worker.stop, true, memory_order_relaxed);
		if (rte_rdtsc() - start >= (second + 1) * hz)
			print_live(&t->worker, ++second, last);
	}
	(void)rte_eal_wait_lcore(t->lcore);
}

/* Bursts of whole frames where calls go at their own pace. */
static void set_pace(struct trial *t, double pps)
{
	struct pace *pace = &t->worker.pace;
	uint32_t turn = t->transmitter.turn;
	double burst = pps / BURSTS_PER_SECOND;
	double hz = (double)rte_get_tsc_hz();

	if (pps <= 0 || burst > BURST_MAX)
		burst = BURST_MAX;
	else if (burst < 1)
		burst = 1;
	pace_init(pace, pps, ((uint32_t)burst + turn - 1) / turn * turn, t->options->catch_up, hz);
	t->worker.with_reports = t->options->rtcp_seconds > 0;
	if (t->worker.with_reports)
		pace_init(&t->worker.report_pace, t->streams->n / t->options->rtcp_seconds, 1,
			t->options->catch_up, hz);
}

static double codec_pps(const struct trial *t)
{
	const struct codec *codec = t->options->codec.codec;

	return t->streams->n * (double)codec->frame_packets * 1e6 / codec->frame_us;
}

static int seal_ahead(struct trial *t, double pps, double seconds)
{
	double want = pps > 0 ? pps * seconds + TRANSMIT_BURST : (double)t->presealed->n;

	if (want > (double)t->presealed->n) {
		(void)fprintf(stderr,
			"sluice-trafficgen: --presealed holds %llu packets, so this trial ends after "
			"%.2f s\n",
			(unsigned long long)t->presealed->n, (double)t->presealed->n / pps);
		want = (double)t->presealed->n;
	}
	return presealed_fill(t->presealed, &t->transmitter, (uint64_t)want) ? 0 : -EIO;
}

int trial_run(struct trial *t, double pps, double seconds, struct trial_result *result)
{
	double hz = (double)rte_get_tsc_hz();
	struct worker *w = &t->worker;

	if (pps < 0)
		pps = codec_pps(t);
	if (t->presealed != NULL && seal_ahead(t, pps, seconds) != 0)
		return fail(srtp_status_help(t->transmitter.failure), -EIO);
	memset(&t->receiver.counts, 0, sizeof(t->receiver.counts));
	memset(&t->latency, 0, sizeof(t->latency));
	memset(&w->counts, 0, sizeof(w->counts));
	for (uint32_t i = 0; i < t->streams->n; i++)
		t->streams->rx[i].heard = false;
	w->port = &t->port;
	w->transmitter = &t->transmitter;
	w->receiver = &t->receiver;
	w->presealed = t->presealed;
	w->send_cycles = (uint64_t)(seconds * hz);
	w->drain_cycles = (uint64_t)(t->options->drain_ms / 1e3 * hz);
	set_pace(t, pps);
	if (rte_eal_remote_launch(worker_run, w, t->lcore) != 0)
		return fail("the worker core is busy", -EBUSY);
	watch(t);
	*result = (struct trial_result){.asked_pps = pps,
		.seconds = (double)w->counts.sending_cycles / hz,
		.hz = hz,
		.stopped = trial_stopped(),
		.failure = t->transmitter.failure,
		.tx = w->counts,
		.rx = t->receiver.counts,
		.latency = t->latency};
	return t->transmitter.failure == SRTP_OK ? 0 : fail("a packet could not be sealed", -EIO);
}
