/* SPDX-License-Identifier: BSD-3-Clause */
#include "secret.h"
#include "wiring_impl.h"

#include <errno.h>

static bool is_there(const struct wiring *w, const struct wiring_place *p)
{
	const struct call_flow *flow = wiring_flow(p);
	struct relay_endpoint_view view;
	uint16_t address;
	int err = dplink_read(w->link, flow->slot.endpoint, &view);

	/* that its worker writes to it all the time doesn't change what it is */
	return (err == 0 || err == -EAGAIN) && view.identity.state == RELAY_STATE_LIVE &&
	       view.identity.generation == flow->slot.generation &&
	       dplink_address(w->link, wiring_local(w, p->bridge, p->side), &address) == 0 &&
	       view.identity.local.address == address &&
	       view.identity.local.port == wiring_leg(p)->port + p->flow;
}

static bool is_plain(const struct call_terms *t)
{
	return t->in.suite == RELAY_PLAIN && t->out.suite == RELAY_PLAIN;
}

/* The slot's last endpoint is older than ours: the data plane never took the command. One that is
 * gone, or came later, tells nothing of that. */
static bool is_before(const struct relay_endpoint_view *view, const struct relay_route *slot)
{
	return slot->generation != 0 && view->identity.state != RELAY_STATE_LIVE &&
	       (int32_t)(slot->generation - view->identity.generation) > 0;
}

/* We died before it came, and no packet has gone under its keys: not here, nor in an earlier data
 * plane, from which it was on its way. */
static bool is_unused(const struct wiring *w, const struct call_flow *flow)
{
	struct relay_endpoint_view view;

	return flow->installed && flow->before[0].slot.generation == 0 &&
	       dplink_read(w->link, flow->slot.endpoint, &view) == 0 &&
	       is_before(&view, &flow->slot);
}

static bool is_of_key(const struct relay_crypto *c, uint64_t shown)
{
	return c->suite == RELAY_PLAIN ? shown == 0 : c->key_name == shown;
}

/* The endpoint may have newer keys than the store: we died between the two. What we know of are
 * then used up, and where they stood is not known. */
static bool has_our_keys(const struct wiring *w, const struct wiring_place *p)
{
	struct relay_endpoint_view view = {0};
	struct relay_record record;
	bool ours = wiring_record(p, &record) == 0;

	(void)dplink_read(w->link, wiring_flow(p)->slot.endpoint, &view);
	ours = ours && is_of_key(&record.ingress, view.ingress_key) &&
	       is_of_key(&record.egress, view.egress_key);
	secret_wipe(&record, sizeof(record));
	return ours;
}

/* The worker of all its ports, of as many as the data plane has now; false: there is none. */
static bool set_worker(const struct wiring *w, struct call_bridge *b)
{
	uint32_t workers = dplink_geometry(w->link)->workers;
	bool any = false, same = true;

	for (uint32_t i = 0; i < b->n_medias; i++)
		for (unsigned side = 0; side < 2; side++) {
			uint16_t port = b->medias[i].legs[side].port;
			uint32_t worker = relay_layout_port_worker(port, workers);

			if (port == 0)
				continue;
			same = same && (!any || worker == b->worker);
			b->worker = worker;
			any = true;
		}
	return same;
}

/* Takes what is there. False: what can't go on, as it is another's, or missing and was used. */
static bool claim_flows(const struct wiring *w, struct call_bridge *b)
{
	struct wiring_place p = {.bridge = b};
	bool good = true;

	while (wiring_next(&p)) {
		const struct call_leg *leg = wiring_leg(&p);
		struct call_flow *flow = wiring_flow(&p);
		bool is_new = is_unused(w, flow);

		flow->installed = flow->slot.generation != 0 && is_there(w, &p);
		if (flow->installed) {
			flow->instance = dplink_instance(w->link);
			dplink_slot_claim(w->link, &flow->slot);
			good = good && has_our_keys(w, &p);
			continue;
		}
		(void)wiring_retire(w, &p, &flow->slot);
		*flow = (struct call_flow){.learned = flow->learned};
		if (wiring_is_wanted(&p, &leg->now))
			good = good && leg->port != 0 && (is_new || is_plain(&leg->now));
	}
	return good;
}

