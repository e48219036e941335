/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_client_impl.h"

#include "secret.h"

#include <errno.h>

void plane_client_broke(
	struct plane_client *c, struct plane_client_worker *w, enum plane_client_ring ring)
{
	if ((w->broken & ring) == 0)
		c->faults.broken_rings++;
	w->broken |= ring;
}

static void wipe_to(struct plane_client_worker *w, uint32_t command)
{
	/* all were wiped when the data plane died, or broke the ring: the tail may lie behind */
	if (command - w->wiped > w->command.size.slots)
		return;
	for (; w->wiped != command; w->wiped++)
		secret_wipe(
			&w->records[w->wiped & (w->command.size.slots - 1)], sizeof(*w->records));
}

void plane_client_wipe(struct plane_client *c, struct plane_client_worker *w)
{
	uint32_t in_use = 0;

	if (relay_ring_in_use(&w->command, &in_use) == 0) {
		/* the ring saw to it that this does not go back */
		wipe_to(w, w->command.head - in_use);
		return;
	}
	plane_client_broke(c, w, PLANE_CLIENT_COMMAND);
	wipe_to(w, w->command.head);
}

void plane_client_wipe_all(struct plane_client *c)
{
	for (uint32_t i = 0; i < c->geometry.workers; i++)
		wipe_to(&c->workers[i], c->workers[i].command.head);
}

static int send_command(struct plane_client *c, const struct relay_command *command,
	enum relay_command_type type, const struct relay_record *record)
{
	struct relay_command *slot;
	struct plane_client_worker *w;
	void *place = NULL;
	uint32_t i;
	int err;

	if (command->endpoint >= c->geometry.endpoints)
		return -EINVAL;
	if (c->dead)
		return -EPIPE;
	w = plane_client_owner(c, command->endpoint);
	i = w->command.head & (w->command.size.slots - 1);
	err = relay_ring_reserve(&w->command, &place);
	/* only now, as reserving may have found more acknowledged: what this place held before must
	 * be wiped before the new record is there, not after */
	plane_client_wipe(c, w);
	if (err != 0 || w->command.broken)
		return err != 0 ? err : -EPROTO;
	slot = place;
	*slot = *command;
	slot->version = (uint16_t)RELAY_ABI_VERSION;
	slot->type = (uint8_t)type;
	if (record != NULL) {
		memcpy(&w->records[i], record, sizeof(*record));
		w->records[i].endpoint = command->endpoint;
		w->records[i].generation = command->generation;
	}
	if (relay_ring_publish(&w->command))
		relay_attach_wake(c->peer_fd);
	return 0;
}

int plane_client_install(struct plane_client *c, const struct relay_command *command,
	const struct relay_record *record)
{
	struct relay_command whole = *command;

	whole.set = RELAY_SET_ALL;
	return record == NULL ? -EINVAL : send_command(c, &whole, RELAY_COMMAND_INSTALL, record);
}

int plane_client_update(struct plane_client *c, const struct relay_command *command,
	const struct relay_record *record)
{
	bool keys = (command->set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0;

	if (keys && record == NULL)
		return -EINVAL;
	return send_command(c, command, RELAY_COMMAND_UPDATE, keys ? record : NULL);
}

int plane_client_remove(
	struct plane_client *c, uint32_t endpoint, uint32_t generation, uint32_t cookie)
{
	const struct relay_command command = {
		.endpoint = endpoint, .generation = generation, .cookie = cookie};

	return send_command(c, &command, RELAY_COMMAND_REMOVE, NULL);
}

uint32_t plane_client_room(struct plane_client *c, uint32_t worker)
{
	uint32_t in_use = 0;

	if (worker >= c->geometry.workers || c->dead ||
		relay_ring_in_use(&c->workers[worker].command, &in_use) != 0)
		return 0;
	return c->workers[worker].command.size.slots - in_use;
}

int plane_client_inject(struct plane_client *c, const struct relay_route *endpoint,
	const struct relay_sockaddr *remote, const void *data, size_t len)
{
	struct relay_packet *packet;
	struct plane_client_worker *w;
	void *slot = NULL;
	int err;

	if (len > RELAY_PACKET_DATA)
		return -EMSGSIZE;
	if (endpoint->endpoint >= c->geometry.endpoints ||
		(remote != NULL && !relay_address_valid(remote)))
		return -EINVAL;
	if (c->dead)
		return -EPIPE;
	w = plane_client_owner(c, endpoint->endpoint);
	err = relay_ring_reserve(&w->inject, &slot);
	if (err == -EPROTO)
		plane_client_broke(c, w, PLANE_CLIENT_INJECT);
	if (err != 0)
		return err;
	packet = slot;
	memset(packet, 0, RELAY_PACKET_HEADER);
	packet->endpoint = endpoint->endpoint;
	packet->generation = endpoint->generation;
	packet->len = (uint16_t)len;
	if (remote != NULL)
		packet->remote = *remote;
	if (len > 0)
		memcpy(packet->data, data, len);
	if (relay_ring_publish(&w->inject))
		relay_attach_wake(c->peer_fd);
	return 0;
}
