/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h - RTCP sender reports that can be checked byte for byte (RFC 3550 6.4.1).
 *
 * Invariant: the NTP field carries the time it was made, the RTP timestamp which report of the
 *            stream it is, the two counts follow from these and the stream.
 * Threads:   pure.
 * Ownership: the caller's bytes.
 * Units:     time in TSC cycles.
 * Errors:    report_check: false.
 * Cost:      seldom.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>

enum { REPORT_LEN = 28 };

struct report {
	uint32_t ssrc;
	uint32_t id; /* of the stream */
	uint32_t n;  /* from 1 */
	uint64_t tsc;
};

void report_write(const struct report *report, uint8_t out[REPORT_LEN]);

/* Whether it is one of this SSRC and id; its number and time, if so. */
bool report_check(const uint8_t *in, uint32_t len, struct report *report);

#endif
