/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_sample.h"

#include <stdio.h>

static const char *const names[CALL_SAMPLE_COUNT] = {"new@example.org", "offer@example.org",
	"apart@example.org", "muxed@example.org", "fork@example.org", "hold@example.org",
	"reject@example.org", "full@example.org"};

static struct relay_sockaddr ipv4(uint8_t last, uint16_t port)
{
	struct relay_sockaddr a = {.port = port, .family = RELAY_FAMILY_IPV4};
	const uint8_t ip[4] = {192, 0, 2, last};

	memcpy(a.ip, ip, sizeof(ip));
	return a;
}

static struct relay_sockaddr ipv6(uint8_t last, uint16_t port)
{
	struct relay_sockaddr a = {.port = port, .family = RELAY_FAMILY_IPV6};
	const uint8_t ip[4] = {0x20, 0x01, 0x0d, 0xb8};

	memcpy(a.ip, ip, sizeof(ip));
	a.ip[15] = last;
	return a;
}

static struct call_key key(enum suite_id id, uint8_t first)
{
	const struct suite *suite = suite_get(id);
	struct call_key k = {.suite = (uint8_t)id, .tag = first};

	for (unsigned i = 0; i < suite->key_len; i++)
		k.key[i] = (uint8_t)(first + i);
	for (unsigned i = 0; i < suite->salt_len; i++)
		k.salt[i] = (uint8_t)(first + 100 + i);
	return k;
}

/* What the relay offers: every suite. */
static struct call_keys *all_suites(void)
{
	struct call_keys *keys = call_keys_create(SUITE_COUNT);

	for (unsigned i = 0; keys != NULL && i < SUITE_COUNT; i++)
		keys->keys[i] = key((enum suite_id)i, (uint8_t)(i + 1));
	return keys;
}

static void set_text(char **to, const char *text)
{
	if (!call_text_set(to, slice_of(text)))
		*to = NULL;
}

static void set_written(struct sdp_write_state *w, uint8_t n)
{
	w->set = true;
	memcpy(w->username, "-", 2);
	(void)snprintf(w->session_id, sizeof(w->session_id), "17000000%u", n);
	w->version = n;
	memset(w->digest, n, sizeof(w->digest));
}

static void set_terms(struct call_terms *t, enum sdp_transport transport, uint8_t host)
{
	t->transport = (uint8_t)transport;
	t->direction = SDP_DIRECTION_SENDRECV;
	t->source = RELAY_SOURCE_LEARN;
	t->active = true;
	t->remote[RELAY_ROUTE_RTP] = ipv4(host, 40000);
	t->remote[RELAY_ROUTE_RTCP] = ipv4(host, 40001);
}

static void set_slots(struct call_leg *leg, uint32_t first, bool installed)
{
	for (unsigned i = 0; i < RELAY_ROUTES; i++) {
		leg->flows[i].slot.endpoint = first + i;
		leg->flows[i].slot.generation = CALL_SAMPLE_GENERATION;
		leg->flows[i].installed = installed;
	}
}

/* What the caller offered, and where answers are awaited. */
static void offer(struct call_bridge *b, uint32_t media, uint16_t port)
{
	struct call_media *m = &b->medias[media];
	uint32_t slot = CALL_SAMPLE_SLOT + 16 * b->number + 4 * media;

	m->kind = media == 0 ? SDP_KIND_AUDIO : SDP_KIND_VIDEO;
	m->legs[0].port = port;
	m->legs[1].port = (uint16_t)(port + 20);
	set_terms(&m->legs[0].next, SDP_RTP_AVP, 10);
	m->legs[1].next.transport = SDP_RTP_SAVP;
	m->legs[1].next.direction = SDP_DIRECTION_SENDRECV;
	m->legs[1].next.active = true; /* where it learns from is said by the answer */
	m->legs[1].ours = all_suites();
	set_slots(&m->legs[0], slot, false);
	set_slots(&m->legs[1], slot + 2, false);
}

static void answer(struct call_bridge *b, uint32_t media, bool mux)
{
	struct call_media *m = &b->medias[media];

	m->clock_khz = 8;
	set_terms(&m->legs[0].now, SDP_RTP_AVP, 10);
	set_terms(&m->legs[1].now, SDP_RTP_SAVP, 20);
	m->legs[1].now.in = key(SUITE_AES_CM_128_HMAC_SHA1_80, 50);
	m->legs[1].now.out = key(SUITE_AES_CM_128_HMAC_SHA1_80, 1);
	m->legs[0].flows[0].learned = ipv4(11, 41000);
	for (unsigned side = 0; side < 2; side++) {
		m->legs[side].now.mux = mux;
		set_slots(&m->legs[side], m->legs[side].flows[0].slot.endpoint, true);
		if (mux) {
			m->legs[side].now.remote[RELAY_ROUTE_RTCP] =
				m->legs[side].now.remote[RELAY_ROUTE_RTP];
			m->legs[side].flows[RELAY_ROUTE_RTCP] = (struct call_flow){.slot = {0, 0}};
		}
	}
	b->answered = true;
	set_written(&b->sides[0].written, 1);
}

static struct call_bridge *dialogue(struct call *call, const char *branch, uint32_t n_medias)
{
	struct call_bridge *b = call_bridge_add(call);

