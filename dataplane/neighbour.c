/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour_impl.h"
#include "rtnetlink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static void set_now(struct neighbour *n)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	n->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t power_of_two(uint32_t at_least)
{
	uint32_t p = 1;

	while (p < at_least)
		p *= 2;
	return p;
}

/* A table that is full but for a little would be swept all the time; one that found nothing to
 * forget, too. */
static void plan_sweep(struct neighbour *n)
{
	uint32_t usual = n->profile->endpoints + (n->table->n - 1 - n->profile->endpoints) / 2;
	uint32_t halfway = n->n_used + (n->table->n - 1 - n->n_used) / 2;

	n->sweep_above = halfway > usual ? halfway : usual;
}

static int allocate(struct neighbour *n)
{
	uint32_t endpoints = n->profile->endpoints;
	uint32_t quarter = endpoints / 4;
	uint32_t extra = quarter > NEIGHBOUR_EXTRA_MIN ? quarter : NEIGHBOUR_EXTRA_MIN;
	uint32_t size = endpoints + extra + 1;
	uint32_t hash_size = power_of_two(size * 2), n_buckets = power_of_two(size / 4);

	n->table = malloc(sizeof(*n->table) + size * sizeof(n->table->hops[0]));
	n->dests = calloc(size, sizeof(*n->dests));
	n->hash = calloc(hash_size, sizeof(*n->hash));
	n->buckets = calloc(n_buckets, sizeof(struct neighbour_via *));
	if (n->table == NULL || n->dests == NULL || n->hash == NULL || n->buckets == NULL)
		return -ENOMEM;
	n->table->n = size;
	for (uint32_t i = 0; i < size; i++)
		atomic_init(&n->table->hops[i], NULL);
	n->fresh = 1;
	n->hash_mask = hash_size - 1;
	n->bucket_mask = n_buckets - 1;
	n->probes_left = NEIGHBOUR_TICK_PROBES;
	plan_sweep(n);
	return 0;
}

static bool has_exception_path(const struct neighbour *n)
{
	for (uint32_t i = 0; i < n->profile->n_ports; i++)
		if (n->ports[i].ifindex > 0)
			return true;
	return false;
}

int neighbour_create(const struct hwprofile *profile, const struct neighbour_port *ports,
	struct retire *retire, struct neighbour **out)
{
	struct neighbour *n;
	int err;

	if (profile->n_ports > HWPROFILE_PORTS_MAX || profile->endpoints > UINT32_MAX / 8)
		return -EINVAL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	n->profile = profile;
	n->retire = retire;
	memcpy(n->ports, ports, profile->n_ports * sizeof(*ports));
	set_now(n);
	err = getrandom(&n->secret, sizeof(n->secret), 0) == sizeof(n->secret) ? 0 : -EIO;
	if (err == 0)
		err = allocate(n);
	if (err == 0 && has_exception_path(n))
		err = neighbour_kernel_create(n);
	if (err != 0) {
		neighbour_destroy(n);
		return err;
	}
	*out = n;
	return 0;
}

void neighbour_destroy(struct neighbour *n)
{
	if (n == NULL)
		return;
	for (uint32_t i = 0; i < n->n_vias; i++) {
		free(n->vias[i]->box);
		free(n->vias[i]);
	}
	while (n->unretired != NULL) {
		struct neighbour_box *box = n->unretired;

		n->unretired = box->next;
		free(box);
	}
	neighbour_kernel_destroy(n);
	free(n->vias);
	free(n->buckets);
	free(n->hash);
	free(n->dests);
	free(n->table);
	free(n);
}

const struct neighbour_table *neighbour_table(const struct neighbour *n)
{
	return n->table;
}

/* Its route, and with it its hop. What fails for want of memory or an answer is tried again, and
 * stays as it is until then. */
static void resolve(struct neighbour *n, uint32_t dest)
{
	struct relay_sockaddr addr = {.family = n->dests[dest].family};
	struct neighbour_key key = {.family = addr.family};
	int err = 0;

	memcpy(addr.ip, n->dests[dest].ip, sizeof(addr.ip));
	if (!neighbour_static_route(n, &addr, &key)) {
		err = n->kernel != NULL ? neighbour_kernel_route(n, &addr, &key) : -ENETUNREACH;
		if (rtnetlink_transient(err)) {
			n->lacked = true;
			return;
		}
		if (err != 0) {
			key = (struct neighbour_key){.family = addr.family};
			(void)neighbour_static_default(n, &key);
		}
	}
	if (key.oif == 0)
		neighbour_via_unset(n, dest);
	else if (neighbour_via_set(n, dest, &key) != 0)
		n->lacked = true;
}

/* Its place in the hash, or where it would be. */
static uint32_t slot_of(const struct neighbour *n, const uint8_t ip[16], uint8_t family)
{
	uint32_t slot = (uint32_t)neighbour_via_hash(n, ip, family) & n->hash_mask;

	while (n->hash[slot] != 0) {
		const struct neighbour_dest *d = &n->dests[n->hash[slot]];

		if (d->family == family && memcmp(d->ip, ip, sizeof(d->ip)) == 0)
			break;
		slot = (slot + 1) & n->hash_mask;
	}
	return slot;
}

