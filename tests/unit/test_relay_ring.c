/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_ring.h"

#include "support.h"

enum { SLOTS = 8, SLOT = 64 };

/* A ring whose both sides lie in one process. */
struct rig {
	struct {
		struct relay_ring_head head;
		uint8_t slots[SLOTS][SLOT];
	} made;
	struct relay_ring_tail tail;
	struct relay_ring_producer p;
	struct relay_ring_consumer c;
};

static const struct relay_ring_size size = {SLOTS, SLOT};
static struct rig rig;

static int open_rig(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	return relay_ring_open_producer(&rig.p, &rig.made.head, &rig.tail, size) |
	       relay_ring_open_consumer(&rig.c, &rig.tail, &rig.made.head, size);
}

static int push(uint64_t value)
{
	void *slot = NULL;
	int err = relay_ring_reserve(&rig.p, &slot);

	if (err != 0)
		return err;
	memcpy(slot, &value, sizeof(value));
	(void)relay_ring_publish(&rig.p);
	return 0;
}

static int pop(uint64_t *value)
{
	uint8_t slot[SLOT] = {0};
	int err = relay_ring_peek(&rig.c, slot);

	if (err != 0)
		return err;
	memcpy(value, slot, sizeof(*value));
	relay_ring_release(&rig.c);
	return 0;
}

static void slots_come_in_order_across_wraps(void **state)
{
	uint64_t sent = 0, got = 0, value = 0;

	(void)state;
	assert_int_equal(pop(&value), -EAGAIN);
	for (uint32_t round = 0; round < 100; round++) {
		while (push(sent) == 0)
			sent++;
		assert_int_equal(sent - got, SLOTS);
		for (uint32_t i = 0; i <= round % SLOTS; i++, got++) {
			assert_int_equal(pop(&value), 0);
			assert_int_equal(value, got);
		}
	}
}

static void counters_wrap_at_32_bits(void **state)
{
	uint64_t value = 0;

	(void)state;
	atomic_store(&rig.made.head.head, UINT32_MAX - 2);
	atomic_store(&rig.tail.tail, UINT32_MAX - 2);
	assert_int_equal(relay_ring_open_producer(&rig.p, &rig.made.head, &rig.tail, size), 0);
	assert_int_equal(relay_ring_open_consumer(&rig.c, &rig.tail, &rig.made.head, size), 0);
	for (uint64_t i = 0; i < SLOTS; i++)
		assert_int_equal(push(i), 0);
	assert_int_equal(push(99), -EAGAIN);
	for (uint64_t i = 0; i < SLOTS; i++) {
		assert_int_equal(pop(&value), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(pop(&value), -EAGAIN);
}

/* The consumer died with slots unread; its successor opens the same tail. */
static void reopened_end_goes_on(void **state)
{
	uint64_t value = 0;

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(push(i), 0);
	assert_int_equal(pop(&value), 0);
	assert_int_equal(relay_ring_open_consumer(&rig.c, &rig.tail, &rig.made.head, size), 0);
	assert_int_equal(relay_ring_open_producer(&rig.p, &rig.made.head, &rig.tail, size), 0);
	assert_int_equal(push(5), 0);
	for (uint64_t i = 1; i <= 5; i++) {
		assert_int_equal(pop(&value), 0);
		assert_int_equal(value, i);
	}
}

static void impossible_head_breaks_consumer_for_good(void **state)
{
	static const uint32_t heads[] = {SLOTS + 1, UINT32_MAX, 1u << 31, SLOTS * 1000};
	uint64_t value = 0;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		(void)open_rig(state);
		atomic_store(&rig.made.head.head, heads[i]);
		assert_int_equal(pop(&value), -EPROTO);
		atomic_store(&rig.made.head.head, 1);
		assert_int_equal(pop(&value), -EPROTO);
		assert_int_equal(atomic_load(&rig.tail.tail), 0);
	}
}

static void impossible_tail_breaks_producer_for_good(void **state)
{
	static const uint32_t tails[] = {1, UINT32_MAX - SLOTS, 1u << 31};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		(void)open_rig(state);
		atomic_store(&rig.tail.tail, tails[i]);
		assert_int_equal(push(0), -EPROTO);
		atomic_store(&rig.tail.tail, 0);
		assert_int_equal(push(0), -EPROTO);
	}
}

/* Back within the ring's size is as impossible as out of it. */
static void counter_that_goes_back_breaks_its_ring(void **state)
{
	uint64_t value = 0;
	uint32_t in_use = 0;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(push(i), 0);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(pop(&value), 0);
	assert_int_equal(relay_ring_in_use(&rig.p, &in_use), 0);
	assert_int_equal(in_use, 1);
	atomic_store(&rig.tail.tail, 2);
	assert_int_equal(relay_ring_in_use(&rig.p, &in_use), -EPROTO);
	assert_int_equal(push(5), -EPROTO);

	assert_int_equal(relay_ring_available(&rig.c, &in_use), 0);
	atomic_store(&rig.made.head.head, 3);
	assert_int_equal(relay_ring_available(&rig.c, &in_use), -EPROTO);
	assert_int_equal(pop(&value), -EPROTO);
}

static void sleeper_is_woken_and_does_not_miss(void **state)
{
	void *slot = NULL;
	uint64_t value = 0;

	(void)state;
	assert_true(relay_ring_sleep(&rig.c));
	assert_int_equal(relay_ring_reserve(&rig.p, &slot), 0);
	assert_true(relay_ring_publish(&rig.p));
	relay_ring_awake(&rig.c);
	assert_int_equal(relay_ring_reserve(&rig.p, &slot), 0);
	assert_false(relay_ring_publish(&rig.p));
	assert_false(relay_ring_sleep(&rig.c));
	relay_ring_awake(&rig.c);
	assert_int_equal(pop(&value), 0);
}

static void bad_sizes_refused(void **state)
{
	static const struct relay_ring_size sizes[] = {
		{0, 64}, {3, 64}, {8, 0}, {8, 65}, {RELAY_RING_SLOTS_MAX * 2, 64}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(
			relay_ring_open_producer(&rig.p, &rig.made.head, &rig.tail, sizes[i]),
			-EINVAL);
		assert_int_equal(
			relay_ring_open_consumer(&rig.c, &rig.tail, &rig.made.head, sizes[i]),
			-EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slots_come_in_order_across_wraps, open_rig),
		cmocka_unit_test_setup(counters_wrap_at_32_bits, open_rig),
		cmocka_unit_test_setup(reopened_end_goes_on, open_rig),
		cmocka_unit_test_setup(impossible_head_breaks_consumer_for_good, open_rig),
		cmocka_unit_test_setup(impossible_tail_breaks_producer_for_good, open_rig),
		cmocka_unit_test_setup(counter_that_goes_back_breaks_its_ring, open_rig),
		cmocka_unit_test_setup(sleeper_is_woken_and_does_not_miss, open_rig),
		cmocka_unit_test_setup(bad_sizes_refused, open_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
