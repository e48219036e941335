/* SPDX-License-Identifier: BSD-3-Clause */
#include "negotiate_impl.h"
#include "secret.h"

#include <openssl/rand.h>

/* What the data plane does with a key, and no more than that. */
static bool is_usable(const struct sdp_crypto *c)
{
	return c->status == SDP_CRYPTO_USABLE && c->mki_len <= RELAY_MKI_MAX && c->kdr == 0 &&
	       c->fec_order == SDP_FEC_NONE && !c->has_fec_key && !c->unencrypted_srtp &&
	       !c->unencrypted_srtcp && !c->unauthenticated_srtp;
}

static struct call_key key_of(const struct sdp_crypto *c)
{
	struct call_key key = {.suite = (uint8_t)c->suite->id,
		.mki_len = c->mki_len,
		.tag = c->tag,
		.lifetime = c->lifetime};

	memcpy(key.mki, c->mki, sizeof(key.mki));
	memcpy(key.key, c->key, sizeof(key.key));
	memcpy(key.salt, c->salt, sizeof(key.salt));
	return key;
}

static bool key_make(uint8_t suite, uint32_t tag, struct call_key *key)
{
	const struct suite *s = suite_get((enum suite_id)suite);

	*key = (struct call_key){.suite = suite, .tag = tag};
	return RAND_priv_bytes(key->key, s->key_len) == 1 &&
	       RAND_priv_bytes(key->salt, s->salt_len) == 1;
}

static const struct sdp_crypto *find_of_suite(const struct sdp_media *m, enum suite_id suite)
{
	for (size_t i = 0; i < m->n_crypto; i++)
		if (is_usable(&m->crypto[i]) && m->crypto[i].suite->id == suite)
			return &m->crypto[i];
	return NULL;
}

bool negotiate_keys_theirs(
	const struct negotiation *n, const struct sdp_media *m, struct call_keys **keys)
{
	const struct config_interface *interface = negotiate_interface(n, n->from);
	const struct sdp_crypto *found[SUITE_COUNT];
	uint32_t count = 0;

	*keys = NULL;
	for (uint32_t i = 0; i < interface->n_suites; i++) {
		found[count] = find_of_suite(m, interface->suites[i]);
		if (found[count] != NULL)
			count++;
	}
	if (count == 0)
		return true;
	*keys = call_keys_create(count);
	if (*keys == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++)
		(*keys)->keys[i] = key_of(found[i]);
	return true;
}

static bool is_listed(const struct ng_value *list, const char *suite)
{
	for (const struct ng_value *v = list->first; v != NULL; v = v->next)
		if (v->kind == NG_TEXT && slice_means(v->text, suite))
			return true;
	return false;
}

static bool is_wanted(
	const struct ng_request *r, const struct sdp_media *m, const struct suite *suite)
{
	if (is_listed(&r->sdes_no, suite->name))
		return false;
	if (r->sdes_only.count > 0 && !is_listed(&r->sdes_only, suite->name))
		return false;
	return !ng_options_has(r->sdes, NG_SDES_NONEW) || find_of_suite(m, suite->id) != NULL;
}

/* The interface's suites: those that the request puts first, then the rest as configured. */
static uint32_t list_suites(const struct negotiation *n, unsigned side, const struct sdp_media *m,
	enum suite_id suites[SUITE_COUNT])
{
	const struct config_interface *interface = negotiate_interface(n, side);
	bool taken[SUITE_COUNT] = {false};
	uint32_t count = 0;

	for (const struct ng_value *v = n->request->sdes_order.first; v != NULL; v = v->next) {
		for (uint32_t i = 0; i < interface->n_suites; i++) {
			enum suite_id id = interface->suites[i];

			if (taken[id] || v->kind != NG_TEXT ||
				!slice_means(v->text, suite_get(id)->name) ||
				!is_wanted(n->request, m, suite_get(id)))
				continue;
			taken[id] = true;
			suites[count++] = id;
		}
	}
	for (uint32_t i = 0; i < interface->n_suites; i++)
		if (!taken[interface->suites[i]] &&
			is_wanted(n->request, m, suite_get(interface->suites[i])))
			suites[count++] = interface->suites[i];
	return count;
}

/* The key that the leg sends with, whose stream then goes on. Any other that it may have had is
 * spent: its packet indices are gone, and to begin anew would repeat its keystream. */
