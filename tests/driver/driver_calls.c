/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver_calls.h"

#include "secret.h"

#include <errno.h>
#include <stdlib.h>

enum { UDP_PORTS = 65536 };

static uint32_t ports_of(const struct call_leg *leg)
{
	return leg->rtcp_mux ? 1 : 2;
}

static uint32_t count(const struct call_sheet *sheet)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < sheet->n_calls; i++)
		n += ports_of(&sheet->calls[i].legs[0]) + ports_of(&sheet->calls[i].legs[1]);
	return n;
}

static void add_leg(struct driver_calls *c, const struct call *call, uint32_t which)
{
	const struct call_leg *leg = &call->legs[which], *peer = &call->legs[!which];
	uint32_t first = which == CALL_LEG_A ? c->n + ports_of(leg) : c->n - ports_of(peer);

	for (uint32_t p = 0; p < ports_of(leg); p++)
		c->endpoints[c->n++] = (struct driver_endpoint){
			.leg = leg,
			.peer = peer,
			.peer_rtp = first,
			.peer_rtcp = first + ports_of(peer) - 1,
			.rtcp = p == 1,
		};
}

int driver_calls_open(const struct plane_client *client, struct call_sheet *sheet,
	struct driver_rule rule, struct driver_calls *c)
{
	*c = (struct driver_calls){.sheet = sheet, .rule = rule};
	c->n_addresses = plane_client_addresses(client, c->addresses);
	c->endpoints = calloc(count(sheet) + 1, sizeof(*c->endpoints)); /* a sheet may be empty */
	if (c->endpoints == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < sheet->n_calls; i++) {
		if (sheet->calls[i].echo)
			return -EINVAL;
		add_leg(c, &sheet->calls[i], CALL_LEG_A);
		add_leg(c, &sheet->calls[i], CALL_LEG_B);
	}
	return 0;
}

static uint16_t local_port(const struct driver_endpoint *e)
{
	return (uint16_t)(e->leg->relay.port + (e->rtcp ? 1 : 0));
}

int driver_calls_take(struct plane_client *client, struct driver_calls *c)
{
	uint32_t workers = plane_client_geometry(client)->workers;
	int err = 0;

	for (uint32_t i = 0; i < c->n && err == 0; i++) {
		struct driver_endpoint *e = &c->endpoints[i];

		err = plane_client_slot_take(
			client, relay_layout_port_worker(local_port(e), workers), &e->route);
	}
	return err;
}

void driver_calls_give(struct plane_client *client, const struct driver_calls *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->endpoints[i].route.generation != 0)
			plane_client_slot_give(client, c->endpoints[i].route.endpoint);
}

void driver_calls_close(struct driver_calls *c)
{
	free(c->endpoints);
	call_sheet_free(c->sheet);
	*c = (struct driver_calls){.n = 0};
}

static int find_local(
	const struct driver_calls *c, const struct relay_sockaddr *addr, uint16_t *index)
{
	for (uint32_t i = 0; i < c->n_addresses; i++) {
		if (relay_address_same_host(&c->addresses[i], addr)) {
			*index = (uint16_t)i;
			return 0;
		}
	}
	return -EADDRNOTAVAIL;
}

/* For each local address and port the slot that is there, plus one; 0: none. */
static uint32_t *read_directory(const struct plane_client *client, uint32_t n_addresses)
{
	uint32_t end = plane_client_geometry(client)->endpoints;
	uint32_t *slots = calloc((size_t)(n_addresses + 1) * UDP_PORTS, sizeof(*slots));
	struct relay_endpoint_view view;

	for (uint32_t i = 0; slots != NULL && (i = plane_client_next(client, i)) < end; i++) {
		if (plane_client_read(client, i, &view) == 0 &&
			view.identity.local.address < n_addresses)
			slots[(size_t)view.identity.local.address * UDP_PORTS +
				view.identity.local.port] = i + 1;
	}
	return slots;
}

int driver_calls_find(const struct plane_client *client, struct driver_calls *c, uint32_t *n)
{
	uint32_t *slots = read_directory(client, c->n_addresses);
	int err = slots == NULL ? -ENOMEM : 0;

	*n = 0;
	for (uint32_t i = 0; i < c->n && err == 0; i++) {
		struct driver_endpoint *e = &c->endpoints[i];
		struct relay_endpoint_view view;
		uint16_t address = 0;
		uint32_t slot;

		err = find_local(c, &e->leg->relay, &address);
		slot = slots[(size_t)address * UDP_PORTS + local_port(e)];
		if (err != 0 || slot == 0 || plane_client_read(client, slot - 1, &view) != 0)
			continue;
		e->route = (struct relay_route){slot - 1, view.identity.generation};
		++*n;
	}
	free(slots);
	return err;
}

static int make_crypto(const struct suite *suite, const uint8_t *key, struct relay_crypto *out)
{
	struct plane_client_key k = {.mki_len = 0};

	if (suite == NULL) {
		plane_client_plain(out);
		return 0;
	}
	k.suite = suite->id;
	k.master = (struct kdf_master){key, suite->key_len, key + suite->key_len, suite->salt_len};
	return plane_client_crypto(&k, out);
}

/* As if the packet before 'leg' sends its first had been seen. */
static void set_roc(const struct call_leg *leg, struct relay_crypto *out)
{
	if (leg->roc == 0 || out->suite == RELAY_PLAIN)
		return;
	out->n_ssrcs = 1;
	out->ssrcs[0] = (struct relay_ssrc){
		.ssrc = leg->ssrc,
		.roc = leg->seq == 0 ? leg->roc - 1 : leg->roc,
		.seq = (uint16_t)(leg->seq - 1),
		.rtp_valid = 1,
	};
}

int driver_calls_install(const struct driver_calls *c, uint32_t i, struct relay_command *command,
	struct relay_record *record)
{
	const struct driver_endpoint *e = &c->endpoints[i];
	const struct call_leg *leg = e->leg;
	uint16_t shift = e->rtcp ? 1 : 0;
	int err;

	*command = (struct relay_command){
		.set = RELAY_SET_ALL,
		.cookie = i,
		.endpoint = e->route.endpoint,
		.generation = e->route.generation,
		.local.port = local_port(e),
		.kind = RELAY_KIND_PORT,
		.source = c->rule.source,
		.learn_ds = c->rule.learn_ds,
		.media = leg->rtcp_mux ? RELAY_MEDIA_MUXED
				       : (e->rtcp ? RELAY_MEDIA_RTCP : RELAY_MEDIA_RTP),
		.clock_khz = c->rule.clock_khz,
		.dscp = c->rule.dscp,
	};
	if (!c->rule.remote_unknown) {
		command->remote = leg->gen;
		command->remote.port = (uint16_t)(leg->gen.port + shift);
	}
	memset(record, 0, sizeof(*record));
	err = find_local(c, &leg->relay, &command->local.address);
	if (err == 0)
		err = make_crypto(leg->suite, leg->send_key, &record->ingress);
	if (err == 0)
		err = make_crypto(leg->suite, leg->recv_key, &record->egress);
	if (err != 0)
		return err;
	command->routes[RELAY_ROUTE_RTP] = c->endpoints[e->peer_rtp].route;
	command->routes[RELAY_ROUTE_RTCP] = c->endpoints[e->peer_rtcp].route;
	set_roc(leg, &record->ingress);
	set_roc(e->peer, &record->egress);
	return 0;
}
