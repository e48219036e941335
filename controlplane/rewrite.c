/* SPDX-License-Identifier: BSD-3-Clause */
#include "rewrite.h"

#include "config_text.h"
#include "sdp_media.h"

#include <errno.h>

struct writing {
	const struct negotiation *n;
	struct ng_arena *arena;
	struct call_side *side; /* that it is for */
	unsigned to;
	bool offer;
	struct slice address;
	char address_text[CONFIG_TEXT_ADDRESS];
	uint8_t family;
	bool failed;
};

/* A list of texts as an array; what is no text is left out. */
static const struct slice *texts_of(struct writing *w, const struct ng_value *list, size_t *n)
{
	struct slice *texts;

	*n = 0;
	if (list->count == 0)
		return NULL;
	texts = ng_arena_alloc(w->arena, list->count * sizeof(*texts));
	if (texts == NULL) {
		w->failed = true;
		return NULL;
	}
	for (const struct ng_value *v = list->first; v != NULL; v = v->next)
		if (v->kind == NG_TEXT)
			texts[(*n)++] = v->text;
	return texts;
}

static const struct sdp_edits *edits_of(struct writing *w, enum ng_section section)
{
	const struct ng_attributes *a = &w->n->request->attributes[section];
	struct sdp_edits *e;

	if (a->add.count + a->remove.count + a->substitute.count == 0)
		return NULL;
	e = ng_arena_alloc(w->arena, sizeof(*e));
	if (e == NULL) {
		w->failed = true;
		return NULL;
	}
	e->add = texts_of(w, &a->add, &e->n_add);
	e->remove = texts_of(w, &a->remove, &e->n_remove);
	e->substitute = texts_of(w, &a->substitute, &e->n_substitute);
	e->n_substitute /= 2;
	return e;
}

static enum ng_section section_of(enum sdp_kind kind)
{
	switch (kind) {
	case SDP_KIND_AUDIO:
		return NG_SECTION_AUDIO;
	case SDP_KIND_VIDEO:
		return NG_SECTION_VIDEO;
	case SDP_KIND_IMAGE:
		return NG_SECTION_IMAGE;
	case SDP_KIND_MESSAGE:
		return NG_SECTION_MESSAGE;
	case SDP_KIND_APPLICATION:
	case SDP_KIND_TEXT:
	case SDP_KIND_OTHER:
		break;
	}
	return NG_SECTION_OTHER;
}

static void put_key(const struct call_key *key, const struct ng_request *r, struct sdp_crypto *c)
{
	*c = (struct sdp_crypto){.tag = key->tag, .suite = suite_get((enum suite_id)key->suite)};
	memcpy(c->key, key->key, sizeof(c->key));
	memcpy(c->salt, key->salt, sizeof(c->salt));
	if (ng_options_has(r->sdes, NG_SDES_LIFETIME))
		c->lifetime = UINT64_C(1) << 31;
}

