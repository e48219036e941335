/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_endpoint.h - an endpoint as the data plane's region shows it: the directory that a new
 * control plane reads, statistics, and the SRTP state that outlives the data plane.
 *
 * Invariant: 'version' is odd while the identity is written or a place goes to another SSRC. An
 *            egress 'top' is published before the packet leaves, an ingress one after the packet
 *            was authenticated, so a reader of a dead region never takes over less than was sent
 *            or accepted; 'ssrc' is stored before the first of either, or while the place is
 *            RELAY_CHANGING. A direction's key name stands there while its streams are of that
 *            key, and is 0 while they change. An SSRC is in the past before its place is
 *            another's. A removed endpoint's record keeps its numbers until the slot is installed
 *            anew; then they are zeroed before the new generation shows.
 * Threads:   one writer, the slot's worker; readers anywhere, also of a dead region.
 * Ownership: the data plane's region.
 * Units:     'top' is the packet index ROC * 2^16 + sequence; 'jitter' in RTP clock units * 16
 *            (RFC 3550 A.8); 'seen_ms' and 'since_ms' on CLOCK_MONOTONIC, modulo 2^32.
 * Errors:    none.
 * Cost:      576 bytes; a packet of the first SSRC writes one line on its way in, one out.
 */
#ifndef RELAY_ENDPOINT_H
#define RELAY_ENDPOINT_H

#include "relay_message.h"
#include "relay_record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum relay_state { RELAY_STATE_FREE, RELAY_STATE_LIVE, RELAY_STATE_GONE };

struct relay_identity {
	uint8_t state; /* enum relay_state */
	uint8_t kind;
	uint8_t source;
	uint8_t media;
	uint8_t dscp;
	uint8_t ingress_suite; /* enum suite_id or RELAY_PLAIN */
	uint8_t egress_suite;
	uint8_t locked; /* learning is over */
	uint32_t generation;
	struct relay_local local;
	struct relay_sockaddr remote; /* signalled or learned */
	struct relay_route routes[RELAY_ROUTES];
	uint16_t clock_khz;
	uint8_t reserved[2];
};

/* A stream coming in. 'top' and 'rtcp' hold RELAY_SEEN_* when they mean something. */
struct relay_ingress {
	_Atomic uint64_t top;
	_Atomic uint32_t ssrc, rtcp;
	_Atomic uint32_t base; /* low half of the first index: top - base + 1 were expected */
	_Atomic uint32_t received, jitter, transit, seen_ms;
	uint32_t reserved;
};

struct relay_egress { /* a stream going out, and one that is parked */
	_Atomic uint64_t top;
	_Atomic uint32_t ssrc, rtcp;
};

struct relay_past { /* SSRCs that lost their places: see srtp_ctx.h */
	struct relay_egress parked[RELAY_PARKED];
	_Atomic uint64_t retired[SRTP_RETIRED_WORDS];
};

#define RELAY_SEEN_RTP  (UINT64_C(1) << 63) /* in 'top' */
#define RELAY_CHANGING  (UINT64_C(1) << 62) /* in 'top': the place is empty, for the moment */
#define RELAY_SEEN_RTCP (UINT32_C(1) << 31) /* in 'rtcp', over the 31-bit SRTCP index */

struct relay_endpoint {
	_Alignas(64) _Atomic uint32_t version; /* odd while it changes */
	_Atomic uint32_t since_ms;
	struct relay_identity identity;
	/* the line of packets coming in */
	_Alignas(64) _Atomic uint64_t rx_packets;
	_Atomic uint64_t rx_bytes; /* of UDP payload, as the next */
	struct relay_ingress first;
	_Atomic uint32_t dropped;     /* of all reasons, on this endpoint's way in */
	_Atomic uint32_t auth_failed; /* of these, tags that did not verify */
	/* the line of packets going out */
	_Alignas(64) _Atomic uint64_t tx_packets;
	_Atomic uint64_t tx_bytes;
	struct relay_egress egress[RELAY_SSRCS - 1];
	/* seldom needed */
	_Alignas(64) struct relay_egress egress_last;
	_Atomic uint64_t rtcp_packets; /* of rx_packets */
	_Atomic uint32_t streams_full; /* packets of SSRCs without a place that were dropped */
	_Atomic uint32_t went_back;    /* packets to go out that lay before the replay window */
	struct relay_ingress others[RELAY_SSRCS - 1];
	_Atomic uint64_t tx_lost;                 /* made to be sent, under the key, and not sent */
	_Atomic uint64_t ingress_key, egress_key; /* names, as the records brought them; 0: plain */
	_Atomic uint64_t rtcp_sent;               /* under the key, or one before it */
	struct relay_past ingress_past, egress_past;
};

_Static_assert(sizeof(struct relay_ingress) == 40 && sizeof(struct relay_egress) == 16, "");
_Static_assert(offsetof(struct relay_endpoint, rx_packets) == 64 &&
		       offsetof(struct relay_endpoint, tx_packets) == 128,
	"a line each");
_Static_assert(sizeof(struct relay_endpoint) == 576, "reported with memory per endpoint");

/* The slots of an endpoint's streams, the first of them in the hot lines. */
static inline const struct relay_ingress *relay_endpoint_ingress(
	const struct relay_endpoint *e, uint32_t i)
{
	return i == 0 ? &e->first : &e->others[i - 1];
}

static inline const struct relay_egress *relay_endpoint_egress(
	const struct relay_endpoint *e, uint32_t i)
{
	return i < RELAY_SSRCS - 1 ? &e->egress[i] : &e->egress_last;
}

/* Writer: replaces the identity. */
void relay_endpoint_publish(struct relay_endpoint *to, const struct relay_identity *identity);

/* Writer: the same for a newly installed endpoint, with all numbers at zero. */
void relay_endpoint_begin(
	struct relay_endpoint *to, const struct relay_identity *identity, uint32_t since_ms);

/* 'top' and 'rtcp' of a stream. */
static inline uint64_t relay_endpoint_top(const struct relay_ssrc *s)
{
	return s->rtp_valid ? relay_ssrc_index(s) | RELAY_SEEN_RTP : 0;
}

static inline uint32_t relay_endpoint_rtcp(const struct relay_ssrc *s)
{
	return s->rtcp_valid ? s->rtcp_index | RELAY_SEEN_RTCP : 0;
}

/* Writer: who has lost its place, the words first; before the place is another's. */
void relay_endpoint_set_past(struct relay_past *to, const struct relay_ssrc *parked, uint32_t n,
	const uint64_t retired[SRTP_RETIRED_WORDS]);

/* Writer: begins a stream's slot anew. */
void relay_endpoint_set_ingress(
	struct relay_endpoint *to, uint32_t i, uint32_t ssrc, uint64_t top, uint32_t rtcp);
void relay_endpoint_set_egress(
	struct relay_endpoint *to, uint32_t i, uint32_t ssrc, uint64_t top, uint32_t rtcp);

#endif