static const struct call_key *find_current(const struct call_leg *leg, uint8_t suite)
{
	return leg->now.active && leg->now.out.suite == suite ? &leg->now.out : NULL;
}

/* One that was offered and never used: those that are spent have lost their suite. Where a proxy
 * offers once for each branch, or again, whoever got the first offer has a key that is still good.
 */
static const struct call_key *find_unused(const struct call_leg *leg, uint8_t suite)
{
	for (uint32_t i = 0; leg->ours != NULL && i < leg->ours->n; i++)
		if (leg->ours->keys[i].suite == suite)
			return &leg->ours->keys[i];
	return NULL;
}

enum ng_error negotiate_keys_ours(
	const struct negotiation *n, struct call_leg *leg, unsigned side, const struct sdp_media *m)
{
	enum suite_id suites[SUITE_COUNT];
	uint32_t count = list_suites(n, side, m, suites);
	struct call_keys *keys;

	if (count == 0 || ng_options_has(n->request->sdes, NG_SDES_OFF))
		return NG_ERROR_CRYPTO;
	keys = call_keys_create(count);
	if (keys == NULL)
		return NG_ERROR_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		const struct call_key *known = find_current(leg, (uint8_t)suites[i]);

		if (known == NULL)
			known = find_unused(leg, (uint8_t)suites[i]);
		if (known != NULL) {
			keys->keys[i] = *known;
			keys->keys[i].tag = i + 1;
		} else if (!key_make((uint8_t)suites[i], i + 1, &keys->keys[i])) {
			call_keys_destroy(keys);
			return NG_ERROR_MEMORY;
		}
	}
	leg->ours = keys;
	return NG_OK;
}

bool negotiate_keys_go_on(const struct call_leg *leg)
{
	return leg->now.active && leg->now.out.suite != RELAY_PLAIN &&
	       call_keys_same(&leg->now.out, &leg->next.out);
}

/* A key that they go on with: its stream can't be given other terms on the way. A lifetime may be
 * said later than the key; another MKI would be another format. */
static bool keep_terms(struct call_leg *leg)
{
	const struct call_key *now = &leg->now.in;
	struct call_key *next = &leg->next.in;

	if (!leg->now.active || now->suite == RELAY_PLAIN ||
		!secret_equal(now->key, next->key, sizeof(now->key)) ||
		!secret_equal(now->salt, next->salt, sizeof(now->salt)))
		return true;
	if (now->suite != next->suite) /* one cipher under two lengths of tag has one keystream */
		return suite_get(now->suite)->aead != suite_get(next->suite)->aead ||
		       suite_get(now->suite)->key_len != suite_get(next->suite)->key_len;
	next->lifetime = now->lifetime;
	return now->mki_len == next->mki_len && memcmp(now->mki, next->mki, sizeof(now->mki)) == 0;
}

/* Our own key, sent back: whoever reflects our packets would be believed. */
static bool is_reflected(const struct sdp_crypto *c, const struct call_key *ours)
{
	return secret_equal(c->key, ours->key, sizeof(ours->key));
}

enum ng_error negotiate_keys_chosen(const struct sdp_media *m, struct call_leg *leg)
{
	for (size_t i = 0; i < m->n_crypto; i++) {
		const struct sdp_crypto *c = &m->crypto[i];

		if (!is_usable(c))
			continue;
		for (uint32_t j = 0; j < leg->ours->n; j++) {
			const struct call_key *ours = &leg->ours->keys[j];

			if (ours->tag != c->tag || ours->suite != c->suite->id ||
				is_reflected(c, ours))
				continue;
			leg->next.in = key_of(c);
			leg->next.out = *ours;
			return keep_terms(leg) ? NG_OK : NG_ERROR_CRYPTO;
		}
	}
	return NG_ERROR_CRYPTO;
}

enum ng_error negotiate_keys_choose(struct call_leg *leg, bool fresh)
{
	const struct call_key *theirs = &leg->theirs->keys[0];
	const struct call_key *known = find_current(leg, theirs->suite);

	leg->next.in = *theirs;
	if (!keep_terms(leg))
		return NG_ERROR_CRYPTO;
	if (known != NULL && !fresh) {
		leg->next.out = *known;
		leg->next.out.tag = theirs->tag;
	} else if (!key_make(theirs->suite, theirs->tag, &leg->next.out)) {
		return NG_ERROR_MEMORY;
	}
	return NG_OK;
}
