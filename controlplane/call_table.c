/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_table.h"

#include "siphash.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum { BUCKETS_FIRST = 1024, BUCKETS_MAX = 1 << 20 };

struct call_table {
	uint8_t seed[SIPHASH_SEED];
	struct call **buckets;
	uint64_t n_buckets; /* a power of two */
	struct call *oldest, *newest;
	uint64_t next_id;
	uint32_t n;
};

int call_table_create(struct call_table **table)
{
	struct call_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->n_buckets = BUCKETS_FIRST;
	t->next_id = 1;
	t->buckets = calloc(t->n_buckets, sizeof(struct call *));
	if (t->buckets == NULL || RAND_bytes(t->seed, sizeof(t->seed)) != 1) {
		free(t->buckets);
		free(t);
		return -ENOMEM;
	}
	*table = t;
	return 0;
}

void call_table_destroy(struct call_table *table)
{
	if (table == NULL)
		return;
	while (table->oldest != NULL) {
		struct call *call = table->oldest;

		call_table_remove(table, call);
		call_free(call);
	}
	free(table->buckets);
	free(table);
}

static uint64_t hash_of(const struct call_table *t, struct slice call_id)
{
	struct siphash s;

	siphash_start(&s, t->seed);
	siphash_add(&s, call_id);
	return siphash_end(&s);
}

static struct call **bucket_of(const struct call_table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->n_buckets - 1)];
}

struct call *call_table_find(const struct call_table *table, struct slice call_id)
{
	uint64_t hash = hash_of(table, call_id);
	struct call *call = *bucket_of(table, hash);

	while (call != NULL && !(call->hash == hash && slice_is(call_id, call->call_id)))
		call = call->next_same_hash;
	return call;
}

struct call *call_table_find_next(const struct call *call)
{
	struct call *next = call->next_same_hash;

	while (next != NULL &&
		!(next->hash == call->hash && strcmp(next->call_id, call->call_id) == 0))
		next = next->next_same_hash;
	return next;
}

struct call *call_table_find_at(
	const struct call_table *table, const char *listener, struct slice call_id)
{
	struct call *call = call_table_find(table, call_id);

	while (call != NULL && strcmp(call->listener, listener) != 0)
		call = call_table_find_next(call);
	return call;
}

static void insert(struct call_table *t, struct call *call)
{
	struct call **bucket = bucket_of(t, call->hash);

	call->next_same_hash = *bucket;
	*bucket = call;
}

/* Without memory the chains get longer, no more. */
static void grow(struct call_table *t)
{
	uint64_t n = t->n_buckets * 2;
	struct call **buckets;

	if (t->n < t->n_buckets || n > BUCKETS_MAX)
		return;
	buckets = calloc(n, sizeof(struct call *));
	if (buckets == NULL)
		return;
	free(t->buckets);
	t->buckets = buckets;
	t->n_buckets = n;
	for (struct call *call = t->oldest; call != NULL; call = call->newer)
		insert(t, call);
}

struct call *call_table_add(
	struct call_table *table, const char *listener, struct slice call_id, uint64_t id)
{
	struct call *call;

	if (call_id.len == 0 || call_id.len > CALL_TEXT_MAX ||
		strlen(listener) >= sizeof(call->listener) ||
		call_table_find_at(table, listener, call_id) != NULL)
		return NULL;
	call = calloc(1, sizeof(*call));
	if (call == NULL || !call_text_set(&call->call_id, call_id)) {
		free(call);
		return NULL;
	}
	memcpy(call->listener, listener, strlen(listener) + 1);
	call->id = id != 0 ? id : table->next_id;
	if (call->id >= table->next_id)
		table->next_id = call->id + 1;
	call->hash = hash_of(table, call_id);
	call->older = table->newest;
	*(table->newest != NULL ? &table->newest->newer : &table->oldest) = call;
	table->newest = call;
	table->n++;
	insert(table, call);
	grow(table);
	return call;
}

void call_table_remove(struct call_table *table, struct call *call)
{
	struct call **at = bucket_of(table, call->hash);

	while (*at != call)
		at = &(*at)->next_same_hash;
	*at = call->next_same_hash;
	*(call->older != NULL ? &call->older->newer : &table->oldest) = call->newer;
	*(call->newer != NULL ? &call->newer->older : &table->newest) = call->older;
	table->n--;
}

uint32_t call_table_count(const struct call_table *table)
{
	return table->n;
}

struct call *call_table_oldest(const struct call_table *table)
{
	return table->oldest;
}
