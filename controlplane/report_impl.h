/* SPDX-License-Identifier: BSD-3-Clause */
/* report_impl.h - the parts of a report: of one call, its media; of all of them, sums.
 *
 * Invariant: n_told <= REPORT_MEDIAS_MAX; 'ssrcs' has room for those of as many.
 * Threads:   the event loop's.
 * Ownership: all is the arena's.
 * Units:     as in ng_report.h.
 * Errors:    arena->failed.
 * Cost:      see report.h.
 */
#ifndef REPORT_IMPL_H
#define REPORT_IMPL_H

#include "ng_report.h"
#include "report.h"

struct report_build {
	const struct report_source *from;
	const struct call *call;
	struct ng_arena *arena;
	struct slice only; /* a tag; empty: all */
	uint32_t n_medias; /* seen */
	uint32_t n_told;
	struct ng_report_ssrc *ssrcs;
	size_t n_ssrcs;
	struct ng_report_counts rtp, rtcp;
};

/* One side's media, with all its streams; adds their numbers up. False: too many to tell, 'out' is
 * as it was. */
bool report_media_make(struct report_build *b, const struct call_bridge *bridge, unsigned side,
	uint32_t media, struct ng_report_media *out);

/* Sums. */
uint64_t report_managed(const struct report_statistics *s); /* calls that were, and ended */
uint64_t report_errors(const struct report_statistics *s);
uint64_t report_calls(const struct report_now *now);
uint64_t report_drops(const struct relay_counts *totals);

#endif
