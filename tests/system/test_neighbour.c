/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops as the kernel has them: a TAP in a network namespace of its own, and behind it hosts
 * that answer ARP and ND. Usage: system_test_neighbour [vlan] */
#include "neighbour.h"
#include "netns.h"
#include "rig.h"

#include "support.h"

#include <cap-ng.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { MANY = 20000 };

static void host_on_the_link_found_by_arp(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "192.0.2.77", 77);
	uint32_t d = rig_find("192.0.2.77");

	(void)state;
	assert_int_not_equal(d, 0);
	assert_null(rig_hop_of(d));
	assert_true(rig_comes_to(d, h, 500));
	rig_assert_header(d, h, 0x0800, 1500);
	assert_int_equal(h->asked, 1);
	assert_int_equal(rig.gateway->asked, 0);
}

static void host_on_the_link_found_by_nd(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "2001:db8::77", 77);
	uint32_t d = rig_find("2001:db8::77");

	(void)state;
	assert_true(rig_comes_to(d, h, 500));
	rig_assert_header(d, h, 0x86dd, 1500);
	assert_true(h->asked > 0);
}

static void hosts_behind_a_gateway_share_its_hop(void **state)
{
	uint32_t a = rig_find("198.51.100.1"), b = rig_find("203.0.113.9");
	uint32_t a6 = rig_find("2001:db8:1::1"), b6 = rig_find("2001:db8:2::1");

	(void)state;
	assert_true(rig_comes_to(a, rig.gateway, 500));
	assert_true(rig_comes_to(a6, rig.gateway6, 500));
	rig_assert_header(a, rig.gateway, 0x0800, 1500);
	rig_assert_header(a6, rig.gateway6, 0x86dd, 1500);
	assert_ptr_equal(rig_hop_of(a), rig_hop_of(b));
	assert_ptr_equal(rig_hop_of(a6), rig_hop_of(b6));
	assert_int_equal(rig.gateway->asked, 1);
}

/* The kernel knows it already: no question, and the hop is there at once. */
static void known_neighbour_used_at_once(void **state)
{
	uint32_t d;

	(void)state;
	assert_int_equal(
		netns_ip("neigh add 192.0.2.254 lladdr 02:00:00:00:00:fe dev nb0 nud reachable"),
		0);
	d = rig_find("198.51.100.1");
	assert_true(rig_leads_to(d, rig.gateway));
	rig_pass(100);
	assert_int_equal(rig.gateway->asked, 0);
	assert_int_equal(rig.gateway->probed, 0);
}

static void address_of_no_single_host_has_no_hop(void **state)
{
	static const char *const to[] = {"192.0.2.1", "192.0.2.255", "2001:db8::1",
		"2001:db8::", "10.1.2.3", "10.2.2.3", "10.3.2.3", "2001:db8:bad::1"};
	uint32_t d[8];

	(void)state;
	assert_int_equal(netns_ip("route add blackhole 10.1.0.0/16"), 0);
	assert_int_equal(netns_ip("route add unreachable 10.2.0.0/16"), 0);
	assert_int_equal(netns_ip("route add prohibit 10.3.0.0/16"), 0);
	assert_int_equal(netns_ip("route add blackhole 2001:db8:bad::/48"), 0);
	for (int i = 0; i < 8; i++)
		d[i] = rig_find(to[i]);
	rig_pass(300);
	for (int i = 0; i < 8; i++) {
		assert_int_not_equal(d[i], 0);
		assert_null(rig_hop_of(d[i]));
	}
	assert_int_equal(rig.gateway->asked + rig.gateway6->asked, 0);
}

static void new_mac_of_gateway_reaches_all_at_once(void **state)
{
	uint32_t first = rig_find_numbered(0);

	(void)state;
	for (uint32_t i = 1; i < MANY; i++)
		assert_int_equal(rig_find_numbered(i), first + i);
	assert_true(rig_comes_to(first, rig.gateway, 500));
	rig_pass(1200); /* the kernel believes no other answer for a second */
	rig.gateway->mac[5] = 0xaa;
	retire_start(&rig.retire, 0);
	wire_announce(&rig.w, rig.gateway);
	assert_true(rig_comes_to(first, rig.gateway, 500));
	assert_int_equal(retire_run(&rig.retire), 1); /* one object for all */
	retire_stop(&rig.retire, 0);
	for (uint32_t i = 0; i < MANY; i++)
		assert_ptr_equal(rig_hop_of(first + i), rig_hop_of(first));
}

