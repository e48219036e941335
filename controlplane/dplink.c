/* SPDX-License-Identifier: BSD-3-Clause */
#include "dplink.h"

#include "dplink_impl.h"

#include <errno.h>
#include <stdlib.h>

int dplink_create(const struct dplink_options *options, struct dplink **link)
{
	struct dplink *made = calloc(1, sizeof(*made));
	int err = -ENOMEM;

	if (made == NULL)
		return err;
	made->options = *options;
	made->sock = -1;
	made->path = strdup(options->socket_path);
	made->options.socket_path = made->path;
	if (made->path != NULL)
		err = dplink_attach_init(made);
	if (err != 0)
		dplink_destroy(made);
	else
		*link = made;
	return err;
}

void dplink_destroy(struct dplink *link)
{
	if (link == NULL)
		return;
	dplink_attach_fini(link);
	dplink_takeover_fini(link);
	free(link->path);
	free(link);
}

bool dplink_is_up(const struct dplink *link)
{
	return link->state == DPLINK_UP;
}

uint64_t dplink_instance(const struct dplink *link)
{
	return link->instance;
}

const struct relay_geometry *dplink_geometry(const struct dplink *link)
{
	return link->had_one ? &link->geometry : NULL;
}

int dplink_address(const struct dplink *link, const struct relay_sockaddr *local, uint16_t *index)
{
	if (!dplink_is_up(link))
		return -ENOTCONN;
	for (uint32_t i = 0; i < link->n_addresses; i++) {
		if (link->addresses[i].family != RELAY_FAMILY_NONE &&
			relay_address_same_host(&link->addresses[i], local)) {
			*index = (uint16_t)i;
			return 0;
		}
	}
	return -EADDRNOTAVAIL;
}

int dplink_slot_take(struct dplink *link, uint32_t worker, struct relay_route *slot)
{
	return dplink_is_up(link) ? plane_client_slot_take(link->client, worker, slot) : -ENOTCONN;
}

void dplink_slot_give(struct dplink *link, uint32_t endpoint)
{
	if (dplink_is_up(link))
		plane_client_slot_give(link->client, endpoint);
}

void dplink_slot_claim(struct dplink *link, const struct relay_route *slot)
{
	if (dplink_is_up(link))
		plane_client_slot_claim(link->client, slot);
}

int dplink_read(const struct dplink *link, uint32_t endpoint, struct relay_endpoint_view *out)
{
	const struct plane_client *c = dplink_source(link);

	return c != NULL ? plane_client_read(c, endpoint, out) : -ENOTCONN;
}

uint32_t dplink_next(const struct dplink *link, uint32_t from)
{
	const struct plane_client *c = dplink_source(link);

	return c != NULL ? plane_client_next(c, from) : UINT32_MAX;
}

int dplink_total(const struct dplink *link, struct relay_counts *out)
{
	const struct plane_client *c = dplink_source(link);

	return c != NULL ? plane_client_total(c, out) : -ENOTCONN;
}

int dplink_info(const struct dplink *link, struct relay_info *out)
{
	const struct plane_client *c = dplink_source(link);

	if (c == NULL)
		return -ENOTCONN;
	plane_client_info(c, out);
	return 0;
}

int dplink_port(const struct dplink *link, uint32_t port, uint64_t out[RELAY_PORT_COUNT])
{
	const struct plane_client *c = dplink_source(link);

	return c != NULL ? plane_client_port(c, port, out) : -ENOTCONN;
}

void dplink_numbers(const struct dplink *link, struct dplink_numbers *out)
{
	*out = link->numbers;
}
