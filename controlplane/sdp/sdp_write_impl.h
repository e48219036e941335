/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_write_impl.h - the parts of sdp_write: checks, attributes, media sections.
 *
 * Invariant: sdp_write_check has passed before anything is written.
 * Threads:   pure.
 * Ownership: as sdp_write.h.
 * Units:     as sdp_write.h.
 * Errors:    out->failed.
 * Cost:      as sdp_write.h.
 */
#ifndef SDP_WRITE_IMPL_H
#define SDP_WRITE_IMPL_H

#include "sdp_write.h"

struct sdp_writer {
	const struct sdp *in;
	const struct sdp_rewrite *rewrite;
	const struct sdp_edits *edits; /* of the section that is being written; NULL: none */
	struct buffer *out;
	size_t attribute_at; /* where the last one began */
};

/* 0, -EINVAL or -E2BIG. */
int sdp_write_check(const struct sdp *in, const struct sdp_rewrite *rewrite);

/* Between the two the rest of it is written; what the edits remove is gone at the end. */
void sdp_write_attribute_begin(struct sdp_writer *w, const char *name);
void sdp_write_attribute_end(struct sdp_writer *w);

void sdp_write_attribute_flag(struct sdp_writer *w, const char *name);
void sdp_write_attribute_line(struct sdp_writer *w, struct slice line);
void sdp_write_attribute_text(struct sdp_writer *w, const char *name, struct slice value);
void sdp_write_attribute_number(struct sdp_writer *w, const char *name, uint64_t value);
void sdp_write_attribute_added(struct sdp_writer *w);

void sdp_write_media(struct sdp_writer *w, size_t index);

/* Of the session, and of a media. */
void sdp_write_line(struct buffer *out, char letter, struct slice value);
void sdp_write_bandwidth(struct buffer *out, const struct sdp_bandwidth *b);

#endif
