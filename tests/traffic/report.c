/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <endian.h>
#include <string.h>

enum { VERSION_2 = 0x80, SENDER_REPORT = 200 };

void report_write(const struct report *report, uint8_t out[REPORT_LEN])
{
	uint32_t ssrc = htobe32(report->ssrc), n = htobe32(report->n);
	uint64_t counts = (report->tsc ^ (uint64_t)report->id << 32 ^ report->n) *
			  UINT64_C(0xd6e8feb86659fd93);

	out[0] = VERSION_2;
	out[1] = SENDER_REPORT;
	out[2] = 0;
	out[3] = REPORT_LEN / 4 - 1;
	memcpy(out + 4, &ssrc, 4);
	memcpy(out + 8, &report->tsc, 8);
	memcpy(out + 16, &n, 4);
	memcpy(out + 20, &counts, 8);
}

bool report_check(const uint8_t *in, uint32_t len, struct report *report)
{
	uint8_t expected[REPORT_LEN];

	if (len != REPORT_LEN)
		return false;
	memcpy(&report->tsc, in + 8, 8);
	memcpy(&report->n, in + 16, 4);
	report->n = be32toh(report->n);
	report_write(report, expected);
	return memcmp(in, expected, REPORT_LEN) == 0;
}
