/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_keys.h"

#include "secret.h"

#include <stdlib.h>
#include <string.h>

bool call_keys_same(const struct call_key *a, const struct call_key *b)
{
	return a->suite == b->suite && a->mki_len == b->mki_len && a->lifetime == b->lifetime &&
	       memcmp(a->mki, b->mki, sizeof(a->mki)) == 0 &&
	       secret_equal(a->key, b->key, sizeof(a->key)) &&
	       secret_equal(a->salt, b->salt, sizeof(a->salt));
}

static size_t keys_bytes(uint32_t n)
{
	return sizeof(struct call_keys) + n * sizeof(struct call_key);
}

struct call_keys *call_keys_create(uint32_t n)
{
	struct call_keys *keys = calloc(1, keys_bytes(n));

	if (keys != NULL)
		keys->n = n;
	return keys;
}

void call_keys_destroy(struct call_keys *keys)
{
	if (keys == NULL)
		return;
	secret_wipe(keys, keys_bytes(keys->n));
	free(keys);
}
