/* SPDX-License-Identifier: BSD-3-Clause */
#include "signaler_impl.h"

#include "ng_bencode.h"

#include <inttypes.h>

enum { WAIT_SECONDS = 10 };

static void put_free(struct signaler *s, uint32_t slot)
{
	s->free[s->free_tail++ % s->n_slots] = slot;
}

/* As it is, to its channel. */
static void send_request(struct signaler *s, uint32_t i)
{
	const struct signaler_slot *slot = &s->slots[i];
	struct ng_value *request;

	ng_arena_reset(&s->arena);
	s->message.len = 0;
	request = dialog_request(s->work->plan, slot->dialog, slot->step, &s->arena, &s->sdp);
	buffer_put(&s->message, slot->cookie, slot->cookie_len);
	buffer_char(&s->message, ' ');
	if (request != NULL && !s->arena.failed && !s->sdp.failed)
		ng_bencode_encode(request, &s->message);
	else
		s->message.failed = true;
	if (s->message.failed)
		signaler_slots_fail(s, i, "a request could not be written");
	else
		channel_send(&s->channels[signaler_channel_of(s, i)], buffer_all(&s->message));
}

static void start_step(struct signaler *s, uint32_t i, enum dialog_step step, uint64_t due)
{
	struct signaler_slot *slot = &s->slots[i];

	slot->step = step;
	slot->due = due;
	slot->sent = signaler_now();
	slot->tries = 1;
	slot->cookie_len = (uint8_t)snprintf(slot->cookie, sizeof(slot->cookie),
		"%s_%" PRIx32 "_%" PRIx64, s->work->plan->prefix, i, s->serial++);
	send_request(s, i);
}

void signaler_slots_begin(struct signaler *s, uint32_t i, struct dialog *dialog, uint64_t due)
{
	s->slots[i].dialog = dialog;
	s->slots[i].good = true;
	s->n_busy++;
	start_step(s, i, s->work->first, due);
}

static void finish(struct signaler *s, uint32_t i)
{
	struct signaler_slot *slot = &s->slots[i];
	struct dialog *dialog = slot->dialog;

	slot->dialog = NULL;
	s->n_busy--;
	if (s->channels[signaler_channel_of(s, i)].state == CHANNEL_OPEN)
		put_free(s, i);
	s->work->end(s->work->context, dialog, slot->good);
}

void signaler_slots_fail(struct signaler *s, uint32_t i, const char *why)
{
	s->slots[i].good = false;
	faults_add_text(&s->counts->faults, why);
	finish(s, i);
}

/* A call that has been placed in part is deleted even so. */
static void go_on(struct signaler *s, uint32_t i, bool good, uint64_t now)
{
	struct signaler_slot *slot = &s->slots[i];

	slot->good &= good;
	if (slot->step == s->work->last || (!good && slot->step == DIALOG_OFFER))
		finish(s, i);
	else
		start_step(s, i, slot->step + 1, now);
}

static void count(struct signaler *s, const struct signaler_slot *slot, uint64_t now)
{
	s->counts->done[slot->step]++;
	s->counts->pairs += slot->step == DIALOG_ANSWER && (s->stop == 0 || now < s->stop);
	histogram_add(&s->counts->latency[slot->step], now > slot->due ? now - slot->due : 0);
	s->counts->elapsed_ns = now - s->start;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whose it is: the number behind the prefix says so, and the whole cookie proves it. */
static bool find_slot(
	const struct signaler *s, uint32_t channel, struct slice cookie, uint32_t *slot)
{
	size_t at = strlen(s->work->plan->prefix) + 1;
	uint64_t i = 0;

	for (; at < cookie.len && hex_digit(cookie.ptr[at]) >= 0 && i < s->n_slots; at++)
		i = i << 4 | (uint64_t)hex_digit(cookie.ptr[at]);
	if (i >= s->n_slots || signaler_channel_of(s, (uint32_t)i) != channel ||
		s->slots[i].dialog == NULL)
		return false;
	*slot = (uint32_t)i;
	return slice_equal(cookie, (struct slice){s->slots[i].cookie, s->slots[i].cookie_len});
}

void signaler_slots_take(struct signaler *s, uint32_t channel, struct slice message)
{
	struct ng_frame frame;
	struct ng_value *reply = NULL;
	uint64_t now = signaler_now();
	uint32_t i;
	bool good = false;

	if (ng_frame_split(message, &frame) != 0) {
		faults_add_text(&s->counts->faults, "a message without a cookie");
		return;
	}
	if (!find_slot(s, channel, frame.cookie, &i)) {
		s->counts->late++;
		if (s->end.scheme != URL_UDP)
			faults_add_text(&s->counts->faults, "a reply to nothing that was asked");
		return;
	}
	ng_arena_reset(&s->arena);
	if (ng_frame_decode(&frame, &s->arena, &reply) == NG_OK)
		good = dialog_take(s->work->plan, s->slots[i].dialog, s->slots[i].step, reply,
			&s->counts->faults);
	else
		faults_add_text(&s->counts->faults, "a reply that is no bencode");
	if (good)
		count(s, &s->slots[i], now);
	go_on(s, i, good, now);
}

static void watch_slot(struct signaler *s, uint32_t i, uint64_t now)
{
	struct signaler_slot *slot = &s->slots[i];
	const struct channel *c = &s->channels[signaler_channel_of(s, i)];

	if (c->state == CHANNEL_BROKEN) {
		signaler_slots_fail(s, i, c->why);
	} else if (s->end.scheme != URL_UDP) {
		if (now - slot->sent > WAIT_SECONDS * SIGNALER_SECOND)
			signaler_slots_fail(s, i, "no reply in 10 s");
	} else if (now - slot->sent > SIGNALER_SECOND) {
		if (slot->tries == SIGNALER_TRIES) {
			signaler_slots_fail(s, i, "no reply to a datagram sent six times");
			return;
		}
		slot->tries++;
		slot->sent = now;
		s->counts->resent++;
		send_request(s, i);
	}
}

void signaler_slots_watch(struct signaler *s, uint64_t now)
{
	for (uint32_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].dialog != NULL)
			watch_slot(s, i, now);
}
