/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint_check.h"

static bool is_mine(const struct endpoints *e, uint32_t index)
{
	return index - e->first < e->n;
}

static bool remote_valid(const struct relay_sockaddr *remote, uint8_t family)
{
	if (!relay_address_valid(remote))
		return false;
	return remote->family == RELAY_FAMILY_NONE ||
	       (remote->family == family && remote->port != 0);
}

static enum relay_status check_local(
	const struct endpoints *e, const struct relay_command *c, uint8_t *family)
{
	if (c->local.address >= e->local->n || c->local.port < e->port_min ||
		c->local.port > e->port_max)
		return RELAY_BAD_LOCAL;
	if (relay_layout_port_worker(c->local.port, e->n_workers) != e->worker)
		return RELAY_BAD_PORT_CLASS;
	*family = e->local->addresses[c->local.address].family;
	return RELAY_OK;
}

static enum relay_status check_remote(const struct relay_command *c, uint8_t family)
{
	if (!remote_valid(&c->remote, family))
		return RELAY_BAD_REMOTE;
	if (c->source < RELAY_SOURCE_STRICT || c->source > RELAY_SOURCE_ANY ||
		(c->source == RELAY_SOURCE_STRICT && c->remote.family == RELAY_FAMILY_NONE))
		return RELAY_BAD_SOURCE;
	return RELAY_OK;
}

static enum relay_status check_routes(const struct endpoints *e, const struct relay_command *c)
{
	for (uint32_t i = 0; i < RELAY_ROUTES; i++) {
		const struct relay_route *r = &c->routes[i];

		if (r->generation != 0 && (!is_mine(e, r->endpoint) || r->endpoint == c->endpoint))
			return RELAY_BAD_ROUTE;
	}
	return RELAY_OK;
}

static enum relay_status check_install(const struct endpoints *e, const struct relay_command *c)
{
	const struct endpoint *slot = &e->slots[c->endpoint];
	uint8_t family = RELAY_FAMILY_NONE;
	enum relay_status status = check_local(e, c, &family);

	if (c->set != RELAY_SET_ALL)
		return RELAY_BAD_RESERVED;
	if (c->kind != RELAY_KIND_PORT)
		return RELAY_BAD_KIND;
	if (status != RELAY_OK)
		return status;
	if (c->media == 0 || (c->media & ~RELAY_MEDIA_MUXED) != 0)
		return RELAY_BAD_MEDIA;
	status = check_remote(c, family);
	if (status == RELAY_OK)
		status = check_routes(e, c);
	if (status != RELAY_OK)
		return status;
	if (c->dscp > 63)
		return RELAY_BAD_DSCP;
	if (slot->generation != 0)
		return RELAY_SLOT_IN_USE;
	if (c->generation == e->records[c->endpoint].identity.generation)
		return RELAY_BAD_GENERATION;
	return *endpoint_port(e, c->local.address, c->local.port) != 0 ? RELAY_PORT_IN_USE
								       : RELAY_OK;
}

static enum relay_status check_update(const struct endpoints *e, const struct relay_command *c)
{
	uint8_t family = e->local->addresses[e->cold[c->endpoint].local.address].family;
	enum relay_status status = RELAY_OK;

	if (e->slots[c->endpoint].generation != c->generation)
		return RELAY_NO_SUCH_ENDPOINT;
	if (c->set == 0 || (c->set & ~RELAY_SET_ALL) != 0)
		return RELAY_BAD_RESERVED;
	if (c->set & RELAY_SET_REMOTE)
		status = check_remote(c, family);
	if (status == RELAY_OK && (c->set & RELAY_SET_ROUTES))
		status = check_routes(e, c);
	if (status == RELAY_OK && (c->set & RELAY_SET_DSCP) && c->dscp > 63)
		status = RELAY_BAD_DSCP;
	return status;
}

enum relay_status endpoint_check_command(const struct endpoints *e, const struct relay_command *c)
{
	if (c->version != RELAY_ABI_VERSION)
		return RELAY_BAD_VERSION;
	if (c->reserved != 0)
		return RELAY_BAD_RESERVED;
	if (!is_mine(e, c->endpoint))
		return RELAY_BAD_ENDPOINT;
	if (c->generation == 0)
		return RELAY_BAD_GENERATION;
	switch (c->type) {
	case RELAY_COMMAND_INSTALL:
		return check_install(e, c);
	case RELAY_COMMAND_UPDATE:
		return check_update(e, c);
	case RELAY_COMMAND_REMOVE:
		return e->slots[c->endpoint].generation == c->generation ? RELAY_OK
									 : RELAY_NO_SUCH_ENDPOINT;
	default:
		return RELAY_BAD_TYPE;
	}
}

static bool ssrc_valid(const struct relay_ssrc *s)
{
	return s->rtp_valid <= 1 && s->rtcp_valid <= 1 && s->rtp_valid + s->rtcp_valid > 0 &&
	       s->rtcp_index < SRTP_LIFETIME_RTCP_MAX;
}

/* Each SSRC once, be it in a place or parked. */
static bool ssrcs_valid(const struct relay_crypto *c)
{
	const struct relay_ssrc *all[RELAY_SSRCS + RELAY_PARKED];
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_ssrcs; i++)
		all[n++] = &c->ssrcs[i];
	for (uint32_t i = 0; i < c->n_parked; i++)
		all[n++] = &c->parked[i];
	for (uint32_t i = 0; i < n; i++) {
		if (!ssrc_valid(all[i]))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (all[j]->ssrc == all[i]->ssrc)
				return false;
	}
	return true;
}

/* What srtp_ctx_init checks itself, lifetimes and used counts, is left to it. */
enum relay_status endpoint_check_crypto(const struct relay_crypto *c)
{
	static const struct relay_crypto plain = {.suite = RELAY_PLAIN};

	if (c->suite == RELAY_PLAIN)
		return memcmp(c, &plain, sizeof(plain)) == 0 ? RELAY_OK : RELAY_BAD_CRYPTO;
	if (c->suite >= SUITE_COUNT || c->mki_len > RELAY_MKI_MAX || c->n_ssrcs > RELAY_SSRCS ||
		c->n_parked > RELAY_PARKED || !ssrcs_valid(c))
		return RELAY_BAD_CRYPTO;
	return RELAY_OK;
}
