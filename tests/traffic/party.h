/* SPDX-License-Identifier: BSD-3-Clause */
/* party.h - the SDP of a call's party: what it says to the relay, and what it learns from the
 * relay's answer.
 *
 * Invariant: what party_read takes over was all there: address and port, the transport that the
 *            leg wants, and a key of its suite exactly where it has one.
 * Threads:   pure.
 * Ownership: the caller's leg and buffer.
 * Units:     none.
 * Errors:    party_read: what is wrong, or PARTY_GOOD; the leg is then as it was.
 * Cost:      a parse.
 */
#ifndef PARTY_H
#define PARTY_H

#include "buffer.h"
#include "call_sheet.h"
#include "codec.h"

#define PARTY_FAULTS(X)                                                                            \
	X(GOOD, "good")                                                                            \
	X(UNREADABLE, "SDP cannot be read")                                                        \
	X(MEDIA, "SDP has not one media line")                                                     \
	X(REJECTED, "media has port 0")                                                            \
	X(ADDRESS, "no address that this party reaches")                                           \
	X(PROTOCOL, "transport is not what was asked for")                                         \
	X(FORMAT, "the party's payload type is not there")                                         \
	X(DIRECTION, "media is not sendrecv")                                                      \
	X(NO_KEY, "no usable a=crypto of the suite that is due")                                   \
	X(UNDUE_KEY, "a=crypto for plain RTP")                                                     \
	X(RTCP, "RTCP is neither muxed nor at the next port")

#define PARTY_ENUM(id, text) PARTY_##id,
enum party_fault { PARTY_FAULTS(PARTY_ENUM) PARTY_FAULT_COUNT };
#undef PARTY_ENUM

extern const char *const party_fault_texts[PARTY_FAULT_COUNT];

uint8_t party_payload_type(const struct codec *codec);

/* Of the leg: 'gen', 'suite', 'send_key', 'rtcp_mux'. 'tag' is that of a=crypto, 'session' the
 * number in o=. */
struct party_says {
	const struct codec *codec;
	uint64_t session;
	uint32_t tag;
};

void party_write(const struct call_leg *leg, const struct party_says *says, struct buffer *out);

/* Into the leg: 'relay', 'recv_key', 'rtcp_mux'; the a=crypto's tag, 0 for plain RTP. */
enum party_fault party_read(struct slice text, struct call_leg *leg, uint32_t *tag);

#endif
