/* SPDX-License-Identifier: BSD-3-Clause */
/* twin.h - one master key run twice: by our contexts and by libsrtp's sessions, at the sender
 * and at the receiver; and what a test has to know of its streams. */
#ifndef TWIN_H
#define TWIN_H

#include "oracle.h"
#include "srtp_burst.h"
#include "traffic.h"

enum { TWIN_STREAMS_MAX = 60 }; /* below SRTP_SSRC_MAX: a sender of ours holds them all */

struct twin_stream {
	uint32_t ssrc;
	uint64_t tx_top; /* highest index sent */
	uint64_t floor;  /* sends no index below: the stream was resumed there */
	uint32_t left;   /* packets until another SSRC takes its place */
	bool started;
	bool rtcp_primed;
	uint32_t rtcp_sent; /* highest SRTCP index */

	/* the receiver, by what libsrtp has accepted */
	bool known;
	uint64_t rx_top;
	uint32_t rtcp_top;
	uint64_t chunk[2]; /* of the last packet accepted, by kind: see verdict.h */
};

struct twin {
	const struct suite *suite;
	uint8_t mki[SRTP_MKI_MAX];
	uint32_t mki_len;
	uint16_t window;
	uint16_t max_ssrc; /* of the receiver */
	uint16_t rtcp_per_mille;
	bool wild;

	struct srtp_ctx *tx, *rx;
	struct oracle otx, orx;
	bool rtcp_apart; /* see twin_oracle */
	struct oracle orx_rtcp;

	struct twin_stream streams[TWIN_STREAMS_MAX];
	uint32_t n_streams;
	uint32_t n_known; /* SSRCs that the receiver has accepted packets of, up to its bound */
};

/* Everything but the suite at random. Aborts the test on failure. */
void twin_open(struct twin *t, struct srtp_engine *engine, const struct suite *suite,
	struct support_rng *rng);
void twin_close(struct twin *t);

struct oracle *twin_oracle(struct twin *t, enum srtp_direction direction, enum srtp_kind kind);
uint32_t twin_trailer(const struct twin *t, enum srtp_kind kind);

struct twin_stream *twin_add(struct twin *t, struct support_rng *rng);

/* NULL if the sender has no stream of that SSRC. */
struct twin_stream *twin_find(struct twin *t, uint32_t ssrc);

/* Takes down that libsrtp has protected, or accepted in 'chunk', the packet with 'index'. */
void twin_sent(struct twin_stream *stream, enum srtp_kind kind, uint64_t index);
void twin_received(struct twin *t, struct twin_stream *stream, enum srtp_kind kind, uint64_t index,
	uint64_t chunk);

/* Makes ours send SRTCP index 1 first, as libsrtp does; RFC 3711 3.2.1 says 0. */
void twin_prime_rtcp(struct twin *t, struct twin_stream *stream);

/* Lets all four go on at ROC 'roc' with sequence number 'seq', which is over 0. */
void twin_set_roc(struct twin *t, struct twin_stream *stream, uint32_t roc, uint16_t seq);

/* What no state can change: SRTP_OK, or why a packet that came is no packet of this key. */
enum srtp_status twin_shape(
	const struct twin *t, enum srtp_kind kind, const uint8_t *data, uint32_t len);

/* That our contexts hold of each stream what the test knows. */
void twin_assert_state(const struct twin *t);

#endif
