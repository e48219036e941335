/* SPDX-License-Identifier: BSD-3-Clause */
/* call_image_impl.h - the bytes of an image, as writing and reading see them.
 *
 *   call    version u16, written_us u64, call-id, owner, its kind u8, listener, created_us u64,
 *           created, signalled_us u64, delete_at, packets u64, heard, next_number u32, bridges
 *           u8, and these
 *   bridge  branch, number u32, worker u32, flags u8, created_us u64, offered, two sides, media
 *           u8, and these
 *   side    tag, label, interface u8, address u8, dscp u8, flags u8, and if there is what was
 *           written: username, session-id, version u64, digest
 *   media   kind u8, clock_khz u16, two legs
 *   leg     port u16, terms now and next, keys ours and theirs, two flows, past keys u8, and these
 *   terms   flags u8; if set: transport u8, direction u8, source u8, and what flags name
 *   keys    how many and one u8, 0: none; and these
 *   key     suite u8; if not RELAY_PLAIN: length of the MKI and a flag u8, MKI, key and salt of
 *           the suite's lengths, tag u32, lifetime u64 if not 0
 *   flow    flags u8, slot (endpoint u32, generation u32), learned: as flags say
 *   past    name u64, streams u8, and these: SSRC u32, flags u8, and what they name: ROC u32 and
 *           sequence u16, SRTCP index u32; then the retired, u64 each
 *   address family u8, 4 or 16 bytes, port u16
 *   text    length u16, CALL_IMAGE_NO_TEXT: not there; bytes
 *   time    u64: 0: none, else 1 and the milliseconds since then (until then for delete_at)
 *
 * Invariant: a bit or value that means nothing is refused.
 * Threads:   pure.
 * Ownership: none.
 * Units:     little-endian.
 * Errors:    call_image_check: false for a call that is not as call.h and call_image.h want it.
 * Cost:      linear.
 */
#ifndef CALL_IMAGE_IMPL_H
#define CALL_IMAGE_IMPL_H

#include "call_image.h"

enum { CALL_IMAGE_NO_TEXT = 0xffff, CALL_IMAGE_LIFETIME = 0x80 };

enum call_image_terms {
	CALL_IMAGE_TERMS_SET = 1,
	CALL_IMAGE_TERMS_ACTIVE = 2,
	CALL_IMAGE_TERMS_MUX = 4,
	CALL_IMAGE_TERMS_SILENT = 8,
	CALL_IMAGE_TERMS_RTP = 16, /* the peer's addresses are there */
	CALL_IMAGE_TERMS_RTCP = 32,
	CALL_IMAGE_TERMS_IN = 64, /* and keys */
	CALL_IMAGE_TERMS_OUT = 128,
};

enum call_image_flow {
	CALL_IMAGE_FLOW_SLOT = 1,
	CALL_IMAGE_FLOW_LEARNED = 2,
	CALL_IMAGE_FLOW_INSTALLED = 4, /* and was in no data plane before */
	CALL_IMAGE_FLOW_ALL = 7,
};

enum call_image_past {
	CALL_IMAGE_PAST_RTP = 1,
	CALL_IMAGE_PAST_RTCP = 2,
	CALL_IMAGE_PAST_ALL = 3,
};

enum call_image_bridge {
	CALL_IMAGE_BRIDGE_OFFERER = 1, /* side 1 */
	CALL_IMAGE_BRIDGE_ANSWERED = 2,
	CALL_IMAGE_BRIDGE_OFFERED = 4,
	CALL_IMAGE_BRIDGE_ALL = 7,
};

enum call_image_side {
	CALL_IMAGE_SIDE_ADDRESS = 1,
	CALL_IMAGE_SIDE_BLOCKED = 2,
	CALL_IMAGE_SIDE_WRITTEN = 4,
	CALL_IMAGE_SIDE_ALL = 7,
};

/* Whether all lengths, counts, enums and texts of a call are what they may be. */
bool call_image_check(const struct call *call);

#endif