static void route_changes_are_followed(void **state)
{
	uint32_t d = rig_find("198.51.100.1"), other = rig_find("203.0.113.1");
	const struct neighbour_hop *unmoved;

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	unmoved = rig_hop_of(other);
	assert_int_equal(netns_ip("route add 198.51.100.0/24 via 192.0.2.253"), 0);
	assert_true(rig_comes_to(d, rig.second, 500));
	assert_int_equal(netns_ip("route del 198.51.100.0/24"), 0);
	assert_true(rig_comes_to(d, rig.gateway, 500));
	assert_int_equal(netns_ip("route add 198.51.100.0/24 dev nb0 mtu 1300 via 192.0.2.254"), 0);
	rig_pass(100);
	rig_assert_header(d, rig.gateway, 0x0800, 1300);
	assert_int_equal(netns_ip("route add blackhole 198.51.100.1/32"), 0);
	assert_true(rig_comes_to(d, NULL, 500));
	assert_ptr_equal(rig_hop_of(other), unmoved);
	assert_int_equal(netns_ip("route del default"), 0);
	assert_true(rig_comes_to(other, NULL, 500));
}

static void route6_changes_are_followed(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "fe80::99", 99);
	uint32_t d = rig_find("2001:db8:5::1");

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway6, 500));
	assert_int_equal(netns_ip("route add 2001:db8:5::/48 via fe80::99 dev nb0"), 0);
	assert_true(rig_comes_to(d, h, 500));
	assert_int_equal(netns_ip("route del 2001:db8:5::/48"), 0);
	assert_true(rig_comes_to(d, rig.gateway6, 500));
}

static void rule_changes_are_followed(void **state)
{
	uint32_t d = rig_find("198.51.100.1"), other = rig_find("203.0.113.1");

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	assert_int_equal(netns_ip("route add default via 192.0.2.253 table 100"), 0);
	rig_pass(100);
	assert_true(rig_leads_to(d, rig.gateway));
	assert_int_equal(netns_ip("rule add to 198.51.100.0/24 lookup 100"), 0);
	assert_true(rig_comes_to(d, rig.second, 500));
	assert_true(rig_leads_to(other, rig.gateway));
	assert_int_equal(netns_ip("rule del to 198.51.100.0/24 lookup 100"), 0);
	assert_true(rig_comes_to(d, rig.gateway, 500));
}

static void gateway_of_the_other_family_works(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "fe80::99", 99);
	uint32_t d;

	(void)state;
	assert_int_equal(netns_ip("route add 203.0.113.0/24 via inet6 fe80::99 dev nb0"), 0);
	d = rig_find("203.0.113.1");
	assert_true(rig_comes_to(d, h, 500));
	rig_assert_header(d, h, 0x0800, 1500);
}

static void other_interfaces_lead_nowhere_and_are_not_probed(void **state)
{
	struct tap_config config = {.name = "nb1", .mac = {2, 0, 0, 0, 9, 2}, .mtu = 1500};
	struct wire other = {0};
	struct wire_host *h = wire_add(&other, "10.9.9.9", 9);
	uint32_t d;

	(void)state;
	assert_int_equal(tap_open(&config, stdout, &other.tap), 0);
	assert_int_equal(netns_ip("addr add 10.9.9.1/24 dev nb1"), 0);
	d = rig_find("10.9.9.9");
	rig_pass(300);
	wire_run(&other);
	assert_null(rig_hop_of(d));
	assert_int_equal(h->asked, 0);
	/* gone, and the way is by the port */
	tap_close(other.tap);
	assert_true(rig_comes_to(d, rig.gateway, 500));
}