static void put_keys(struct writing *w, const struct call_leg *leg, struct sdp_rewrite_media *to)
{
	const struct call_key *keys = &leg->next.out;
	uint32_t n = leg->next.out.suite != RELAY_PLAIN;
	struct sdp_crypto *crypto;

	if (w->offer) {
		n = leg->ours != NULL ? leg->ours->n : 0;
		keys = leg->ours != NULL ? leg->ours->keys : NULL;
	}
	if (n == 0)
		return;
	crypto = ng_arena_alloc(w->arena, n * sizeof(*crypto));
	if (crypto == NULL) {
		w->failed = true;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		put_key(&keys[i], w->n->request, &crypto[i]);
	to->crypto = crypto;
	to->n_crypto = n;
}

static void put_formats(struct writing *w, const struct sdp_media *m, struct sdp_rewrite_media *to)
{
	const struct ng_request *r = w->n->request;
	struct sdp_codec_rules rules = {0};
	uint16_t *formats;

	if (!w->offer || r->codec_strip.count + r->codec_offer.count == 0)
		return;
	rules.strip = texts_of(w, &r->codec_strip, &rules.n_strip);
	rules.except = texts_of(w, &r->codec_except, &rules.n_except);
	rules.offer = texts_of(w, &r->codec_offer, &rules.n_offer);
	formats = ng_arena_alloc(w->arena, SDP_MEDIA_FORMATS_MAX * sizeof(*formats));
	if (formats == NULL) {
		w->failed = true;
		return;
	}
	to->n_formats = sdp_media_select(m, &rules, formats);
	to->formats = formats;
	if (to->n_formats == 0) /* none is left to offer */
		to->formats = NULL;
}

static void put_relayed(struct writing *w, const struct sdp_media *m, const struct call_leg *leg,
	struct sdp_rewrite_media *to)
{
	to->how = SDP_RELAYED;
	to->port = leg->port;
	to->rtcp_port = (uint16_t)(leg->port + 1);
	if (w->offer)
		to->rtcp = negotiate_rtcp_offered(w->n->request, leg);
	else
		to->rtcp = leg->next.mux ? SDP_RTCP_MUXED : SDP_RTCP_SEPARATE;
	to->direction = sdp_media_direction(w->n->sdp, m);
	to->zero_address = sdp_media_zero_address(w->n->sdp, m);
	if (leg->next.transport != m->transport)
		to->proto = slice_of(
			sdp_attribute_transport_name((enum sdp_transport)leg->next.transport));
	put_keys(w, leg, to);
	put_formats(w, m, to);
}

static void put_foreign(
	const struct writing *w, const struct sdp_media *m, struct sdp_rewrite_media *to)
{
	const struct sdp_address *c = sdp_media_connection(w->n->sdp, m);

	to->how = SDP_COPIED;
	to->port = m->port;
	if (c->family == 0)
		return;
	to->family = c->family;
	to->address = c->text;
}

static void put_media(struct writing *w, uint32_t i, struct sdp_rewrite_media *to)
{
	const struct sdp_media *m = &w->n->sdp->medias[i];
	const struct call_leg *leg = &w->n->bridge->medias[i].legs[w->to];

	*to = (struct sdp_rewrite_media){
		.how = SDP_REJECTED, .family = w->family, .address = w->address};
	if (m->port != 0 && leg->next.active)
		put_relayed(w, m, leg, to);
	else if (m->port != 0 && negotiate_is_foreign(m))
		put_foreign(w, m, to);
	if (!w->offer && to->how == SDP_REJECTED)
		to->proto = (struct slice){NULL, 0};
	to->edits = edits_of(w, section_of(m->kind));
}

static void find_address(struct writing *w)
{
	const struct ng_request *r = w->n->request;
	struct relay_sockaddr a =
		w->n->config->interfaces[w->side->interface].addresses[w->side->address].advertised;

	a.port = 0;
	config_text_address(&a, w->address_text);
	w->address = slice_of(w->address_text);
	w->family = a.family;
	if (r->media_address.family != 0) {
		w->address = r->media_address.text;
		w->family = r->media_address.family;
	}
}

static bool replaces(const struct ng_request *r, enum ng_replace what)
{
	return ng_options_has(r->replace, what);
}

static enum ng_error write_sdp(struct writing *w, struct slice token, struct buffer *out)
{
	const struct ng_request *r = w->n->request;
	struct sdp_rewrite_media *medias =
		ng_arena_alloc(w->arena, (w->n->sdp->n_medias + 1) * sizeof(*medias));
	struct sdp_rewrite rewrite = {
		.state = &w->side->written,
		.replace_origin = replaces(r, NG_REPLACE_ORIGIN),
		.replace_origin_full = replaces(r, NG_REPLACE_ORIGIN_FULL),
		.replace_username = replaces(r, NG_REPLACE_USERNAME),
		.replace_sdp_version = replaces(r, NG_REPLACE_SDP_VERSION),
		.force_version = replaces(r, NG_REPLACE_FORCE_VERSION),
		.no_rtcp_attribute = ng_request_flag(r, NG_FLAG_NO_RTCP_ATTRIBUTE),
		.full_rtcp_attribute = ng_request_flag(r, NG_FLAG_FULL_RTCP_ATTRIBUTE),
		.strip_extmap = ng_request_flag(r, NG_FLAG_STRIP_EXTMAP),
		.original_sendrecv = ng_request_flag(r, NG_FLAG_ORIGINAL_SENDRECV),
		.generate_mid = ng_request_flag(r, NG_FLAG_GENERATE_MID),
		.pad_crypto = ng_request_flag(r, NG_FLAG_PAD_CRYPTO) ||
			      ng_options_has(r->sdes, NG_SDES_PAD),
		.edits = edits_of(w, NG_SECTION_SESSION),
		.medias = medias,
		.n_medias = w->n->sdp->n_medias,
	};
	int err;

	if (medias == NULL || w->failed)
		return NG_ERROR_MEMORY;
	find_address(w);
	rewrite.origin_family = w->family;
	rewrite.origin_address = w->address;
	if (replaces(r, NG_REPLACE_SESSION_NAME))
		rewrite.session_name = slice_of("sluice");
	if (ng_request_flag(r, NG_FLAG_LOOP_PROTECT))
		rewrite.loop_protect = token;
	for (uint32_t i = 0; i < w->n->sdp->n_medias; i++)
		put_media(w, i, &medias[i]);
	if (w->failed)
		return NG_ERROR_MEMORY;
	err = sdp_write(w->n->sdp, &rewrite, out);
	return err == 0 ? NG_OK : err == -ENOMEM ? NG_ERROR_MEMORY : NG_ERROR_REWRITING;
}

static enum ng_error rewrite(const struct negotiation *n, bool offer, struct slice token,
	struct ng_arena *arena, struct buffer *out)
{
	struct writing w = {.n = n, .arena = arena, .to = 1 - n->from, .offer = offer};

	w.side = &n->bridge->sides[w.to];
	return write_sdp(&w, token, out);
}

enum ng_error rewrite_offer(
	const struct negotiation *n, struct slice token, struct ng_arena *arena, struct buffer *out)
{
	return rewrite(n, true, token, arena, out);
}

enum ng_error rewrite_answer(
	const struct negotiation *n, struct slice token, struct ng_arena *arena, struct buffer *out)
{
	return rewrite(n, false, token, arena, out);
}