static uint32_t take(struct neighbour *n)
{
	uint32_t dest = n->free;

	if (dest != 0)
		n->free = n->dests[dest].next;
	else if (n->fresh < n->table->n)
		dest = n->fresh++;
	n->n_used += dest != 0;
	return dest;
}

/* No packet of ours goes to many, or to nobody. The kernel's routes say so as well, but not for a
 * port without them. */
static bool is_host(const struct relay_sockaddr *addr)
{
	static const uint8_t unspecified[16], loopback[16] = {[15] = 1};

	if (addr->family == RELAY_FAMILY_IPV4)
		return addr->ip[0] != 0 && addr->ip[0] != 127 && addr->ip[0] < 224;
	return addr->family == RELAY_FAMILY_IPV6 && addr->ip[0] != 0xff &&
	       memcmp(addr->ip, unspecified, 16) != 0 && memcmp(addr->ip, loopback, 16) != 0;
}

uint32_t neighbour_find(struct neighbour *n, const struct relay_sockaddr *addr)
{
	uint32_t slot, dest;

	if (!relay_address_valid(addr) || !is_host(addr))
		return 0;
	slot = slot_of(n, addr->ip, addr->family);
	dest = n->hash[slot];
	if (dest == 0) {
		dest = take(n);
		if (dest == 0)
			return 0;
		n->hash[slot] = dest;
		n->dests[dest] = (struct neighbour_dest){.family = addr->family};
		memcpy(n->dests[dest].ip, addr->ip, sizeof(addr->ip));
		set_now(n);
		resolve(n, dest);
	} else if (n->dests[dest].via != NULL && n->dests[dest].via->key.oif > 0) {
		neighbour_state_wanted(n, n->dests[dest].via);
	}
	n->dests[dest].mark = n->sweep;
	return dest;
}

uint32_t neighbour_room(const struct neighbour *n)
{
	return n->table->n - 1 - n->n_used;
}

/* A destination that is moved while the pass goes on is resolved twice, or not needed at all. */
static void resolve_some(struct neighbour *n)
{
	for (uint32_t i = 0; i < NEIGHBOUR_BATCH && n->resolve_left > 0 && !n->lacked; i++) {
		n->resolve_next++;
		if (n->resolve_next >= n->fresh)
			n->resolve_next = 1;
		n->resolve_left--;
		if (n->resolve_next < n->fresh && n->dests[n->resolve_next].family != 0)
			resolve(n, n->resolve_next);
	}
}

int neighbour_fd(const struct neighbour *n)
{
	return n->kernel != NULL ? neighbour_kernel_fd(n) : -1;
}

void neighbour_run(struct neighbour *n)
{
	set_now(n);
	neighbour_via_rerun(n);
	if (n->kernel != NULL)
		neighbour_kernel_run(n);
	resolve_some(n);
	neighbour_state_tick(n);
	if (n->kernel != NULL)
		neighbour_kernel_more(n);
}

bool neighbour_sweep_wanted(const struct neighbour *n)
{
	return !n->sweeping && n->n_used > n->sweep_above;
}

void neighbour_sweep_begin(struct neighbour *n)
{
	n->sweep++;
	n->sweeping = true;
}

void neighbour_sweep_mark(struct neighbour *n, uint32_t destination)
{
	if (destination < n->fresh)
		n->dests[destination].mark = n->sweep;
}

/* Open addressing: what was pushed past the gap moves into it. */
static void close_gap(struct neighbour *n, uint32_t gap)
{
	for (uint32_t at = (gap + 1) & n->hash_mask; n->hash[at] != 0;
		at = (at + 1) & n->hash_mask) {
		const struct neighbour_dest *d = &n->dests[n->hash[at]];
		uint32_t home = (uint32_t)neighbour_via_hash(n, d->ip, d->family) & n->hash_mask;

		if (((at - home) & n->hash_mask) < ((at - gap) & n->hash_mask))
			continue;
		n->hash[gap] = n->hash[at];
		gap = at;
	}
	n->hash[gap] = 0;
}

static void forget(struct neighbour *n, uint32_t dest)
{
	struct neighbour_dest *d = &n->dests[dest];

	neighbour_via_unset(n, dest);
	close_gap(n, slot_of(n, d->ip, d->family));
	*d = (struct neighbour_dest){.next = n->free};
	n->free = dest;
	n->n_used--;
}

void neighbour_sweep_end(struct neighbour *n)
{
	if (!n->sweeping)
		return;
	n->sweeping = false;
	for (uint32_t d = 1; d < n->fresh; d++)
		if (n->dests[d].family != RELAY_FAMILY_NONE && n->dests[d].mark != n->sweep)
			forget(n, d);
	plan_sweep(n);
}
