/* SPDX-License-Identifier: BSD-3-Clause */
/* A cursor that never goes back: what is missing reads as zeros and is noted once, in 'status', so
 * that only what allocates need look at it on the way. */
#include "call_image_impl.h"

#include <errno.h>
#include <stdlib.h>

struct reader {
	const uint8_t *at;
	size_t left;
	int status;
	unsigned version;
	uint64_t now_ms, now_us;
	uint64_t away_ms; /* since it was written */
};

static void refuse(struct reader *r, int status)
{
	if (r->status == 0)
		r->status = status;
}

/* NULL: so many there are not. */
static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if (r->status != 0 || n > r->left) {
		refuse(r, -EBADMSG);
		return NULL;
	}
	r->at += n;
	r->left -= n;
	return at;
}

static void get_bytes(struct reader *r, uint8_t *to, size_t n)
{
	const uint8_t *at = take(r, n);

	if (at != NULL)
		memcpy(to, at, n);
}

static uint64_t get(struct reader *r, size_t bytes)
{
	const uint8_t *at = take(r, bytes);
	uint64_t n = 0;

	for (size_t i = 0; at != NULL && i < bytes; i++)
		n |= (uint64_t)at[i] << (8 * i);
	return n;
}

static uint8_t get_u8(struct reader *r)
{
	return (uint8_t)get(r, 1);
}

static uint16_t get_u16(struct reader *r)
{
	return (uint16_t)get(r, 2);
}

static uint32_t get_u32(struct reader *r)
{
	return (uint32_t)get(r, 4);
}

