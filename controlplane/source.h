/* SPDX-License-Identifier: BSD-3-Clause */
/* source.h - what each address does to us: how many connections, how many failures to sign in.
 *
 * A source is an IPv4 address or an IPv6 /64, as a host may use all of its own. It is remembered
 * while it has connections or failures to forget. Failures are forgotten at the rate that is
 * allowed; a source with more than a minute's worth of them is blocked until then.
 *
 * Invariant: each source_enter that said 0 has one source_leave. At most SOURCE_MAX are known.
 * Threads:   one.
 * Ownership: source_create allocates, source_destroy frees (NULL accepted).
 * Units:     'now_ms' is any clock that does not go back.
 * Errors:    source_enter: -EAGAIN too many connections, -EACCES blocked, -ENOMEM.
 * Cost:      a keyed hash and a short chain.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "relay_address.h"

struct source_table;

enum { SOURCE_SEED = 16, SOURCE_MAX = 65536 };

/* 'seed' is random: sources are chosen by peers. Returns 0 or -ENOMEM. */
int source_create(const uint8_t seed[SOURCE_SEED], struct source_table **table);
void source_destroy(struct source_table *table);

/* A connection of 'addr' where a source may have 'limit'. */
int source_enter(struct source_table *table, const struct relay_sockaddr *addr, uint32_t limit,
	uint64_t now_ms);
void source_leave(struct source_table *table, const struct relay_sockaddr *addr, uint64_t now_ms);

/* A failure where 'per_minute' are allowed; true: this one blocks it. */
bool source_fail(struct source_table *table, const struct relay_sockaddr *addr, uint32_t per_minute,
	uint64_t now_ms);

#endif
