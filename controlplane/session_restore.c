/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN: three things may have died. If we did, the store has our calls and the data plane carries
 * them: they are taken up, and what it has that no call knows of goes. If the data plane did, its
 * region tells how far each stream was, and all is installed in the new one. If both did, the keys'
 * packet indices are lost, and an encrypted call has no media until it is negotiated again; it ends
 * as others do that are silent.
 */
#include "call_image.h"
#include "confine.h"
#include "deadline.h"
#include "logger.h"
#include "session_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

/* Dead regions are kept for so long: the next data plane may die of what killed the last. */
enum { TAKEOVER_MS = 5000 };

struct loading {
	struct session *s;
	uint32_t removed;
	uint64_t first; /* of those, a row and what was wrong */
	int reason;
	uint32_t later; /* rows of a later version of the program */
};

/* The store opens with the right node key alone, so what can't be read now never can be. It goes
 * with the first commit: a start that fails removes nothing. */
static void drop_row(struct loading *l, uint64_t id, int err)
{
	if (store_remove(l->s->store, id) != 0)
		return;
	if (l->removed++ > 0)
		return;
	l->first = id;
	l->reason = err;
}

static void on_row(void *arg, uint64_t id, int err, const void *image, size_t len)
{
	struct loading *l = arg;
	struct session *s = l->s;
	const struct call_image_clock clock = {deadline_now(), session_now_us()};
	struct call *call = NULL;

	if (err == 0 && session_node_is(id)) {
		session_node_read(s, (struct slice){image, len});
		return;
	}
	if (err == 0)
		err = call_image_read((struct slice){image, len}, &clock, s->calls, id, &call);
	if (err == -EPROTONOSUPPORT)
		l->later++;
	else if (err == -ENOMEM)
		logger_write(LOGGER_ERROR, "session", "call-not-restored",
			LOGGER_FIELDS(LOGGER_COUNT("row", id),
				LOGGER_TEXT("reason", strerrordesc_np(-err))));
	else if (err != 0)
		drop_row(l, id, err);
	if (err != 0)
		return;
	if (call->delete_at_ms != 0)
		s->ending++;
}

/* A call of an interface that is gone can't go on. */
static void place_all(struct session *s)
{
	struct call *next;

	for (struct call *c = call_table_oldest(s->calls); c != NULL; c = next) {
		next = c->newer;
		if (session_node_place(s, c)) {
			for (const struct call_bridge *b = c->bridges; b != NULL; b = b->next)
				session_count(s, b, 1);
			continue;
		}
		logger_write(LOGGER_ERROR, "session", "call-not-restored",
			LOGGER_FIELDS(LOGGER_PIECE("call", call_text(c->call_id)),
				LOGGER_TEXT("reason", "its interface or address is configured no "
						      "more")));
		if (c->delete_at_ms != 0)
			s->ending--;
		call_table_remove(s->calls, c);
		c->gone = true;
		session_changed(s, c);
	}
}

typedef bool bridge_fn(const struct wiring *w, struct call_bridge *bridge);

/* How many bridges it said no to; those have no media any more. */
static uint32_t each_bridge(struct session *s, const struct wiring *w, bridge_fn *fn)
{
	uint32_t lost = 0;

	for (struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer) {
		for (struct call_bridge *b = c->bridges; b != NULL; b = b->next)
			lost += !fn(w, b);
		session_changed(s, c);
	}
	return lost;
}

static bool claim(const struct wiring *w, struct call_bridge *bridge)
{
	return wiring_claim_ports(w, bridge);
}

/* How many workers there will be the data plane says, when it comes. */
static int make_pool(struct session *s)
{
	struct wiring w;
	uint32_t lost;
	int err = portpool_create(s->config, 1, &s->pool);

	if (err != 0)
		return err;
	w = session_wiring(s);
	lost = each_bridge(s, &w, claim);
	if (lost > 0)
		logger_write(LOGGER_ERROR, "session", "ports-claimed-twice",
			LOGGER_FIELDS(LOGGER_COUNT("bridges", lost)));
	return 0;
}