static void silent_neighbour_has_no_hop_until_it_speaks(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "192.0.2.77", 77);
	uint32_t d;

	(void)state;
	h->silent = true;
	d = rig_find("192.0.2.77");
	rig_pass(5500); /* three requests, and the kernel gave up; asked anew a second later */
	assert_null(rig_hop_of(d));
	assert_in_range(h->asked, 4, 6);
	h->silent = false;
	assert_true(rig_comes_to(d, h, 3500));
}

/* It answers no longer: media stops when the kernel says so. */
static void neighbour_that_fails_loses_its_hop(void **state)
{
	uint32_t d = rig_find("198.51.100.1");
	int64_t before;

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	rig.gateway->silent = true;
	before = rig_now_ms();
	assert_int_equal(netns_ip("neigh change 192.0.2.254 lladdr 02:00:00:00:00:fe dev nb0 "
				  "nud probe"),
		0);
	rig_pass(1000);
	assert_true(rig_leads_to(d, rig.gateway));
	assert_true(rig_comes_to(d, NULL, 5000));
	assert_true(rig_now_ms() - before > 2000);
	rig.gateway->silent = false;
	assert_true(rig_comes_to(d, rig.gateway, 3000));
}

/* Forgotten by the kernel, but not by us: media goes on while it is looked for. */
static void flushed_neighbour_keeps_its_hop_and_is_found_again(void **state)
{
	uint32_t d = rig_find("198.51.100.1");

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	rig_pass(1100);
	for (uint32_t round = 0; round < 3; round++) {
		const struct neighbour_hop *before = rig_hop_of(d);

		rig.gateway->asked = 0;
		assert_int_equal(netns_ip("neigh flush dev nb0"), 0);
		for (int64_t until = rig_now_ms() + 1200; rig_now_ms() < until;) {
			rig_turn();
			assert_ptr_equal(rig_hop_of(d), before);
		}
		assert_int_equal(rig.gateway->asked, 1);
	}
}

static void flushed_neighbour_that_is_gone_loses_its_hop(void **state)
{
	uint32_t d = rig_find("198.51.100.1");
	int64_t before;

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	rig_pass(1100);
	rig.gateway->silent = true;
	before = rig_now_ms();
	assert_int_equal(netns_ip("neigh flush dev nb0"), 0);
	rig_pass(1500);
	assert_true(rig_leads_to(d, rig.gateway));
	assert_true(rig_comes_to(d, NULL, 4500));
	assert_true(rig_now_ms() - before > 2500);
}

static void stale_neighbour_used_and_verified(void **state)
{
	uint32_t d = rig_find("198.51.100.1");

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	rig_pass(1100);
	rig.gateway->asked = rig.gateway->probed = 0;
	assert_int_equal(netns_ip("neigh change 192.0.2.254 lladdr 02:00:00:00:00:fe dev nb0 "
				  "nud stale"),
		0);
	rig_pass(500);
	assert_true(rig_leads_to(d, rig.gateway));
	assert_int_equal(rig.gateway->probed, 1);
	for (int64_t until = rig_now_ms() + 7000;
		rig_now_ms() < until && rig.gateway->asked == 0;) {
		rig_turn(); /* the kernel waits 5 s for a sign of life, then asks */
		assert_true(rig_leads_to(d, rig.gateway));
	}
	assert_int_equal(rig.gateway->asked, 1);
	assert_int_equal(rig.gateway->probed, 1);
}

static void link_down_takes_hops_and_up_brings_them_back(void **state)
{
	uint32_t d = rig_find("192.0.2.254"), behind = rig_find("198.51.100.1");

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	assert_true(rig_comes_to(behind, rig.gateway, 500));
	assert_int_equal(netns_ip("link set nb0 down"), 0);
	assert_true(rig_comes_to(d, NULL, 500));
	assert_true(rig_comes_to(behind, NULL, 500));
	assert_int_equal(netns_ip("link set nb0 up"), 0);
	assert_true(rig_comes_to(d, rig.gateway, 1500));
	assert_int_equal(netns_ip("route add default via 192.0.2.254"), 0);
	assert_true(rig_comes_to(behind, rig.gateway, 500));
}

