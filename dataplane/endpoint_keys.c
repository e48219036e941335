/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint_keys.h"

#include "endpoint_check.h"
#include "relay_seqlock.h"

_Static_assert((int)RELAY_PARKED == (int)SRTP_PARKED_MAX, "as many as a context has");

void endpoint_keys_drop(struct endpoints *e, struct srtp_ctx *ctx)
{
	if (ctx == NULL)
		return;
	srtp_ctx_fini(ctx);
	context_pool_free(e->pool, ctx);
}

struct srtp_ctx_params endpoint_keys_params(
	const struct relay_crypto *c, enum srtp_direction direction)
{
	struct srtp_ctx_params p = {
		.suite = (enum suite_id)c->suite,
		.direction = direction,
		.session = &c->session,
		.mki_len = c->mki_len,
		.max_ssrc = RELAY_SSRCS,
		.window = ENDPOINT_KEYS_WINDOW,
		.rtp_lifetime = c->rtp_lifetime,
		.rtcp_lifetime = c->rtcp_lifetime,
		.rtp_used = c->rtp_used,
		.rtcp_used = c->rtcp_used,
		.retired = c->retired,
		.retired_seed = c->key_name,
		.idle_s = ENDPOINT_KEYS_IDLE_S,
		.max_jump = ENDPOINT_KEYS_JUMP_MAX,
	};

	memcpy(p.mki, c->mki, sizeof(p.mki));
	return p;
}

static struct srtp_ssrc_state state_of(const struct relay_ssrc *s)
{
	return (struct srtp_ssrc_state){
		.ssrc = s->ssrc,
		.roc = s->roc,
		.seq = s->seq,
		.rtp_valid = s->rtp_valid != 0,
		.rtcp_valid = s->rtcp_valid != 0,
		.rtcp_index = s->rtcp_index,
	};
}

static bool take_over(struct srtp_ctx *ctx, const struct relay_crypto *c)
{
	for (uint32_t i = 0; i < c->n_ssrcs; i++) {
		const struct srtp_ssrc_state state = state_of(&c->ssrcs[i]);

		if (srtp_ctx_set_ssrc(ctx, &state) != SRTP_OK)
			return false;
	}
	for (uint32_t i = c->n_parked; i-- > 0;) { /* the first is the last of them */
		const struct srtp_ssrc_state state = state_of(&c->parked[i]);

		if (srtp_ctx_park(ctx, &state) != SRTP_OK)
			return false;
	}
	return true;
}

static enum relay_status ctx_make(struct endpoints *e, const struct relay_crypto *c,
	enum srtp_direction direction, struct srtp_ctx **ctx)
{
	const struct srtp_ctx_params params = endpoint_keys_params(c, direction);
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
		endpoint_keys_drop(e, *ctx);
		*ctx = NULL;
		return RELAY_BAD_CRYPTO;
	}
	return RELAY_OK;
}

/* A key that the slot has already is not begun anew: its indices would come again. */
static enum relay_status half_make(struct endpoints *e, const struct relay_crypto *c,
	enum srtp_direction direction, const struct srtp_ctx *old, struct endpoint_half *half)
{
	const struct srtp_ctx_params params = endpoint_keys_params(c, direction);

	if (old == NULL || endpoint_check_crypto(c) != RELAY_OK || c->suite == RELAY_PLAIN ||
		!srtp_ctx_has_key(old, &params))
		return ctx_make(e, c, direction, &half->ctx);
	half->keep = true;
	return srtp_ctx_has_terms(old, &params) ? RELAY_OK : RELAY_BAD_CRYPTO;
}

enum relay_status endpoint_keys_make(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, struct endpoint_keys *keys)
{
	const struct endpoint *slot = &e->slots[c->endpoint];
	enum relay_status status = RELAY_OK;

	*keys = (struct endpoint_keys){.ingress = {.ctx = NULL}};
	if (c->set & RELAY_SET_INGRESS)
		status = half_make(
			e, &record->ingress, SRTP_UNPROTECT, slot->ingress, &keys->ingress);
	if (status == RELAY_OK && (c->set & RELAY_SET_EGRESS))
		status = half_make(e, &record->egress, SRTP_PROTECT, slot->egress, &keys->egress);
	if (status != RELAY_OK)
		endpoint_keys_drop(e, keys->ingress.ctx);
	return status;
}

static void publish_ssrcs(struct relay_endpoint *r, const struct relay_crypto *c, bool ingress)
{
	static const struct relay_crypto none;
	_Atomic uint64_t *key = ingress ? &r->ingress_key : &r->egress_key;

	if (c->suite == RELAY_PLAIN)
		c = &none;
	relay_seqlock_begin(&r->version);
	/* release: should we die here, nobody takes what follows for the streams of the old key */
	atomic_store_explicit(key, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		const struct relay_ssrc *s = &c->ssrcs[i];
		bool have = i < c->n_ssrcs;
		uint64_t top = have ? relay_endpoint_top(s) : 0;
		uint32_t rtcp = have ? relay_endpoint_rtcp(s) : 0;

		if (ingress)
			relay_endpoint_set_ingress(r, i, s->ssrc, top, rtcp);
		else
			relay_endpoint_set_egress(r, i, s->ssrc, top, rtcp);
	}
	relay_endpoint_set_past(
		ingress ? &r->ingress_past : &r->egress_past, c->parked, c->n_parked, c->retired);
	/* release: pairs with the fence in relay_endpoint.c */
	atomic_store_explicit(key, c->key_name, memory_order_release);
	relay_seqlock_end(&r->version);
}

void endpoint_keys_apply(struct endpoints *e, const struct relay_command *c,
	const struct relay_record *record, const struct endpoint_keys *keys)
{
	struct endpoint *slot = &e->slots[c->endpoint];
	struct endpoint_cold *cold = &e->cold[c->endpoint];
	struct relay_endpoint *shown = &e->records[c->endpoint];

	if ((c->set & RELAY_SET_INGRESS) && !keys->ingress.keep) {
		endpoint_keys_drop(e, slot->ingress);
		slot->ingress = keys->ingress.ctx;
		cold->ingress_suite = record->ingress.suite;
		publish_ssrcs(shown, &record->ingress, true);
		slot->flags &= (uint8_t)~ENDPOINT_INGRESS_TOLD;
	}
	if ((c->set & RELAY_SET_EGRESS) && !keys->egress.keep) {
		endpoint_keys_drop(e, slot->egress);
		slot->egress = keys->egress.ctx;
		cold->egress_suite = record->egress.suite;
		publish_ssrcs(shown, &record->egress, false);
		slot->flags &= (uint8_t)~ENDPOINT_EGRESS_TOLD;
	}
}