/* What is missing is installed, and the others are told where it is. */
static bool renew(const struct wiring *w, struct call_bridge *b)
{
	struct wiring_place p = {.bridge = b};
	int err = 0;

	while (err == 0 && wiring_next(&p))
		if (!wiring_flow(&p)->installed && wiring_is_wanted(&p, &wiring_leg(&p)->now))
			err = wiring_slot_take(w, b->worker, wiring_flow(&p));
	p.media = NULL;
	while (err == 0 && wiring_next(&p))
		if (wiring_is_wanted(&p, &wiring_leg(&p)->now))
			err = wiring_send(w, &p,
				wiring_flow(&p)->installed ? RELAY_SET_ROUTES : RELAY_SET_ALL);
	return err == 0;
}

/* Commands that we gave before we died may never have come: the routes are told again. */
bool wiring_adopt(const struct wiring *w, struct call_bridge *bridge)
{
	bool good = claim_flows(w, bridge);

	if (good && set_worker(w, bridge) && renew(w, bridge))
		return true;
	wiring_remove(w, bridge);
	return false;
}

bool wiring_claim_ports(const struct wiring *w, struct call_bridge *bridge)
{
	bool all = true;

	for (uint32_t i = 0; i < bridge->n_medias; i++)
		for (unsigned side = 0; side < 2; side++) {
			uint16_t *port = &bridge->medias[i].legs[side].port;

			if (*port == 0 ||
				portpool_claim(w->pool, wiring_local(w, bridge, side), *port) == 0)
				continue;
			*port = 0;
			all = false;
		}
	return all;
}

/* What a dead data plane tells of a flow. */
enum fate {
	CAME,    /* it was there at the end */
	NEVER,   /* the command was still on its way */
	UNKNOWN, /* its region is gone, or it shows something else there */
};

static enum fate fate_of(const struct wiring *w, const struct wiring_place *p,
	const struct call_place *was, struct relay_endpoint_view *view)
{
	struct relay_sockaddr local = *wiring_local(w, p->bridge, p->side);
	int err = dplink_takeover_view(w->link, was->instance, was->slot.endpoint, view);

	local.port = (uint16_t)(wiring_leg(p)->port + p->flow);
	/* half written is the best there will be */
	if (was->slot.generation == 0 || (err != 0 && err != -EAGAIN))
		return UNKNOWN;
	if (err == 0 && is_before(view, &was->slot))
		return NEVER;
	return view->identity.state == RELAY_STATE_LIVE &&
			       view->identity.generation == was->slot.generation &&
			       dplink_takeover_is_at(
				       w->link, was->instance, &view->identity.local, &local)
		       ? CAME
		       : UNKNOWN;
}

static bool is_shown(const struct relay_crypto *c, uint64_t shown)
{
	return c->suite != RELAY_PLAIN && c->key_name == shown;
}

/* What the dead data plane shows in place of 'c', so that its state is not asked for. */
static void pretend(struct relay_crypto *c, uint64_t shown)
{
	c->suite = shown == 0 ? RELAY_PLAIN : (uint8_t)SUITE_AES_CM_128_HMAC_SHA1_80;
	c->key_name = shown;
}

/* Of the directions whose keys are shown; the other is left as it is. */
static int take_shown(const struct wiring *w, const struct call_place *was,
	const struct relay_endpoint_view *view, struct relay_record *record)
{
	bool in = is_shown(&record->ingress, view->ingress_key);
	bool out = is_shown(&record->egress, view->egress_key);
	struct relay_record half = *record;
	int err;

	if (!in)
		pretend(&half.ingress, view->ingress_key);
	if (!out)
		pretend(&half.egress, view->egress_key);
	err = in || out ? dplink_takeover(w->link, was->instance, &was->slot, &half) : 0;
	if (err == 0 && in)
		record->ingress = half.ingress;
	if (err == 0 && out)
		record->egress = half.egress;
	secret_wipe(&half, sizeof(half));
	return err;
}

/* The last that showed it has the last word, as its record had what the earlier had shown. Keys
 * that it does not show came later, and no packet has gone under them: but only if it was we who
 * told of others, and none before has had them. */
static bool has_last_word(const struct call_flow *flow, const struct relay_record *record,
	const struct relay_endpoint_view *last, const bool seen[2])
{
	bool in = is_of_key(&record->ingress, last->ingress_key);
	bool out = is_of_key(&record->egress, last->egress_key);

	return (in || (flow->rekeyed && !seen[0])) && (out || (flow->rekeyed && !seen[1]));
}

static void remember(struct call_flow *flow, const struct call_place *was)
{
	for (unsigned i = CALL_PLACES - 1; i > 0; i--)
		flow->before[i] = flow->before[i - 1];
	flow->before[0] = *was;
}

