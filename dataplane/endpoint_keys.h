/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint_keys.h - an endpoint's SRTP contexts: made of what a command brings, then put in place.
 *
 * Invariant: 'make' changes nothing of the slot, and what it made either is applied or dropped. A
 *            key that the slot has already keeps its context, and so its indices. The record shows
 *            a key's name while the streams beside it are of that key.
 * Threads:   the worker, between polls.
 * Ownership: contexts lie in the pool; a slot's are wiped when others take their place.
 * Units:     packets and seconds.
 * Errors:    enum relay_status.
 * Cost:      about 1 us for both directions: no key derivation, no system allocation.
 */
#ifndef ENDPOINT_KEYS_H
#define ENDPOINT_KEYS_H

#include "endpoint.h"

enum {
	ENDPOINT_KEYS_WINDOW = 256, /* SRTP packets: 5 s of audio */
	/* Who is silent for longer than RTCP may be (RFC 3550 6.3: 5 s, times 1.5 at most) can lose
	 * its place to a new SSRC, when all are taken */
	ENDPOINT_KEYS_IDLE_S = 8,
	/* what a stray packet takes along leaves its stream within the window; RFC 3550 A.1 allows
	 * ten times as much, but has no window */
	ENDPOINT_KEYS_JUMP_MAX = ENDPOINT_KEYS_WINDOW - 1,
};

/* What a command brings for one direction. */
struct endpoint_half {
	struct srtp_ctx *ctx; /* NULL: plain RTP */
	bool keep;            /* the slot has these keys: its context knows the indices */
};

struct endpoint_keys {
	struct endpoint_half ingress, egress;
};

/* What contexts are made with: of 'crypto', or just what decides about their size. */
struct srtp_ctx_params endpoint_keys_params(
	const struct relay_crypto *crypto, enum srtp_direction direction);

/* Of the directions that the command sets; '*keys' is empty on failure. */
enum relay_status endpoint_keys_make(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, struct endpoint_keys *keys);

void endpoint_keys_apply(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, const struct endpoint_keys *keys);

/* Wipes a context and gives its memory back; NULL is accepted. */
void endpoint_keys_drop(struct endpoints *e, struct srtp_ctx *ctx);

#endif
