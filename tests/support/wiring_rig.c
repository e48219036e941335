/* SPDX-License-Identifier: BSD-3-Clause */
#include "wiring_rig.h"

#include "deadline.h"
#include "support.h"

static const struct relay_geometry geometry = {
	.workers = 2,
	.command_slots = 64,
	.event_slots = 64,
	.punt_slots = 8,
	.inject_slots = 8,
	.endpoints = WIRING_RIG_ENDPOINTS,
};

struct wiring_rig wiring_rig;

static bool same_slot(const struct relay_route *a, const struct relay_route *b)
{
	return a->endpoint == b->endpoint && a->generation == b->generation;
}

static uint32_t key_index(const struct kdf_session *session, bool *is_new)
{
	uint32_t i = 0;

	while (i < wiring_rig.n_keys &&
		memcmp(&wiring_rig.keys[i].session, session, sizeof(*session)) != 0)
		i++;
	*is_new = i == wiring_rig.n_keys;
	assert_true(i < WIRING_RIG_KEYS);
	if (*is_new)
		wiring_rig.keys[wiring_rig.n_keys++] = (struct wiring_rig_key){.session = *session};
	return i;
}

/* A key comes to an endpoint: it has it already, or it brings how far it was, or nobody else had it
 * for the same. The endpoint of RTP may send RTCP, but that is seen only when it is led there. */
static void see_key(struct wiring_rig_endpoint *e, const struct relay_command *c,
	const struct relay_crypto *egress)
{
	const struct relay_route slot = {c->endpoint, c->generation};
	bool had = e->generation == c->generation && e->egress_suite != RELAY_PLAIN;
	uint32_t old = e->key;
	struct relay_route *owner;
	bool is_new;

	e->egress_suite = egress->suite;
	if (egress->suite == RELAY_PLAIN)
		return;
	e->key = key_index(&egress->session, &is_new);
	owner = c->media == RELAY_MEDIA_RTCP ? &wiring_rig.keys[e->key].rtcp
					     : &wiring_rig.keys[e->key].rtp;
	if (owner->generation != 0 && egress->n_ssrcs == 0 &&
		!(had && old == e->key && same_slot(owner, &slot)))
		wiring_rig.repeated++;
	*owner = slot;
}

/* RTCP that is led to an endpoint goes out under its key: from there for good. */
static void see_rtcp(const struct relay_route *to)
{
	const struct wiring_rig_endpoint *e = &wiring_rig.endpoints[to->endpoint];
	struct wiring_rig_key *key = &wiring_rig.keys[e->key];

	if (to->generation == 0 || e->generation != to->generation ||
		e->egress_suite == RELAY_PLAIN)
		return;
	if (key->rtcp.generation != 0 && !same_slot(&key->rtcp, to))
		wiring_rig.repeated++;
	key->rtcp = *to;
}

static void watch(const struct relay_command *c, const struct relay_record *record)
{
	struct wiring_rig_endpoint *e = &wiring_rig.endpoints[c->endpoint];
	uint8_t set = c->type == RELAY_COMMAND_INSTALL ? RELAY_SET_ALL : c->set;

	if (c->type == RELAY_COMMAND_REMOVE) {
		*e = (struct wiring_rig_endpoint){.generation = 0};
		return;
	}
	if ((set & RELAY_SET_EGRESS) != 0)
		see_key(e, c, &record->egress);
	if ((set & RELAY_SET_INGRESS) != 0)
		e->ingress_suite = record->ingress.suite;
	if (c->type == RELAY_COMMAND_INSTALL)
		e->is = *c;
	e->generation = c->generation;
	if ((set & RELAY_SET_ROUTES) != 0)
		memcpy(e->is.routes, c->routes, sizeof(c->routes));
	if ((set & RELAY_SET_DSCP) != 0)
		e->is.dscp = c->dscp;
	if ((set & RELAY_SET_REMOTE) != 0) {
		e->is.remote = c->remote;
		e->is.source = c->source;
	}
}

static void on_done(void *arg, uint64_t tag, enum relay_status status)
{
	(void)tag;
	assert_ptr_equal(arg, &wiring_rig);
	wiring_rig.refused += status != RELAY_OK && status != DPLINK_LOST;
}

static enum ng_error reserve(void)
{
	return wiring_reserve(&wiring_rig.wiring, nego_rig.bridge);
}

static void start_plane(void)
{
	link_rig_start_plane(&geometry);
	link_rig.plane.watch = watch;
	memset(wiring_rig.endpoints, 0, sizeof(wiring_rig.endpoints));
}

