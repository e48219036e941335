/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_case.h"

#include "support.h"

struct sdp *sdp_case_parse(struct slice text)
{
	struct sdp_fault fault;
	struct sdp *sdp = NULL;

	if (sdp_parse(text, false, &sdp, &fault) != 0)
		fail_msg("line %u: %s: %.*s", fault.line, fault.what, SLICE_ARGS(text));
	return sdp;
}

void sdp_case_has_line(const struct sdp *sdp, struct sdp_plan *plan, const char *line)
{
	struct buffer out = {.limit = SDP_BYTES_MAX};
	struct slice rest;
	bool found = false;

	assert_int_equal(sdp_write(sdp, &plan->rewrite, &out), 0);
	rest = buffer_all(&out);
	while (rest.len > 0) {
		struct slice one = slice_cut(&rest, '\n');

		assert_true(one.len > 0 && one.ptr[one.len - 1] == '\r');
		one.len--;
		found |= slice_is(one, line);
	}
	if (!found)
		fail_msg("no line %s in %.*s", line, SLICE_ARGS(buffer_all(&out)));
	buffer_fini(&out);
}

void sdp_case_lacks(const struct sdp *sdp, struct sdp_plan *plan, const char *text)
{
	struct buffer out = {.limit = SDP_BYTES_MAX};

	assert_int_equal(sdp_write(sdp, &plan->rewrite, &out), 0);
	assert_null(memmem(out.data, out.len, text, strlen(text)));
	buffer_fini(&out);
}
