/* SPDX-License-Identifier: BSD-3-Clause */
/* call_image.h - a call as bytes for the store, and back.
 *
 * What a restart must not lose goes in; places in tables, 'working', 'dirty' and 'gone' do not.
 * Monotonic times are written as how long ago or ahead, beside the time of day: they hold after a
 * reboot, but for the time before the new clock's zero.
 *
 * Invariant: what is read keeps the invariants of call.h and is within its limits, whatever the
 *            bytes are; write refuses a call that read would.
 * Threads:   pure, but for the table.
 * Ownership: the buffer is the caller's, and has keys in it. The call that is read is the table's.
 * Units:     little-endian; a version first. The version before this one is read as well, so that
 *            calls outlive an upgrade.
 * Errors:    write: -ENOMEM also when the buffer's limit is reached; -EINVAL: a call that could
 *            not be read back. read: -EBADMSG, -EPROTONOSUPPORT: of a later version, -EEXIST:
 *            its listener has that call-id in the table, -ENOMEM; then nothing of it stays there.
 * Cost:      linear; about 1 KB a call of one audio stream from RTP to SRTP.
 */
#ifndef CALL_IMAGE_H
#define CALL_IMAGE_H

#include "buffer.h"
#include "call_table.h"

enum {
	CALL_IMAGE_VERSION = 2,
	CALL_IMAGE_VERSION_OLD = 1, /* without past keys, the owner's kind, a creation */
	CALL_IMAGE_KEYS_MAX = 64,   /* of one side's offer */
};

/* What time it is when a call is written or read. */
struct call_image_clock {
	uint64_t now_ms; /* monotonic */
	uint64_t now_us; /* of the epoch */
};

/* Adds to 'out'; on an error there may be a part of it. */
int call_image_write(
	const struct call *call, const struct call_image_clock *clock, struct buffer *out);

/* 'id': its row in the store. */
int call_image_read(struct slice image, const struct call_image_clock *clock,
	struct call_table *table, uint64_t id, struct call **call);

#endif