int wiring_rig_open(void **state)
{
	memset(&wiring_rig, 0, sizeof(wiring_rig));
	start_plane();
	if (nego_rig_open(state) != 0 || link_rig_prepare(state) != 0 || !link_rig_wait_ups(1) ||
		portpool_create(&nego_rig.config, geometry.workers, &wiring_rig.pool) != 0)
		return -1;
	wiring_rig.wiring = (struct wiring){.link = link_rig.link,
		.pool = wiring_rig.pool,
		.config = &nego_rig.config,
		.now_ms = 1000,
		.done = on_done,
		.arg = &wiring_rig};
	nego_rig.reserve = reserve;
	return 0;
}

void wiring_rig_settle(void)
{
	link_rig_spin(40);
	for (uint32_t i = 0; i < WIRING_RIG_ENDPOINTS; i++)
		if (wiring_rig.endpoints[i].generation != 0)
			see_rtcp(&wiring_rig.endpoints[i].is.routes[RELAY_ROUTE_RTCP]);
}

uint32_t wiring_rig_live(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WIRING_RIG_ENDPOINTS; i++)
		n += wiring_rig.endpoints[i].generation != 0;
	return n;
}

uint32_t wiring_rig_ports_taken(void)
{
	struct portpool_numbers n;

	portpool_numbers(wiring_rig.pool, NULL, &n);
	return n.taken;
}

/* As many as there were: a slot that leaked can't be taken. */
static uint32_t slots_free(void)
{
	struct relay_route slot;
	uint32_t n = 0;

	for (uint32_t worker = 0; worker < geometry.workers; worker++)
		while (dplink_slot_take(link_rig.link, worker, &slot) == 0)
			n++;
	return n;
}

int wiring_rig_close(void **state)
{
	bool clean;

	for (struct call_bridge *b = nego_rig.bridge->call->bridges; b != NULL; b = b->next)
		wiring_remove(&wiring_rig.wiring, b);
	wiring_rig_settle();
	clean = wiring_rig.repeated == 0 && wiring_rig_live() == 0 &&
		wiring_rig_ports_taken() == 0 &&
		(!dplink_is_up(link_rig.link) || slots_free() == WIRING_RIG_ENDPOINTS);
	if (!clean)
		print_error("repeated %u, live %u, ports %u\n", wiring_rig.repeated,
			wiring_rig_live(), wiring_rig_ports_taken());
	(void)link_rig_close(state);
	portpool_destroy(wiring_rig.pool);
	(void)nego_rig_close(state);
	return clean ? 0 : -1;
}

void wiring_rig_replace_plane(void)
{
	uint32_t ups = link_rig.n_ups;

	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(link_rig.n_downs + 1));
	start_plane();
	assert_true(link_rig_wait_ups(ups + 1));
}

enum ng_error wiring_rig_commit(void)
{
	uint32_t sent = 0;
	enum ng_error error = wiring_commit(&wiring_rig.wiring, nego_rig.bridge, &sent);

	wiring_rig_settle();
	return error;
}

void wiring_rig_call(unsigned from, const char *offer, const char *answer)
{
	assert_int_equal(nego_rig_offer(from, "", offer), NG_OK);
	assert_int_equal(nego_rig_answer("", answer), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(wiring_rig.refused, 0);
}

const struct wiring_rig_endpoint *wiring_rig_flow(uint32_t media, unsigned side, unsigned flow)
{
	const struct call_leg *leg = nego_rig_leg(media, side);
	const struct wiring_rig_endpoint *e = &wiring_rig.endpoints[leg->flows[flow].slot.endpoint];

	assert_int_not_equal(leg->flows[flow].slot.generation, 0);
	assert_int_equal(e->generation, leg->flows[flow].slot.generation);
	assert_int_equal(e->is.local.port, leg->port + flow);
	return e;
}

bool wiring_rig_goes(const struct wiring_rig_endpoint *from, unsigned route,
	const struct wiring_rig_endpoint *to)
{
	const struct relay_route *r = &from->is.routes[route];

	if (to == NULL)
		return r->generation == 0;
	return r->generation == to->generation && r->endpoint == to->is.endpoint;
}

void wiring_rig_send_on_all(void)
{
	for (unsigned side = 0; side < 2; side++)
		for (unsigned flow = 0; flow < 2; flow++)
			fake_plane_traffic(&link_rig.plane,
				nego_rig_leg(0, side)->flows[flow].slot.endpoint, 1000, 70000);
}
