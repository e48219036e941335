/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_cache.h"

#include "secret.h"
#include "siphash.h"

#include <errno.h>
#include <stdlib.h>

struct entry {
	struct entry *next;
	uint64_t hash;
	size_t source_len;
	size_t cookie_len;
	size_t reply_len;
	char *reply; /* NULL: pending */
	char key[];  /* source, then cookie */
};

struct generation {
	struct entry **buckets;
	size_t entries;
	size_t bytes;
	uint64_t since_s;
};

struct ng_cache {
	size_t mask;
	struct ng_cache_limits half; /* of one generation */
	uint8_t seed[NG_CACHE_SEED];
	struct generation young;
	struct generation old;
};

static uint64_t hash_of(const struct ng_cache *cache, struct slice source, struct slice cookie)
{
	struct siphash s;

	siphash_start(&s, cache->seed);
	siphash_add(&s, source);
	siphash_add(&s, cookie);
	return siphash_end(&s);
}

int ng_cache_create(const struct ng_cache_limits *limits, const uint8_t seed[NG_CACHE_SEED],
	struct ng_cache **cache)
{
	struct ng_cache *c = calloc(1, sizeof(*c));
	size_t buckets = 64;

	if (c == NULL)
		return -ENOMEM;
	c->half = (struct ng_cache_limits){limits->entries / 2, limits->bytes / 2};
	while (buckets < c->half.entries && buckets < SIZE_MAX / 4 / sizeof(struct entry *))
		buckets *= 2;
	c->mask = buckets - 1;
	memcpy(c->seed, seed, sizeof(c->seed));
	c->young.buckets = calloc(buckets, sizeof(struct entry *));
	c->old.buckets = calloc(buckets, sizeof(struct entry *));
	if (c->young.buckets == NULL || c->old.buckets == NULL) {
		ng_cache_destroy(c);
		return -ENOMEM;
	}
	*cache = c;
	return 0;
}

static void free_entry(struct entry *e)
{
	if (e->reply != NULL)
		secret_wipe(e->reply, e->reply_len);
	free(e->reply);
	free(e);
}

static void empty(struct ng_cache *cache, struct generation *g)
{
	for (size_t i = 0; g->buckets != NULL && i <= cache->mask; i++) {
		while (g->buckets[i] != NULL) {
			struct entry *e = g->buckets[i];

			g->buckets[i] = e->next;
			free_entry(e);
		}
	}
	g->entries = 0;
	g->bytes = 0;
}

void ng_cache_destroy(struct ng_cache *cache)
{
	if (cache == NULL)
		return;
	empty(cache, &cache->young);
	empty(cache, &cache->old);
	free(cache->young.buckets);
	free(cache->old.buckets);
	secret_wipe(cache->seed, sizeof(cache->seed));
	free(cache);
}

/* The young become the old. */
static void turn(struct ng_cache *cache, uint64_t now_s)
{
	struct generation older = cache->old;

	empty(cache, &older);
	cache->old = cache->young;
	cache->young = older;
	cache->young.since_s = now_s;
}

static void turn_as_due(struct ng_cache *cache, uint64_t now_s)
{
	uint64_t age_s = now_s - cache->young.since_s;

	if (age_s >= UINT64_C(2) * NG_CACHE_GENERATION_S) {
		empty(cache, &cache->young);
		empty(cache, &cache->old);
		cache->young.since_s = now_s;
	} else if (age_s >= NG_CACHE_GENERATION_S) {
		turn(cache, cache->young.since_s + NG_CACHE_GENERATION_S);
	}
}

static bool has_key(const struct entry *e, struct slice source, struct slice cookie)
{
	return e->source_len == source.len && e->cookie_len == cookie.len &&
	       memcmp(e->key, source.ptr, source.len) == 0 &&
	       memcmp(e->key + source.len, cookie.ptr, cookie.len) == 0;
}

