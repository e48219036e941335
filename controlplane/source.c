/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <errno.h>
#include <stdlib.h>

enum { BUCKETS = 4096, MINUTE_MS = 60000 };

struct source {
	struct source *next;
	uint8_t key[16];
	uint32_t connections;
	uint64_t debt_until_ms; /* each failure moves it by its share of a minute */
};

struct source_table {
	uint64_t seed[2];
	uint32_t n;
	struct source *buckets[BUCKETS];
};

int source_create(const uint8_t seed[SOURCE_SEED], struct source_table **table)
{
	struct source_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	memcpy(t->seed, seed, sizeof(t->seed));
	*table = t;
	return 0;
}

void source_destroy(struct source_table *table)
{
	if (table == NULL)
		return;
	for (unsigned i = 0; i < BUCKETS; i++) {
		while (table->buckets[i] != NULL) {
			struct source *s = table->buckets[i];

			table->buckets[i] = s->next;
			free(s);
		}
	}
	free(table);
}

static void key_of(const struct relay_sockaddr *addr, uint8_t key[16])
{
	memset(key, 0, 16);
	if (addr->family == RELAY_FAMILY_IPV4) {
		memset(key + 10, 0xff, 2);
		memcpy(key + 12, addr->ip, 4);
	} else {
		memcpy(key, addr->ip, 8);
	}
}

/* Multiply and fold under two secret words: enough that no peer can aim at a bucket. */
static unsigned bucket_of(const struct source_table *t, const uint8_t key[16])
{
	uint64_t words[2];
	__extension__ unsigned __int128 product;

	memcpy(words, key, sizeof(words));
	product = words[0] ^ t->seed[0];
	product *= (words[1] ^ t->seed[1]) | 1;
	return (unsigned)((uint64_t)(product >> 64) ^ (uint64_t)product) % BUCKETS;
}

static bool is_idle(const struct source *s, uint64_t now_ms)
{
	return s->connections == 0 && s->debt_until_ms <= now_ms;
}

/* Sources with nothing left to remember are freed on the way. */
static struct source *find(
	struct source_table *t, const struct relay_sockaddr *addr, uint64_t now_ms, bool make)
{
	struct source **at, *s, *found = NULL;
	uint8_t key[16];

	key_of(addr, key);
	at = &t->buckets[bucket_of(t, key)];
	while ((s = *at) != NULL) {
		if (memcmp(s->key, key, sizeof(key)) == 0) {
			found = s;
		} else if (is_idle(s, now_ms)) {
			*at = s->next;
			free(s);
			t->n--;
			continue;
		}
		at = &s->next;
	}
	if (found != NULL || !make || t->n >= SOURCE_MAX)
		return found;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	memcpy(s->key, key, sizeof(key));
	*at = s;
	t->n++;
	return s;
}

static bool is_blocked(const struct source *s, uint64_t now_ms)
{
	return s->debt_until_ms > now_ms + MINUTE_MS;
}

int source_enter(struct source_table *table, const struct relay_sockaddr *addr, uint32_t limit,
	uint64_t now_ms)
{
	struct source *s = find(table, addr, now_ms, true);

	if (s == NULL)
		return -ENOMEM;
	if (is_blocked(s, now_ms))
		return -EACCES;
	if (s->connections >= limit)
		return -EAGAIN;
	s->connections++;
	return 0;
}

void source_leave(struct source_table *table, const struct relay_sockaddr *addr, uint64_t now_ms)
{
	struct source *s = find(table, addr, now_ms, false);

	if (s != NULL && s->connections > 0)
		s->connections--;
}

bool source_fail(struct source_table *table, const struct relay_sockaddr *addr, uint32_t per_minute,
	uint64_t now_ms)
{
	struct source *s = find(table, addr, now_ms, true);
	bool was_blocked;

	if (s == NULL)
		return false;
	was_blocked = is_blocked(s, now_ms);
	if (s->debt_until_ms < now_ms)
		s->debt_until_ms = now_ms;
	/* no more than two minutes of it: a source must be able to pay */
	if (s->debt_until_ms < now_ms + UINT64_C(2) * MINUTE_MS)
		s->debt_until_ms += MINUTE_MS / per_minute + 1;
	return !was_blocked && is_blocked(s, now_ms);
}