static unsigned get_flags(struct reader *r, unsigned all)
{
	unsigned flags = get_u8(r);

	if ((flags & ~all) != 0)
		refuse(r, -EBADMSG);
	return flags;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* What was before this clock's zero was at its first tick: 0 means something else. */
static uint64_t get_since(struct reader *r)
{
	uint64_t ago = get(r, 8);

	if (ago == 0)
		return 0;
	ago = later(ago - 1, r->away_ms);
	return ago < r->now_ms ? r->now_ms - ago : 1;
}

/* From a time of day: the best there is of who knows no other. */
static uint64_t since_day(const struct reader *r, uint64_t then_us)
{
	uint64_t ago = r->now_us > then_us ? (r->now_us - then_us) / 1000 : 0;

	return ago < r->now_ms ? r->now_ms - ago : 1;
}

/* A clock that was set back makes nobody wait longer than before. */
static uint64_t get_until(struct reader *r)
{
	uint64_t left = get(r, 8);

	if (left == 0)
		return 0;
	left--;
	left = left > r->away_ms ? left - r->away_ms : 0;
	return later(r->now_ms > 0 ? r->now_ms : 1, left);
}

/* "Not there" for one that isn't, or on a failure. */
static struct slice get_slice(struct reader *r)
{
	uint16_t len = get_u16(r);
	const char *at;

	if (r->status != 0 || len == CALL_IMAGE_NO_TEXT)
		return (struct slice){NULL, 0};
	at = (const char *)take(r, len);
	if (at != NULL && len > 0 && memchr(at, '\0', len) != NULL) {
		refuse(r, -EBADMSG);
		at = NULL;
	}
	return (struct slice){at, at == NULL ? 0 : len};
}

static void get_text(struct reader *r, char **to)
{
	if (!call_text_set(to, get_slice(r)))
		refuse(r, -ENOMEM);
}

/* Of a text that is always there, into zeroed room. */
static void get_into(struct reader *r, char *to, size_t room)
{
	struct slice s = get_slice(r);

	if (s.ptr == NULL || s.len >= room)
		refuse(r, -EBADMSG);
	else
		memcpy(to, s.ptr, s.len);
}

static void get_address(struct reader *r, struct relay_sockaddr *a)
{
	a->family = get_u8(r);
	if (a->family != RELAY_FAMILY_IPV4 && a->family != RELAY_FAMILY_IPV6)
		refuse(r, -EBADMSG);
	get_bytes(r, a->ip, a->family == RELAY_FAMILY_IPV6 ? 16 : 4);
	a->port = get_u16(r);
}

static void get_key(struct reader *r, struct call_key *k)
{
	const struct suite *suite;
	uint8_t mki;

	k->suite = get_u8(r);
	suite = suite_get((enum suite_id)k->suite);
	if (suite == NULL) {
		if (k->suite != RELAY_PLAIN)
			refuse(r, -EBADMSG);
		return;
	}
	mki = get_u8(r);
	k->mki_len = mki & (CALL_IMAGE_LIFETIME - 1);
	if (k->mki_len > RELAY_MKI_MAX) {
		refuse(r, -EBADMSG);
		return;
	}
	get_bytes(r, k->mki, k->mki_len);
	get_bytes(r, k->key, suite->key_len);
	get_bytes(r, k->salt, suite->salt_len);
	k->tag = get_u32(r);
	if ((mki & CALL_IMAGE_LIFETIME) != 0)
		k->lifetime = get(r, 8);
}

static void get_keys(struct reader *r, struct call_keys **keys)
{
	uint32_t n = get_u8(r);

	if (n > CALL_IMAGE_KEYS_MAX + 1)
		refuse(r, -EBADMSG);
	if (n == 0 || r->status != 0)
		return;
	*keys = call_keys_create(n - 1);
	if (*keys == NULL) {
		refuse(r, -ENOMEM);
		return;
	}
	for (uint32_t i = 0; i < n - 1; i++)
		get_key(r, &(*keys)->keys[i]);
}

static void get_terms(struct reader *r, struct call_terms *t)
{
	unsigned flags = get_u8(r);

	if (flags == 0)
		return;
	if ((flags & CALL_IMAGE_TERMS_SET) == 0)
		refuse(r, -EBADMSG);
	t->active = (flags & CALL_IMAGE_TERMS_ACTIVE) != 0;
	t->mux = (flags & CALL_IMAGE_TERMS_MUX) != 0;
	t->silent = (flags & CALL_IMAGE_TERMS_SILENT) != 0;
	t->transport = get_u8(r);
	t->direction = get_u8(r);
	t->source = get_u8(r);
	if ((flags & CALL_IMAGE_TERMS_RTP) != 0)
		get_address(r, &t->remote[RELAY_ROUTE_RTP]);
	if ((flags & CALL_IMAGE_TERMS_RTCP) != 0)
		get_address(r, &t->remote[RELAY_ROUTE_RTCP]);
	if ((flags & CALL_IMAGE_TERMS_IN) != 0)
		get_key(r, &t->in);
	if ((flags & CALL_IMAGE_TERMS_OUT) != 0)
		get_key(r, &t->out);
}

static void get_flow(struct reader *r, struct call_flow *f)
{
	unsigned flags = get_flags(r, CALL_IMAGE_FLOW_ALL);

	f->installed = (flags & CALL_IMAGE_FLOW_INSTALLED) != 0;
	if ((flags & CALL_IMAGE_FLOW_SLOT) != 0) {
		f->slot.endpoint = get_u32(r);
		f->slot.generation = get_u32(r);
		if (f->slot.generation == 0)
			refuse(r, -EBADMSG);
	}
	if ((flags & CALL_IMAGE_FLOW_LEARNED) != 0)
		get_address(r, &f->learned);
}

static void get_past_key(struct reader *r, struct call_past_key *key)
{
	key->name = get(r, 8);
	key->n_ssrcs = get_u8(r);
	if (key->n_ssrcs > CALL_PAST_SSRCS) {
		refuse(r, -EBADMSG);
		return;
	}
	for (uint32_t i = 0; i < key->n_ssrcs; i++) {
		struct relay_ssrc *s = &key->ssrcs[i];
		unsigned flags;

		s->ssrc = get_u32(r);
		flags = get_flags(r, CALL_IMAGE_PAST_ALL);
		s->rtp_valid = (flags & CALL_IMAGE_PAST_RTP) != 0;
		s->rtcp_valid = (flags & CALL_IMAGE_PAST_RTCP) != 0;
		if (s->rtp_valid) {
			s->roc = get_u32(r);
			s->seq = get_u16(r);
		}
		if (s->rtcp_valid)
			s->rtcp_index = get_u32(r);
	}
	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		key->retired[i] = get(r, 8);
}

static void get_past(struct reader *r, struct call_past **past)
{
	uint32_t n = r->version == CALL_IMAGE_VERSION_OLD ? 0 : get_u8(r);

	if (n > CALL_PAST_KEYS_MAX)
		refuse(r, -EBADMSG);
	if (n == 0 || r->status != 0)
		return;
	*past = calloc(1, sizeof(**past) + n * sizeof((*past)->keys[0]));
	if (*past == NULL) {
		refuse(r, -ENOMEM);
		return;
	}
	(*past)->n = n;
	for (uint32_t i = 0; i < n; i++)
		get_past_key(r, &(*past)->keys[i]);
}

static void get_leg(struct reader *r, struct call_leg *leg)
{
	leg->port = get_u16(r);
	get_terms(r, &leg->now);
	get_terms(r, &leg->next);
	get_keys(r, &leg->ours);
	get_keys(r, &leg->theirs);
	for (unsigned i = 0; i < RELAY_ROUTES; i++)
		get_flow(r, &leg->flows[i]);
	get_past(r, &leg->past);
}

static void get_medias(struct reader *r, struct call_bridge *b)
{
	uint32_t n = get_u8(r);

	if (n > CALL_MEDIAS_MAX)
		refuse(r, -EBADMSG);
	else if (!call_bridge_resize(b, n))
		refuse(r, -ENOMEM);
	for (uint32_t i = 0; i < b->n_medias && r->status == 0; i++) {
		struct call_media *m = &b->medias[i];

		m->kind = get_u8(r);
		m->clock_khz = get_u16(r);
		get_leg(r, &m->legs[0]);
		get_leg(r, &m->legs[1]);
	}
}

static void get_side(struct reader *r, struct call_side *s)
{
	unsigned flags;

	get_text(r, &s->tag);
	get_text(r, &s->label);
	s->interface = get_u8(r);
	s->address = get_u8(r);
	s->dscp = get_u8(r);
	flags = get_flags(r, CALL_IMAGE_SIDE_ALL);
	s->has_address = (flags & CALL_IMAGE_SIDE_ADDRESS) != 0;
	s->blocked = (flags & CALL_IMAGE_SIDE_BLOCKED) != 0;
	s->written.set = (flags & CALL_IMAGE_SIDE_WRITTEN) != 0;
	if (!s->written.set)
		return;
	get_into(r, s->written.username, sizeof(s->written.username));
	get_into(r, s->written.session_id, sizeof(s->written.session_id));
	s->written.version = get(r, 8);
	get_bytes(r, s->written.digest, sizeof(s->written.digest));
}

static void get_bridge(struct reader *r, struct call *call)
{
	struct call_bridge *b = call_bridge_add(call);
	unsigned flags;

	if (b == NULL) {
		refuse(r, -ENOMEM);
		return;
	}
	get_text(r, &b->branch);
	b->number = get_u32(r);
	b->worker = get_u32(r);
	flags = get_flags(r, CALL_IMAGE_BRIDGE_ALL);
	b->offerer = (flags & CALL_IMAGE_BRIDGE_OFFERER) != 0;
	b->answered = (flags & CALL_IMAGE_BRIDGE_ANSWERED) != 0;
	b->offered = (flags & CALL_IMAGE_BRIDGE_OFFERED) != 0;
	b->created_us = get(r, 8);
	b->offered_ms = get_since(r);
	get_side(r, &b->sides[0]);
	get_side(r, &b->sides[1]);
	get_medias(r, b);
}

static void get_call(struct reader *r, struct call *call)
{
	uint32_t next_number, n;

	call->created_us = get(r, 8);
	if (r->version == CALL_IMAGE_VERSION_OLD)
		call->created_ms = since_day(r, call->created_us);
	else
		call->created_ms = get_since(r);
	call->signalled_us = get(r, 8);
	call->delete_at_ms = get_until(r);
	call->packets = get(r, 8);
	call->heard_ms = get_since(r);
	next_number = get_u32(r);
	n = get_u8(r);
	if (n > CALL_BRIDGES_MAX)
		refuse(r, -EBADMSG);
	for (uint32_t i = 0; i < n && r->status == 0; i++)
		get_bridge(r, call);
	call->next_number = next_number; /* which adding bridges has counted up */
	if (r->left > 0 || !call_image_check(call))
		refuse(r, -EBADMSG);
}

static void set_clock(struct reader *r, const struct call_image_clock *clock, uint64_t written_us)
{
	r->now_ms = clock->now_ms;
	r->now_us = clock->now_us;
	r->away_ms = clock->now_us > written_us ? (clock->now_us - written_us) / 1000 : 0;
}

int call_image_read(struct slice image, const struct call_image_clock *clock,
	struct call_table *table, uint64_t id, struct call **call)
{
	struct reader r = {.at = (const uint8_t *)image.ptr, .left = image.len};
	struct slice call_id;
	struct call head = {.listener = ""};
	struct call *made;

	r.version = get_u16(&r);
	if (r.version > CALL_IMAGE_VERSION)
		return -EPROTONOSUPPORT;
	if (r.version != CALL_IMAGE_VERSION && r.version != CALL_IMAGE_VERSION_OLD)
		refuse(&r, -EBADMSG);
	set_clock(&r, clock, get(&r, 8));
	call_id = get_slice(&r);
	get_into(&r, head.owner, sizeof(head.owner));
	if (r.version != CALL_IMAGE_VERSION_OLD)
		head.owner_kind = get_u8(&r);
	get_into(&r, head.listener, sizeof(head.listener));
	if (r.status != 0 || call_id.len == 0 || call_id.len > CALL_TEXT_MAX)
		return -EBADMSG;
	if (call_table_find_at(table, head.listener, call_id) != NULL)
		return -EEXIST;
	made = call_table_add(table, head.listener, call_id, id);
	if (made == NULL)
		return -ENOMEM;
	memcpy(made->owner, head.owner, sizeof(made->owner));
	made->owner_kind = head.owner_kind;
	get_call(&r, made);
	if (r.status != 0) {
		call_table_remove(table, made);
		call_free(made);
		return r.status;
	}
	*call = made;
	return 0;
}
