/* SPDX-License-Identifier: BSD-3-Clause */
/* call_sheet.h - the calls of a test, as the generator sends them and the relay must carry them.
 *
 * A sheet is text. A line is a statement; '#' starts a comment; a backslash at the end goes on with
 * the next line. KEY=VALUE applies to both legs, a.KEY=VALUE and b.KEY=VALUE to one; of two for the
 * same leg the later holds.
 *
 *   classes N            port classes of the relay, a power of two (default 32), before any call
 *   call KEY=VALUE...    one call
 *   calls N KEY=VALUE... N calls, made from ranges and a seed
 *
 * Keys of both: suite=RTP or a name of crypto/suite.h; rtcp=mux (default) or own (then RTCP is at
 * port + 1 on both sides); pt=0..127 (default 0), seq= and roc= of the first packet (default 0, on
 * both sides of the relay); echo (no value): one leg, a, gets back from the relay's address what it
 * sent, under the same key.
 * Keys of call: gen=ADDRESS:PORT, where the generator sends from and receives at;
 * relay=ADDRESS:PORT
 * ([ADDRESS]:PORT for IPv6); ssrc= that it sends; send-key= and recv-key=: master key and salt as
 * seen from the generator, base64 as in SDES (with or without "inline:") or hexadecimal.
 * Keys of calls: gen=ADDRESS,... and relay=ADDRESS,...; ports=FIRST-LAST of the relay, gen-ports=
 * of the generator (default: as ports), step= between calls (default 2); when the ports of an
 * address are used up, the next of the list follows; ssrc= of the first (default 0x10000000): leg a
 * of call i sends ssrc + 2i, leg b one more; seq=random; seed= (default 0) for keys and seq.
 *
 * Keys from a seed: let K = SHA-256("sluice call sheet 1" | seed, 8 bytes, big-endian). Call i, as
 * counted through the sheet from 0, has the 256 bytes from 256 i of the AES-256-CTR keystream under
 * K with IV 0, as four slots of 64: a sends, a receives, b sends, b receives. A slot starts with
 * key and salt; seq=random is the last two bytes of the leg's sending slot, big-endian, & 0x7fff.
 *
 * Both relay ports of a call are in the same class, (port >> 1) & (classes - 1); all addresses
 * with ports are different.
 *
 * Invariant: a sheet that was read keeps to the above.
 * Threads:   reading: any one; then const.
 * Ownership: read and parse allocate, free wipes and frees (NULL accepted).
 * Units:     ports and numbers in host order.
 * Errors:    -EINVAL for a faulty sheet, or -errno; 'errors' has "name:line: what: cure".
 * Cost:      cold: 100,000 calls in some 0.1 s.
 */
#ifndef CALL_SHEET_H
#define CALL_SHEET_H

#include "relay_address.h"
#include "suite.h"

#include <stdio.h>

enum {
	CALL_SHEET_KEY_MAX = SUITE_KEY_MAX + SUITE_SALT_MAX,
	CALL_SHEET_CALLS_MAX = 1000000,
	CALL_SHEET_CLASSES_DEFAULT = 32,
	CALL_SHEET_CLASSES_MAX = 1024,
};

enum { CALL_LEG_A, CALL_LEG_B, CALL_LEGS };

struct call_leg {
	struct relay_sockaddr gen;   /* the party: where the generator sends from and receives at */
	struct relay_sockaddr relay; /* the relay's, towards that party */
	const struct suite *suite;   /* NULL: plain RTP */
	uint8_t send_key[CALL_SHEET_KEY_MAX]; /* of the party: master key, then master salt */
	uint8_t recv_key[CALL_SHEET_KEY_MAX];
	uint32_t ssrc; /* what the party sends, from here on */
	uint32_t roc;
	uint16_t seq;
	uint8_t payload_type;
	bool rtcp_mux;
};

struct call {
	struct call_leg legs[CALL_LEGS];
	uint32_t line;
	bool echo; /* leg A alone; its recv_key is its send_key */
};

struct call_sheet {
	struct call *calls;
	uint32_t n_calls;
	uint32_t classes;
};

struct call_sheet_text {
	const char *name; /* in error lines */
	const char *text;
	size_t len;
	uint32_t max_calls; /* 0: CALL_SHEET_CALLS_MAX */
};

int call_sheet_read(const char *path, FILE *errors, struct call_sheet **sheet);
int call_sheet_parse(const struct call_sheet_text *text, FILE *errors, struct call_sheet **sheet);
void call_sheet_free(struct call_sheet *sheet);

#endif