/* The streams' state from the dead data planes, the oldest first, goes into the record: so the
 * newest word on an SSRC is the last, and what has gone under a key adds up. */
static int take_all(
	const struct wiring *w, const struct wiring_place *p, struct relay_record *record)
{
	struct call_flow *flow = wiring_flow(p);
	struct relay_endpoint_view view;
	bool seen[2] = {false, false};

	for (unsigned i = CALL_PLACES; i-- > 0;) {
		enum fate fate = fate_of(w, p, &flow->before[i], &view);
		int err = 0;

		if (fate != CAME && i == 0)
			return -ENOENT;
		if (fate != CAME)
			continue;
		if (i == 0 && !has_last_word(flow, record, &view, seen))
			err = -ESTALE;
		if (err == 0)
			err = take_shown(w, &flow->before[i], &view, record);
		if (err != 0)
			return err;
		seen[0] |= is_shown(&record->ingress, view.ingress_key);
		seen[1] |= is_shown(&record->egress, view.egress_key);
	}
	if (view.identity.remote.family != RELAY_FAMILY_NONE)
		flow->learned = view.identity.remote;
	flow->locked = view.identity.locked != 0;
	return 0;
}

/* One that never was in any has no state, and needs none. */
static int take_over(const struct wiring *w, const struct wiring_place *p,
	const struct call_flow *old, struct relay_record *record)
{
	const struct call_place last = {old->instance, old->slot};
	struct call_flow *flow = wiring_flow(p);
	struct relay_endpoint_view view;
	enum fate fate = fate_of(w, p, &last, &view);

	memcpy(flow->before, old->before, sizeof(flow->before));
	flow->rekeyed = old->rekeyed;
	if (fate == NEVER && flow->before[0].slot.generation == 0)
		return 0;
	/* also what is not known: it may have been used there, and nobody tells how far */
	if (fate != NEVER)
		remember(flow, &last);
	return take_all(w, p, record);
}

static int reinstall_flow(
	const struct wiring *w, const struct wiring_place *p, const struct call_flow *old)
{
	bool plain = is_plain(&wiring_leg(p)->now);
	struct call_flow *flow = wiring_flow(p);
	struct relay_command command;
	struct relay_record record = {0};
	int err = wiring_record(p, &record);

	if (err == 0)
		err = take_over(w, p, old, &record);
	if (err != 0 && plain)
		err = wiring_record(p, &record);
	if (err == 0)
		err = wiring_command(w, p, &command);
	if (err == 0 && flow->locked)
		command.source = RELAY_SOURCE_STRICT;
	if (err == 0)
		err = dplink_install(w->link, &command, &record, w->done, w->arg, 0);
	secret_wipe(&record, sizeof(record));
	flow->installed = err == 0;
	return err;
}

/* What the peers' keys have come to, of a flow that can't go on. */
static void retire_dead(
	const struct wiring *w, const struct wiring_place *p, const struct call_flow *old)
{
	const struct call_place last = {old->instance, old->slot};
	struct relay_endpoint_view view;

	for (unsigned i = 0; i <= CALL_PLACES; i++)
		if (fate_of(w, p, i == 0 ? &last : &old->before[i - 1], &view) == CAME)
			(void)wiring_keep_past(wiring_leg(p), &view);
}

bool wiring_reinstall(const struct wiring *w, struct call_bridge *bridge)
{
	struct wiring_place p = {.bridge = bridge};
	struct call_flow old[CALL_MEDIAS_MAX * 2 * RELAY_ROUTES] = {0};
	int err = set_worker(w, bridge) ? 0 : -EINVAL;

	for (uint32_t i = 0; wiring_next(&p); i++) {
		struct call_flow *flow = wiring_flow(&p);

		old[i] = *flow;
		*flow = (struct call_flow){.learned = flow->learned};
		if (err == 0 && wiring_is_wanted(&p, &wiring_leg(&p)->now))
			err = wiring_slot_take(w, bridge->worker, flow);
	}
	p.media = NULL;
	for (uint32_t i = 0; err == 0 && wiring_next(&p); i++)
		if (wiring_is_wanted(&p, &wiring_leg(&p)->now))
			err = reinstall_flow(w, &p, &old[i]);
	if (err == 0)
		return true;
	p.media = NULL;
	for (uint32_t i = 0; wiring_next(&p); i++)
		retire_dead(w, &p, &old[i]);
	wiring_remove(w, bridge);
	return false;
}
