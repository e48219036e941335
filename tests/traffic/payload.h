/* SPDX-License-Identifier: BSD-3-Clause */
/* payload.h - a payload that says which packet it is and when it was made, and whose every byte
 * follows from that.
 *
 * Invariant: id (4 bytes), packet index (8), time (8), then a pattern made from the three: 20 bytes
 *            at least.
 * Threads:   pure.
 * Ownership: the caller's bytes.
 * Units:     time in TSC cycles of the machine that runs the generator, so in its byte order.
 * Errors:    check: false.
 * Cost:      hot: 8 bytes a step.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { PAYLOAD_MIN = 20 };

struct payload_stamp {
	uint64_t index; /* ROC and sequence number */
	uint64_t tsc;
	uint32_t id; /* call << 1 | direction */
};

static inline uint64_t payload_start(const struct payload_stamp *stamp)
{
	return (stamp->index ^ stamp->tsc << 17 ^ (uint64_t)stamp->id << 40) *
	       UINT64_C(0xd6e8feb86659fd93);
}

static inline uint64_t payload_step(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return *state ^ *state >> 29;
}

/* 'len' is at least PAYLOAD_MIN. */
static inline void payload_write(const struct payload_stamp *stamp, uint8_t *out, uint32_t len)
{
	uint64_t state = payload_start(stamp), word;
	uint32_t at = PAYLOAD_MIN;

	memcpy(out, &stamp->id, 4);
	memcpy(out + 4, &stamp->index, 8);
	memcpy(out + 12, &stamp->tsc, 8);
	for (; at + 8 <= len; at += 8) {
		word = payload_step(&state);
		memcpy(out + at, &word, 8);
	}
	word = payload_step(&state);
	memcpy(out + at, &word, len - at);
}

/* Whether the payload is that of 'id' and 'index', whole; the time it was made, if so. */
static inline bool payload_check(
	const uint8_t *in, uint32_t len, struct payload_stamp expected, uint64_t *tsc)
{
	struct payload_stamp stamp;
	uint64_t state, word, wrong = 0, diff = 0;
	uint32_t at = PAYLOAD_MIN;

	if (len < PAYLOAD_MIN)
		return false;
	memcpy(&stamp.id, in, 4);
	memcpy(&stamp.index, in + 4, 8);
	memcpy(&stamp.tsc, in + 12, 8);
	state = payload_start(&stamp);
	for (; at + 8 <= len; at += 8) {
		memcpy(&word, in + at, 8);
		wrong |= word ^ payload_step(&state);
	}
	word = payload_step(&state);
	memcpy(&diff, &word, len - at);
	word = 0;
	memcpy(&word, in + at, len - at);
	*tsc = stamp.tsc;
	return (wrong | (diff ^ word)) == 0 && stamp.id == expected.id &&
	       stamp.index == expected.index;
}

#endif
