/* SPDX-License-Identifier: BSD-3-Clause */
/* portpool.h - UDP ports of the relay's addresses, in pairs: an even one for RTP, then RTCP's.
 *
 * Invariant: a pair is free, taken, or rests after use; one that rests is handed out to nobody, nor
 *            is its rest cut short when ports run out. Interfaces that share an address share its
 *            pairs. Which free one is next can't be told from those seen before: it comes from a
 *            place drawn by RAND_bytes, and is drawn again among its 64 neighbours there.
 * Threads:   the event loop's.
 * Ownership: create allocates, destroy frees (NULL accepted); of the configuration nothing is kept.
 * Units:     milliseconds of any monotonic clock; 'port' is the even one of a pair, 'local' is
 *            compared without its port.
 * Errors:    0 or -errno: -EADDRNOTAVAIL no address of ours, -ENOSPC no pair is free, -EIO no
 *            random numbers, -EINVAL arguments. give of a pair that is not taken does nothing.
 * Cost:      take: some random bytes and a few words of a bitmap, when 99 % are taken, too; one
 *            that fails looks at all words of the range, up to 512. Up to 540 kB an address.
 */
#ifndef PORTPOOL_H
#define PORTPOOL_H

#include "relay_address.h"

struct config;
struct portpool;

enum {
	/* Until a pair is used again: packets under way have arrived by then, and so has a BYE that
	 * was lost twice, which is sent again after 0.5 s and 1 s more (RFC 3261 17.1.2.2). */
	PORTPOOL_REST_MS = 2000,
};

/* Of all addresses of all interfaces, for a data plane with 'workers'. */
int portpool_create(const struct config *config, uint32_t workers, struct portpool **pool);
void portpool_destroy(struct portpool *pool);

/* Another data plane came, with that many workers. What is taken stays taken. */
int portpool_set_workers(struct portpool *pool, uint32_t workers);

/* A pair from 'min' to 'max', both its ports within, that the NIC steers to 'worker'
 * (relay_layout_port_worker). */
int portpool_take(struct portpool *pool, const struct relay_sockaddr *local, uint16_t min,
	uint16_t max, uint32_t worker, uint64_t now_ms, uint16_t *port);

/* Goes to rest, and is free PORTPOOL_REST_MS later. */
void portpool_give(
	struct portpool *pool, const struct relay_sockaddr *local, uint16_t port, uint64_t now_ms);

/* A pair that a call had before we came, also outside of the ranges that are configured now.
 * -EADDRINUSE: taken, or rests. */
int portpool_claim(struct portpool *pool, const struct relay_sockaddr *local, uint16_t port);

/* Pairs of a worker that are free; 0 for an address that is not ours. */
uint32_t portpool_free(
	const struct portpool *pool, const struct relay_sockaddr *local, uint32_t worker);

struct portpool_numbers {
	uint32_t pairs; /* configured */
	uint32_t taken;
	uint32_t resting; /* some perhaps over their time: they are looked at when one is taken */
	uint64_t refused; /* takes without a free pair */
};

/* Of one address, or, if NULL, of all. */
void portpool_numbers(const struct portpool *pool, const struct relay_sockaddr *local,
	struct portpool_numbers *out);

#endif