	if (b == NULL || !call_bridge_resize(b, n_medias))
		return NULL;
	set_text(&b->branch, branch);
	set_text(&b->sides[0].tag, "alice");
	for (uint8_t side = 0; side < 2; side++) {
		b->sides[side].interface = side;
		b->sides[side].has_address = true;
		b->sides[side].dscp = 46;
	}
	b->worker = 1;
	b->offered = true;
	b->created_us = CALL_SAMPLE_US;
	b->offered_ms = CALL_SAMPLE_MS;
	set_written(&b->sides[1].written, 2);
	for (uint32_t i = 0; i < n_medias; i++)
		offer(b, i, (uint16_t)(30000 + 100 * b->number + 40 * i));
	return b;
}

static void hold(struct call_bridge *b)
{
	struct call_leg *legs = b->medias[0].legs;

	for (unsigned side = 0; side < 2; side++)
		legs[side].next = legs[side].now;
	legs[0].now.direction = SDP_DIRECTION_SENDONLY;
	legs[0].now.silent = true;
	legs[1].now.direction = SDP_DIRECTION_RECVONLY;
}

static void reject(struct call_media *m)
{
	for (unsigned side = 0; side < 2; side++) {
		m->legs[side].port = 0;
		memset(m->legs[side].flows, 0, sizeof(m->legs[side].flows));
	}
}

/* Of a peer that has had two other keys. */
static void set_past(struct call_leg *leg)
{
	const struct relay_ssrc seen[] = {
		{.ssrc = 0xfeedface, .roc = 3, .seq = 65535, .rtp_valid = 1},
		{.ssrc = 7, .seq = 1, .rtcp_index = 9, .rtp_valid = 1, .rtcp_valid = 1},
		{.ssrc = 8, .rtcp_index = 0x7fffffff, .rtcp_valid = 1},
	};

	(void)call_past_keep(
		&leg->past, 1, seen, 3, (const uint64_t[SRTP_RETIRED_WORDS]){1, 0, 0, 1});
	(void)call_past_keep(&leg->past, UINT64_MAX, &seen[1], 1, NULL);
}

static void fill(struct call *call, struct call_bridge *b)
{
	struct call_leg *leg = &b->medias[0].legs[0];

	answer(b, 0, false);
	answer(b, 1, true);
	set_text(&b->sides[0].label, "caller");
	set_text(&b->sides[1].label, "");
	set_text(&b->sides[1].tag, "bj\xc3\xb6rn \"b\" \\");
	b->offerer = 1;
	b->sides[1].address = 2;
	b->sides[1].blocked = true;
	leg->next = leg->now;
	leg->next.remote[RELAY_ROUTE_RTP] = ipv6(1, 65535);
	leg->next.remote[RELAY_ROUTE_RTCP] = ipv6(2, 1);
	leg->next.in = key(SUITE_AEAD_AES_256_GCM, 3);
	leg->next.in.mki_len = RELAY_MKI_MAX;
	memset(leg->next.in.mki, 0xa5, RELAY_MKI_MAX);
	leg->next.in.lifetime = UINT64_C(1) << 48;
	leg->next.out = key(SUITE_AES_192_CM_HMAC_SHA1_32, 9);
	leg->next.source = RELAY_SOURCE_HANDOVER;
	leg->theirs = call_keys_create(0);
	set_past(leg);
	leg->flows[1].learned = ipv6(9, 9);
	b->medias[1].legs[0].theirs = all_suites();
	b->medias[1].legs[1].now.source = RELAY_SOURCE_STRICT;
	call->delete_at_ms = CALL_SAMPLE_MS + 30000;
	call->packets = UINT64_MAX;
	call->heard_ms = CALL_SAMPLE_MS - 250;
	call->next_number = UINT32_MAX;
	memset(call->owner, 'o', sizeof(call->owner) - 1);
	memset(call->listener, 'l', sizeof(call->listener) - 1);
}

static void shape(struct call *call, enum call_sample which)
{
	struct call_bridge *b = dialogue(call, "z9hG4bK-1",
		which == CALL_SAMPLE_REJECT || which == CALL_SAMPLE_FULL ? 2 : 1);

	if (b == NULL || which == CALL_SAMPLE_OFFER)
		return;
	set_text(&b->sides[1].tag, "bob");
	answer(b, 0, which == CALL_SAMPLE_MUXED);
	if (which == CALL_SAMPLE_FORK)
		(void)dialogue(call, "z9hG4bK-2", 1);
	else if (which == CALL_SAMPLE_HOLD)
		hold(b);
	else if (which == CALL_SAMPLE_REJECT)
		reject(&b->medias[1]);
	else if (which == CALL_SAMPLE_FULL)
		fill(call, b);
}

struct call *call_sample_make(struct call_table *table, enum call_sample which)
{
	struct call *call = call_table_add(table, "", slice_of(names[which]), 0);

	if (call == NULL)
		return NULL;
	memcpy(call->owner, "proxy.example.org", sizeof("proxy.example.org"));
	call->owner_kind = AUTHN_CERTIFICATE;
	memcpy(call->listener, "tls", sizeof("tls"));
	call->created_us = CALL_SAMPLE_US;
	call->created_ms = CALL_SAMPLE_MS - 2500;
	call->signalled_us = CALL_SAMPLE_US + 3000000;
	call->heard_ms = CALL_SAMPLE_MS;
	if (which != CALL_SAMPLE_NEW)
		shape(call, which);
	return call;
}
