/* SPDX-License-Identifier: BSD-3-Clause */
/* signaler_impl.h - the signaler's parts: connections, and the slots that wait for replies. For
 * signaler*.c alone.
 *
 * Invariant: slot i uses channel i % connections; a free slot is in the queue once, unless its
 *            channel broke.
 * Threads:   one.
 * Ownership: the signaler's.
 * Units:     ns of CLOCK_MONOTONIC.
 * Errors:    as signaler.h.
 * Cost:      as signaler.h.
 */
#ifndef SIGNALER_IMPL_H
#define SIGNALER_IMPL_H

#include "channel.h"
#include "pace.h"
#include "signaler.h"

enum {
	SIGNALER_COOKIE_MAX = 47,
	SIGNALER_TRIES = 6, /* of a datagram: as Kamailio's module, a second apart */
	SIGNALER_ARENA_BYTES = 4 << 20,
};

#define SIGNALER_SECOND UINT64_C(1000000000)

struct signaler_slot {
	struct dialog *dialog; /* NULL: free */
	enum dialog_step step;
	uint64_t due;  /* what latency counts from */
	uint64_t sent; /* the last time */
	unsigned tries;
	bool good; /* so far */
	uint8_t cookie_len;
	char cookie[SIGNALER_COOKIE_MAX + 1];
};

struct signaler {
	struct signaler_options options;
	struct channel_end end;
	int epoll;
	struct channel *channels;
	bool *asks_to_write; /* of each channel, as epoll knows it */
	uint32_t n_channels, n_broken;
	struct signaler_slot *slots;
	uint32_t n_slots, n_busy;
	uint32_t *free; /* a ring */
	uint64_t free_head, free_tail;
	uint64_t serial; /* of cookies */
	struct ng_arena arena;
	struct buffer message, sdp;
	/* while it runs */
	const struct signaler_work *work;
	struct signaler_counts *counts;
	struct pace pace;
	uint64_t start, stop; /* when no more calls begin */
	bool no_more;
};

static inline uint32_t signaler_channel_of(const struct signaler *s, uint32_t slot)
{
	return slot % s->n_channels;
}

uint64_t signaler_now(void);

/* signaler_channels.c */
int signaler_channels_open(struct signaler *s);
void signaler_channels_close(struct signaler *s);

/* Lets it go on, and tells epoll what it waits for; false if it broke just now or before. */
bool signaler_channels_run(struct signaler *s, uint32_t channel);

/* signaler_slots.c: the call of slot i from begin to end. */
void signaler_slots_begin(struct signaler *s, uint32_t i, struct dialog *dialog, uint64_t due);
void signaler_slots_take(struct signaler *s, uint32_t channel, struct slice message);
void signaler_slots_fail(struct signaler *s, uint32_t i, const char *why);

/* Sends again what a datagram may have lost, and gives up what waits too long. */
void signaler_slots_watch(struct signaler *s, uint64_t now);

#endif
