/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint.h"

#include "endpoint_check.h"
#include "endpoint_moved.h"
#include "header.h"
#include "secret.h"

enum { SETTLE_A_CALL = 4 };

/* What a command brings for one direction, made before anything is changed. */
struct half {
	struct srtp_ctx *ctx; /* NULL: plain RTP */
	bool keep;            /* the slot has these keys: its context knows the indices */
};

struct keys {
	struct half ingress, egress;
};

size_t endpoint_ports_bytes(uint32_t addresses, uint16_t port_min, uint16_t port_max)
{
	return (size_t)addresses * ((size_t)port_max - port_min + 1) * sizeof(uint32_t);
}

static void ctx_drop(struct endpoints *e, struct srtp_ctx *ctx)
{
	if (ctx == NULL)
		return;
	srtp_ctx_fini(ctx);
	context_pool_free(e->pool, ctx);
}

static struct srtp_ctx_params ctx_params(
	const struct relay_crypto *c, enum srtp_direction direction)
{
	struct srtp_ctx_params p = {
		.suite = (enum suite_id)c->suite,
		.direction = direction,
		.session = &c->session,
		.mki_len = c->mki_len,
		.max_ssrc = RELAY_SSRCS,
		.window = ENDPOINT_WINDOW,
		.rtp_lifetime = c->rtp_lifetime,
		.rtcp_lifetime = c->rtcp_lifetime,
		.rtp_used = c->rtp_used,
		.rtcp_used = c->rtcp_used,
	};

	memcpy(p.mki, c->mki, sizeof(p.mki));
	return p;
}

static bool take_over(struct srtp_ctx *ctx, const struct relay_crypto *c)
{
	for (uint32_t i = 0; i < c->n_ssrcs; i++) {
		const struct relay_ssrc *s = &c->ssrcs[i];
		const struct srtp_ssrc_state state = {
			.ssrc = s->ssrc,
			.roc = s->roc,
			.seq = s->seq,
			.rtp_valid = s->rtp_valid != 0,
			.rtcp_valid = s->rtcp_valid != 0,
			.rtcp_index = s->rtcp_index,
		};

		if (srtp_ctx_set_ssrc(ctx, &state) != SRTP_OK)
			return false;
	}
	return true;
}

static enum relay_status ctx_make(struct endpoints *e, const struct relay_crypto *c,
	enum srtp_direction direction, struct srtp_ctx **ctx)
{
	const struct srtp_ctx_params params = ctx_params(c, direction);
	enum relay_status status = endpoint_check_crypto(c);
	size_t size;
	void *mem;

	if (status != RELAY_OK || c->suite == RELAY_PLAIN)
		return status;
	size = srtp_ctx_size(e->engine, &params);
	if (size == 0)
		return RELAY_BAD_CRYPTO;
	mem = context_pool_alloc(e->pool, size);
	if (mem == NULL)
		return RELAY_NO_MEMORY;
	if (srtp_ctx_init(e->engine, &params, mem, size, ctx) != SRTP_OK) {
		context_pool_free(e->pool, mem);
		return RELAY_BAD_CRYPTO;
	}
	if (!take_over(*ctx, c)) {
		ctx_drop(e, *ctx);
		*ctx = NULL;
		return RELAY_BAD_CRYPTO;
	}
	return RELAY_OK;
}

/* A key that the slot has already is not begun anew: its indices would come again. */
static enum relay_status half_make(struct endpoints *e, const struct relay_crypto *c,
	enum srtp_direction direction, const struct srtp_ctx *old, struct half *half)
{
	const struct srtp_ctx_params params = ctx_params(c, direction);

	if (old == NULL || endpoint_check_crypto(c) != RELAY_OK || c->suite == RELAY_PLAIN ||
		!srtp_ctx_has_key(old, &params))
		return ctx_make(e, c, direction, &half->ctx);
	half->keep = true;
	return srtp_ctx_has_terms(old, &params) ? RELAY_OK : RELAY_BAD_CRYPTO;
}

static enum relay_status keys_make(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, struct keys *keys)
{
	const struct endpoint *slot = &e->slots[c->endpoint];
	enum relay_status status = RELAY_OK;

