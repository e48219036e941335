/* SPDX-License-Identifier: BSD-3-Clause */
#include "deadline.h"
#include "secret.h"
#include "wiring_impl.h"

#include <errno.h>
#include <stdlib.h>

enum { LEARN_DS = 30 }; /* as rtpengine's three seconds */

bool wiring_next(struct wiring_place *p)
{
	struct call_bridge *b = p->bridge;

	if (b->n_medias == 0)
		return false;
	if (p->media == NULL) {
		p->media = b->medias;
		p->side = p->flow = 0;
	} else if (++p->flow == RELAY_ROUTES) {
		p->flow = 0;
		if (++p->side == 2) {
			p->side = 0;
			p->media++;
		}
	}
	return p->media != b->medias + b->n_medias;
}

struct call_flow *wiring_flow_at(const struct call_bridge *bridge, uint32_t i)
{
	uint32_t media = i / (2 * RELAY_ROUTES);

	if (media >= bridge->n_medias)
		return NULL;
	return &bridge->medias[media].legs[i / RELAY_ROUTES % 2].flows[i % RELAY_ROUTES];
}

bool wiring_is_wanted(const struct wiring_place *p, const struct call_terms *terms)
{
	return terms->active && (p->flow == RELAY_ROUTE_RTP || !terms->mux);
}

static bool sends(const struct call_terms *t)
{
	return t->direction == SDP_DIRECTION_SENDRECV || t->direction == SDP_DIRECTION_SENDONLY;
}

static bool receives(const struct call_terms *t)
{
	return t->direction == SDP_DIRECTION_SENDRECV || t->direction == SDP_DIRECTION_RECVONLY;
}

/* RTP goes where both agree that it should, RTCP wherever anything may. */
static void set_routes(const struct wiring_place *p, struct relay_route routes[RELAY_ROUTES])
{
	const struct call_leg *leg = wiring_leg(p), *peer = &p->media->legs[1 - p->side];

	if (p->bridge->sides[p->side].blocked || peer->now.silent || !peer->now.active)
		return;
	if (p->flow == RELAY_ROUTE_RTP && sends(&leg->now) && receives(&peer->now))
		routes[RELAY_ROUTE_RTP] = peer->flows[RELAY_ROUTE_RTP].slot;
	routes[RELAY_ROUTE_RTCP] =
		peer->flows[peer->now.mux ? RELAY_ROUTE_RTP : RELAY_ROUTE_RTCP].slot;
}

int wiring_command(
	const struct wiring *w, const struct wiring_place *p, struct relay_command *command)
{
	const struct call_leg *leg = wiring_leg(p);
	const struct call_flow *flow = wiring_flow(p);
	const struct relay_sockaddr *remote = &leg->now.remote[p->flow];

	*command = (struct relay_command){
		.set = RELAY_SET_ALL,
		.endpoint = flow->slot.endpoint,
		.generation = flow->slot.generation,
		.local.port = (uint16_t)(leg->port + p->flow),
		.remote = flow->learned.family != RELAY_FAMILY_NONE ? flow->learned : *remote,
		.kind = RELAY_KIND_PORT,
		.source = leg->now.source,
		.media = p->flow == RELAY_ROUTE_RTCP ? RELAY_MEDIA_RTCP
			 : leg->now.mux              ? RELAY_MEDIA_MUXED
						     : RELAY_MEDIA_RTP,
		.dscp = p->bridge->sides[p->side].dscp,
		.learn_ds = LEARN_DS,
		.clock_khz = p->media->clock_khz,
	};
	set_routes(p, command->routes);
	return dplink_address(
		w->link, wiring_local(w, p->bridge, p->side), &command->local.address);
}

int wiring_slot_take(const struct wiring *w, uint32_t worker, struct call_flow *flow)
{
	flow->instance = dplink_instance(w->link);
	return dplink_slot_take(w->link, worker, &flow->slot);
}

static int crypto_of(const struct call_key *key, struct relay_crypto *out)
{
	struct plane_client_key k = {.suite = (enum suite_id)key->suite, .mki_len = key->mki_len};
	const struct suite *suite;

	if (key->suite == RELAY_PLAIN) {
		plane_client_plain(out);
		return 0;
	}
	suite = suite_get(k.suite);
	k.master = (struct kdf_master){key->key, suite->key_len, key->salt, suite->salt_len};
	memcpy(k.mki, key->mki, sizeof(k.mki));
	k.rtp_lifetime = key->lifetime;
	return plane_client_crypto(&k, out);
}

int wiring_record(const struct wiring_place *p, struct relay_record *record)
{
	const struct call_terms *now = &wiring_leg(p)->now;
	int err;

	*record = (struct relay_record){0};
	err = crypto_of(&now->in, &record->ingress);
	if (err == 0)
		call_past_recall(wiring_leg(p)->past, &record->ingress);
	return err == 0 ? crypto_of(&now->out, &record->egress) : err;
}

bool wiring_keep_past(struct call_leg *leg, const struct relay_endpoint_view *view)
{
	struct relay_ssrc seen[CALL_PAST_SSRCS];
	uint32_t n = 0;

	if (view->ingress_key == 0)
		return true;
	for (uint32_t i = 0; i < view->n_ingress; i++)
		seen[n++] = view->ingress[i].state;
	for (uint32_t i = 0; i < view->ingress_past.n; i++)
		seen[n++] = view->ingress_past.parked[i];
	return call_past_keep(&leg->past, view->ingress_key, seen, n, view->ingress_past.retired);
}

/* That a worker writes to it all the time is no matter; and of one that is removed already the
 * numbers stay until the slot is another's. */
bool wiring_retire(
	const struct wiring *w, const struct wiring_place *p, const struct relay_route *slot)
{
	struct relay_endpoint_view view;
	int err = slot->generation == 0 ? -ENOENT : dplink_read(w->link, slot->endpoint, &view);

	if ((err != 0 && err != -EAGAIN) || view.identity.generation != slot->generation)
		return true;
	return wiring_keep_past(wiring_leg(p), &view);
}

/* What is left to do when the data plane has let go. */
struct removal {
	struct dplink *link;
	struct portpool *pool;
	struct relay_sockaddr local;
	uint32_t endpoint;
	uint16_t port; /* 0: none */
};

static void on_removed(void *arg, uint64_t tag, enum relay_status status)
{
	struct removal *r = arg;

	(void)tag;
	if (status != DPLINK_LOST)
		dplink_slot_give(r->link, r->endpoint);
	if (r->port != 0)
		portpool_give(r->pool, &r->local, r->port, deadline_now());
	free(r);
}

void wiring_give_ports(const struct wiring *w, const struct wiring_place *p)
{
	struct call_leg *leg = wiring_leg(p);

	if (leg->port != 0)
		portpool_give(w->pool, wiring_local(w, p->bridge, p->side), leg->port, w->now_ms);
	leg->port = 0;
}

/* Without memory for it the slot stays taken until the data plane ends, and the ports, too. */
void wiring_take_out(const struct wiring *w, const struct wiring_place *p, uint16_t port)
{
	struct call_flow *flow = wiring_flow(p);
	struct removal *r = malloc(sizeof(*r));

	if (r == NULL)
		return;
	*r = (struct removal){
		w->link, w->pool, *wiring_local(w, p->bridge, p->side), flow->slot.endpoint, port};
	if (dplink_remove(w->link, flow->slot, on_removed, r, 0) != 0)
		on_removed(r, 0, DPLINK_LOST);
	*flow = (struct call_flow){0};
}
