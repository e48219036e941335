/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint.h"

#include "endpoint_check.h"
#include "endpoint_keys.h"
#include "endpoint_moved.h"
#include "header.h"

enum { SETTLE_A_CALL = 4 };

size_t endpoint_ports_bytes(uint32_t addresses, uint16_t port_min, uint16_t port_max)
{
	return (size_t)addresses * ((size_t)port_max - port_min + 1) * sizeof(uint32_t);
}

static struct relay_identity identity_of(const struct endpoints *e, uint32_t index)
{
	const struct endpoint *slot = &e->slots[index];
	const struct endpoint_cold *cold = &e->cold[index];
	struct relay_identity id = {
		.state = slot->generation != 0 ? RELAY_STATE_LIVE : RELAY_STATE_GONE,
		.kind = cold->kind,
		.source = slot->source,
		.media = slot->media,
		.dscp = cold->dscp,
		.ingress_suite = cold->ingress_suite,
		.egress_suite = cold->egress_suite,
		.locked = (slot->flags & ENDPOINT_LOCKED) != 0,
		.generation = slot->generation,
		.local = cold->local,
		.remote = slot->remote,
		.clock_khz = slot->clock_khz,
	};

	memcpy(id.routes, slot->routes, sizeof(id.routes));
	return id;
}

static void header_make(struct endpoints *e, uint32_t index)
{
	struct endpoint *slot = &e->slots[index];
	const struct endpoint_cold *cold = &e->cold[index];
	struct relay_sockaddr from = e->local->addresses[cold->local.address];
	struct relay_sockaddr to = slot->remote;

	from.port = cold->local.port;
	to.family = from.family; /* none yet: zeros, which no destination is found for */
	header_build(slot->header, &from, &to, cold->dscp, ENDPOINT_TTL);
}

/* The remote address is another host: where it is must be found anew; 'again': by a packet, after
 * another had moved it. */
static void destination_forget(struct endpoints *e, uint32_t index, bool again)
{
	struct endpoint_cold *cold = &e->cold[index];

	/* relaxed: a number, which leads to nothing of ours */
	atomic_store_explicit(&e->slots[index].destination, 0, memory_order_relaxed);
	if (e->slots[index].remote.family == RELAY_FAMILY_NONE || cold->resolving)
		return;
	if (again) {
		endpoint_moved_wait(e, index);
		return;
	}
	cold->resolving = true;
	e->backlog[(e->backlog_first + e->backlog_n++) % e->n] = index;
}

static void remote_apply(struct endpoints *e, const struct relay_command *c)
{
	struct endpoint *slot = &e->slots[c->endpoint];
	bool same_host = relay_address_same_host(&slot->remote, &c->remote);

	slot->remote = c->remote;
	slot->source = c->source;
	slot->learn_ds = c->learn_ds;
	slot->flags &= (uint8_t) ~(ENDPOINT_LOCKED | ENDPOINT_LEARNING);
	if (c->source == RELAY_SOURCE_STRICT)
		slot->flags |= ENDPOINT_LOCKED;
	e->cold[c->endpoint].moved = false;
	if (!same_host)
		destination_forget(e, c->endpoint, false);
}

/* What leads nowhere was not checked, and the stages look at a route's slot before they know. */
static void routes_apply(struct endpoint *slot, const struct relay_command *c)
{
	for (uint32_t i = 0; i < RELAY_ROUTES; i++) {
		slot->routes[i] = c->routes[i];
		if (c->routes[i].generation == 0)
			slot->routes[i].endpoint = c->endpoint;
	}
}

/* Order: the slot is whole before it can be found. */
static void install(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, const struct endpoint_keys *keys, uint32_t now_ms)
{
	struct endpoint *slot = &e->slots[c->endpoint];
	struct endpoint_cold *cold = &e->cold[c->endpoint];
	struct relay_identity id;

	memset(slot, 0, sizeof(*slot));
	*cold = (struct endpoint_cold){
		.local = c->local,
		.kind = c->kind,
		.dscp = c->dscp,
		/* entries of an earlier endpoint may still be queued */
		.resolving = cold->resolving,
		.waiting = cold->waiting,
		.next_move = cold->next_move,
	};
	slot->media = c->media;
	slot->clock_khz = c->clock_khz;
	routes_apply(slot, c);
	remote_apply(e, c);
	header_make(e, c->endpoint);
	slot->generation = c->generation;
	slot->live = c->generation;
	cold->ingress_suite = record->ingress.suite;
	cold->egress_suite = record->egress.suite;
	id = identity_of(e, c->endpoint);
	relay_endpoint_begin(&e->records[c->endpoint], &id, now_ms);
	endpoint_keys_apply(e, c, record, keys);
	*endpoint_port(e, c->local.address, c->local.port) = c->endpoint + 1;
}

static void publish(struct endpoints *e, uint32_t index)
{
	struct relay_identity id = identity_of(e, index);

	relay_endpoint_publish(&e->records[index], &id);
}

static void update(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, const struct endpoint_keys *keys)
{
	struct endpoint *slot = &e->slots[c->endpoint];

	endpoint_keys_apply(e, c, record, keys);
	if (c->set & RELAY_SET_REMOTE)
		remote_apply(e, c);
	if (c->set & RELAY_SET_ROUTES)
		routes_apply(slot, c);
	if (c->set & RELAY_SET_DSCP)
		e->cold[c->endpoint].dscp = c->dscp;
	header_make(e, c->endpoint);
	publish(e, c->endpoint);
}