static void link_mtu_is_followed(void **state)
{
	uint32_t d = rig_find("198.51.100.1");

	(void)state;
	assert_true(rig_comes_to(d, rig.gateway, 500));
	assert_int_equal(netns_ip("link set nb0 mtu 1300"), 0);
	rig_pass(100);
	rig_assert_header(d, rig.gateway, 0x0800, 1300);
	assert_int_equal(netns_ip("link set nb0 mtu 9000"), 0);
	rig_pass(100);
	rig_assert_header(d, rig.gateway, 0x0800, 1500); /* the port's */
}

/* Many are resolved anew in several calls; the fd says that there is more. */
static void many_destinations_follow_without_waiting_for_the_clock(void **state)
{
	uint32_t first = rig_find_numbered(0), calls = 0, moved = 0;
	struct pollfd fd = {.events = POLLIN};

	(void)state;
	for (uint32_t i = 1; i < MANY; i++)
		(void)rig_find_numbered(i);
	assert_true(rig_comes_to(first, rig.gateway, 500));
	assert_int_equal(
		netns_ip(
			"neigh replace 192.0.2.253 lladdr 02:00:00:00:00:fd dev nb0 nud permanent"),
		0);
	rig_pass(200);
	assert_int_equal(netns_ip("route add 20.0.0.0/8 via 192.0.2.253"), 0);
	fd.fd = neighbour_fd(rig.n);
	while (poll(&fd, 1, 10) == 1) {
		neighbour_run(rig.n);
		calls++;
	}
	for (uint32_t i = 0; i < MANY; i++)
		moved += rig_leads_to(first + i, rig.second);
	assert_int_equal(moved, MANY);
	assert_in_range(calls, MANY / 1000, MANY / 1000 + 5);
}

/* Of all sockets here; the ninth column. */
static uint64_t events_lost(void)
{
	char line[256];
	uint64_t sum = 0;
	FILE *f = fopen("/proc/self/net/netlink", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		char *rest = NULL, *word = strtok_r(line, " ", &rest);

		for (uint32_t i = 1; i < 9 && word != NULL; i++)
			word = strtok_r(NULL, " ", &rest);
		if (word != NULL)
			sum += strtoul(word, NULL, 10);
	}
	(void)fclose(f);
	return sum;
}

/* More events than the socket holds, and among those lost the one that counts. */
static void lost_events_are_made_good(void **state)
{
	char path[] = "/tmp/test_neighbour_XXXXXX";
	uint32_t d = rig_find("198.51.100.1");
	uint64_t lost = events_lost();
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(f);
	assert_true(rig_comes_to(d, rig.gateway, 500));
	for (uint32_t i = 0; i < 40000; i++)
		(void)fprintf(f, "route add 30.%u.%u.%u/32 via 192.0.2.253\n", i >> 16,
			i >> 8 & 255, i & 255);
	(void)fprintf(f, "neigh replace 192.0.2.254 lladdr 02:00:00:00:00:bb dev nb0 "
			 "nud permanent\n");
	assert_int_equal(fclose(f), 0);
	assert_int_equal(netns_ip_batch(path), 0);
	(void)unlink(path);
	assert_true(events_lost() > lost);
	rig.gateway->mac[5] = 0xbb;
	assert_true(rig_comes_to(d, rig.gateway, 3000));
}

/* Of a table that is used and swept as endpoints come and go. */
static void forgotten_destinations_are_not_probed(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "192.0.2.77", 77);
	uint32_t d = rig_find("192.0.2.77");

	(void)state;
	assert_true(rig_comes_to(d, h, 500));
	rig_pass(1100);
	neighbour_sweep_begin(rig.n);
	neighbour_sweep_end(rig.n);
	assert_null(rig_hop_of(d));
	h->asked = h->probed = 0;
	assert_int_equal(netns_ip("neigh flush dev nb0"), 0);
	rig_pass(1500);
	assert_int_equal(h->asked + h->probed, 0);
}

