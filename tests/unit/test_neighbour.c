/* SPDX-License-Identifier: BSD-3-Clause */
/* Destinations of ports without exception path: the profile alone decides. */
#include "neighbour.h"

#include "support.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { ENDPOINTS = 1000, ROOM = 17384, PORTS = 3 }; /* ROOM: the table's, without number 0 */

static struct hwprofile profile;
static struct retire retire;
static struct neighbour *n;

static struct relay_sockaddr address(const char *text)
{
	struct relay_sockaddr a = {.family = RELAY_FAMILY_NONE};

	if (strchr(text, ':') != NULL)
		a.family = inet_pton(AF_INET6, text, a.ip) == 1 ? RELAY_FAMILY_IPV6 : 99;
	else if (text[0] != '\0')
		a.family = inet_pton(AF_INET, text, a.ip) == 1 ? RELAY_FAMILY_IPV4 : 99;
	assert_int_not_equal(a.family, 99);
	return a;
}

static void add_address(const char *text, uint8_t prefix_len, uint8_t port, uint16_t vlan)
{
	profile.addresses[profile.n_addresses++] = (struct hwprofile_address){
		.addr = address(text), .prefix_len = prefix_len, .port = port, .vlan = vlan};
}

static void add_row(const char *text, uint8_t mac, uint8_t port, uint16_t vlan)
{
	profile.neighbours[profile.n_neighbours++] = (struct hwprofile_neighbour){
		.addr = address(text), .mac = {2, 0, 0, 0, 1, mac}, .port = port, .vlan = vlan};
}

static int open_with(uint32_t endpoints)
{
	static const struct neighbour_port ports[PORTS] = {
		{.mac = {2, 0, 0, 0, 2, 0}, .mtu = 1500},
		{.mac = {2, 0, 0, 0, 2, 1}, .mtu = 9000},
		{.mac = {2, 0, 0, 0, 2, 2}, .mtu = 1400},
	};

	profile = (struct hwprofile){.n_ports = PORTS, .endpoints = endpoints};
	add_address("10.0.0.2", 24, 0, 0);
	add_address("2001:db8::2", 64, 0, 0);
	add_address("192.0.2.9", 28, 1, 7);
	add_address("192.0.2.10", 30, 2, 0); /* within the one before */
	add_address("198.51.100.1", 32, 2, 0);
	add_row("10.0.0.1", 1, 0, 0);
	add_row("2001:db8::1", 2, 0, 0);
	add_row("192.0.2.5", 3, 1, 7);
	add_row("203.0.113.5", 4, 2, 100);
	add_row("", 5, 1, 7);
	add_row("", 6, 0, 0);
	retire_init(&retire, 1);
	return neighbour_create(&profile, ports, &retire, &n);
}

static int begin(void **state)
{
	(void)state;
	return open_with(ENDPOINTS);
}

static int end(void **state)
{
	(void)state;
	neighbour_destroy(n);
	n = NULL;
	retire_fini(&retire);
	return 0;
}

static uint32_t find(const char *text)
{
	struct relay_sockaddr a = address(text);

	return neighbour_find(n, &a);
}

static const struct neighbour_hop *hop_of(uint32_t destination)
{
	return neighbour_hop(neighbour_table(n), destination);
}

