/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_image_impl.h"

#include <errno.h>

static void put(struct buffer *out, uint64_t n, size_t bytes)
{
	uint8_t le[sizeof(n)];

	for (size_t i = 0; i < bytes; i++)
		le[i] = (uint8_t)(n >> (8 * i));
	buffer_put(out, le, bytes);
}

static void put_u8(struct buffer *out, unsigned n)
{
	put(out, n, 1);
}

static void put_text(struct buffer *out, const char *text)
{
	struct slice s = call_text(text);

	put(out, s.ptr == NULL ? CALL_IMAGE_NO_TEXT : s.len, 2);
	buffer_slice(out, s);
}

/* Of something past; what the clock has not reached yet is now. */
static void put_since(struct buffer *out, uint64_t then_ms, uint64_t now_ms)
{
	uint64_t ago = now_ms > then_ms ? now_ms - then_ms : 0;

	put(out, then_ms == 0 ? 0 : ago + 1, 8);
}

static void put_until(struct buffer *out, uint64_t then_ms, uint64_t now_ms)
{
	uint64_t left = then_ms > now_ms ? then_ms - now_ms : 0;

	put(out, then_ms == 0 ? 0 : left + 1, 8);
}

static void put_address(struct buffer *out, const struct relay_sockaddr *a)
{
	put_u8(out, a->family);
	buffer_put(out, a->ip, a->family == RELAY_FAMILY_IPV6 ? 16 : 4);
	put(out, a->port, 2);
}

static void put_key(struct buffer *out, const struct call_key *k)
{
	const struct suite *suite = suite_get((enum suite_id)k->suite);

	put_u8(out, k->suite);
	if (suite == NULL) /* RELAY_PLAIN */
		return;
	put_u8(out, k->mki_len | (k->lifetime != 0 ? CALL_IMAGE_LIFETIME : 0U));
	buffer_put(out, k->mki, k->mki_len);
	buffer_put(out, k->key, suite->key_len);
	buffer_put(out, k->salt, suite->salt_len);
	put(out, k->tag, 4);
	if (k->lifetime != 0)
		put(out, k->lifetime, 8);
}

static void put_keys(struct buffer *out, const struct call_keys *keys)
{
	put_u8(out, keys == NULL ? 0 : keys->n + 1);
	for (uint32_t i = 0; keys != NULL && i < keys->n; i++)
		put_key(out, &keys->keys[i]);
}

static unsigned terms_flags(const struct call_terms *t)
{
	unsigned flags = 0;

	if (t->active)
		flags |= CALL_IMAGE_TERMS_ACTIVE;
	if (t->mux)
		flags |= CALL_IMAGE_TERMS_MUX;
	if (t->silent)
		flags |= CALL_IMAGE_TERMS_SILENT;
	if (t->remote[RELAY_ROUTE_RTP].family != RELAY_FAMILY_NONE)
		flags |= CALL_IMAGE_TERMS_RTP;
	if (t->remote[RELAY_ROUTE_RTCP].family != RELAY_FAMILY_NONE)
		flags |= CALL_IMAGE_TERMS_RTCP;
	if (t->in.suite != RELAY_PLAIN)
		flags |= CALL_IMAGE_TERMS_IN;
	if (t->out.suite != RELAY_PLAIN)
		flags |= CALL_IMAGE_TERMS_OUT;
	if (flags != 0 || t->transport != 0 || t->direction != 0 || t->source != 0)
		flags |= CALL_IMAGE_TERMS_SET;
	return flags;
}

static void put_terms(struct buffer *out, const struct call_terms *t)
{
	unsigned flags = terms_flags(t);

	put_u8(out, flags);
	if (flags == 0)
		return;
	put_u8(out, t->transport);
	put_u8(out, t->direction);
	put_u8(out, t->source);
	if ((flags & CALL_IMAGE_TERMS_RTP) != 0)
		put_address(out, &t->remote[RELAY_ROUTE_RTP]);
	if ((flags & CALL_IMAGE_TERMS_RTCP) != 0)
		put_address(out, &t->remote[RELAY_ROUTE_RTCP]);
	if ((flags & CALL_IMAGE_TERMS_IN) != 0)
		put_key(out, &t->in);
	if ((flags & CALL_IMAGE_TERMS_OUT) != 0)
		put_key(out, &t->out);
}