/* The last one, as there is no way back. */
static void all_works_without_capabilities(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "192.0.2.77", 77);
	struct wire_host *h6 = wire_add(&rig.w, "2001:db8::77", 78);
	uint32_t before = rig_find("198.51.100.1"), d, d6;
	struct neighbour *again = NULL;
	struct neighbour_port port = {.mtu = 1500, .ifindex = tap_ifindex(rig.w.tap)};

	(void)state;
	assert_true(rig_comes_to(before, rig.gateway, 500));
	capng_clear(CAPNG_SELECT_BOTH);
	assert_int_equal(capng_apply(CAPNG_SELECT_BOTH), 0);
	assert_int_not_equal(netns_ip("route add 10.0.0.0/8 via 192.0.2.253"), 0);
	d = rig_find("192.0.2.77");
	d6 = rig_find("2001:db8::77");
	assert_true(rig_comes_to(d, h, 500));
	assert_true(rig_comes_to(d6, h6, 500));
	rig_pass(1100);
	h->mac[5] = 0xcc;
	wire_announce(&rig.w, h);
	assert_true(rig_comes_to(d, h, 500));
	/* even to begin */
	assert_int_equal(neighbour_create(&rig.profile, &port, &rig.retire, &again), 0);
	neighbour_destroy(again);
}

static void host_in_a_vlan_has_a_tagged_header(void **state)
{
	struct wire_host *h = wire_add(&rig.w, "10.7.0.9", 9);
	struct wire_host *h6 = wire_add(&rig.w, "2001:db8:7::9", 10);
	uint32_t d = rig_find("10.7.0.9"), d6 = rig_find("2001:db8:7::9");

	(void)state;
	assert_true(rig_comes_to(d, h, 500));
	assert_true(rig_comes_to(d6, h6, 500));
	assert_int_equal(rig.w.vlan, RIG_VLAN);
	assert_int_equal(rig_hop_of(d)->l2_len, 18);
	assert_int_equal(rig_hop_of(d)->port, 0);
	assert_memory_equal(rig_hop_of(d)->l2 + 6, rig_mac, 6);
	assert_memory_equal(rig_hop_of(d)->l2 + 12, ((uint8_t[]){0x81, 0, 0, RIG_VLAN, 8, 0}), 6);
	assert_memory_equal(
		rig_hop_of(d6)->l2 + 12, ((uint8_t[]){0x81, 0, 0, RIG_VLAN, 0x86, 0xdd}), 6);
	assert_int_equal(netns_ip("link set nb0.7 down"), 0);
	assert_true(rig_comes_to(d, NULL, 500));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_begin, rig_end)

static int run_vlan(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			host_in_a_vlan_has_a_tagged_header, rig_begin_vlan, rig_end),
	};

	if (netns_ip("link add link lo name vl0 type vlan id 1") != 0)
		netns_skip("this kernel makes no 802.1Q interfaces (module 8021q)");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(host_on_the_link_found_by_arp),
		TEST(host_on_the_link_found_by_nd),
		TEST(hosts_behind_a_gateway_share_its_hop),
		TEST(known_neighbour_used_at_once),
		TEST(address_of_no_single_host_has_no_hop),
		TEST(new_mac_of_gateway_reaches_all_at_once),
		TEST(route_changes_are_followed),
		TEST(route6_changes_are_followed),
		TEST(rule_changes_are_followed),
		TEST(gateway_of_the_other_family_works),
		TEST(other_interfaces_lead_nowhere_and_are_not_probed),
		TEST(silent_neighbour_has_no_hop_until_it_speaks),
		TEST(neighbour_that_fails_loses_its_hop),
		TEST(flushed_neighbour_keeps_its_hop_and_is_found_again),
		TEST(flushed_neighbour_that_is_gone_loses_its_hop),
		TEST(stale_neighbour_used_and_verified),
		TEST(link_down_takes_hops_and_up_brings_them_back),
		TEST(link_mtu_is_followed),
		TEST(many_destinations_follow_without_waiting_for_the_clock),
		TEST(lost_events_are_made_good),
		TEST(forgotten_destinations_are_not_probed),
		TEST(all_works_without_capabilities),
	};

	netns_enter();
	if (argc > 1 && strcmp(argv[1], "vlan") == 0)
		return run_vlan();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
