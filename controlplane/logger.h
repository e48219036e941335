/* SPDX-License-Identifier: BSD-3-Clause */
/* logger.h - one line a fact: time, level, module, event, key=value.
 *
 * Values are typed, never formatted by the caller: so what a peer sends is quoted, whatever it is,
 * and cannot forge a line, a key or an escape sequence. There is no formatter for a secret.
 *
 * Invariant: a line has printable ASCII alone, is written by one call, and is cut, not split, where
 *            it is too long. Keys and events are the program's own words.
 * Threads:   one; the destination is the process's.
 * Ownership: nothing is kept.
 * Units:     time in UTC, with milliseconds.
 * Errors:    a line that can't be written is lost.
 * Cost:      a syscall; nothing below the level.
 */
#ifndef LOGGER_H
#define LOGGER_H

#include "relay_address.h"
#include "slice.h"

enum logger_level { LOGGER_ERROR, LOGGER_WARN, LOGGER_INFO, LOGGER_DEBUG };

enum logger_kind { LOGGER_SLICE, LOGGER_NUMBER, LOGGER_ADDRESS };

struct logger_field {
	const char *key;
	enum logger_kind kind;
	struct slice text;
	int64_t number;
	const struct relay_sockaddr *address;
};

/* logger_write(LOGGER_WARN, "authn", "refused", LOGGER_FIELDS(LOGGER_TEXT("reason", why))); */
#define LOGGER_FIELDS(...)                                                                         \
	(const struct logger_field[])                                                              \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			NULL, LOGGER_NUMBER, {NULL, 0}, 0, NULL                                    \
		}                                                                                  \
	}
#define LOGGER_PIECE(name, value)                                                                  \
	{                                                                                          \
		name, LOGGER_SLICE, value, 0, NULL                                                 \
	}
#define LOGGER_TEXT(name, value)                                                                   \
	{                                                                                          \
		name, LOGGER_SLICE, slice_of(value), 0, NULL                                       \
	}
#define LOGGER_COUNT(name, value)                                                                  \
	{                                                                                          \
		name, LOGGER_NUMBER, {NULL, 0}, (int64_t)(value), NULL                             \
	}
#define LOGGER_PEER(name, value)                                                                   \
	{                                                                                          \
		name, LOGGER_ADDRESS, {NULL, 0}, 0, value                                          \
	}

/* 'fields' end with one that has no key; NULL: none. */
void logger_write(enum logger_level level, const char *module, const char *event,
	const struct logger_field *fields);

/* To stderr until told otherwise. 'journal' is journald's socket; NULL: stderr. 0 or -errno. */
int logger_open(enum logger_level least, const char *journal);
void logger_set_level(enum logger_level least);

/* The part of a line behind the module, with a NUL. Returns its length. */
size_t logger_format(char *line, size_t room, const char *event, const struct logger_field *fields);

/* Lets 'burst' lines of a kind through at once, then one a second; says how many it swallowed
 * before this one. */
struct logger_limit {
	uint32_t burst;
	uint32_t used;
	uint64_t last_ms;
	uint64_t swallowed;
};

bool logger_limit_allow(struct logger_limit *limit, uint64_t now_ms, uint64_t *swallowed);

#endif