static uint32_t find_numbered(uint32_t i)
{
	struct relay_sockaddr a = {.family = RELAY_FAMILY_IPV4,
		.ip = {20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

	return neighbour_find(n, &a);
}

static void destination_goes_where_profile_says(void **state)
{
	enum { NOWHERE = 0 };
	static const struct {
		const char *to;
		uint8_t mac, port; /* of the row */
		uint16_t vlan;
	} rows[] = {
		{"10.0.0.1", 1, 0, 0},      /* its row */
		{"10.0.0.77", 6, 0, 0},     /* on the link: the link's default */
		{"2001:db8::1", 2, 0, 0},   /* its row */
		{"2001:db8::5", 6, 0, 0},   /* on the link */
		{"192.0.2.5", 3, 1, 7},     /* its row */
		{"192.0.2.3", 5, 1, 7},     /* on the tagged link */
		{"203.0.113.5", 4, 2, 100}, /* its row, on no link */
		{"203.0.113.6", 6, 0, 0},   /* on no link: first port with a default */
		{"2001:db8:1::1", 6, 0, 0}, /* the same */
		{"192.0.2.9", NOWHERE, 0,
			0}, /* own, and in the longer prefix, which has no default */
		{"192.0.2.8", NOWHERE, 0, 0},  /* in the longer prefix */
		{"192.0.2.11", NOWHERE, 0, 0}, /* broadcast, too */
		{"10.0.0.2", NOWHERE, 0, 0},   /* own */
		{"2001:db8::2", NOWHERE, 0, 0},
		{"198.51.100.1", NOWHERE, 0, 0},
		{"10.0.0.255", NOWHERE, 0, 0}, /* broadcast of the link */
		{"192.0.2.15", NOWHERE, 0, 0},
	};
	static const uint16_t mtu[PORTS] = {1500, 9000, 1400};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t d = find(rows[i].to);
		const struct neighbour_hop *hop = hop_of(d);
		uint8_t l2[18] = {2, 0, 0, 0, 1, rows[i].mac, 2, 0, 0, 0, 2, rows[i].port};
		uint32_t len = 12;

		assert_int_not_equal(d, 0);
		if (rows[i].mac == NOWHERE) {
			assert_null(hop);
			continue;
		}
		assert_non_null(hop);
		if (rows[i].vlan != 0) {
			l2[len++] = 0x81;
			l2[len++] = 0;
			l2[len++] = (uint8_t)(rows[i].vlan >> 8);
			l2[len++] = (uint8_t)rows[i].vlan;
		}
		l2[len++] = strchr(rows[i].to, ':') != NULL ? 0x86 : 0x08;
		l2[len++] = strchr(rows[i].to, ':') != NULL ? 0xdd : 0x00;
		assert_int_equal(hop->l2_len, len);
		assert_memory_equal(hop->l2, l2, sizeof(l2));
		assert_int_equal(hop->port, rows[i].port);
		assert_int_equal(hop->mtu, mtu[rows[i].port]);
	}
}

static void address_of_no_host_is_nowhere(void **state)
{
	static const char *const rows[] = {"", "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1",
		"239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"};
	struct relay_sockaddr bad = address("20.0.0.1");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(find(rows[i]), 0);
	bad.ip[15] = 1;
	assert_int_equal(neighbour_find(n, &bad), 0);
	bad = address("20.0.0.1");
	bad.family = 5;
	assert_int_equal(neighbour_find(n, &bad), 0);
	bad.family = RELAY_FAMILY_IPV4;
	bad.zero = 1;
	assert_int_equal(neighbour_find(n, &bad), 0);
	assert_null(hop_of(0));
}

static void address_has_one_number_whatever_its_port(void **state)
{
	struct relay_sockaddr a = address("20.0.0.1");
	uint32_t d = neighbour_find(n, &a);

	(void)state;
	assert_in_range(d, 1, neighbour_table(n)->n - 1);
	a.port = 5004;
	assert_int_equal(neighbour_find(n, &a), d);
	/* the same bytes in the other family are another address */
	a = (struct relay_sockaddr){.family = RELAY_FAMILY_IPV6, .ip = {20, 0, 0, 1}};
	assert_int_not_equal(neighbour_find(n, &a), d);
}

static void destinations_of_a_row_and_family_share_the_hop(void **state)
{
	const struct neighbour_hop *hop = hop_of(find("20.0.0.1"));

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		assert_ptr_equal(hop_of(find_numbered(i)), hop);
	assert_ptr_equal(hop_of(find("10.0.0.9")), hop);
	assert_ptr_not_equal(hop_of(find("2001:db8:1::1")), hop);
	assert_ptr_not_equal(hop_of(find("192.0.2.3")), hop);
}

static void no_kernel_needs_no_polling(void **state)
{
	const struct neighbour_hop *hop = hop_of(find("20.0.0.1"));

	(void)state;
	assert_int_equal(neighbour_fd(n), -1);
	for (uint32_t i = 0; i < 10; i++)
		neighbour_run(n);
	assert_ptr_equal(hop_of(find("20.0.0.1")), hop);
}

static void full_table_gives_zero_until_swept(void **state)
{
	uint32_t kept;

	(void)state;
	for (uint32_t i = 0; i < ROOM; i++)
		assert_int_not_equal(find_numbered(i), 0);
	assert_int_equal(neighbour_table(n)->n, ROOM + 1);
	assert_int_equal(find_numbered(ROOM), 0);
	assert_int_not_equal(find_numbered(0), 0); /* those known are found on */
	assert_true(neighbour_sweep_wanted(n));
	kept = find_numbered(77);
	neighbour_sweep_begin(n);
	assert_false(neighbour_sweep_wanted(n));
	neighbour_sweep_mark(n, kept);
	neighbour_sweep_mark(n, UINT32_MAX); /* nobody's number does no harm */
	neighbour_sweep_mark(n, 0);
	assert_int_equal(find_numbered(ROOM), 0);
	neighbour_sweep_end(n);
	assert_int_equal(find_numbered(77), kept);
	for (uint32_t i = 0; i < ROOM - 1; i++)
		assert_int_not_equal(find_numbered(ROOM + i), 0);
	assert_int_equal(find_numbered(0), 0);
}

static void sweep_wanted_when_the_reserve_is_half_used(void **state)
{
	uint32_t i = 0;

	(void)state;
	while (!neighbour_sweep_wanted(n)) {
		assert_int_not_equal(find_numbered(i), 0);
		i++;
	}
	assert_int_equal(i, ENDPOINTS + (ROOM - ENDPOINTS) / 2 + 1);
	/* a sweep that finds all in use is not wanted again at once */
	neighbour_sweep_begin(n);
	for (uint32_t j = 0; j < i; j++)
		neighbour_sweep_mark(n, find_numbered(j));
	neighbour_sweep_end(n);
	assert_false(neighbour_sweep_wanted(n));
	while (!neighbour_sweep_wanted(n))
		assert_int_not_equal(find_numbered(i++), 0);
	assert_in_range(i, ENDPOINTS + (ROOM - ENDPOINTS) * 3 / 4 - 2, ROOM);
}

static void found_since_begin_counts_as_marked(void **state)
{
	uint32_t before = find_numbered(1), found, fresh;

	(void)state;
	(void)find_numbered(2);
	neighbour_sweep_begin(n);
	found = find_numbered(1);
	fresh = find_numbered(3);
	neighbour_sweep_end(n);
	assert_int_equal(found, before);
	assert_non_null(hop_of(found));
	assert_non_null(hop_of(fresh));
	assert_int_equal(find_numbered(1), before);
	assert_int_equal(find_numbered(3), fresh);
}

static void sweep_end_without_begin_forgets_nothing(void **state)
{
	uint32_t d = find_numbered(1);

	(void)state;
	neighbour_sweep_end(n);
	assert_non_null(hop_of(d));
}

static void forgotten_destination_has_no_hop(void **state)
{
	uint32_t d = find_numbered(1);

	(void)state;
	neighbour_sweep_begin(n);
	neighbour_sweep_end(n);
	assert_null(hop_of(d));
}

/* The worker loaded the hop before it was taken away. */
static void replaced_hop_stays_until_the_worker_is_past_it(void **state)
{
	const struct neighbour_hop *held;
	struct neighbour_hop copy;

	(void)state;
	retire_start(&retire, 0);
	held = hop_of(find_numbered(1));
	copy = *held;
	neighbour_sweep_begin(n);
	neighbour_sweep_end(n);
	assert_int_equal(retire_run(&retire), 1);
	assert_memory_equal(held->l2, copy.l2, sizeof(copy.l2)); /* ASan: not freed */
	retire_quiescent(&retire, 0);
	assert_int_equal(retire_run(&retire), 0);
	retire_stop(&retire, 0);
}

/* Shared by many: retired once, with the last. */
static void hop_retired_with_its_last_destination(void **state)
{
	uint32_t kept;

	(void)state;
	retire_start(&retire, 0);
	for (uint32_t i = 0; i < 300; i++)
		(void)find_numbered(i);
	kept = find_numbered(150);
	neighbour_sweep_begin(n);
	neighbour_sweep_mark(n, kept);
	neighbour_sweep_end(n);
	assert_int_equal(retire_run(&retire), 0);
	assert_non_null(hop_of(kept));
	neighbour_sweep_begin(n);
	neighbour_sweep_end(n);
	assert_int_equal(retire_run(&retire), 1);
	retire_stop(&retire, 0);
}

/* Many sweeps with chance against a plain array: nobody loses or changes a number. */
static void numbers_hold_through_random_sweeps(void **state)
{
	static uint32_t number[4000];
	struct support_rng rng = {7};

	(void)state;
	memset(number, 0, sizeof(number));
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 600; i++) {
			uint32_t host = support_below(&rng, 4000);
			uint32_t d = find_numbered(host);

			if (d != 0 && number[host] != 0)
				assert_int_equal(d, number[host]);
			number[host] = d != 0 ? d : number[host];
		}
		neighbour_sweep_begin(n);
		for (uint32_t host = 0; host < 4000; host++) {
			if (number[host] != 0 && support_chance(&rng, 600))
				neighbour_sweep_mark(n, number[host]);
			else
				number[host] = 0;
		}
		neighbour_sweep_end(n);
		for (uint32_t host = 0; host < 4000; host++)
			if (number[host] != 0)
				assert_int_equal(find_numbered(host), number[host]);
	}
}

