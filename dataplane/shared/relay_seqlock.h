/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_seqlock.h - several words that a reader sees together or not at all.
 *
 * Invariant: 'version' is odd from begin to end.
 * Threads:   one writer; any readers, who never hold it up.
 * Ownership: the words are the caller's; they are read and written as 64-bit atomics.
 * Units:     bytes, a multiple of 8, aligned to 8.
 * Errors:    'consistent' is false when the writer was busy at each of RELAY_SEQLOCK_TRIES, as it
 *            is for ever if it died between begin and end; what was read last is there even so.
 * Cost:      writer: two stores; reader: copies until it fits.
 */
#ifndef RELAY_SEQLOCK_H
#define RELAY_SEQLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { RELAY_SEQLOCK_TRIES = 1000 };

struct relay_seqlock_reader {
	const _Atomic uint32_t *version;
	uint32_t seen;
	uint32_t tries;
	bool consistent;
};

static inline void relay_seqlock_start(
	struct relay_seqlock_reader *r, const _Atomic uint32_t *version)
{
	*r = (struct relay_seqlock_reader){.version = version};
}

static inline bool relay_seqlock_again(struct relay_seqlock_reader *r)
{
	if (r->tries > 0) {
		/* acquire: the copies were loaded before the version is looked at again */
		atomic_thread_fence(memory_order_acquire);
		r->consistent = (r->seen & 1) == 0 &&
				atomic_load_explicit(r->version, memory_order_relaxed) == r->seen;
	}
	if (r->consistent || r->tries++ >= RELAY_SEQLOCK_TRIES)
		return false;
	/* acquire: pairs with the release in relay_seqlock_end */
	r->seen = atomic_load_explicit(r->version, memory_order_acquire);
	return true;
}

/* The block is run until what it copied was not written meanwhile. */
#define RELAY_SEQLOCK_READ(r, v) for (relay_seqlock_start(&(r), v); relay_seqlock_again(&(r));)

static inline void relay_seqlock_begin(_Atomic uint32_t *version)
{
	uint32_t v = atomic_load_explicit(version, memory_order_relaxed);

	atomic_store_explicit(version, v + 1, memory_order_relaxed);
	/* release: the odd version is seen before any word is; pairs with the reader's fence */
	atomic_thread_fence(memory_order_release);
}

static inline void relay_seqlock_end(_Atomic uint32_t *version)
{
	uint32_t v = atomic_load_explicit(version, memory_order_relaxed);

	/* release: pairs with the acquire in relay_seqlock_again */
	atomic_store_explicit(version, v + 1, memory_order_release);
}

static inline void relay_seqlock_copy_out(void *to, const void *from, size_t bytes)
{
	const _Atomic uint64_t *words = from;

	for (size_t i = 0; i < bytes / 8; i++) {
		uint64_t word = atomic_load_explicit(&words[i], memory_order_relaxed);

		memcpy((uint8_t *)to + i * 8, &word, 8);
	}
}

static inline void relay_seqlock_copy_in(void *to, const void *from, size_t bytes)
{
	_Atomic uint64_t *words = to;

	for (size_t i = 0; i < bytes / 8; i++) {
		uint64_t word;

		memcpy(&word, (const uint8_t *)from + i * 8, 8);
		atomic_store_explicit(&words[i], word, memory_order_relaxed);
	}
}

#endif
