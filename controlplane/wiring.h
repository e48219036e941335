/* SPDX-License-Identifier: BSD-3-Clause */
/* wiring.h - a bridge's media, as endpoints of the data plane.
 *
 * Each leg has an endpoint for its RTP port, which takes RTCP as well, and one for its RTCP port
 * unless RTCP was agreed to share the first. Both ends of a route are of one worker.
 *
 * Invariant: a flow has a slot from the command that installs it to the one that removes it. A pair
 *            of ports rests in the pool only when no endpoint has it any more.
 * Threads:   the event loop's.
 * Ownership: ports and slots belong to the bridge until wiring_remove.
 * Units:     -
 * Errors:    the protocol's. wiring_reserve takes nothing when it fails. wiring_commit then changes
 *            nothing, or, where it failed half way, removes all media.
 * Cost:      commit: two key derivations a leg, 3 us each.
 */
#ifndef WIRING_H
#define WIRING_H

#include "call.h"
#include "dplink.h"
#include "ng_error.h"
#include "portpool.h"

struct wiring {
	struct dplink *link;
	struct portpool *pool;
	const struct config *config;
	uint64_t now_ms;
	/* of commands; not told of those that remove */
	dplink_done *done;
	void *arg;
};

/* Ports for all media of 'next' that have none; those of no use any more are given back. */
enum ng_error wiring_reserve(const struct wiring *w, struct call_bridge *bridge);

/* Makes 'next' into 'now', and the data plane do it. 'sent' is given the number of commands, each
 * of which 'done' will be told of. */
enum ng_error wiring_commit(const struct wiring *w, struct call_bridge *bridge, uint32_t *sent);

/* Routes again: a side was blocked, or no longer is. */
enum ng_error wiring_reroute(const struct wiring *w, struct call_bridge *bridge, uint32_t *sent);

/* Everything goes: endpoints, then ports, and keys, which must not be used again. */
void wiring_remove(const struct wiring *w, struct call_bridge *bridge);

/* After the data plane died: 'now' into the new one, streams where they were. False: what it was
 * can't go on, since its keys' indices are not known; it has no media any more. */
bool wiring_reinstall(const struct wiring *w, struct call_bridge *bridge);

/* After we died: takes what the bridge has in the data plane, and installs what is missing there
 * and has no keys. False: what is missing can't go on, as there is no telling whether its keys were
 * used; the bridge has no media any more. */
bool wiring_adopt(const struct wiring *w, struct call_bridge *bridge);

/* Ports of a bridge that comes from the store. False: somebody has one of them; it has lost it. */
bool wiring_claim_ports(const struct wiring *w, struct call_bridge *bridge);

/* The flows of a bridge, one after the other; NULL behind the last. */
struct call_flow *wiring_flow_at(const struct call_bridge *bridge, uint32_t i);

#endif
