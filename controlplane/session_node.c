/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN: one row of the store is of no call. It tells which data plane has the calls, and what the
 * interfaces were called that calls name by number: the file may have others by now.
 */
#include "session_impl.h"

#include <errno.h>
#include <stdlib.h>

enum {
	ROW_NODE = 0, /* calls begin at 1 */
	NAME_MAX_BYTES = 32,
	NODE_BYTES_MAX = 8192,
};

struct session_node {
	struct {
		char name[NAME_MAX_BYTES];
		uint32_t n_addresses;
		struct relay_sockaddr addresses[CONFIG_ADDRESSES_MAX];
	} interfaces[CONFIG_INTERFACES_MAX];
	uint32_t n_interfaces;
};

bool session_node_is(uint64_t row)
{
	return row == ROW_NODE;
}

static bool take(struct slice *from, void *to, size_t len)
{
	if (from->len < len)
		return false;
	memcpy(to, from->ptr, len);
	*from = slice_from(*from, len);
	return true;
}

static bool read_interface(struct slice *from, struct session_node *node)
{
	uint8_t name_len, n;
	uint32_t i = node->n_interfaces;

	if (i == CONFIG_INTERFACES_MAX || !take(from, &name_len, 1) || name_len >= NAME_MAX_BYTES ||
		!take(from, node->interfaces[i].name, name_len) || !take(from, &n, 1) ||
		n > CONFIG_ADDRESSES_MAX)
		return false;
	for (uint8_t k = 0; k < n; k++) {
		struct relay_sockaddr *a = &node->interfaces[i].addresses[k];

		if (!take(from, &a->family, 1) || !take(from, a->ip, sizeof(a->ip)))
			return false;
	}
	node->interfaces[i].n_addresses = n;
	node->n_interfaces++;
	return true;
}

/* What can't be read is as if it were not there: then no call is known to be where it was. */
void session_node_read(struct session *s, struct slice image)
{
	struct session_node *node = calloc(1, sizeof(*node));
	uint64_t instance;

	if (node == NULL)
		return;
	if (take(&image, &instance, sizeof(instance))) {
		while (image.len > 0 && read_interface(&image, node))
			;
		s->instance = instance;
	}
	free(s->node);
	s->node = node;
}

static bool find_place(const struct session *s, struct call_side *side)
{
	const struct session_node *node = s->node;
	const struct relay_sockaddr *old;

	if (node == NULL || side->interface >= node->n_interfaces ||
		side->address >= node->interfaces[side->interface].n_addresses)
		return false;
	old = &node->interfaces[side->interface].addresses[side->address];
	for (uint32_t i = 0; i < s->config->n_interfaces; i++) {
		const struct config_interface *now = &s->config->interfaces[i];

		if (strcmp(now->name, node->interfaces[side->interface].name) != 0)
			continue;
		for (uint32_t k = 0; k < now->n_addresses; k++) {
			if (!relay_address_same_host(&now->addresses[k].local, old))
				continue;
			side->interface = (uint8_t)i;
			side->address = (uint8_t)k;
			return true;
		}
	}
	return false;
}

bool session_node_place(const struct session *s, struct call *call)
{
	for (struct call_bridge *b = call->bridges; b != NULL; b = b->next)
		for (unsigned side = 0; side < 2; side++)
			if (b->sides[side].has_address && !find_place(s, &b->sides[side]))
				return false;
	return true;
}

int session_node_put(struct session *s)
{
	struct buffer row = {.limit = NODE_BYTES_MAX};
	int err;

	buffer_put(&row, &s->instance, sizeof(s->instance));
	for (uint32_t i = 0; i < s->config->n_interfaces; i++) {
		const struct config_interface *interface = &s->config->interfaces[i];

		buffer_char(&row, (char)strlen(interface->name));
		buffer_text(&row, interface->name);
		buffer_char(&row, (char)interface->n_addresses);
		for (uint32_t k = 0; k < interface->n_addresses; k++) {
			const struct relay_sockaddr *a = &interface->addresses[k].local;

			buffer_char(&row, (char)a->family);
			buffer_put(&row, a->ip, sizeof(a->ip));
		}
	}
	err = row.failed ? -ENOMEM : store_put(s->store, ROW_NODE, row.data, row.len);
	buffer_fini(&row);
	return err;
}
