/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_burst.h - protect and unprotect bursts of SRTP and SRTCP packets (RFC 3711 3.3, 3.4).
 *
 * Invariant: a packet is checked, authenticated, then remembered: nothing of a stream
 *            changes for a packet that is refused. Accepted packets are those that a
 *            one-by-one run in the same order accepts. unprotect leaves the bytes and length
 *            of a refused packet as they came; neither touches other packets of the burst.
 *            While an AEAD packet is verified its buffer holds plaintext not yet authentic.
 * Threads:   the engine's thread, which is also the writer of every context in the burst.
 * Ownership: packets and contexts are the caller's; no packet buffer twice in a burst.
 * Units:     lengths in bytes; any number of packets, worked on 64 at a time.
 * Errors:    each packet's 'status' says why it was refused; the call itself returns SRTP_OK
 *            or SRTP_NULL_ARGUMENT. SRTP_CRYPTO_FAILED is the exception to the invariant: the
 *            index is used up or remembered by then, and the payload's bytes are undefined.
 * Cost:      hot: no allocation, syscall, lock or log. Full bursts are what makes it fast.
 */
#ifndef SRTP_BURST_H
#define SRTP_BURST_H

#include "srtp_ctx.h"
#include "srtp_engine.h"
#include "srtp_status.h"

#include <stdbool.h>
#include <stdint.h>

struct srtp_pkt {
	struct srtp_ctx *ctx;
	uint8_t *data;  /* from the RTP or RTCP header on; any alignment */
	uint32_t len;   /* in, and out for an accepted packet */
	uint32_t room;  /* bytes of the buffer from 'data' on */
	uint8_t kind;   /* in: enum srtp_kind */
	uint8_t status; /* out: enum srtp_status */
	bool authentic; /* in, protect: it came under a key, so its sequence is its sender's word */
	bool soft_limit; /* out: the key has passed its soft limit, time to renew it */
};

enum srtp_status srtp_burst_protect(struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n);
enum srtp_status srtp_burst_unprotect(
	struct srtp_engine *engine, struct srtp_pkt *pkts, uint32_t n);

#endif
