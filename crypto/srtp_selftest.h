/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_selftest.h - known-answer test of an engine: every suite, SRTP and SRTCP.
 *
 * Invariant: the answers were made by libsrtp's sessions (AES-192: by OpenSSL), not by code
 *            of ours; the unit test of this file makes them again.
 * Threads:   the engine's.
 * Ownership: makes and destroys contexts of its own.
 * Units:     none.
 * Errors:    SRTP_SELF_TEST_FAILED: a wrong answer; otherwise why a context could not be made.
 * Cost:      cold: 16 packets protected, 32 unprotected.
 */
#ifndef SRTP_SELFTEST_H
#define SRTP_SELFTEST_H

#include "srtp_engine.h"
#include "suite.h"

#include <stdint.h>

enum {
	SRTP_SELFTEST_RTP_LEN = 12 + 20,
	SRTP_SELFTEST_RTCP_LEN = 8 + 20,
	SRTP_SELFTEST_ROC = 1,
	SRTP_SELFTEST_RTCP_INDEX = 1,
};

struct srtp_selftest_answer {
	uint8_t rtp[SRTP_SELFTEST_RTP_LEN + 16];
	uint8_t rtcp[SRTP_SELFTEST_RTCP_LEN + 4 + 16];
};

/* What goes in: the master key and salt are the first bytes of these, as a suite needs. */
extern const uint8_t srtp_selftest_key[SUITE_KEY_MAX];
extern const uint8_t srtp_selftest_salt[SUITE_SALT_MAX];
extern const uint8_t srtp_selftest_rtp[SRTP_SELFTEST_RTP_LEN];
extern const uint8_t srtp_selftest_rtcp[SRTP_SELFTEST_RTCP_LEN];

/* What must come out, zero behind the packet's end. */
extern const struct srtp_selftest_answer srtp_selftest_answers[SUITE_COUNT];

enum srtp_status srtp_selftest_run(struct srtp_engine *engine);

#endif
