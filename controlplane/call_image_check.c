/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_image_impl.h"

#include "relay_layout.h"
#include "srtp_ctx.h"

static bool printable(struct slice text, size_t max)
{
	if (text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

/* What certificates and SDP say may be any text, but ends within its array. */
static bool ends(const char *text, size_t room)
{
	return memchr(text, '\0', room) != NULL;
}

static bool key_good(const struct call_key *k)
{
	if (k->suite == RELAY_PLAIN)
		return true;
	return k->suite < SUITE_COUNT && k->mki_len <= RELAY_MKI_MAX;
}

static bool keys_good(const struct call_keys *keys)
{
	if (keys == NULL)
		return true;
	if (keys->n > CALL_IMAGE_KEYS_MAX)
		return false;
	for (uint32_t i = 0; i < keys->n; i++)
		if (!key_good(&keys->keys[i]))
			return false;
	return true;
}

static bool terms_good(const struct call_terms *t)
{
	if (t->transport >= SDP_TRANSPORT_COUNT || t->direction > SDP_DIRECTION_INACTIVE ||
		t->source > RELAY_SOURCE_ANY)
		return false;
	if (t->active && t->direction == SDP_DIRECTION_NONE)
		return false;
	for (unsigned i = 0; i < RELAY_ROUTES; i++)
		if (!relay_address_valid(&t->remote[i]))
			return false;
	return key_good(&t->in) && key_good(&t->out);
}

static bool flow_good(const struct call_flow *f)
{
	if (f->slot.generation == 0 && f->installed)
		return false;
	return f->slot.endpoint < RELAY_ENDPOINTS_MAX && relay_address_valid(&f->learned);
}

static bool ssrc_good(const struct call_past_key *key, uint32_t i)
{
	const struct relay_ssrc *s = &key->ssrcs[i];

	for (uint32_t j = 0; j < i; j++)
		if (key->ssrcs[j].ssrc == s->ssrc)
			return false;
	return s->rtp_valid + s->rtcp_valid > 0 && s->rtp_valid <= 1 && s->rtcp_valid <= 1 &&
	       s->rtcp_index < SRTP_LIFETIME_RTCP_MAX;
}

static bool past_good(const struct call_past *past)
{
	if (past == NULL)
		return true;
	if (past->n > CALL_PAST_KEYS_MAX)
		return false;
	for (uint32_t i = 0; i < past->n; i++) {
		const struct call_past_key *key = &past->keys[i];

		if (key->name == 0 || key->n_ssrcs == 0 || key->n_ssrcs > CALL_PAST_SSRCS)
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (past->keys[j].name == key->name)
				return false;
		for (uint32_t j = 0; j < key->n_ssrcs; j++)
			if (!ssrc_good(key, j))
				return false;
	}
	return true;
}

static bool leg_good(const struct call_leg *leg)
{
	for (unsigned i = 0; i < RELAY_ROUTES; i++)
		if (!flow_good(&leg->flows[i]))
			return false;
	return leg->port < UINT16_MAX && terms_good(&leg->now) && terms_good(&leg->next) &&
	       keys_good(leg->ours) && keys_good(leg->theirs) && past_good(leg->past);
}

static bool media_good(const struct call_media *m)
{
	return m->kind <= SDP_KIND_TEXT && leg_good(&m->legs[0]) && leg_good(&m->legs[1]);
}

static bool written_good(const struct sdp_write_state *w)
{
	return ends(w->username, sizeof(w->username)) && ends(w->session_id, sizeof(w->session_id));
}

static bool side_good(const struct call_side *s)
{
	return s->interface < CONFIG_INTERFACES_MAX && s->address < CONFIG_ADDRESSES_MAX &&
	       s->dscp < 64 && printable(call_text(s->tag), CALL_TEXT_MAX) &&
	       printable(call_text(s->label), CALL_TEXT_MAX) && written_good(&s->written);
}

static bool bridge_good(const struct call_bridge *b)
{
	if (b->n_medias > CALL_MEDIAS_MAX || b->worker >= RELAY_WORKERS_MAX || b->offerer > 1 ||
		!printable(call_text(b->branch), CALL_TEXT_MAX))
		return false;
	for (uint32_t i = 0; i < b->n_medias; i++)
		if (!media_good(&b->medias[i]))
			return false;
	return side_good(&b->sides[0]) && side_good(&b->sides[1]);
}

bool call_image_check(const struct call *call)
{
	struct slice call_id = call_text(call->call_id);
	uint32_t number = 0; /* the least that the next bridge may have */

	if (call_id.len == 0 || !printable(call_id, CALL_TEXT_MAX) ||
		call->owner_kind > AUTHN_PLAINTEXT || !ends(call->owner, sizeof(call->owner)) ||
		!ends(call->listener, sizeof(call->listener)) || call->n_bridges > CALL_BRIDGES_MAX)
		return false;
	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next) {
		if (b->number < number || b->number >= call->next_number || !bridge_good(b))
			return false;
		number = b->number + 1;
	}
	return true;
}
