/* SPDX-License-Identifier: BSD-3-Clause */
/* negotiate_impl.h - the parts of a negotiation: interfaces, terms, keys.
 *
 * Invariant: as negotiate.h.
 * Threads:   the event loop's.
 * Ownership: as negotiate.h.
 * Units:     -
 * Errors:    the protocol's.
 * Cost:      as negotiate.h.
 */
#ifndef NEGOTIATE_IMPL_H
#define NEGOTIATE_IMPL_H

#include "negotiate.h"

static inline const struct config_interface *negotiate_interface(
	const struct negotiation *n, unsigned side)
{
	return &n->config->interfaces[n->bridge->sides[side].interface];
}

static inline uint8_t negotiate_family(const struct negotiation *n, unsigned side)
{
	const struct call_side *s = &n->bridge->sides[side];

	return n->config->interfaces[s->interface].addresses[s->address].local.family;
}

/* What a negotiation may change, as it was before. */
struct negotiate_saved {
	struct call_side sides[2];
	uint32_t n;
	struct call_media *medias;
};

/* False without memory. Until it is settled no list of keys that a leg had may be freed. */
bool negotiate_saved_take(const struct negotiation *n, struct negotiate_saved *saved);

/* Lets go of it: what was negotiated stays or, without 'keep', what was before. */
void negotiate_saved_settle(const struct negotiation *n, struct negotiate_saved *saved, bool keep);

/* Interface and address of a side, for good. 'family' 0: any will do. */
enum ng_error negotiate_side_choose(
	const struct negotiation *n, unsigned side, struct slice interface, uint8_t family);

/* Media go to where the signalling came from, whatever the SDP says; but not into the other family,
 * where whoever sent it has been told of an address already. */
static inline bool negotiate_is_signalled(const struct negotiation *n)
{
	uint8_t family = n->request->received_from.family;

	return ng_request_flag(n->request, NG_FLAG_SIP_SOURCE_ADDRESS) && family != 0 &&
	       (!n->bridge->sides[n->from].has_address || negotiate_family(n, n->from) == family);
}

/* How whoever sent the SDP sends, and where to. */
void negotiate_terms_read(
	const struct negotiation *n, const struct sdp_media *m, struct call_terms *terms);

/* The usable keys that a media line offers, in the order of the interface's suites, or NULL:
 * none. False without memory. */
bool negotiate_keys_theirs(
	const struct negotiation *n, const struct sdp_media *m, struct call_keys **keys);

/* Ours to offer, with those that the leg has already. */
enum ng_error negotiate_keys_ours(const struct negotiation *n, struct call_leg *leg, unsigned side,
	const struct sdp_media *m);

/* Whether 'next' has the leg's key of now: where RTCP goes must stay the same. */
bool negotiate_keys_go_on(const struct call_leg *leg);

/* The answer's choice among ours: both keys of the leg. */
enum ng_error negotiate_keys_chosen(const struct sdp_media *m, struct call_leg *leg);

/* Our choice among theirs: both keys of the leg. 'fresh': not the one it has. */
enum ng_error negotiate_keys_choose(struct call_leg *leg, bool fresh);

#endif
