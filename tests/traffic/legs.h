/* SPDX-License-Identifier: BSD-3-Clause */
/* legs.h - what a call has on its two sides: rtp-rtp, rtp-srtp:SUITE, srtp-srtp:SUITE,SUITE.
 *
 * Invariant: a suite is a row of crypto/suite.h; NULL is plain RTP.
 * Threads:   pure.
 * Ownership: static rows.
 * Units:     none.
 * Errors:    false; 'out' is then of no meaning.
 * Cost:      cold.
 */
#ifndef LEGS_H
#define LEGS_H

#include "call_sheet.h"

enum { LEGS_NAME_MAX = 96 };

struct legs {
	const struct suite *suites[CALL_LEGS];
};

/* Without a suite it is AES_CM_128_HMAC_SHA1_80; one stands for both sides. */
bool legs_parse(const char *text, struct legs *out);

/* As legs_parse reads it. */
void legs_name(const struct legs *legs, char name[LEGS_NAME_MAX]);

#endif