/* 1. nobody finds the slot, 2. no peer may send by it, 3. keys are wiped, 4. the record says so,
 * and keeps generation and numbers. The worker does this between polls, so that no packet is
 * on its way through the slot. */
static void retract(struct endpoints *e, uint32_t index)
{
	struct endpoint *slot = &e->slots[index];
	const struct endpoint_cold *cold = &e->cold[index];
	struct relay_identity id;

	*endpoint_port(e, cold->local.address, cold->local.port) = 0;
	id = identity_of(e, index);
	id.state = RELAY_STATE_GONE;
	slot->generation = 0;
	slot->live = 0;
	endpoint_keys_drop(e, slot->ingress);
	endpoint_keys_drop(e, slot->egress);
	slot->ingress = NULL;
	slot->egress = NULL;
	relay_endpoint_publish(&e->records[index], &id);
}

enum relay_status endpoint_command(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, uint32_t now_ms)
{
	enum relay_status status = endpoint_check_command(e, c);
	struct endpoint_keys keys;

	if (status != RELAY_OK)
		return status;
	if (c->type == RELAY_COMMAND_REMOVE) {
		retract(e, c->endpoint);
		return RELAY_OK;
	}
	if ((c->set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0 &&
		(record->endpoint != c->endpoint || record->generation != c->generation))
		return RELAY_BAD_CRYPTO;
	status = endpoint_keys_make(e, c, record, &keys);
	if (status != RELAY_OK)
		return status;
	if (c->type == RELAY_COMMAND_INSTALL)
		install(e, c, record, &keys, now_ms);
	else
		update(e, c, record, &keys);
	return RELAY_OK;
}

/* The remote address is the source of a packet. */
static void move(struct endpoints *e, uint32_t index, const struct relay_sockaddr *source)
{
	struct endpoint *slot = &e->slots[index];
	bool same_host = relay_address_same_host(&slot->remote, source);

	slot->remote = *source;
	if (!same_host) {
		destination_forget(e, index, e->cold[index].moved);
		e->cold[index].moved = true;
	}
	header_make(e, index);
}

enum endpoint_learned endpoint_learn(
	struct endpoints *e, uint32_t index, const struct relay_sockaddr *source, uint32_t now_ms)
{
	struct endpoint *slot = &e->slots[index];
	uint8_t flags = slot->flags;
	bool other = !relay_address_equal(&slot->remote, source);

	if (!endpoint_source_allowed(slot, source, now_ms))
		return ENDPOINT_REFUSED;
	if (slot->source == RELAY_SOURCE_ANY)
		return ENDPOINT_SAME;
	if (slot->source == RELAY_SOURCE_LEARN && !(flags & ENDPOINT_LEARNING)) {
		slot->flags |= ENDPOINT_LEARNING;
		slot->learn_until_ms = now_ms + slot->learn_ds * 100u;
	}
	if (slot->source == RELAY_SOURCE_LATCH || endpoint_locked(slot, now_ms))
		slot->flags |= ENDPOINT_LOCKED;
	if (other)
		move(e, index, source);
	if (other || slot->flags != flags)
		publish(e, index);
	return other ? ENDPOINT_MOVED : ENDPOINT_SAME;
}

void endpoint_settle(struct endpoints *e, uint32_t now_ms)
{
	for (uint32_t i = 0; i < SETTLE_A_CALL; i++) {
		uint32_t index = e->first + e->settle_next;
		struct endpoint *slot = &e->slots[index];

		e->settle_next = e->settle_next + 1 < e->n ? e->settle_next + 1 : 0;
		if (slot->generation == 0 || (slot->flags & ENDPOINT_LOCKED) != 0 ||
			!endpoint_locked(slot, now_ms))
			continue;
		slot->flags |= ENDPOINT_LOCKED;
		publish(e, index);
	}
}

bool endpoint_next_unresolved(
	struct endpoints *e, uint32_t *index, uint32_t *generation, struct relay_sockaddr *addr)
{
	for (uint32_t n = 0; n < ENDPOINT_LOOKS && e->backlog_n > 0; n++) {
		uint32_t i = e->backlog[e->backlog_first];

		e->backlog_first = (e->backlog_first + 1) % e->n;
		e->backlog_n--;
		e->cold[i].resolving = false;
		if (e->slots[i].generation == 0 || e->slots[i].remote.family == RELAY_FAMILY_NONE)
			continue;
		*index = i;
		*generation = e->slots[i].generation;
		*addr = e->slots[i].remote;
		return true;
	}
	return false;
}

void endpoint_resolved(struct endpoints *e, uint32_t index, uint32_t generation,
	const struct relay_sockaddr *addr, uint32_t destination)
{
	if (index - e->first < e->n && e->slots[index].generation == generation &&
		generation != 0 && addr->family != RELAY_FAMILY_NONE &&
		relay_address_same_host(&e->slots[index].remote, addr))
		/* relaxed: see destination_forget */
		atomic_store_explicit(
			&e->slots[index].destination, destination, memory_order_relaxed);
}

void endpoint_wipe_all(struct endpoints *e)
{
	for (uint32_t i = e->first; i < e->first + e->n; i++) {
		endpoint_keys_drop(e, e->slots[i].ingress);
		endpoint_keys_drop(e, e->slots[i].egress);
		e->slots[i].ingress = NULL;
		e->slots[i].egress = NULL;
	}
}
