/* SPDX-License-Identifier: BSD-3-Clause */
#include "wiring.h"

#include "secret.h"
#include "wiring_impl.h"

#include <openssl/rand.h>

/* A worker with room on both sides: any, so that calls are spread, then the others in turn. */
static enum ng_error take_pair(const struct wiring *w, struct wiring_place *p, uint32_t worker)
{
	const struct call_side *s = &p->bridge->sides[p->side];
	const struct config_interface *i = &w->config->interfaces[s->interface];
	struct call_leg *leg = wiring_leg(p);

	if (leg->port != 0 || !leg->next.active)
		return NG_OK;
	return portpool_take(w->pool, wiring_local(w, p->bridge, p->side), i->port_min, i->port_max,
		       worker, w->now_ms, &leg->port) == 0
		       ? NG_OK
		       : NG_ERROR_NO_PORTS;
}

static bool has_ports(const struct call_bridge *b)
{
	for (uint32_t i = 0; i < b->n_medias; i++)
		if (b->medias[i].legs[0].port != 0 || b->medias[i].legs[1].port != 0)
			return true;
	return false;
}

/* All of 'next', or none more than there were. */
static enum ng_error take_pairs(const struct wiring *w, struct call_bridge *b, uint32_t worker)
{
	struct wiring_place p = {.bridge = b};
	bool had[2 * CALL_MEDIAS_MAX] = {false};
	enum ng_error error = NG_OK;
	uint32_t i = 0;

	while (wiring_next(&p)) {
		if (p.flow != RELAY_ROUTE_RTP)
			continue;
		had[i++] = wiring_leg(&p)->port != 0;
		if (error == NG_OK)
			error = take_pair(w, &p, worker);
	}
	if (error == NG_OK)
		return NG_OK;
	p.media = NULL;
	i = 0;
	while (wiring_next(&p))
		if (p.flow == RELAY_ROUTE_RTP && !had[i++])
			wiring_give_ports(w, &p);
	return error;
}

/* A call that could not be answered is better not offered: its proxy tries another relay. */
static bool has_addresses(const struct wiring *w, const struct call_bridge *b)
{
	uint16_t index;

	for (unsigned side = 0; side < 2; side++)
		if (b->sides[side].has_address &&
			dplink_address(w->link, wiring_local(w, b, side), &index) != 0)
			return false;
	return true;
}

/* What an offer before asked for, and neither was agreed nor is asked for now: or each offer of
 * other lines would hold more ports. */
static void give_unwanted(const struct wiring *w, struct call_bridge *b)
{
	struct wiring_place p = {.bridge = b};

	while (wiring_next(&p)) {
		const struct call_leg *leg = wiring_leg(&p);

		if (!leg->now.active && !leg->next.active)
			wiring_give_ports(w, &p);
	}
}

enum ng_error wiring_reserve(const struct wiring *w, struct call_bridge *bridge)
{
	const struct relay_geometry *g = dplink_geometry(w->link);
	enum ng_error error = NG_ERROR_NO_PORTS;
	uint32_t start;

	give_unwanted(w, bridge);
	if (dplink_is_up(w->link) && !has_addresses(w, bridge))
		return NG_ERROR_LOAD;
	if (g == NULL || RAND_bytes((unsigned char *)&start, sizeof(start)) != 1)
		return NG_ERROR_LOAD;
	if (has_ports(bridge))
		return take_pairs(w, bridge, bridge->worker);
	for (uint32_t i = 0; i < g->workers && error != NG_OK; i++) {
		bridge->worker = (start % g->workers + i) % g->workers;
		error = take_pairs(w, bridge, bridge->worker);
	}
	return error;
}

/* Slots for all that will be installed, so that routes can name them. */
static enum ng_error take_slots(const struct wiring *w, struct call_bridge *b)
{
	struct wiring_place p = {.bridge = b};
	int err = 0;

	while (err == 0 && wiring_next(&p)) {
		struct call_flow *flow = wiring_flow(&p);

		if (flow->slot.generation == 0 && wiring_is_wanted(&p, &wiring_leg(&p)->next))
			err = wiring_slot_take(w, b->worker, flow);
	}
	if (err == 0)
		return NG_OK;
	p.media = NULL;
	while (wiring_next(&p)) {
		struct call_flow *flow = wiring_flow(&p);

		if (flow->slot.generation == 0 || flow->installed)
			continue;
		dplink_slot_give(w->link, flow->slot.endpoint);
		*flow = (struct call_flow){0};
	}
	return NG_ERROR_NO_PORTS;
}