	*keys = (struct keys){.ingress = {.ctx = NULL}};
	if (c->set & RELAY_SET_INGRESS)
		status = half_make(
			e, &record->ingress, SRTP_UNPROTECT, slot->ingress, &keys->ingress);
	if (status == RELAY_OK && (c->set & RELAY_SET_EGRESS))
		status = half_make(e, &record->egress, SRTP_PROTECT, slot->egress, &keys->egress);
	if (status != RELAY_OK)
		ctx_drop(e, keys->ingress.ctx);
	return status;
}

static void publish_ssrcs(struct relay_endpoint *r, const struct relay_crypto *c, bool ingress)
{
	static const struct relay_crypto none;
	_Atomic uint64_t *key = ingress ? &r->ingress_key : &r->egress_key;

	if (c->suite == RELAY_PLAIN)
		c = &none;
	/* release: should we die here, nobody takes what follows for the streams of the old key */
	atomic_store_explicit(key, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		const struct relay_ssrc *s = &c->ssrcs[i];
		bool have = i < c->n_ssrcs;
		uint64_t index = (uint64_t)s->roc << 16 | s->seq;
		uint64_t top = have && s->rtp_valid ? index | RELAY_SEEN_RTP : 0;
		uint32_t rtcp = have && s->rtcp_valid ? s->rtcp_index | RELAY_SEEN_RTCP : 0;

		if (ingress)
			relay_endpoint_set_ingress(r, i, s->ssrc, top, rtcp);
		else
			relay_endpoint_set_egress(r, i, s->ssrc, top, rtcp);
	}
	/* release: pairs with the fence in relay_endpoint.c */
	atomic_store_explicit(key, c->key_name, memory_order_release);
}

static void keys_apply(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, const struct keys *keys)
{
	struct endpoint *slot = &e->slots[c->endpoint];
	struct endpoint_cold *cold = &e->cold[c->endpoint];
	struct relay_endpoint *shown = &e->records[c->endpoint];

	if ((c->set & RELAY_SET_INGRESS) && !keys->ingress.keep) {
		ctx_drop(e, slot->ingress);
		slot->ingress = keys->ingress.ctx;
		cold->ingress_suite = record->ingress.suite;
		publish_ssrcs(shown, &record->ingress, true);
		slot->flags &= (uint8_t)~ENDPOINT_INGRESS_TOLD;
	}
	if ((c->set & RELAY_SET_EGRESS) && !keys->egress.keep) {
		ctx_drop(e, slot->egress);
		slot->egress = keys->egress.ctx;
		cold->egress_suite = record->egress.suite;
		publish_ssrcs(shown, &record->egress, false);
		slot->flags &= (uint8_t)~ENDPOINT_EGRESS_TOLD;
	}
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
	const struct relay_record *record, const struct keys *keys, uint32_t now_ms)
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
	keys_apply(e, c, record, keys);
	*endpoint_port(e, c->local.address, c->local.port) = c->endpoint + 1;
}

static void publish(struct endpoints *e, uint32_t index)
{
	struct relay_identity id = identity_of(e, index);

	relay_endpoint_publish(&e->records[index], &id);
}

static void update(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, const struct keys *keys)
{
	struct endpoint *slot = &e->slots[c->endpoint];

	keys_apply(e, c, record, keys);
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
	ctx_drop(e, slot->ingress);
	ctx_drop(e, slot->egress);
	slot->ingress = NULL;
	slot->egress = NULL;
	relay_endpoint_publish(&e->records[index], &id);
}

enum relay_status endpoint_command(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, uint32_t now_ms)
{
	enum relay_status status = endpoint_check_command(e, c);
	struct keys keys;

	if (status != RELAY_OK)
		return status;
	if (c->type == RELAY_COMMAND_REMOVE) {
		retract(e, c->endpoint);
		return RELAY_OK;
	}
	if ((c->set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0 &&
		(record->endpoint != c->endpoint || record->generation != c->generation))
		return RELAY_BAD_CRYPTO;
	status = keys_make(e, c, record, &keys);
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
	while (e->backlog_n > 0) {
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
		ctx_drop(e, e->slots[i].ingress);
		ctx_drop(e, e->slots[i].egress);
		e->slots[i].ingress = NULL;
		e->slots[i].egress = NULL;
	}
}
