/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks where one of our addresses is gets an answer; others get none. */
#include "arp.h"

#include "support.h"

#include <arpa/inet.h>

enum { ROOM = 128, ARP_FRAME = 42, NS_FRAME = 14 + 40 + 24 };

static const struct frame_link ours = {.src = {2, 0, 0, 0, 0, 9}, .dst = {2, 0, 0, 0, 0, 1}};
static struct address_index *hosts;

static int add_hosts(void **state)
{
	struct relay_sockaddr v4 = {.ip = {10, 0, 0, 2}, .family = RELAY_FAMILY_IPV4};
	struct relay_sockaddr v6 = {.family = RELAY_FAMILY_IPV6};

	(void)state;
	hosts = address_index_create(4);
	assert_non_null(hosts);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::2", v6.ip), 1);
	assert_int_equal(address_index_add(hosts, &v4, 1), 0);
	assert_int_equal(address_index_add(hosts, &v6, 2), 0);
	return 0;
}

static int drop_hosts(void **state)
{
	(void)state;
	address_index_destroy(hosts);
	return 0;
}

static void ask_arp(uint8_t frame[ROOM])
{
	static const uint8_t request[ARP_FRAME] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0,
		0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		10, 0, 0, 2};

	memcpy(frame, request, sizeof(request));
}

static void ask_neighbour(uint8_t frame[ROOM], const char *from)
{
	static const uint8_t start[14] = {0x33, 0x33, 0xff, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd};
	uint8_t *ip = frame + 14, *icmp = ip + 40;
	uint16_t sum;

	memset(frame, 0, ROOM);
	memcpy(frame, start, sizeof(start));
	ip[0] = 0x60;
	ip[5] = 24;
	ip[6] = 58;
	ip[7] = 255;
	assert_int_equal(inet_pton(AF_INET6, from, ip + 8), 1);
	assert_int_equal(inet_pton(AF_INET6, "ff02::1:ff00:2", ip + 24), 1);
	icmp[0] = 135;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::2", icmp + 8), 1);
	sum = (uint16_t)~frame_fold(
		frame_sum(ip + 8, 32) + htons(24) + htons(58) + frame_sum(icmp, 24));
	memcpy(icmp + 2, &sum, 2);
}

static void arp_for_ours_is_answered(void **state)
{
	static const uint8_t reply[ARP_FRAME] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8,
		0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 9, 10, 0, 0, 2, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1};
	uint8_t frame[ROOM];

	(void)state;
	ask_arp(frame);
	assert_int_equal(arp_answer(frame, ARP_FRAME, &ours, hosts), ARP_FRAME);
	assert_memory_equal(frame, reply, sizeof(reply));
}

static void other_arp_is_not_answered(void **state)
{
	static const struct {
		uint32_t at;
		uint8_t value;
	} rows[] = {{41, 3}, {21, 2}, {15, 6}, {16, 9}, {18, 8}};
	uint8_t frame[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask_arp(frame);
		frame[rows[i].at] = rows[i].value;
		assert_int_equal(arp_answer(frame, ARP_FRAME, &ours, hosts), 0);
	}
	for (uint32_t len = 0; len < ARP_FRAME; len++) {
		ask_arp(frame);
		assert_int_equal(arp_answer(frame, len, &ours, hosts), 0);
	}
}

static void check_advertisement(const uint8_t *frame, const char *to, uint8_t flags)
{
	const uint8_t *ip = frame + 14, *icmp = ip + 40;
	char text[INET6_ADDRSTRLEN];

	assert_memory_equal(frame + 6, ours.src, 6);
	assert_int_equal(ip[5], 32);
	assert_int_equal(ip[7], 255);
	assert_string_equal(inet_ntop(AF_INET6, ip + 8, text, sizeof(text)), "2001:db8::2");
	assert_string_equal(inet_ntop(AF_INET6, ip + 24, text, sizeof(text)), to);
	assert_int_equal(icmp[0], 136);
	assert_int_equal(icmp[4], flags);
	assert_string_equal(inet_ntop(AF_INET6, icmp + 8, text, sizeof(text)), "2001:db8::2");
	assert_int_equal(icmp[24], 2);
	assert_int_equal(icmp[25], 1);
	assert_memory_equal(icmp + 26, ours.src, 6);
	assert_int_equal(
		frame_fold(frame_sum(ip + 8, 32) + htons(32) + htons(58) + frame_sum(icmp, 32)),
		0xffff);
}

static void solicitation_for_ours_is_answered(void **state)
{
	static const uint8_t asker[6] = {2, 0, 0, 0, 0, 1};
	uint8_t frame[ROOM];

	(void)state;
	ask_neighbour(frame, "fe80::1");
	assert_int_equal(arp_answer(frame, NS_FRAME, &ours, hosts), NS_FRAME + 8);
	check_advertisement(frame, "fe80::1", 0x60);
	assert_memory_equal(frame, asker, 6);
}

static void who_has_no_address_is_told_through_all_nodes(void **state)
{
	static const uint8_t all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t frame[ROOM];

	(void)state;
	ask_neighbour(frame, "::");
	assert_int_equal(arp_answer(frame, NS_FRAME, &ours, hosts), NS_FRAME + 8);
	check_advertisement(frame, "ff02::1", 0x20);
	assert_memory_equal(frame, all_nodes, 6);
}

/* Another target, hop limit, type, code, checksum; cut anywhere. */
static void other_icmp_is_not_answered(void **state)
{
	static const uint32_t places[] = {14 + 40 + 23, 14 + 7, 14 + 40, 14 + 41, 14 + 42, 14 + 23};
	uint8_t frame[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		ask_neighbour(frame, "fe80::1");
		frame[places[i]] ^= 1;
		assert_int_equal(arp_answer(frame, NS_FRAME, &ours, hosts), 0);
	}
	for (uint32_t len = 0; len < NS_FRAME; len++) {
		ask_neighbour(frame, "fe80::1");
		assert_int_equal(arp_answer(frame, len, &ours, hosts), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_for_ours_is_answered),
		cmocka_unit_test(other_arp_is_not_answered),
		cmocka_unit_test(solicitation_for_ours_is_answered),
		cmocka_unit_test(who_has_no_address_is_told_through_all_nodes),
		cmocka_unit_test(other_icmp_is_not_answered),
	};

	return cmocka_run_group_tests(tests, add_hosts, drop_hosts);
}