static int load(struct session *s)
{
	struct loading l = {.s = s};
	int err = store_each(s->store, on_row, &l);

	if (err != 0) {
		logger_write(LOGGER_ERROR, "session", "store-not-read",
			LOGGER_FIELDS(LOGGER_TEXT("reason", strerrordesc_np(-err))));
		return err;
	}
	if (l.later > 0) { /* nothing is removed: the store takes that back */
		logger_write(LOGGER_ERROR, "session", "calls-of-a-later-version",
			LOGGER_FIELDS(LOGGER_COUNT("rows", l.later),
				LOGGER_TEXT("cure", "start the program that wrote them; to begin "
						    "without calls, move calls.db and "
						    "calls.db-wal away")));
		return -EPROTONOSUPPORT;
	}
	if (l.removed > 0)
		logger_write(LOGGER_ERROR, "session", "calls-not-restored",
			LOGGER_FIELDS(LOGGER_COUNT("rows", l.removed),
				LOGGER_COUNT("first", l.first),
				LOGGER_TEXT("reason", strerrordesc_np(-l.reason)),
				LOGGER_TEXT("effect", "they are removed")));
	place_all(s);
	logger_write(LOGGER_INFO, "session", "restored",
		LOGGER_FIELDS(LOGGER_COUNT("calls", call_table_count(s->calls))));
	return make_pool(s);
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The slots that calls have, sorted. */
static uint32_t *list_slots(const struct session *s, size_t *n)
{
	const struct call_flow *f;
	size_t room = 0;
	uint32_t *slots;

	*n = 0;
	for (const struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer)
		for (const struct call_bridge *b = c->bridges; b != NULL; b = b->next)
			room += (size_t)b->n_medias * 4;
	slots = calloc(room + 1, sizeof(*slots));
	if (slots == NULL)
		return NULL;
	for (const struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer)
		for (const struct call_bridge *b = c->bridges; b != NULL; b = b->next)
			for (uint32_t i = 0; (f = wiring_flow_at(b, i)) != NULL; i++)
				if (f->slot.generation != 0)
					slots[(*n)++] = f->slot.endpoint;
	qsort(slots, *n, sizeof(*slots), compare);
	return slots;
}

/* Endpoints of an earlier control plane that no call knows of: its last moments. */
static uint32_t remove_orphans(struct session *s, bool keep_ours)
{
	struct relay_endpoint_view view;
	uint32_t removed = 0;
	size_t n;
	uint32_t *slots = list_slots(s, &n);
	uint32_t end = dplink_geometry(s->link)->endpoints;

	if (slots == NULL)
		return 0;
	for (uint32_t e = dplink_next(s->link, 0); e < end; e = dplink_next(s->link, e + 1)) {
		if (keep_ours && bsearch(&e, slots, n, sizeof(*slots), compare) != NULL)
			continue;
		/* half written is good enough for its generation */
		if (dplink_read(s->link, e, &view) == -ENOTCONN)
			break;
		removed += dplink_remove(s->link, (struct relay_route){e, view.identity.generation},
				   NULL, NULL, 0) == 0;
	}
	free(slots);
	return removed;
}

static void on_restored(void *arg, uint64_t tag, enum relay_status status)
{
	(void)arg;
	(void)tag;
	if (status != RELAY_OK && status != DPLINK_LOST)
		logger_write(LOGGER_ERROR, "session", "not-reinstalled",
			LOGGER_FIELDS(LOGGER_TEXT("status", relay_status_name(status)),
				LOGGER_TEXT("cure", relay_status_help(status))));
}

static void keep_instance(struct session *s)
{
	uint64_t instance = dplink_instance(s->link);

	if (instance == s->instance)
		return;
	s->instance = instance;
	s->node_stored = false;
	session_commit_soon(s);
}

/* Nobody could hear a call while there was no data plane. */
static void hear_all(const struct session *s, uint64_t now_ms)
{
	for (struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer)
		c->heard_ms = now_ms;
}

/* Two files must agree: what calls are given here, the data plane must have. */
static void check_interface(const struct session *s, const struct config_interface *interface)
{
	struct relay_info info = {.media_port_max = UINT16_MAX};
	uint16_t index;

	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (dplink_address(s->link, &interface->addresses[i].local, &index) != 0)
			logger_write(LOGGER_ERROR, "session", "address-not-there",
				LOGGER_FIELDS(LOGGER_TEXT("interface", interface->name),
					LOGGER_PEER("address", &interface->addresses[i].local),
					LOGGER_TEXT("effect", "its calls are refused"),
					LOGGER_TEXT("cure", "add it to `addresses` of the data "
							    "plane's profile")));
	(void)dplink_info(s->link, &info);
	if (interface->port_min < info.media_port_min || interface->port_max > info.media_port_max)
		logger_write(LOGGER_ERROR, "session", "ports-not-there",
			LOGGER_FIELDS(LOGGER_TEXT("interface", interface->name),
				LOGGER_COUNT("first", info.media_port_min),
				LOGGER_COUNT("last", info.media_port_max),
				LOGGER_TEXT("cure", "set `port_min` and `port_max` within the "
						    "data plane's media ports")));
}

static void on_up(void *arg, enum dplink_up how)
{
	struct session *s = arg;
	struct wiring w;
	uint32_t lost, orphans = 0;
	bool adopt;
	int err = portpool_set_workers(s->pool, dplink_geometry(s->link)->workers);

	if (err != 0) {
		logger_write(LOGGER_ERROR, "session", "no-ports",
			LOGGER_FIELDS(LOGGER_TEXT("reason", strerrordesc_np(-err))));
		return;
	}
	adopt = how == DPLINK_SAME ||
		(how == DPLINK_FIRST && dplink_instance(s->link) == s->instance);
	w = session_wiring(s);
	w.done = on_restored;
	w.arg = s;
	for (uint32_t i = 0; i < s->config->n_interfaces; i++)
		check_interface(s, &s->config->interfaces[i]);
	hear_all(s, w.now_ms);
	/* what stands on the ports of those that will be installed goes first */
	if (how == DPLINK_FIRST && !adopt)
		orphans = remove_orphans(s, false);
	lost = each_bridge(s, &w, adopt ? wiring_adopt : wiring_reinstall);
	if (adopt)
		orphans = remove_orphans(s, true);
	s->takeover_until_ms = w.now_ms + TAKEOVER_MS;
	keep_instance(s);
	logger_write(lost > 0 ? LOGGER_WARN : LOGGER_INFO, "session",
		adopt ? "taken-up" : "reinstalled",
		LOGGER_FIELDS(LOGGER_COUNT("calls", call_table_count(s->calls)),
			LOGGER_COUNT("without_media", lost),
			LOGGER_COUNT("orphans_removed", orphans),
			LOGGER_COUNT("took_ms", deadline_now() - w.now_ms)));
}

/* What just died is to be read by its successor, whenever that comes. */
static void on_down(void *arg)
{
	struct session *s = arg;

	s->takeover_until_ms = 0;
	logger_write(LOGGER_ERROR, "session", "no-dataplane",
		LOGGER_FIELDS(LOGGER_TEXT("effect", "no new calls; those there are wait for it")));
}

static const struct call *find_call(const struct session *s, const struct relay_event *event)
{
	const struct call_flow *f;

	for (const struct call *c = call_table_oldest(s->calls); c != NULL; c = c->newer)
		for (const struct call_bridge *b = c->bridges; b != NULL; b = b->next)
			for (uint32_t i = 0; (f = wiring_flow_at(b, i)) != NULL; i++)
				if (f->slot.endpoint == event->endpoint &&
					f->slot.generation == event->generation)
					return c;
	return NULL;
}

/* What an operator should hear of; seldom, as the call is looked for among all. */
static void on_event(void *arg, const struct relay_event *event)
{
	struct session *s = arg;
	const struct call *call;
	const char *what = NULL;
	uint64_t swallowed = 0;

	switch ((enum relay_event_type)event->type) {
	case RELAY_EVENT_AUTH_FAILING:
		what = "authentication-failing";
		break;
	case RELAY_EVENT_KEY_LIMIT:
		what = "key-near-its-limit";
		break;
	case RELAY_EVENT_STREAMS_FULL:
		what = "too-many-streams";
		break;
	case RELAY_EVENT_WENT_BACK:
		what = "sequence-went-back";
		break;
	case RELAY_EVENT_INSTALLED:
	case RELAY_EVENT_UPDATED:
	case RELAY_EVENT_REMOVED:
	case RELAY_EVENT_REMOTE:
		break;
	}
	if (what == NULL || !logger_limit_allow(&s->events, deadline_now(), &swallowed))
		return;
	call = find_call(s, event);
	logger_write(LOGGER_WARN, "session", what,
		LOGGER_FIELDS(LOGGER_PIECE("call", call_text(call == NULL ? NULL : call->call_id)),
			LOGGER_COUNT("packets", event->count), LOGGER_COUNT("unsaid", swallowed)));
}

/* A new control plane finds its calls; whoever starts without a store has no calls to lose. */
int session_restore_start(struct session *s, struct event_base *base)
{
	const struct store_options files = {s->config->state_directory, s->config->node_key};
	struct dplink_options options = {.base = base,
		.socket_path = s->config->dataplane_socket,
		.up = on_up,
		.down = on_down,
		.event = on_event,
		.arg = s};
	char why[STORE_WHY_BYTES] = "";
	int err = store_open(&files, why, &s->store);

	if (err != 0) {
		logger_write(LOGGER_ERROR, "session", "store-not-opened",
			LOGGER_FIELDS(LOGGER_TEXT("why", why)));
		return err;
	}
	err = load(s);
	session_commit_soon(s);
	if (err == 0)
		err = confine_user_id(s->config->dataplane_user, &options.data_uid);
	return err == 0 ? dplink_create(&options, &s->link) : err;
}
