/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_cache.h - replies kept for requests that come again.
 *
 * Whoever sends over UDP repeats a request that was not answered in time, and it must not be done
 * twice. The key is (source, cookie): to guess a cookie does not get another client's reply.
 * Entries are in two generations; when the younger is half a minute old or full, the older goes
 * and the younger becomes it. So an entry lives 30 to 60 s, or less under a flood.
 *
 * Invariant: at most 'entries' and 'bytes' in both generations together.
 * Threads:   one owner.
 * Ownership: copies of all that it is given; ng_cache_destroy wipes and frees.
 * Units:     'now_s' is any clock that does not go back, in seconds.
 * Errors:    what does not fit is not kept: then a repeated request is done again.
 * Cost:      a keyed hash (SipHash), since clients choose cookies; a malloc an entry.
 */
#ifndef NG_CACHE_H
#define NG_CACHE_H

#include "slice.h"

struct ng_cache;

enum { NG_CACHE_SEED = 16, NG_CACHE_GENERATION_S = 30 };

struct ng_cache_limits {
	size_t entries;
	size_t bytes;
};

/* 'seed' is random and secret. Returns 0 or -ENOMEM. */
int ng_cache_create(const struct ng_cache_limits *limits, const uint8_t seed[NG_CACHE_SEED],
	struct ng_cache **cache);
void ng_cache_destroy(struct ng_cache *cache);

enum ng_cache_state {
	NG_CACHE_NEW,     /* never seen, or too long ago */
	NG_CACHE_PENDING, /* seen, and its reply is not there yet: it will be sent when it is */
	NG_CACHE_KNOWN,   /* 'reply' is to be sent again; valid until the next call */
};

/* 'source' is the sender's address and port as bytes, or whatever tells senders apart. A new
 * request is noted as pending at once. */
enum ng_cache_state ng_cache_open(struct ng_cache *cache, uint64_t now_s, struct slice source,
	struct slice cookie, struct slice *reply);

void ng_cache_store(
	struct ng_cache *cache, struct slice source, struct slice cookie, struct slice reply);

#endif
