/* SPDX-License-Identifier: BSD-3-Clause */
/* seal.h - AES-256-GCM around what is kept on disk, bound to the place where it is kept.
 *
 * A sealed piece is nonce, ciphertext, tag. What it is bound to goes in as associated data: moved
 * to another table or row, or named with another key's id, it does not open. Nothing tells that
 * a piece is the latest one: who can write the file can put back what stood there before.
 *
 * Invariant: no two pieces are sealed with one key and nonce: SEAL_COUNTED counts, from nonce 0,
 *            and so its key must be new; SEAL_RANDOM is for few pieces under a key that lasts
 *            (2^32 are the most); SEAL_OPENS, for a key of before, seals nothing.
 * Threads:   one at a time for each seal.
 * Ownership: create allocates and keeps the key, expanded; destroy wipes it (NULL accepted). The
 *            caller wipes its own copy.
 * Units:     bytes.
 * Errors:    -ENOMEM; -EMSGSIZE: longer than SEAL_PLAIN_MAX; -EPERM: a seal that only opens;
 *            -EOVERFLOW: all nonces are used up; -EBADMSG: not what was sealed here, or not with
 *            this key: then 'plain' is zeros.
 * Cost:      0.7 us for 1.5 KB.
 */
#ifndef SEAL_H
#define SEAL_H

#include <stddef.h>
#include <stdint.h>

enum {
	SEAL_KEY_BYTES = 32,
	SEAL_NONCE_BYTES = 12,
	SEAL_TAG_BYTES = 16,
	SEAL_EXTRA_BYTES = SEAL_NONCE_BYTES + SEAL_TAG_BYTES,
	SEAL_PLAIN_MAX = 1 << 20,
};

enum seal_nonces { SEAL_COUNTED, SEAL_RANDOM, SEAL_OPENS };

struct seal_place {
	uint64_t table;
	uint64_t row;
	uint64_t key;
};

struct seal;

int seal_create(const uint8_t key[SEAL_KEY_BYTES], enum seal_nonces nonces, struct seal **seal);
void seal_destroy(struct seal *seal);

/* 'sealed' has room for 'len' and SEAL_EXTRA_BYTES. */
int seal_wrap(struct seal *seal, const struct seal_place *place, const void *plain, size_t len,
	uint8_t *sealed);

/* 'plain' has room for 'len' less SEAL_EXTRA_BYTES. */
int seal_unwrap(struct seal *seal, const struct seal_place *place, const uint8_t *sealed,
	size_t len, void *plain);

#endif
