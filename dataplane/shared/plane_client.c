/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_client_impl.h"

#include "secret.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static int open_worker(struct plane_client *c, uint32_t i)
{
	const struct relay_geometry *g = &c->geometry;
	const struct relay_ring_size command = {g->command_slots, RELAY_MESSAGE_BYTES};
	const struct relay_ring_size event = {g->event_slots, RELAY_MESSAGE_BYTES};
	const struct relay_ring_size punt = {g->punt_slots, RELAY_PACKET_BYTES};
	const struct relay_ring_size inject = {g->inject_slots, RELAY_PACKET_BYTES};
	const void *data = c->data.base, *control = c->control.base;
	struct plane_client_worker *w = &c->workers[i];
	int err = relay_ring_open_producer(&w->command, relay_layout_command_head(control, g, i),
		relay_layout_command_tail(data, g, i), command);

	if (err == 0)
		err = relay_ring_open_producer(&w->inject, relay_layout_inject_head(control, g, i),
			relay_layout_inject_tail(data, g, i), inject);
	if (err == 0)
		err = relay_ring_open_consumer(&w->event, relay_layout_event_tail(control, g, i),
			relay_layout_event_head(data, g, i), event);
	if (err == 0)
		err = relay_ring_open_consumer(&w->punt, relay_layout_punt_tail(control, g, i),
			relay_layout_punt_head(data, g, i), punt);
	w->records = relay_layout_records(control, g, i);
	w->fresh = i * c->per_worker;
	w->end = w->fresh + c->per_worker;
	w->free = PLANE_CLIENT_SLOT_NONE;
	return err;
}

/* All but what came with the hello. */
static int create(const struct relay_hello *hello, int region_fd, struct plane_client **client)
{
	const struct relay_geometry *g = &hello->geometry;
	struct plane_client *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c == NULL)
		return err;
	c->sock = c->fd = c->peer_fd = -1;
	c->geometry = *g;
	c->per_worker = g->endpoints / g->workers;
	c->slots = calloc(g->endpoints, sizeof(*c->slots));
	if (c->slots != NULL)
		err = relay_region_map(&c->data, region_fd, RELAY_ROLE_DATA,
			relay_layout_data_bytes(g), relay_layout_hash());
	if (err == 0 && memcmp(&relay_layout_info(c->data.base)->geometry, g, sizeof(*g)) != 0)
		err = -EPROTO;
	if (err == 0)
		err = relay_region_create(&c->control, RELAY_ROLE_CONTROL,
			relay_layout_control_bytes(g), relay_layout_hash());
	for (uint32_t i = 0; err == 0 && i < g->workers; i++)
		err = open_worker(c, i);
	if (err != 0)
		plane_client_detach(c);
	else
		*client = c;
	return err;
}

static int say_hello(struct plane_client *c, int sock)
{
	struct relay_attach_offer offer = {
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = RELAY_ABI_VERSION,
			.role = RELAY_ROLE_CONTROL,
			.region_bytes = c->control.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = c->geometry},
		.region_fd = c->control.fd,
	};
	int err = relay_attach_wake_pair(&c->fd, &offer.wake_fd);

	if (err != 0)
		return err;
	err = relay_attach_send(sock, &offer);
	(void)close(offer.wake_fd); /* the data plane's alone */
	return err;
}

int plane_client_adopt(int sock, int timeout_ms, struct plane_client **client)
{
	struct relay_attach_offer offer;
	struct plane_client *c = NULL;
	size_t bytes;
	int err = relay_attach_recv(sock, RELAY_ROLE_DATA, timeout_ms, &offer);

	if (err != 0)
		return err;
	bytes = relay_layout_data_bytes(&offer.hello.geometry);
	if (bytes == 0 || offer.hello.region_bytes != bytes ||
		offer.hello.layout_hash != relay_layout_hash())
		err = -EPROTO;
	if (err == 0)
		err = create(&offer.hello, offer.region_fd, &c);
	(void)close(offer.region_fd); /* the mapping stays */
	if (err == 0)
		err = say_hello(c, sock);
	if (err != 0) {
		(void)close(offer.wake_fd);
		plane_client_detach(c);
		return err;
	}
	c->peer_fd = offer.wake_fd;
	c->sock = sock;
	*client = c;
	return 0;
}

int plane_client_attach(
	const char *path, uid_t data_uid, int timeout_ms, struct plane_client **client)
{
	int sock = -1;
	int err = relay_attach_connect(path, &sock);

	if (err != 0)
		return err;
	err = relay_attach_check_peer(sock, data_uid);
	if (err == 0)
		err = plane_client_adopt(sock, timeout_ms, client);
	if (err != 0)
		(void)close(sock);
	return err;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void plane_client_detach(struct plane_client *c)
{
	if (c == NULL)
		return;
	/* 1. no key outlives us, though the data plane may still map the region */
	plane_client_wipe_all(c);
	/* 2. the data plane learns that we are gone */
	close_fd(c->sock);
	close_fd(c->peer_fd);
	close_fd(c->fd);
	/* 3. and what we have of it goes */
	relay_region_close(&c->control);
	relay_region_close(&c->data);
	free(c->slots);
	free(c);
}

bool plane_client_alive(struct plane_client *c)
{
	struct pollfd p = {.fd = c->sock, .events = POLLIN | POLLRDHUP};

	/* it has nothing to say after its hello: if it speaks, it is not what we know */
	if (!c->dead && poll(&p, 1, 0) == 1) {
		c->dead = true;
		plane_client_wipe_all(c);
	}
	return !c->dead;
}

int plane_client_fd(const struct plane_client *c)
{
	return c->fd;
}

int plane_client_socket(const struct plane_client *c)
{
	return c->sock;
}

uint64_t plane_client_instance(const struct plane_client *c)
{
	return relay_region_header(&c->data)->instance;
}

/* A broken ring has nothing more to tell. */
static bool sleeps(struct relay_ring_consumer *ring)
{
	return ring->broken || relay_ring_sleep(ring);
}

bool plane_client_sleep(struct plane_client *c)
{
	for (uint32_t i = 0; i < c->geometry.workers; i++) {
		if (!sleeps(&c->workers[i].event) || !sleeps(&c->workers[i].punt)) {
			plane_client_awake(c);
			return false;
		}
	}
	return true;
}

void plane_client_awake(struct plane_client *c)
{
	for (uint32_t i = 0; i < c->geometry.workers; i++) {
		relay_ring_awake(&c->workers[i].event);
		relay_ring_awake(&c->workers[i].punt);
	}
	relay_attach_drain(c->fd);
}

const struct plane_client_faults *plane_client_faults(const struct plane_client *c)
{
	return &c->faults;
}

const struct relay_geometry *plane_client_geometry(const struct plane_client *c)
{
	return &c->geometry;
}
