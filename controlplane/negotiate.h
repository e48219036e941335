/* SPDX-License-Identifier: BSD-3-Clause */
/* negotiate.h - what each leg of a bridge will do, from an SDP, a request and the configuration.
 *
 * An offer fills in 'next' of the offerer's legs and what is proposed to the other side; an answer
 * completes both, ready to become 'now'. Nothing else of the bridge changes, so a negotiation that
 * is never answered leaves the media as they are. One that fails is as if it had never begun.
 *
 * Keys are our own on each leg, never the other side's. A leg that is negotiated again keeps its
 * key where suite and use are the same, so that its stream goes on; an offer that is made again
 * keeps those that nobody chose yet, so that an answer to the one before fits both.
 *
 * Invariant: after success a side with active media has an interface and an address of the family
 *            of its peer. Where the interface requires encryption each active leg has keys, where
 *            it forbids it none has.
 * Threads:   the event loop's.
 * Ownership: lists of keys become the bridge's.
 * Units:     -
 * Errors:    the protocol's. Then the bridge is as it was, but may have room for more media.
 * Cost:      a random key for each suite that is offered.
 */
#ifndef NEGOTIATE_H
#define NEGOTIATE_H

#include "call.h"
#include "ng_request.h"

struct negotiation {
	const struct config *config;
	const struct ng_request *request;
	const struct sdp *sdp;
	struct call_bridge *bridge;
	unsigned from; /* the side that sent the SDP */
};

enum ng_error negotiate_offer(const struct negotiation *n);
enum ng_error negotiate_answer(const struct negotiation *n);

/* What RTCP is said to do in the SDP for a leg, while it is offered. */
enum sdp_rtcp_how negotiate_rtcp_offered(
	const struct ng_request *request, const struct call_leg *leg);

/* Media that is not for a relay: passed on as it came, as over TCP. */
bool negotiate_is_foreign(const struct sdp_media *m);

#endif