/* A key that is given up is spent: chosen again, it would begin its keystream anew. */
static void spend(struct call_leg *leg, const struct call_key *key)
{
	for (uint32_t i = 0; leg->ours != NULL && i < leg->ours->n; i++)
		if (call_keys_same(&leg->ours->keys[i], key))
			leg->ours->keys[i].suite = RELAY_PLAIN;
}

/* What of a flow that is installed is to be changed, when 'next' becomes 'now'. */
static uint8_t changes_of(const struct wiring_place *p)
{
	const struct call_leg *leg = wiring_leg(p);
	const struct call_terms *now = &leg->now, *next = &leg->next;
	uint8_t set = RELAY_SET_ROUTES | RELAY_SET_DSCP;

	if (!relay_address_equal(&now->remote[p->flow], &next->remote[p->flow]) ||
		now->source != next->source)
		set |= RELAY_SET_REMOTE;
	if (!call_keys_same(&now->in, &next->in))
		set |= RELAY_SET_INGRESS;
	if (!call_keys_same(&now->out, &next->out))
		set |= RELAY_SET_EGRESS;
	return set;
}

static void drop_keys(struct call_terms *terms)
{
	secret_wipe(&terms->in, sizeof(terms->in));
	secret_wipe(&terms->out, sizeof(terms->out));
	terms->in.suite = terms->out.suite = RELAY_PLAIN;
}

/* Without its endpoints a leg has lost count of its packets, so none of its keys may come again. */
void wiring_close(struct call_leg *leg)
{
	leg->now.active = leg->next.active = false;
	drop_keys(&leg->now);
	drop_keys(&leg->next);
	call_keys_destroy(leg->ours);
	call_keys_destroy(leg->theirs);
	leg->ours = leg->theirs = NULL;
}

static void become(struct call_leg *leg)
{
	if (leg->now.out.suite != RELAY_PLAIN && !call_keys_same(&leg->now.out, &leg->next.out))
		spend(leg, &leg->now.out);
	leg->now = leg->next;
	if (!leg->now.active)
		wiring_close(leg);
}

