/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_cache.h"

#include "support.h"

#include <stdio.h>

static const uint8_t seed[NG_CACHE_SEED] = {1, 2, 3};
static const struct ng_cache_limits roomy = {1000, 1000000};

static struct ng_cache *cache_of(struct ng_cache_limits limits)
{
	struct ng_cache *cache;

	assert_int_equal(ng_cache_create(&limits, seed, &cache), 0);
	return cache;
}

static enum ng_cache_state ask(
	struct ng_cache *c, uint64_t now_s, const char *source, const char *cookie)
{
	struct slice reply;

	return ng_cache_open(c, now_s, slice_of(source), slice_of(cookie), &reply);
}

static void store(struct ng_cache *c, const char *source, const char *cookie, const char *reply)
{
	ng_cache_store(c, slice_of(source), slice_of(cookie), slice_of(reply));
}

static void open_again_gives_the_reply(void **state)
{
	struct ng_cache *c = cache_of(roomy);
	struct slice reply;

	(void)state;
	assert_int_equal(ask(c, 1000, "host", "1"), NG_CACHE_NEW);
	assert_int_equal(ask(c, 1000, "host", "1"), NG_CACHE_PENDING);
	store(c, "host", "1", "1 pong");
	assert_int_equal(
		ng_cache_open(c, 1001, slice_of("host"), slice_of("1"), &reply), NG_CACHE_KNOWN);
	assert_true(slice_is(reply, "1 pong"));
	/* the first reply stays */
	store(c, "host", "1", "1 another");
	assert_int_equal(
		ng_cache_open(c, 1001, slice_of("host"), slice_of("1"), &reply), NG_CACHE_KNOWN);
	assert_true(slice_is(reply, "1 pong"));
	ng_cache_destroy(c);
}

static void open_from_elsewhere_is_new(void **state)
{
	struct ng_cache *c = cache_of(roomy);

	(void)state;
	assert_int_equal(ask(c, 0, "host", "12"), NG_CACHE_NEW);
	store(c, "host", "12", "secret");
	assert_int_equal(ask(c, 0, "tsoh", "12"), NG_CACHE_NEW);
	/* the same bytes, cut elsewhere */
	assert_int_equal(ask(c, 0, "host1", "2"), NG_CACHE_NEW);
	assert_int_equal(ask(c, 0, "host", "12"), NG_CACHE_KNOWN);
	ng_cache_destroy(c);
}

/* At any second of a generation, an entry lives 30 s at least and 60 s at most. */
static void entry_lives_thirty_to_sixty_seconds(void **state)
{
	(void)state;
	for (uint64_t at = 1000; at < 1000 + 2 * NG_CACHE_GENERATION_S; at++) {
		struct ng_cache *c = cache_of(roomy);

		assert_int_equal(ask(c, 1000, "h", "first"), NG_CACHE_NEW);
		assert_int_equal(ask(c, at, "h", "x"), NG_CACHE_NEW);
		store(c, "h", "x", "reply");
		assert_int_equal(ask(c, at + 30, "h", "x"), NG_CACHE_KNOWN);
		assert_int_equal(ask(c, at + 60, "h", "x"), NG_CACHE_NEW);
		ng_cache_destroy(c);
	}
}

static void entry_asked_for_after_long_silence_is_new(void **state)
{
	static const uint64_t silences[] = {60, 61, 89, 90, 3600, UINT64_C(1) << 40};

	(void)state;
	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		struct ng_cache *c = cache_of(roomy);

		assert_int_equal(ask(c, 1000, "h", "x"), NG_CACHE_NEW);
		store(c, "h", "x", "reply");
		assert_int_equal(ask(c, 1000 + silences[i], "h", "x"), NG_CACHE_NEW);
		ng_cache_destroy(c);
	}
}

static unsigned count_known(struct ng_cache *c, unsigned n)
{
	unsigned known = 0;
	char cookie[16];

	/* from the last, so that what is new then displaces none that is to be counted */
	while (n-- > 0) {
		(void)snprintf(cookie, sizeof(cookie), "%u", n);
		if (ask(c, 0, "h", cookie) != NG_CACHE_KNOWN)
			break;
		known++;
	}
	return known;
}

static void fill(struct ng_cache *c, unsigned n, const char *reply)
{
	char cookie[16];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(cookie, sizeof(cookie), "%u", i);
		assert_int_equal(ask(c, 0, "h", cookie), NG_CACHE_NEW);
		store(c, "h", cookie, reply);
	}
}

static void flood_keeps_the_youngest_within_entries(void **state)
{
	struct ng_cache *c = cache_of((struct ng_cache_limits){100, 1000000});
	unsigned known;

	(void)state;
	fill(c, 10025, "reply");
	known = count_known(c, 10025);
	assert_true(known >= 50 && known <= 100);
	ng_cache_destroy(c);
}

static void flood_keeps_the_youngest_within_bytes(void **state)
{
	struct ng_cache *c = cache_of((struct ng_cache_limits){100000, 20000});
	char reply[1001];
	unsigned known;

	(void)state;
	memset(reply, 'r', 1000);
	reply[1000] = '\0';
	fill(c, 500, reply);
	known = count_known(c, 500);
	assert_true(known >= 4 && known <= 20);
	ng_cache_destroy(c);
}

static void reply_without_room_is_not_pending_for_ever(void **state)
{
	struct ng_cache *c = cache_of((struct ng_cache_limits){100, 4000});
	char reply[5001];

	(void)state;
	memset(reply, 'r', 5000);
	reply[5000] = '\0';
	assert_int_equal(ask(c, 0, "h", "x"), NG_CACHE_NEW);
	store(c, "h", "x", reply);
	assert_int_equal(ask(c, 0, "h", "x"), NG_CACHE_NEW);
	ng_cache_destroy(c);
}

static void cache_of_nothing_keeps_nothing(void **state)
{
	struct ng_cache *c = cache_of((struct ng_cache_limits){0, 0});

	(void)state;
	assert_int_equal(ask(c, 0, "h", "x"), NG_CACHE_NEW);
	store(c, "h", "x", "reply");
	assert_int_equal(ask(c, 0, "h", "x"), NG_CACHE_NEW);
	ng_cache_destroy(c);
	ng_cache_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_again_gives_the_reply),
		cmocka_unit_test(open_from_elsewhere_is_new),
		cmocka_unit_test(entry_lives_thirty_to_sixty_seconds),
		cmocka_unit_test(entry_asked_for_after_long_silence_is_new),
		cmocka_unit_test(flood_keeps_the_youngest_within_entries),
		cmocka_unit_test(flood_keeps_the_youngest_within_bytes),
		cmocka_unit_test(reply_without_room_is_not_pending_for_ever),
		cmocka_unit_test(cache_of_nothing_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
