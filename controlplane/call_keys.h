/* SPDX-License-Identifier: BSD-3-Clause */
/* call_keys.h - master keys of SDES, as a call has them.
 *
 * Invariant: a list's keys are wiped when it goes.
 * Threads:   pure.
 * Ownership: create allocates, destroy frees (NULL accepted).
 * Units:     lifetimes in packets.
 * Errors:    NULL without memory.
 * Cost:      -
 */
#ifndef CALL_KEYS_H
#define CALL_KEYS_H

#include "relay_record.h"

#include <stdbool.h>

/* A master key of SDES (RFC 4568). */
struct call_key {
	uint8_t suite; /* enum suite_id, or RELAY_PLAIN: none */
	uint8_t mki_len;
	uint8_t mki[RELAY_MKI_MAX];
	uint8_t key[SUITE_KEY_MAX];
	uint8_t salt[SUITE_SALT_MAX];
	uint32_t tag;
	uint64_t lifetime; /* packets; 0: what the suite allows */
};

/* What was offered, for the answer to choose from. */
struct call_keys {
	uint32_t n;
	struct call_key keys[];
};

/* Whether they are one key, used in the same way; the tag is the offer's, not the key's. */
bool call_keys_same(const struct call_key *a, const struct call_key *b);

struct call_keys *call_keys_create(uint32_t n);
void call_keys_destroy(struct call_keys *keys);

#endif
