/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_case.h - parse, rewrite, and look for a line: what tests of SDP share. */
#ifndef SDP_CASE_H
#define SDP_CASE_H

#include "sdp_plan.h"

/* Fails the test, with the line, where it can't be read. */
struct sdp *sdp_case_parse(struct slice text);

/* Written after 'plan', it has that line; or nowhere that text. */
void sdp_case_has_line(const struct sdp *sdp, struct sdp_plan *plan, const char *line);
void sdp_case_lacks(const struct sdp *sdp, struct sdp_plan *plan, const char *text);

#endif
