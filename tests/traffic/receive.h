/* SPDX-License-Identifier: BSD-3-Clause */
/* receive.h - finds out whose each received frame is, opens it, and checks it whole.
 *
 * Invariant: every frame is counted once: a good packet, one that came again, faulty by one reason,
 *            a report, a question to a host, or foreign. A packet is checked, authenticated, then
 *            remembered.
 * Threads:   the worker's, with the engine; others read counts when it has ended.
 * Ownership: streams, engine and latency are the caller's; frames are changed in place.
 * Units:     lengths in bytes; time in TSC cycles.
 * Errors:    none: a bad packet is counted.
 * Cost:      hot: bursts of up to 64, tables fetched ahead.
 */
#ifndef RECEIVE_H
#define RECEIVE_H

#include "codec.h"
#include "histogram.h"
#include "srtp_burst.h"
#include "stream.h"

enum { RECEIVE_BURST = 64 };

#define RECEIVE_FAULTS(X)                                                                          \
	X(BAD_CHECKSUM, "bad_checksum", "IP or UDP checksum does not verify")                      \
	X(UNKNOWN_CALL, "unknown_call", "for an address of ours, but a port that no call has")     \
	X(WRONG_SOURCE, "wrong_source", "not from the relay's address and port of this leg")       \
	X(MALFORMED, "malformed", "on a call's port, but no RTP or RTCP")                          \
	X(WRONG_SSRC, "wrong_ssrc", "SSRC is not that of the call's sender")                       \
	X(TAG, "tag", "SRTP tag does not verify")                                                  \
	X(HEADER, "rtp_header", "payload type, marker, timestamp or form is not as sent")          \
	X(PAYLOAD, "payload", "payload is not byte for byte as sent")                              \
	X(REPORT, "rtcp", "sender report is not as sent")

#define RECEIVE_ENUM(id, name, help) RECEIVE_##id,
enum receive_fault { RECEIVE_FAULTS(RECEIVE_ENUM) RECEIVE_FAULT_COUNT };
#undef RECEIVE_ENUM

extern const char *const receive_fault_names[RECEIVE_FAULT_COUNT];
extern const char *const receive_fault_helps[RECEIVE_FAULT_COUNT];

struct receive_counts {
	uint64_t frames;
	uint64_t bytes;      /* of all frames, without FCS */
	uint64_t good;       /* each packet once */
	uint64_t reordered;  /* good, but after a later one */
	uint64_t duplicated; /* came before, or too late to tell */
	uint64_t verified;   /* good, and opened and compared */
	uint64_t heard;      /* streams of which anything good has come */
	uint64_t reports, reports_again;
	uint64_t questions, foreign;
	uint64_t faults[RECEIVE_FAULT_COUNT];
};

/* What the port says of a checksum. */
enum { RECEIVE_IP_GOOD = 1, RECEIVE_UDP_GOOD = 2, RECEIVE_BAD = 4 };

struct rx_frame {
	uint8_t *data;
	uint32_t len;
	uint8_t checksums; /* RECEIVE_* */
	bool question;     /* out: someone asks where a host is, see arp.h */
};

/* When packets were sent, if they do not say so themselves: made in order before the trial. */
struct receive_stamps {
	const uint64_t *tsc; /* NULL: payloads have it */
	uint64_t n;          /* number of the packet modulo this is its place */
};

struct receiver {
	struct streams *streams;
	struct srtp_engine *engine;
	struct histogram *latency;
	struct codec_choice codec;
	struct receive_stamps stamps;
	uint32_t sample; /* open and compare one of so many, a power of two; 0: none */
	uint16_t vlan;
	struct receive_counts counts;
};

/* 'n' up to RECEIVE_BURST frames that came at 'tsc'. */
void receive_run(struct receiver *r, struct rx_frame *frames, uint32_t n, uint64_t tsc);

#endif
