/* SPDX-License-Identifier: BSD-3-Clause */
/* caller.h - the calls that are placed: their parties' addresses, ports and keys.
 *
 * Invariant: calls of different numbers share no party's port, SSRC or key.
 * Threads:   pure, but for the library's random numbers.
 * Ownership: the caller's structs; texts are argv's.
 * Units:     ports in host order.
 * Errors:    caller_make: -EIO without random numbers.
 * Cost:      a call: a microsecond.
 */
#ifndef CALLER_H
#define CALLER_H

#include "call_sheet_line.h"
#include "codec.h"
#include "dialog.h"
#include "legs.h"

enum { CALLER_LEGS_MAX = 16, CALLER_PORT_FIRST = 16384 };

struct caller_options {
	struct legs legs[CALLER_LEGS_MAX]; /* by turns */
	uint32_t n_legs;                   /* 0: rtp-srtp */
	struct call_sheet_addresses parties[CALL_LEGS];
	const char *plain, *sealed; /* the relay's interfaces; NULL: not said */
};

/* ADDRESS,ADDRESS,... of one family. */
bool caller_addresses(const char *text, struct call_sheet_addresses *out);

/* How many calls there can be at a time. */
uint32_t caller_room(const struct caller_options *options);

const struct legs *caller_legs(const struct caller_options *options, uint32_t number);

/* What is not known before the relay has said so is zero. */
int caller_make(const struct caller_options *options, const struct codec *codec, uint32_t number,
	struct call *out);

/* With a prefix from random numbers. */
int caller_plan(
	const struct caller_options *options, const struct codec *codec, struct dialog_plan *plan);

#endif
