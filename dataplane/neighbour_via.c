/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

uint64_t neighbour_via_hash(const struct neighbour *n, const uint8_t ip[16], uint32_t salt)
{
	uint64_t words[2];

	memcpy(words, ip, sizeof(words));
	return mix(words[1] ^ mix(words[0] ^ mix(salt ^ n->secret)));
}

static uint32_t bucket_of(const struct neighbour *n, int oif, const struct relay_sockaddr *gateway)
{
	return (uint32_t)neighbour_via_hash(n, gateway->ip, (uint32_t)oif) & n->bucket_mask;
}

struct neighbour_via *neighbour_via_bucket(
	const struct neighbour *n, int oif, const struct relay_sockaddr *gateway)
{
	return n->buckets[bucket_of(n, oif, gateway)];
}

static struct neighbour_via *find_via(const struct neighbour *n, const struct neighbour_key *key)
{
	struct neighbour_via *via = neighbour_via_bucket(n, key->oif, &key->gateway);

	while (via != NULL && memcmp(&via->key, key, sizeof(*key)) != 0)
		via = via->next;
	return via;
}

static int make_room(struct neighbour *n)
{
	uint32_t room = n->vias_room == 0 ? 64 : n->vias_room * 2;
	struct neighbour_via **vias;

	if (n->n_vias < n->vias_room)
		return 0;
	vias = reallocarray(n->vias, room, sizeof(struct neighbour_via *));
	if (vias == NULL)
		return -ENOMEM;
	n->vias = vias;
	n->vias_room = room;
	return 0;
}

static struct neighbour_via *create_via(struct neighbour *n, const struct neighbour_key *key)
{
	struct neighbour_via **bucket = &n->buckets[bucket_of(n, key->oif, &key->gateway)];
	struct neighbour_via *via;

	if (make_room(n) != 0)
		return NULL;
	via = calloc(1, sizeof(*via));
	if (via == NULL)
		return NULL;
	via->key = *key;
	via->index = n->n_vias;
	via->backoff_ms = NEIGHBOUR_BACKOFF_MS;
	n->vias[n->n_vias++] = via;
	via->next = *bucket;
	*bucket = via;
	if (key->oif > 0)
		neighbour_kernel_learn(n, via);
	neighbour_via_update(n, via);
	return via;
}

static void destroy_box(void *box)
{
	free(box);
}

/* No destination has it any more. Without memory for it to be retired, it waits. */
static void retire_box(struct neighbour *n, struct neighbour_box *box)
{
	if (box != NULL && retire_defer(n->retire, box, destroy_box) != 0) {
		box->next = n->unretired;
		n->unretired = box;
	}
}

static void destroy_via(struct neighbour *n, struct neighbour_via *via)
{
	struct neighbour_via **at = &n->buckets[bucket_of(n, via->key.oif, &via->key.gateway)];

	while (*at != via)
		at = &(*at)->next;
	*at = via->next;
	n->vias[via->index] = n->vias[--n->n_vias];
	n->vias[via->index]->index = via->index;
	retire_box(n, via->box);
	free(via);
}

static void publish(struct neighbour *n, uint32_t dest, const struct neighbour_via *via)
{
	const struct neighbour_hop *hop = via != NULL && via->box != NULL ? &via->box->hop : NULL;

	/* release: pairs with the acquire in neighbour_hop */
	atomic_store_explicit(&n->table->hops[dest], hop, memory_order_release);
}

static void enlist(struct neighbour *n, struct neighbour_via *via, uint32_t dest)
{
	struct neighbour_dest *d = &n->dests[dest];

	d->via = via;
	d->prev = 0;
	d->next = via->first;
	if (via->first != 0)
		n->dests[via->first].prev = dest;
	via->first = dest;
}

static void delist(struct neighbour *n, struct neighbour_via *via, uint32_t dest)
{
	struct neighbour_dest *d = &n->dests[dest];

	if (d->prev != 0)
		n->dests[d->prev].next = d->next;
	else
		via->first = d->next;
	if (d->next != 0)
		n->dests[d->next].prev = d->prev;
	d->via = NULL;
}

