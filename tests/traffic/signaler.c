/* SPDX-License-Identifier: BSD-3-Clause */
#include "signaler_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

enum { EVENTS = 64, WATCH_MS = 100, DRAIN_SECONDS = 12 };

uint64_t signaler_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SIGNALER_SECOND + (uint64_t)now.tv_nsec;
}

static int reserve(struct signaler *s)
{
	s->channels = calloc(s->n_channels, sizeof(*s->channels));
	s->asks_to_write = calloc(s->n_channels, sizeof(*s->asks_to_write));
	s->slots = calloc(s->n_slots, sizeof(*s->slots));
	s->free = calloc(s->n_slots, sizeof(*s->free));
	if (!s->channels || !s->asks_to_write || !s->slots || !s->free)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_slots; i++)
		s->free[s->free_tail++] = i;
	return 0;
}

int signaler_open(const struct signaler_options *options, struct signaler **signaler)
{
	struct signaler *s = calloc(1, sizeof(*s));
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	int error;

	if (s == NULL)
		return -ENOMEM;
	s->options = *options;
	s->epoll = -1;
	s->n_channels = options->connections;
	s->n_slots = options->connections * options->window;
	s->message.limit = s->sdp.limit = CHANNEL_MESSAGE_MAX;
	ng_arena_init(&s->arena, SIGNALER_ARENA_BYTES);
	(void)sigaction(SIGPIPE, &ignore, NULL); /* OpenSSL writes without MSG_NOSIGNAL */
	error = reserve(s);
	if (error == 0)
		error = signaler_channels_open(s);
	if (error == 0)
		*signaler = s;
	else
		signaler_close(s);
	return error;
}

void signaler_close(struct signaler *s)
{
	if (s == NULL)
		return;
	signaler_channels_close(s);
	ng_arena_fini(&s->arena);
	buffer_fini(&s->message);
	buffer_fini(&s->sdp);
	free(s->channels);
	free(s->asks_to_write);
	free(s->slots);
	free(s->free);
	free(s);
}

static bool take_free(struct signaler *s, uint32_t *slot)
{
	while (s->free_head != s->free_tail) {
		*slot = s->free[s->free_head++ % s->n_slots];
		if (s->channels[signaler_channel_of(s, *slot)].state == CHANNEL_OPEN)
			return true;
	}
	return false;
}

/* As many as are due and have a slot. What waits for a slot is late, and its latency says so. */
static void begin_due(struct signaler *s)
{
	uint64_t now = signaler_now();
	struct dialog *dialog;
	uint32_t slot;

	if (s->work->stopped() || (s->stop != 0 && now >= s->stop))
		s->no_more = true;
	while (!s->no_more && s->free_head != s->free_tail && pace_due(&s->pace, now)) {
		uint64_t due = now;

		if (s->pace.interval != 0)
			due = s->start + ((s->pace.next - s->pace.interval) >> PACE_FRACTION);
		if (!take_free(s, &slot))
			return;
		dialog = s->work->begin(s->work->context, slot);
		if (dialog == NULL) {
			s->free_head--; /* for the next run */
			s->no_more = true;
			return;
		}
		signaler_slots_begin(s, slot, dialog, due < now ? due : now);
	}
}

static void flush_all(struct signaler *s)
{
	for (uint32_t i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->channels[i];

		if (c->state == CHANNEL_BROKEN || (channel_has_output(c) && !c->waits_to_write))
			(void)signaler_channels_run(s, i);
	}
}

static void receive(struct signaler *s, uint32_t i)
{
	struct slice message;

	if (!signaler_channels_run(s, i))
		return;
	while (channel_next(&s->channels[i], &message))
		signaler_slots_take(s, i, message);
	(void)signaler_channels_run(s, i); /* what came of it */
}

/* Until something comes, or the next call is due. */
static int await_event(struct signaler *s, struct epoll_event events[EVENTS])
{
	uint64_t now = signaler_now() - s->start, until = WATCH_MS * UINT64_C(1000000);
	const struct pace *p = &s->pace;
	struct timespec limit;

	if (!s->no_more && s->free_head != s->free_tail && p->interval != 0) {
		uint64_t due =
			(p->last + p->gap > p->next ? p->last + p->gap : p->next) >> PACE_FRACTION;

		if (due < now + until)
			until = due > now ? due - now : 0;
	}
	limit = (struct timespec){.tv_sec = 0, .tv_nsec = (long)until};
	return epoll_pwait2(s->epoll, events, EVENTS, &limit, NULL);
}

static uint32_t count_broken(const struct signaler *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_channels; i++)
		n += s->channels[i].state == CHANNEL_BROKEN;
	return n;
}

/* A line each second. */
static void print_live(const struct signaler *s, uint64_t second, uint64_t last[DIALOG_STEPS])
{
	(void)fprintf(stderr, "%5llu s ", (unsigned long long)second);
	for (unsigned step = s->work->first; step <= s->work->last; step++) {
		(void)fprintf(stderr, " %s %7llu/s", dialog_step_names[step],
			(unsigned long long)(s->counts->done[step] - last[step]));
		last[step] = s->counts->done[step];
	}
	(void)fprintf(stderr, "  waiting %u  wrong %llu\n", s->n_busy,
		(unsigned long long)s->counts->faults.total);
}

static void watch(struct signaler *s, uint64_t now, uint64_t *second, uint64_t last[DIALOG_STEPS])
{
	signaler_slots_watch(s, now);
	if (count_broken(s) == s->n_channels)
		s->no_more = true;
	if ((now - s->start) / SIGNALER_SECOND <= *second)
		return;
	*second = (now - s->start) / SIGNALER_SECOND;
	if (!s->work->quiet)
		print_live(s, *second, last);
}

static void start(
	struct signaler *s, const struct signaler_work *work, struct signaler_counts *counts)
{
	s->work = work;
	s->counts = counts;
	s->no_more = false;
	s->start = signaler_now();
	s->stop = work->seconds > 0 ? s->start + (uint64_t)(work->seconds * (double)SIGNALER_SECOND)
				    : 0;
	pace_init(&s->pace, work->rate, 1, 0, (double)SIGNALER_SECOND);
}

void signaler_run(
	struct signaler *s, const struct signaler_work *work, struct signaler_counts *counts)
{
	struct epoll_event events[EVENTS];
	uint64_t second = 0, last[DIALOG_STEPS], watched = 0, ended = 0;

	memcpy(last, counts->done, sizeof(last));
	start(s, work, counts);
	s->pace.start = s->start;
	while (!s->no_more || s->n_busy > 0) {
		uint64_t now;
		int n;

		begin_due(s);
		flush_all(s);
		n = await_event(s, events);
		for (int i = 0; i < n; i++)
			receive(s, events[i].data.u32);
		now = signaler_now();
		if (now - watched > WATCH_MS * UINT64_C(1000000)) {
			watch(s, now, &second, last);
			watched = now;
		}
		if (s->no_more && ended == 0)
			ended = now;
		if (ended != 0 && now - ended > DRAIN_SECONDS * SIGNALER_SECOND)
			break;
	}
	for (uint32_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].dialog != NULL)
			signaler_slots_fail(s, i, "not through when all was over");
}