static void put_flow(struct buffer *out, const struct call_flow *f)
{
	bool slot = f->slot.generation != 0;
	bool learned = f->learned.family != RELAY_FAMILY_NONE;

	put_u8(out, (slot ? CALL_IMAGE_FLOW_SLOT : 0U) | (learned ? CALL_IMAGE_FLOW_LEARNED : 0U) |
			    (f->installed && f->before[0].slot.generation == 0
					    ? CALL_IMAGE_FLOW_INSTALLED
					    : 0U));
	if (slot) {
		put(out, f->slot.endpoint, 4);
		put(out, f->slot.generation, 4);
	}
	if (learned)
		put_address(out, &f->learned);
}

static void put_past(struct buffer *out, const struct call_past *past)
{
	put_u8(out, past == NULL ? 0 : past->n);
	for (uint32_t i = 0; past != NULL && i < past->n; i++) {
		const struct call_past_key *key = &past->keys[i];

		put(out, key->name, 8);
		put_u8(out, key->n_ssrcs);
		for (uint32_t j = 0; j < key->n_ssrcs; j++) {
			const struct relay_ssrc *s = &key->ssrcs[j];

			put(out, s->ssrc, 4);
			put_u8(out, (s->rtp_valid ? CALL_IMAGE_PAST_RTP : 0U) |
					    (s->rtcp_valid ? CALL_IMAGE_PAST_RTCP : 0U));
			if (s->rtp_valid) {
				put(out, s->roc, 4);
				put(out, s->seq, 2);
			}
			if (s->rtcp_valid)
				put(out, s->rtcp_index, 4);
		}
		for (uint32_t j = 0; j < SRTP_RETIRED_WORDS; j++)
			put(out, key->retired[j], 8);
	}
}

static void put_leg(struct buffer *out, const struct call_leg *leg)
{
	put(out, leg->port, 2);
	put_terms(out, &leg->now);
	put_terms(out, &leg->next);
	put_keys(out, leg->ours);
	put_keys(out, leg->theirs);
	for (unsigned i = 0; i < RELAY_ROUTES; i++)
		put_flow(out, &leg->flows[i]);
	put_past(out, leg->past);
}

static void put_media(struct buffer *out, const struct call_media *m)
{
	put_u8(out, m->kind);
	put(out, m->clock_khz, 2);
	put_leg(out, &m->legs[0]);
	put_leg(out, &m->legs[1]);
}

static void put_side(struct buffer *out, const struct call_side *s)
{
	put_text(out, s->tag);
	put_text(out, s->label);
	put_u8(out, s->interface);
	put_u8(out, s->address);
	put_u8(out, s->dscp);
	put_u8(out, (s->has_address ? CALL_IMAGE_SIDE_ADDRESS : 0U) |
			    (s->blocked ? CALL_IMAGE_SIDE_BLOCKED : 0U) |
			    (s->written.set ? CALL_IMAGE_SIDE_WRITTEN : 0U));
	if (!s->written.set)
		return;
	put_text(out, s->written.username);
	put_text(out, s->written.session_id);
	put(out, s->written.version, 8);
	buffer_put(out, s->written.digest, sizeof(s->written.digest));
}

static void put_bridge(struct buffer *out, const struct call_bridge *b, uint64_t now_ms)
{
	put_text(out, b->branch);
	put(out, b->number, 4);
	put(out, b->worker, 4);
	put_u8(out, (b->offerer == 1 ? CALL_IMAGE_BRIDGE_OFFERER : 0U) |
			    (b->answered ? CALL_IMAGE_BRIDGE_ANSWERED : 0U) |
			    (b->offered ? CALL_IMAGE_BRIDGE_OFFERED : 0U));
	put(out, b->created_us, 8);
	put_since(out, b->offered_ms, now_ms);
	put_side(out, &b->sides[0]);
	put_side(out, &b->sides[1]);
	put_u8(out, b->n_medias);
	for (uint32_t i = 0; i < b->n_medias; i++)
		put_media(out, &b->medias[i]);
}

int call_image_write(
	const struct call *call, const struct call_image_clock *clock, struct buffer *out)
{
	if (!call_image_check(call))
		return -EINVAL;
	put(out, CALL_IMAGE_VERSION, 2);
	put(out, clock->now_us, 8);
	put_text(out, call->call_id);
	put_text(out, call->owner);
	put_u8(out, call->owner_kind);
	put_text(out, call->listener);
	put(out, call->created_us, 8);
	put_since(out, call->created_ms, clock->now_ms);
	put(out, call->signalled_us, 8);
	put_until(out, call->delete_at_ms, clock->now_ms);
	put(out, call->packets, 8);
	put_since(out, call->heard_ms, clock->now_ms);
	put(out, call->next_number, 4);
	put_u8(out, call->n_bridges);
	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		put_bridge(out, b, clock->now_ms);
	return out->failed ? -ENOMEM : 0;
}
