/* SPDX-License-Identifier: BSD-3-Clause */
/* call_sheet_line.h - a statement of a call sheet between its text and its calls. For
 * call_sheet*.c alone.
 *
 * Invariant: strings point into the parser's line; counts are within their arrays.
 * Threads:   one.
 * Ownership: the parser's; the sheet grows within it.
 * Units:     ports in host order.
 * Errors:    false after call_sheet_fault has said what is wrong.
 * Cost:      cold.
 */
#ifndef CALL_SHEET_LINE_H
#define CALL_SHEET_LINE_H

#include "call_sheet.h"

enum {
	CALL_SHEET_LINE_MAX = 16384,
	CALL_SHEET_ADDRESSES_MAX = 64,
	CALL_SHEET_FAULTS_MAX = 20, /* then reading ends */
};

struct call_sheet_range {
	uint16_t first, last;
	bool given;
};

struct call_sheet_addresses {
	struct relay_sockaddr list[CALL_SHEET_ADDRESSES_MAX];
	uint32_t n;
};

struct call_sheet_leg_spec {
	struct call_sheet_addresses gen, relay;
	struct call_sheet_range ports, gen_ports;
	const struct suite *suite;
	bool suite_given;
	const char *send_key, *recv_key; /* as written; NULL: not given */
	bool seq_random, rtcp_own;
	uint32_t ssrc, roc, seq, pt;
	bool ssrc_given;
};

struct call_sheet_spec {
	struct call_sheet_leg_spec legs[CALL_LEGS];
	bool leg_given[CALL_LEGS]; /* by a key with its prefix */
	bool many;                 /* 'calls' */
	bool echo;
	uint32_t count;
	uint32_t step;
	uint64_t seed;
};

struct call_sheet_parser {
	const struct call_sheet_text *in;
	FILE *errors;
	struct call_sheet *sheet;
	size_t capacity; /* of the sheet, in calls */
	uint32_t max_calls;
	uint32_t line; /* number, from 1, of the statement's first */
	uint32_t faults;
	int error; /* -ENOMEM */
	char text[CALL_SHEET_LINE_MAX];
	char copy[CALL_SHEET_LINE_MAX]; /* of a value, taken apart */
	struct call_sheet_spec spec;
};

/* Prints "name:line: ..." and counts; returns false. */
__attribute__((format(printf, 2, 3))) bool call_sheet_fault(
	struct call_sheet_parser *p, const char *format, ...);

/* A word as it may be shown in a fault: what is not spelled like a key of ours may be a secret that
 * lost its place. */
const char *call_sheet_word(const char *word);

/* call_sheet_value.c */
bool call_sheet_number(const char *text, uint64_t max, uint64_t *out);
bool call_sheet_address(const char *text, bool with_port, struct relay_sockaddr *out);
bool call_sheet_key(const char *text, const struct suite *suite, uint8_t out[CALL_SHEET_KEY_MAX]);

/* call_sheet_keys.c: "KEY=VALUE" or "KEY" into the spec. */
bool call_sheet_set(struct call_sheet_parser *p, char *token);

/* call_sheet_expand.c: the spec's calls to the sheet's end. */
bool call_sheet_expand(struct call_sheet_parser *p);

#endif