static struct entry *find(const struct ng_cache *cache, const struct generation *g, uint64_t hash,
	struct slice source, struct slice cookie)
{
	for (struct entry *e = g->buckets[hash & cache->mask]; e != NULL; e = e->next)
		if (e->hash == hash && has_key(e, source, cookie))
			return e;
	return NULL;
}

static size_t size_of(const struct entry *e)
{
	return sizeof(*e) + e->source_len + e->cookie_len;
}

static void detach(struct ng_cache *cache, struct generation *g, struct entry *e)
{
	struct entry **link = &g->buckets[e->hash & cache->mask];

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	g->entries--;
	g->bytes -= size_of(e);
}

static void attach(struct ng_cache *cache, struct generation *g, struct entry *e)
{
	e->next = g->buckets[e->hash & cache->mask];
	g->buckets[e->hash & cache->mask] = e;
	g->entries++;
	g->bytes += size_of(e);
}

static void add(struct ng_cache *cache, uint64_t now_s, uint64_t hash, struct slice source,
	struct slice cookie)
{
	size_t size = sizeof(struct entry) + source.len + cookie.len;
	struct generation *g = &cache->young;
	struct entry *e;

	if (size > cache->half.bytes || cache->half.entries == 0)
		return;
	if (g->entries >= cache->half.entries || g->bytes > cache->half.bytes - size)
		turn(cache, now_s);
	e = malloc(size);
	if (e == NULL)
		return;
	*e = (struct entry){.hash = hash, .source_len = source.len, .cookie_len = cookie.len};
	memcpy(e->key, source.ptr, source.len);
	memcpy(e->key + source.len, cookie.ptr, cookie.len);
	attach(cache, g, e);
}

enum ng_cache_state ng_cache_open(struct ng_cache *cache, uint64_t now_s, struct slice source,
	struct slice cookie, struct slice *reply)
{
	uint64_t hash = hash_of(cache, source, cookie);
	struct entry *e;

	turn_as_due(cache, now_s);
	e = find(cache, &cache->young, hash, source, cookie);
	if (e == NULL)
		e = find(cache, &cache->old, hash, source, cookie);
	if (e == NULL) {
		add(cache, now_s, hash, source, cookie);
		return NG_CACHE_NEW;
	}
	if (e->reply == NULL)
		return NG_CACHE_PENDING;
	*reply = (struct slice){e->reply, e->reply_len};
	return NG_CACHE_KNOWN;
}

/* Where the reply of 'e' has room: with the young, if need be once more of them; NULL: nowhere.
 * 'e' is in none then. */
static struct generation *make_room(struct ng_cache *cache, struct entry *e, size_t len)
{
	struct generation *g = &cache->young;

	if (size_of(e) + len > cache->half.bytes)
		return NULL;
	if (g->entries >= cache->half.entries || g->bytes > cache->half.bytes - size_of(e) - len)
		turn(cache, g->since_s);
	attach(cache, g, e);
	return g;
}

void ng_cache_store(
	struct ng_cache *cache, struct slice source, struct slice cookie, struct slice reply)
{
	uint64_t hash = hash_of(cache, source, cookie);
	struct generation *g = &cache->young;
	struct entry *e = find(cache, g, hash, source, cookie);

	if (e == NULL) {
		g = &cache->old;
		e = find(cache, g, hash, source, cookie);
	}
	if (e == NULL || e->reply != NULL)
		return;
	if (reply.len > 0)
		e->reply = malloc(reply.len);
	if (e->reply != NULL && reply.len <= cache->half.bytes - g->bytes) {
		g->bytes += reply.len;
	} else {
		detach(cache, g, e);
		g = e->reply != NULL ? make_room(cache, e, reply.len) : NULL;
		if (g == NULL) {
			free_entry(e);
			return;
		}
		g->bytes += reply.len;
	}
	memcpy(e->reply, reply.ptr, reply.len);
	e->reply_len = reply.len;
}
