/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_compare.h"

#include "support.h"

static void assert_text(const char *a, const char *b)
{
	if (a == NULL)
		assert_null(b);
	else
		assert_string_equal(a, b);
}

static void assert_key(const struct call_key *a, const struct call_key *b)
{
	assert_int_equal(a->suite, b->suite);
	assert_int_equal(a->mki_len, b->mki_len);
	assert_memory_equal(a->mki, b->mki, sizeof(a->mki));
	assert_memory_equal(a->key, b->key, sizeof(a->key));
	assert_memory_equal(a->salt, b->salt, sizeof(a->salt));
	assert_int_equal(a->tag, b->tag);
	assert_int_equal(a->lifetime, b->lifetime);
}

static void assert_keys(const struct call_keys *a, const struct call_keys *b)
{
	if (a == NULL) {
		assert_null(b);
		return;
	}
	assert_non_null(b);
	assert_int_equal(a->n, b->n);
	for (uint32_t i = 0; i < a->n; i++)
		assert_key(&a->keys[i], &b->keys[i]);
}

static void assert_terms(const struct call_terms *a, const struct call_terms *b)
{
	assert_int_equal(a->transport, b->transport);
	assert_int_equal(a->direction, b->direction);
	assert_int_equal(a->source, b->source);
	assert_int_equal(a->active, b->active);
	assert_int_equal(a->mux, b->mux);
	assert_int_equal(a->silent, b->silent);
	for (unsigned i = 0; i < RELAY_ROUTES; i++)
		assert_true(relay_address_equal(&a->remote[i], &b->remote[i]));
	assert_key(&a->in, &b->in);
	assert_key(&a->out, &b->out);
}

static void assert_past(const struct call_past *a, const struct call_past *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a == NULL || b == NULL)
		return;
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->keys, b->keys, a->n * sizeof(a->keys[0]));
}

static void assert_leg(const struct call_leg *a, const struct call_leg *b)
{
	assert_int_equal(a->port, b->port);
	assert_terms(&a->now, &b->now);
	assert_terms(&a->next, &b->next);
	assert_keys(a->ours, b->ours);
	assert_keys(a->theirs, b->theirs);
	assert_past(a->past, b->past);
	for (unsigned i = 0; i < RELAY_ROUTES; i++) {
		assert_int_equal(a->flows[i].slot.endpoint, b->flows[i].slot.endpoint);
		assert_int_equal(a->flows[i].slot.generation, b->flows[i].slot.generation);
		assert_true(relay_address_equal(&a->flows[i].learned, &b->flows[i].learned));
		assert_int_equal(a->flows[i].installed, b->flows[i].installed);
	}
}

static void assert_side(const struct call_side *a, const struct call_side *b)
{
	assert_text(a->tag, b->tag);
	assert_text(a->label, b->label);
	assert_int_equal(a->interface, b->interface);
	assert_int_equal(a->address, b->address);
	assert_int_equal(a->dscp, b->dscp);
	assert_int_equal(a->has_address, b->has_address);
	assert_int_equal(a->blocked, b->blocked);
	assert_int_equal(a->written.set, b->written.set);
	assert_string_equal(a->written.username, b->written.username);
	assert_string_equal(a->written.session_id, b->written.session_id);
	assert_int_equal(a->written.version, b->written.version);
	assert_memory_equal(a->written.digest, b->written.digest, sizeof(a->written.digest));
}

static void assert_bridge(const struct call_bridge *a, const struct call_bridge *b)
{
	assert_text(a->branch, b->branch);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->worker, b->worker);
	assert_int_equal(a->offerer, b->offerer);
	assert_int_equal(a->answered, b->answered);
	assert_int_equal(a->offered, b->offered);
	assert_int_equal(a->created_us, b->created_us);
	assert_int_equal(a->offered_ms, b->offered_ms);
	assert_int_equal(a->n_medias, b->n_medias);
	for (unsigned side = 0; side < 2; side++)
		assert_side(&a->sides[side], &b->sides[side]);
	for (uint32_t i = 0; i < a->n_medias; i++) {
		assert_int_equal(a->medias[i].kind, b->medias[i].kind);
		assert_int_equal(a->medias[i].clock_khz, b->medias[i].clock_khz);
		assert_leg(&a->medias[i].legs[0], &b->medias[i].legs[0]);
		assert_leg(&a->medias[i].legs[1], &b->medias[i].legs[1]);
	}
}

void call_compare(const struct call *a, const struct call *b)
{
	const struct call_bridge *y = b->bridges;

	assert_text(a->call_id, b->call_id);
	assert_string_equal(a->owner, b->owner);
	assert_int_equal(a->owner_kind, b->owner_kind);
	assert_string_equal(a->listener, b->listener);
	assert_int_equal(a->created_us, b->created_us);
	assert_int_equal(a->created_ms, b->created_ms);
	assert_int_equal(a->signalled_us, b->signalled_us);
	assert_int_equal(a->delete_at_ms, b->delete_at_ms);
	assert_int_equal(a->packets, b->packets);
	assert_int_equal(a->heard_ms, b->heard_ms);
	assert_int_equal(a->next_number, b->next_number);
	assert_int_equal(a->n_bridges, b->n_bridges);
	for (const struct call_bridge *x = a->bridges; x != NULL; x = x->next) {
		assert_non_null(y);
		assert_ptr_equal(y->call, b);
		assert_bridge(x, y);
		y = y->next;
	}
	assert_null(y);
}
