/* SPDX-License-Identifier: BSD-3-Clause */
#include "negotiate_impl.h"
#include "sdp_media.h"

#include <arpa/inet.h>

enum { ADDRESS_TEXT = 64 };

static uint8_t find_interface(const struct config *config, struct slice name)
{
	for (uint32_t i = 0; i < config->n_interfaces; i++)
		if (slice_is(name, config->interfaces[i].name))
			return (uint8_t)i;
	return 0; /* the protocol: an unknown name means the default */
}

/* Which of the addresses of that family: calls are spread over them. */
static bool find_address(
	const struct config_interface *interface, uint8_t family, uint64_t spread, uint8_t *address)
{
	uint8_t found[CONFIG_ADDRESSES_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (family == 0 || interface->addresses[i].local.family == family)
			found[n++] = (uint8_t)i;
	if (n == 0)
		return false;
	*address = found[spread % n];
	return true;
}

enum ng_error negotiate_side_choose(
	const struct negotiation *n, unsigned side, struct slice interface, uint8_t family)
{
	struct call_side *s = &n->bridge->sides[side];
	const struct config_interface *i;

	if (!s->has_address) {
		s->interface = find_interface(n->config, interface);
		i = &n->config->interfaces[s->interface];
		if (!find_address(i, family, n->bridge->call->id + n->bridge->number, &s->address))
			return NG_ERROR_FAMILY;
		s->has_address = true;
		s->dscp = (uint8_t)i->dscp;
	} else if (family != 0 && negotiate_family(n, side) != family) {
		return NG_ERROR_FAMILY;
	}
	if (n->request->tos >= 0)
		s->dscp = (uint8_t)(n->request->tos >> 2);
	return NG_OK;
}

static bool is_all_zero(const struct relay_sockaddr *a)
{
	static const uint8_t zero[sizeof(a->ip)];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

/* Where media may be sent to: a host, and not a group or the whole network. */
static bool read_address(struct slice text, uint8_t family, struct relay_sockaddr *addr)
{
	char name[ADDRESS_TEXT];
	struct relay_sockaddr a = {.family = family};
	bool ok;

	if (text.len >= sizeof(name) || text.len == 0)
		return false;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	if (family == RELAY_FAMILY_IPV4)
		ok = inet_pton(AF_INET, name, a.ip) == 1 && a.ip[0] < 224 && a.ip[0] != 0;
	else
		ok = inet_pton(AF_INET6, name, a.ip) == 1 && a.ip[0] != 0xff && !is_all_zero(&a);
	if (ok)
		*addr = a;
	return ok;
}

static void set_port(struct relay_sockaddr *addr, uint16_t port)
{
	if (port == 0)
		*addr = (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	else if (addr->family != RELAY_FAMILY_NONE)
		addr->port = port;
}

static void read_remotes(
	const struct negotiation *n, const struct sdp_media *m, struct call_terms *terms)
{
	const struct sdp_address *c = sdp_media_connection(n->sdp, m);
	const struct ng_request *r = n->request;
	bool signalled = negotiate_is_signalled(n) && !terms->silent;
	struct relay_sockaddr host = {.family = RELAY_FAMILY_NONE}, rtcp;

	if (signalled)
		(void)read_address(r->received_from.text, r->received_from.family, &host);
	else if (!c->zero)
		(void)read_address(c->text, c->family, &host);
	/* of another family than the leg's, it can't be reached */
	if (host.family != negotiate_family(n, n->from))
		host = (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	rtcp = host;
	if (!signalled && m->rtcp_address.family == host.family && !m->rtcp_address.zero)
		(void)read_address(m->rtcp_address.text, m->rtcp_address.family, &rtcp);
	set_port(&host, m->port);
	set_port(&rtcp, m->rtcp_port != 0 ? m->rtcp_port : (uint16_t)(m->port + 1));
	terms->remote[RELAY_ROUTE_RTP] = host;
	terms->remote[RELAY_ROUTE_RTCP] = rtcp;
}

/* SRTP learns from authenticated packets alone; these rules hold for both. */
static uint8_t source_of(const struct ng_request *r, const struct call_terms *terms)
{
	bool strict = ng_request_flag(r, NG_FLAG_STRICT_SOURCE);
	bool never = ng_request_flag(r, NG_FLAG_ASYMMETRIC) || r->learning == NG_LEARNING_OFF;

	if (ng_request_flag(r, NG_FLAG_MEDIA_HANDOVER))
		return RELAY_SOURCE_HANDOVER;
	if (never && strict && terms->remote[RELAY_ROUTE_RTP].family != RELAY_FAMILY_NONE &&
		terms->remote[RELAY_ROUTE_RTCP].family != RELAY_FAMILY_NONE)
		return RELAY_SOURCE_STRICT;
	if (never && !strict)
		return RELAY_SOURCE_ANY;
	if (strict || r->learning == NG_LEARNING_IMMEDIATE)
		return RELAY_SOURCE_LATCH;
	return RELAY_SOURCE_LEARN;
}

void negotiate_terms_read(
	const struct negotiation *n, const struct sdp_media *m, struct call_terms *terms)
{
	*terms = (struct call_terms){
		.transport = (uint8_t)m->transport,
		.direction = (uint8_t)sdp_media_direction(n->sdp, m),
		.active = true,
		.mux = m->rtcp_mux,
		.silent = sdp_media_zero_address(n->sdp, m),
		.in.suite = RELAY_PLAIN,
		.out.suite = RELAY_PLAIN,
	};
	read_remotes(n, m, terms);
	terms->source = source_of(n->request, terms);
}