int neighbour_via_set(struct neighbour *n, uint32_t dest, const struct neighbour_key *key)
{
	struct neighbour_via *old = n->dests[dest].via, *via;

	if (old != NULL && memcmp(&old->key, key, sizeof(*key)) == 0)
		return 0;
	via = find_via(n, key);
	if (via == NULL)
		via = create_via(n, key);
	else if (key->oif > 0)
		neighbour_state_wanted(n, via);
	if (via == NULL)
		return -ENOMEM;
	if (old != NULL)
		delist(n, old, dest);
	enlist(n, via, dest);
	/* the new one stands in the table before the old one may be retired */
	publish(n, dest, via);
	if (old != NULL && old->first == 0)
		destroy_via(n, old);
	return 0;
}

void neighbour_via_unset(struct neighbour *n, uint32_t dest)
{
	struct neighbour_via *old = n->dests[dest].via;

	if (old == NULL)
		return;
	delist(n, old, dest);
	publish(n, dest, NULL);
	if (old->first == 0)
		destroy_via(n, old);
}

static uint32_t put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return 2;
}

static void fill_hop(const struct neighbour *n, const struct neighbour_via *via,
	const struct neighbour_place *place, struct neighbour_hop *hop)
{
	const struct neighbour_port *port = &n->ports[place->port];
	uint16_t mtu = place->mtu < port->mtu ? place->mtu : port->mtu;
	uint32_t len = 12;

	memset(hop, 0, sizeof(*hop));
	memcpy(hop->l2, place->mac, 6);
	memcpy(hop->l2 + 6, port->mac, 6);
	if (place->vlan != 0) {
		len += put16(hop->l2 + len, 0x8100);
		len += put16(hop->l2 + len, place->vlan);
	}
	len += put16(hop->l2 + len, via->key.family == RELAY_FAMILY_IPV6 ? 0x86dd : 0x0800);
	hop->l2_len = (uint8_t)len;
	hop->port = place->port;
	hop->mtu = via->key.mtu != 0 && via->key.mtu < mtu ? via->key.mtu : mtu;
}

/* Any part of it that a packet is made of. */
static bool same_hop(const struct neighbour_hop *a, const struct neighbour_hop *b)
{
	return a->l2_len == b->l2_len && a->port == b->port && a->mtu == b->mtu &&
	       memcmp(a->l2, b->l2, sizeof(a->l2)) == 0;
}

static bool place_of(
	const struct neighbour *n, const struct neighbour_via *via, struct neighbour_place *place)
{
	if (via->key.oif < 0)
		return neighbour_static_place(n, &via->key, place);
	return neighbour_kernel_place(n, via, place) && place->mac != NULL;
}

void neighbour_via_update(struct neighbour *n, struct neighbour_via *via)
{
	struct neighbour_box *old = via->box, *box = NULL;
	struct neighbour_place place;
	struct neighbour_hop hop;

	if (place_of(n, via, &place)) {
		fill_hop(n, via, &place, &hop);
		if (old != NULL && same_hop(&old->hop, &hop))
			return;
		box = aligned_alloc(_Alignof(struct neighbour_box), sizeof(*box));
		if (box == NULL) {
			n->lacked = true;
			return;
		}
		*box = (struct neighbour_box){.hop = hop};
	}
	via->box = box;
	for (uint32_t d = via->first; d != 0; d = n->dests[d].next)
		publish(n, d, via);
	retire_box(n, old);
}

void neighbour_via_rerun(struct neighbour *n)
{
	struct neighbour_box *box = n->unretired;

	n->unretired = NULL;
	while (box != NULL) {
		struct neighbour_box *next = box->next;

		retire_box(n, box);
		box = next;
	}
	if (!n->lacked || n->now_ms < n->tick_ms)
		return;
	n->lacked = false;
	n->resolve_left = n->fresh;
	for (uint32_t i = 0; i < n->n_vias; i++)
		neighbour_via_update(n, n->vias[i]);
}
