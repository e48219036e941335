/* SPDX-License-Identifier: BSD-3-Clause */
#include "address_index.h"

#include <errno.h>
#include <stdlib.h>

struct address_index *address_index_create(uint32_t capacity)
{
	struct address_index *index = calloc(1, sizeof(*index));
	uint32_t slots = 16;

	if (index == NULL || capacity > UINT32_MAX / 4)
		goto fail;
	while (slots < 2 * capacity)
		slots *= 2;
	index->mask = slots - 1;
	index->capacity = capacity;
	index->slots = calloc(slots, sizeof(*index->slots));
	index->entries = calloc(capacity + 1U, sizeof(*index->entries));
	if (index->slots != NULL && index->entries != NULL)
		return index;
fail:
	address_index_destroy(index);
	return NULL;
}

void address_index_destroy(struct address_index *index)
{
	if (index == NULL)
		return;
	free(index->slots);
	free(index->entries);
	free(index);
}

int address_index_add(
	struct address_index *index, const struct relay_sockaddr *addr, uint32_t value)
{
	uint32_t hash = address_index_hash(addr);
	uint32_t at = hash & index->mask;

	if (address_index_find(index, addr, hash) != ADDRESS_INDEX_NONE)
		return -EEXIST;
	if (index->n == index->capacity)
		return -ENOSPC;
	while (index->slots[at] != 0)
		at = (at + 1) & index->mask;
	index->entries[index->n] = (struct address_index_entry){*addr, value};
	index->slots[at] = ++index->n;
	return 0;
}
