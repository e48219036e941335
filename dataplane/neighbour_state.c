/* SPDX-License-Identifier: BSD-3-Clause */
/* When a MAC is believed, and when the kernel is made to look for it.
 *
 * The kernel resolves and verifies a neighbour only when something is sent to it, and media does
 * not pass through the kernel. So for each neighbour in use a datagram is sent now and then:
 *   no MAC known          at once; again 1, 2, 4 ... 30 s after it failed; a destination that
 *                         joins starts anew at 1 s
 *   being looked for      not, unless it takes 10 s: the kernel asks by itself, and says when it
 *                         gives up; that it begins it does not say
 *   stale                 at once, again each 30 s: the kernel then verifies it
 *   deleted               at once: garbage collection, or a person, removed it
 *   anything else         not: the kernel says when it changes
 * A MAC goes 5 s after the deletion of its entry, if nothing was heard since; and 100 ms after
 * it failed, as the kernel reports each deletion by a person first as a failure. */
#include "neighbour_impl.h"

#include <linux/neighbour.h>
#include <string.h>

enum {
	USABLE = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP,
};

/* At 'at_ms' at the earliest, but a second after the last one. */
static void schedule(struct neighbour_via *via, int64_t at_ms)
{
	int64_t earliest = via->probed_ms == 0 ? at_ms : via->probed_ms + NEIGHBOUR_PROBE_MS;

	via->probe_ms = at_ms > earliest ? at_ms : earliest;
}

/* The next one waits twice as long, if this one fails as well. */
static void back_off(struct neighbour_via *via)
{
	via->backoff_ms *= 2;
	if (via->backoff_ms > NEIGHBOUR_PROBE_MAX_MS)
		via->backoff_ms = NEIGHBOUR_PROBE_MAX_MS;
}

static void probe_if_due(struct neighbour *n, struct neighbour_via *via)
{
	bool sent;

	if (via->probe_ms == 0 || via->probe_ms > n->now_ms || n->probes_left == 0)
		return;
	n->probes_left--;
	via->probed_ms = n->now_ms;
	sent = neighbour_kernel_provoke(n, via);
	if ((via->nud & USABLE) != 0) {
		via->probe_ms = n->now_ms + NEIGHBOUR_REFRESH_MS;
		return;
	}
	back_off(via);
	via->probe_ms = n->now_ms + (sent ? NEIGHBOUR_LOOKING_MS : (int64_t)via->backoff_ms);
}

static void usable(struct neighbour *n, struct neighbour_via *via, const uint8_t *mac)
{
	memcpy(via->mac, mac, sizeof(via->mac));
	via->has_mac = true;
	via->drop_ms = 0;
	via->backoff_ms = NEIGHBOUR_BACKOFF_MS;
	if ((via->nud & NUD_STALE) != 0)
		schedule(via, n->now_ms);
	else
		via->probe_ms = 0;
	neighbour_via_update(n, via);
}

void neighbour_state_heard(
	struct neighbour *n, struct neighbour_via *via, uint16_t nud, const uint8_t *mac)
{
	static const uint8_t none[6];
	uint16_t before = via->nud;

	via->nud = nud;
	via->heard = true;
	if ((nud & USABLE) != 0 && mac != NULL && memcmp(mac, none, sizeof(none)) != 0) {
		usable(n, via, mac);
	} else if ((nud & NUD_FAILED) != 0) {
		via->drop_ms = n->now_ms + NEIGHBOUR_FAILED_MS;
		schedule(via, n->now_ms + via->backoff_ms);
	} else if (nud == 0 && (via->has_mac ? before != 0 : via->probe_ms == 0)) {
		via->drop_ms = n->now_ms + NEIGHBOUR_GRACE_MS;
		schedule(via, n->now_ms);
	} else if ((nud & NUD_INCOMPLETE) != 0) {
		via->probe_ms = n->now_ms + NEIGHBOUR_LOOKING_MS;
	}
	probe_if_due(n, via);
}

void neighbour_state_wanted(struct neighbour *n, struct neighbour_via *via)
{
	if (via->has_mac)
		return;
	via->backoff_ms = NEIGHBOUR_BACKOFF_MS;
	if ((via->nud & NUD_INCOMPLETE) != 0)
		return;
	schedule(via, n->now_ms);
	probe_if_due(n, via);
}

static void tick(struct neighbour *n, struct neighbour_via *via)
{
	if (via->drop_ms != 0 && via->drop_ms <= n->now_ms) {
		via->drop_ms = 0;
		via->has_mac = false;
		neighbour_via_update(n, via);
	}
	probe_if_due(n, via);
}

void neighbour_state_tick(struct neighbour *n)
{
	uint32_t left = n->n_vias < NEIGHBOUR_TICK_VIAS ? n->n_vias : NEIGHBOUR_TICK_VIAS;

	if (n->now_ms < n->tick_ms)
		return;
	n->tick_ms = n->now_ms + NEIGHBOUR_TICK_MS;
	n->probes_left = NEIGHBOUR_TICK_PROBES;
	for (; left > 0; left--) {
		if (n->tick_next >= n->n_vias)
			n->tick_next = 0;
		if (n->vias[n->tick_next]->key.oif > 0)
			tick(n, n->vias[n->tick_next]);
		n->tick_next++;
	}
}
