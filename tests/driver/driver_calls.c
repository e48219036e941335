/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver_calls.h"

#include "secret.h"

#include <errno.h>
#include <stdlib.h>

enum { CLOCK_KHZ = 8 };

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

static int add_leg(struct plane_client *client, struct driver_calls *c, const struct call *call,
	uint32_t which)
{
	const struct call_leg *leg = &call->legs[which], *peer = &call->legs[!which];
	uint32_t first = which == CALL_LEG_A ? c->n + ports_of(leg) : c->n - ports_of(peer);
	uint32_t worker =
		relay_layout_port_worker(leg->relay.port, plane_client_geometry(client)->workers);

	for (uint32_t p = 0; p < ports_of(leg); p++) {
		struct driver_endpoint e = {
			.leg = leg,
			.peer = peer,
			.peer_rtp = first,
			.peer_rtcp = first + ports_of(peer) - 1,
			.rtcp = p == 1,
		};
		int err = plane_client_slot_take(client, worker, &e.route);

		if (err != 0)
			return err;
		c->endpoints[c->n++] = e;
	}
	return 0;
}

static int add_call(struct plane_client *client, struct driver_calls *c, const struct call *call)
{
	int err = call->echo ? -EINVAL : add_leg(client, c, call, CALL_LEG_A);

	return err == 0 ? add_leg(client, c, call, CALL_LEG_B) : err;
}

int driver_calls_open(struct plane_client *client, struct call_sheet *sheet,
	struct driver_rule rule, struct driver_calls *c)
{
	int err = 0;

	*c = (struct driver_calls){.sheet = sheet, .rule = rule};
	c->endpoints = calloc(count(sheet), sizeof(*c->endpoints));
	if (c->endpoints == NULL)
		err = -ENOMEM;
	c->n_addresses = plane_client_addresses(client, c->addresses);
	for (uint32_t i = 0; i < sheet->n_calls && err == 0; i++)
		err = add_call(client, c, &sheet->calls[i]);
	return err;
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
		.local.port = (uint16_t)(leg->relay.port + shift),
		.kind = RELAY_KIND_PORT,
		.source = c->rule.source,
		.learn_ds = c->rule.learn_ds,
		.media = leg->rtcp_mux ? RELAY_MEDIA_MUXED
				       : (e->rtcp ? RELAY_MEDIA_RTCP : RELAY_MEDIA_RTP),
		.clock_khz = CLOCK_KHZ,
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