static void table_of_any_size_works(void **state)
{
	static const uint32_t endpoints[] = {0, 1, 4091, 4092, 4093, 100000};

	(void)state;
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		(void)end(state);
		assert_int_equal(open_with(endpoints[i]), 0);
		assert_true(neighbour_table(n)->n > endpoints[i] + endpoints[i] / 4);
		for (uint32_t j = 1; j < neighbour_table(n)->n; j++)
			assert_int_not_equal(find_numbered(j), 0);
		assert_int_equal(find_numbered(0), 0);
	}
}

static void destroy_of_nothing_is_allowed(void **state)
{
	(void)state;
	neighbour_destroy(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(destination_goes_where_profile_says),
		TEST(address_of_no_host_is_nowhere),
		TEST(address_has_one_number_whatever_its_port),
		TEST(destinations_of_a_row_and_family_share_the_hop),
		TEST(no_kernel_needs_no_polling),
		TEST(full_table_gives_zero_until_swept),
		TEST(sweep_wanted_when_the_reserve_is_half_used),
		TEST(found_since_begin_counts_as_marked),
		TEST(sweep_end_without_begin_forgets_nothing),
		TEST(forgotten_destination_has_no_hop),
		TEST(replaced_hop_stays_until_the_worker_is_past_it),
		TEST(hop_retired_with_its_last_destination),
		TEST(numbers_hold_through_random_sweeps),
		TEST(table_of_any_size_works),
		TEST(destroy_of_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
