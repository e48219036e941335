/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops that the profile states, for ports whose links nobody resolves addresses on. */
#include "neighbour_impl.h"

static bool is_static(const struct neighbour *n, uint8_t port)
{
	return port < n->profile->n_ports && n->ports[port].ifindex == 0;
}

static void set_key(struct neighbour_key *key, uint32_t row)
{
	key->oif = -1 - (int32_t)row;
}

static bool set_row_of_address(
	const struct neighbour *n, const struct relay_sockaddr *addr, struct neighbour_key *key)
{
	const struct hwprofile *p = n->profile;

	for (uint32_t i = 0; i < p->n_neighbours; i++) {
		if (is_static(n, p->neighbours[i].port) &&
			relay_address_same_host(&p->neighbours[i].addr, addr)) {
			set_key(key, i);
			return true;
		}
	}
	return false;
}

static bool set_row_of_link(
	const struct neighbour *n, const struct hwprofile_address *link, struct neighbour_key *key)
{
	const struct hwprofile *p = n->profile;

	for (uint32_t i = 0; i < p->n_neighbours; i++) {
		const struct hwprofile_neighbour *row = &p->neighbours[i];

		if (row->addr.family == RELAY_FAMILY_NONE && row->port == link->port &&
			row->vlan == link->vlan) {
			set_key(key, i);
			return true;
		}
	}
	return false;
}

bool neighbour_static_default(const struct neighbour *n, struct neighbour_key *key)
{
	const struct hwprofile *p = n->profile;

	for (uint8_t port = 0; port < p->n_ports; port++) {
		for (uint32_t i = 0; is_static(n, port) && i < p->n_neighbours; i++) {
			if (p->neighbours[i].port == port &&
				p->neighbours[i].addr.family == RELAY_FAMILY_NONE) {
				set_key(key, i);
				return true;
			}
		}
	}
	return false;
}

static bool holds(const struct hwprofile_address *a, const struct relay_sockaddr *addr)
{
	uint32_t bytes = a->prefix_len / 8, bits = a->prefix_len % 8;
	uint32_t longest = a->addr.family == RELAY_FAMILY_IPV6 ? 128 : 32;

	if (a->addr.family != addr->family || a->prefix_len > longest)
		return false;
	if (memcmp(a->addr.ip, addr->ip, bytes) != 0)
		return false;
	return bits == 0 || ((a->addr.ip[bytes] ^ addr->ip[bytes]) >> (8 - bits)) == 0;
}

/* The last address of an IPv4 link. */
static bool is_broadcast(const struct hwprofile_address *a, const struct relay_sockaddr *addr)
{
	uint32_t ip;

	if (addr->family != RELAY_FAMILY_IPV4 || a->prefix_len > 30)
		return false;
	ip = ((uint32_t)addr->ip[0] << 24) | ((uint32_t)addr->ip[1] << 16) |
	     ((uint32_t)addr->ip[2] << 8) | addr->ip[3];
	return (ip | (uint32_t)((UINT64_C(0xffffffff) << (32 - a->prefix_len)))) == UINT32_MAX;
}

/* The link that 'addr' is on: of those that hold it, the one with the longest prefix. */
static const struct hwprofile_address *link_of(
	const struct neighbour *n, const struct relay_sockaddr *addr)
{
	const struct hwprofile_address *best = NULL;

	for (uint32_t i = 0; i < n->profile->n_addresses; i++) {
		const struct hwprofile_address *a = &n->profile->addresses[i];

		if (is_static(n, a->port) && holds(a, addr) &&
			(best == NULL || a->prefix_len > best->prefix_len))
			best = a;
	}
	return best;
}

static bool is_own(const struct neighbour *n, const struct relay_sockaddr *addr)
{
	for (uint32_t i = 0; i < n->profile->n_addresses; i++)
		if (relay_address_same_host(&n->profile->addresses[i].addr, addr))
			return true;
	return false;
}

bool neighbour_static_route(
	const struct neighbour *n, const struct relay_sockaddr *addr, struct neighbour_key *key)
{
	const struct hwprofile_address *link;

	if (is_own(n, addr))
		return true;
	if (set_row_of_address(n, addr, key))
		return true;
	link = link_of(n, addr);
	if (link == NULL)
		return false;
	if (!is_broadcast(link, addr))
		(void)set_row_of_link(n, link, key);
	return true;
}

bool neighbour_static_place(
	const struct neighbour *n, const struct neighbour_key *key, struct neighbour_place *place)
{
	const struct hwprofile_neighbour *row = &n->profile->neighbours[-1 - key->oif];

	*place = (struct neighbour_place){
		.port = row->port,
		.vlan = row->vlan,
		.mtu = n->ports[row->port].mtu,
		.mac = row->mac,
	};
	return true;
}
