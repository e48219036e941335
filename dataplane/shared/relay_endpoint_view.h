/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_endpoint_view.h - a reader's copy of an endpoint's record.
 *
 * Invariant: what is read of a dead region is never less than was sent or accepted. A stream may
 *            be in its place and parked, too, or parked twice, if the writer died in between.
 * Threads:   any, beside the writer.
 * Ownership: the caller's copy.
 * Units:     as in relay_endpoint.h; jitter in RTP clock units.
 * Errors:    false when the record changed at each try: '*out' is filled all the same, as a writer
 *            that died may have left it half written.
 * Cost:      some 600 bytes are copied.
 */
#ifndef RELAY_ENDPOINT_VIEW_H
#define RELAY_ENDPOINT_VIEW_H

#include "relay_endpoint.h"

/* A stream coming in, as RTCP reports it (RFC 3550 A.3, A.8). */
struct relay_stream_view {
	uint32_t ssrc, seen_ms;
	uint64_t expected, received;
	int64_t lost;            /* negative with duplicates */
	uint32_t jitter;         /* RTP clock units */
	struct relay_ssrc state; /* for takeover */
};

struct relay_past_view {
	uint32_t n;
	struct relay_ssrc parked[RELAY_PARKED];
	uint64_t retired[SRTP_RETIRED_WORDS];
};

struct relay_endpoint_view { /* a reader's copy */
	struct relay_identity identity;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, tx_lost, rtcp_packets;
	uint64_t ingress_key, egress_key;
	uint64_t rtcp_sent;
	struct relay_past_view ingress_past, egress_past;
	uint32_t since_ms, dropped, auth_failed, streams_full, went_back, n_ingress, n_egress;
	struct relay_stream_view ingress[RELAY_SSRCS];
	struct relay_ssrc egress[RELAY_SSRCS];
};

bool relay_endpoint_read(const struct relay_endpoint *from, struct relay_endpoint_view *out);

#endif