int wiring_send(const struct wiring *w, const struct wiring_place *p, uint8_t set)
{
	struct call_flow *flow = wiring_flow(p);
	struct relay_command command;
	struct relay_record record = {0};
	int err;

	if ((set & RELAY_SET_REMOTE) != 0)
		flow->learned = (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	err = wiring_command(w, p, &command);
	if (err == 0 && (set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0)
		err = wiring_record(p, &record);
	command.set = set;
	if (err == 0)
		err = flow->installed
			      ? dplink_update(w->link, &command, &record, w->done, w->arg, 0)
			      : dplink_install(w->link, &command, &record, w->done, w->arg, 0);
	secret_wipe(&record, sizeof(record));
	if (err == 0 && !flow->installed)
		flow->installed = true;
	else if (err == 0 && (set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0)
		flow->rekeyed = true;
	return err;
}

/* The order within a leg matters: its ports go with the last endpoint that has one of them. */
static void take_out_unwanted(const struct wiring *w, struct call_bridge *b)
{
	for (uint32_t i = 0; i < b->n_medias; i++) {
		for (unsigned side = 0; side < 2; side++) {
			struct wiring_place p = {b, &b->medias[i], side, RELAY_ROUTE_RTCP};
			struct call_leg *leg = wiring_leg(&p);

			if (leg->flows[RELAY_ROUTE_RTCP].slot.generation != 0 &&
				!wiring_is_wanted(&p, &leg->now))
				wiring_take_out(w, &p, 0);
			if (leg->now.active)
				continue;
			p.flow = RELAY_ROUTE_RTP;
			if (leg->flows[RELAY_ROUTE_RTP].slot.generation != 0) {
				wiring_take_out(w, &p, leg->port);
				leg->port = 0;
			}
			wiring_give_ports(w, &p);
		}
	}
}

static enum ng_error send_all(
	const struct wiring *w, struct call_bridge *b, const uint8_t *sets, uint32_t *sent)
{
	struct wiring_place p = {.bridge = b};

	for (uint32_t i = 0; wiring_next(&p); i++) {
		if (!wiring_is_wanted(&p, &wiring_leg(&p)->now))
			continue;
		if (wiring_send(w, &p, sets[i]) != 0)
			return NG_ERROR_LOAD;
		(*sent)++;
	}
	return NG_OK;
}

/* An offer that found no ports, and was answered all the same, has none. */
static bool has_all_ports(const struct call_bridge *b)
{
	for (uint32_t i = 0; i < b->n_medias; i++)
		for (unsigned side = 0; side < 2; side++)
			if (b->medias[i].legs[side].next.active &&
				b->medias[i].legs[side].port == 0)
				return false;
	return true;
}

/* What RTP's port takes can't be changed: where RTCP moves it is installed anew. Were it to take
 * RTCP all the while, what was recorded on the way to the other port would be new to it. True if
 * any was taken out. */
static bool take_out_changed(const struct wiring *w, struct call_bridge *b)
{
	struct wiring_place p = {.bridge = b};
	bool any = false;

	while (wiring_next(&p)) {
		const struct call_leg *leg = wiring_leg(&p);

		if (p.flow == RELAY_ROUTE_RTP && wiring_flow(&p)->installed && leg->next.active &&
			leg->now.mux != leg->next.mux) {
			wiring_take_out(w, &p, 0);
			any = true;
		}
	}
	return any;
}

/* Whether the peer's key leaves an endpoint of the leg: for another, or with the endpoint. */
static bool is_key_going(const struct call_leg *leg)
{
	return !leg->next.active || leg->now.mux != leg->next.mux ||
	       !call_keys_same(&leg->now.in, &leg->next.in);
}

/* What the peers' keys have come to that are given up now: they may be taken up again. */
static bool retire_going(const struct wiring *w, struct call_bridge *b)
{
	struct wiring_place p = {.bridge = b};
	bool kept = true;

	while (wiring_next(&p))
		if (is_key_going(wiring_leg(&p)))
			kept &= wiring_retire(w, &p, &wiring_flow(&p)->slot);
	return kept;
}

enum ng_error wiring_commit(const struct wiring *w, struct call_bridge *bridge, uint32_t *sent)
{
	struct wiring_place p = {.bridge = bridge};
	uint8_t sets[CALL_MEDIAS_MAX * 2 * RELAY_ROUTES] = {0};
	enum ng_error error;
	bool changed;

	if (!dplink_is_up(w->link))
		return NG_ERROR_LOAD;
	if (!has_all_ports(bridge))
		return NG_ERROR_NO_PORTS;
	if (!retire_going(w, bridge))
		return NG_ERROR_MEMORY;
	changed = take_out_changed(w, bridge);
	error = take_slots(w, bridge);
	if (error != NG_OK && changed) /* what was taken out has lost count under our key */
		wiring_remove(w, bridge);
	if (error != NG_OK)
		return error;
	for (uint32_t i = 0; wiring_next(&p); i++)
		sets[i] = wiring_flow(&p)->installed ? changes_of(&p) : RELAY_SET_ALL;
	for (uint32_t i = 0; i < bridge->n_medias; i++) {
		become(&bridge->medias[i].legs[0]);
		become(&bridge->medias[i].legs[1]);
	}
	error = send_all(w, bridge, sets, sent);
	if (error == NG_OK)
		take_out_unwanted(w, bridge);
	else /* half of it would be worse than nothing */
		wiring_remove(w, bridge);
	return error;
}

enum ng_error wiring_reroute(const struct wiring *w, struct call_bridge *bridge, uint32_t *sent)
{
	struct wiring_place p = {.bridge = bridge};

	if (!dplink_is_up(w->link))
		return NG_ERROR_LOAD;
	while (wiring_next(&p)) {
		if (!wiring_flow(&p)->installed)
			continue;
		if (wiring_send(w, &p, RELAY_SET_ROUTES) != 0)
			return NG_ERROR_LOAD;
		(*sent)++;
	}
	return NG_OK;
}

/* Without memory a key is as one that was never here: its media were to go in any case. */
void wiring_remove(const struct wiring *w, struct call_bridge *bridge)
{
	struct wiring_place p = {.bridge = bridge};

	while (wiring_next(&p))
		(void)wiring_retire(w, &p, &wiring_flow(&p)->slot);
	for (uint32_t i = 0; i < bridge->n_medias; i++) {
		wiring_close(&bridge->medias[i].legs[0]);
		wiring_close(&bridge->medias[i].legs[1]);
	}
	take_out_unwanted(w, bridge);
}
