/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay's own addresses are found, others are not, and addresses of one network, which is what
 * a relay has, lie apart in the table. */
#include "local.h"
#include "support.h"

enum { PROBES_MAX = 8 };

static struct local_table table;

static int clear(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

static struct relay_sockaddr ipv4(uint8_t last)
{
	return (struct relay_sockaddr){{192, 0, 2, last}, 0, RELAY_FAMILY_IPV4, 0};
}

static struct relay_sockaddr ipv6(uint8_t last)
{
	return (struct relay_sockaddr){{0x20, 1, 0xd, 0xb8, [15] = last}, 0, RELAY_FAMILY_IPV6, 0};
}

static void empty_table_finds_nothing(void **state)
{
	struct relay_sockaddr none = {.family = RELAY_FAMILY_NONE};
	struct relay_sockaddr a = ipv4(1), b = ipv6(1);

	(void)state;
	assert_int_equal(local_find(&table, &a), LOCAL_NONE);
	assert_int_equal(local_find(&table, &b), LOCAL_NONE);
	assert_int_equal(local_find(&table, &none), LOCAL_NONE);
}

/* Random ones, of both families, to the last place. */
static void address_is_found_at_its_index_until_full(void **state)
{
	struct relay_sockaddr added[RELAY_ADDRESSES_MAX];
	struct support_rng rng = {4};

	for (uint32_t round = 0; round < 1000; round++) {
		(void)clear(state);
		for (uint32_t i = 0; i < RELAY_ADDRESSES_MAX; i++) {
			bool is_ipv4 = support_chance(&rng, 500);

			memset(&added[i], 0, sizeof(added[i]));
			support_fill(&rng, added[i].ip, is_ipv4 ? 4 : 16);
			added[i].family = is_ipv4 ? RELAY_FAMILY_IPV4 : RELAY_FAMILY_IPV6;
			assert_int_equal(local_find(&table, &added[i]), LOCAL_NONE);
			assert_true(local_add(&table, &added[i]));
			for (uint32_t k = 0; k <= i; k++)
				assert_int_equal(local_find(&table, &added[k]), k);
		}
		added[0].ip[0] ^= 1;
		assert_false(local_add(&table, &added[0]));
		assert_int_equal(local_find(&table, &added[0]), LOCAL_NONE);
		assert_int_equal(table.n, RELAY_ADDRESSES_MAX);
	}
}

static void address_there_already_is_not_added(void **state)
{
	struct relay_sockaddr a = ipv4(1), b = ipv6(1);

	(void)state;
	assert_true(local_add(&table, &a));
	assert_true(local_add(&table, &b));
	assert_false(local_add(&table, &a));
	assert_false(local_add(&table, &b));
	assert_int_equal(table.n, 2);
	assert_int_equal(local_find(&table, &b), 1);
}

/* 192.0.2.1 is not c000:201::. */
static void same_bytes_of_another_family_are_another_address(void **state)
{
	struct relay_sockaddr a = ipv4(1), b = ipv4(1);

	(void)state;
	b.family = RELAY_FAMILY_IPV6;
	assert_true(local_add(&table, &a));
	assert_int_equal(local_find(&table, &b), LOCAL_NONE);
	assert_true(local_add(&table, &b));
	assert_int_equal(local_find(&table, &a), 0);
	assert_int_equal(local_find(&table, &b), 1);
}

/* A bit in any byte makes it another's. */
static void address_one_bit_off_is_not_ours(void **state)
{
	struct relay_sockaddr a = ipv6(1);

	(void)state;
	assert_true(local_add(&table, &a));
	for (uint32_t bit = 0; bit < 128; bit++) {
		struct relay_sockaddr b = a;

		b.ip[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(local_find(&table, &b), LOCAL_NONE);
	}
}

/* Slots looked at until it is found. */
static uint32_t probes(const struct relay_sockaddr *addr)
{
	uint16_t index = local_find(&table, addr);
	uint32_t n = 1;

	for (uint32_t i = local_hash(addr->ip); table.slots[i] != index + 1;
		i = (i + 1) & (LOCAL_SLOTS - 1))
		n++;
	return n;
}

/* A full table whose addresses count up in one byte, whichever that is: what a packet costs must
 * not hang on how the operator counts. */
static void neighbouring_addresses_lie_apart(void **state)
{
	for (uint32_t byte = 0; byte < 20; byte++) {
		uint32_t total = 0, longest = 0;

		(void)clear(state);
		for (uint32_t pass = 0; pass < 2; pass++)
			for (uint32_t i = 0; i < RELAY_ADDRESSES_MAX; i++) {
				struct relay_sockaddr a = byte < 16 ? ipv6(0) : ipv4(0);
				uint32_t n;

				a.ip[byte % 16] = (uint8_t)(1 + i);
				if (pass == 0) {
					assert_true(local_add(&table, &a));
					continue;
				}
				n = probes(&a);
				total += n;
				longest = n > longest ? n : longest;
			}
		if (longest > PROBES_MAX || total > 2 * RELAY_ADDRESSES_MAX)
			fail_msg("byte %u: %u probes, at most %u", byte, total, longest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(empty_table_finds_nothing, clear),
		cmocka_unit_test_setup(address_is_found_at_its_index_until_full, clear),
		cmocka_unit_test_setup(address_there_already_is_not_added, clear),
		cmocka_unit_test_setup(same_bytes_of_another_family_are_another_address, clear),
		cmocka_unit_test_setup(address_one_bit_off_is_not_ours, clear),
		cmocka_unit_test_setup(neighbouring_addresses_lie_apart, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
