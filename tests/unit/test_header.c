/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes out has the fields asked for and checksums that another implementation finds right. */
#include "frames.h"
#include "header.h"
#include "support.h"

enum { PAYLOAD_MAX = 1500, DSCP_MAX = 63, TTL = 63 };

static const struct relay_sockaddr from4 = {{192, 0, 2, 1}, 20000, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr to4 = {{198, 51, 100, 77}, 4321, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr from6 = {
	{0x20, 1, 0xd, 0xb8, [15] = 1}, 20000, RELAY_FAMILY_IPV6, 0};
static const struct relay_sockaddr to6 = {
	{0x20, 1, 0xd, 0xb8, 0xff, 0xff, 0xff, [15] = 0x77}, 4321, RELAY_FAMILY_IPV6, 0};

static uint8_t packet[HEADER_IPV6_UDP + PAYLOAD_MAX];

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint16_t pseudo_sum(const uint8_t *ip, uint32_t udp_len)
{
	const uint8_t tail[4] = {0, 17, (uint8_t)(udp_len >> 8), (uint8_t)udp_len};
	bool is_ipv4 = ip[0] >> 4 == 4;
	uint16_t sum = is_ipv4 ? frames_sum(0, ip + 12, 8) : frames_sum(0, ip + 8, 32);

	return frames_sum(sum, tail, sizeof(tail));
}

static void check_ipv4(const uint8_t *ip, uint32_t dscp, uint32_t payload_len)
{
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[1], dscp << 2);
	assert_int_equal(be16(ip + 2), 28 + payload_len);
	assert_int_equal(be16(ip + 6), 0x4000); /* DF */
	assert_int_equal(ip[8], TTL);
	assert_int_equal(ip[9], 17);
	assert_memory_equal(ip + 12, from4.ip, 4);
	assert_memory_equal(ip + 16, to4.ip, 4);
	assert_int_equal(frames_sum(0, ip, 20), 0xffff);
}

static void check_ipv6(const uint8_t *ip, uint32_t dscp, uint32_t payload_len)
{
	assert_int_equal(be16(ip), 0x6000 | dscp << 6); /* no ECN, no label */
	assert_int_equal(be16(ip + 2), 0);
	assert_int_equal(be16(ip + 4), 8 + payload_len);
	assert_int_equal(ip[6], 17);
	assert_int_equal(ip[7], TTL);
	assert_memory_equal(ip + 8, from6.ip, 16);
	assert_memory_equal(ip + 24, to6.ip, 16);
}

/* Builds and completes in front of 'payload_len' bytes already in place; returns the UDP header. */
static uint8_t *complete(bool is_ipv4, uint32_t dscp, uint32_t payload_len)
{
	uint8_t *udp;

	if (is_ipv4)
		header_build(packet, &from4, &to4, (uint8_t)dscp, TTL);
	else
		header_build(packet, &from6, &to6, (uint8_t)dscp, TTL);
	assert_int_equal(header_len(packet), is_ipv4 ? 28 : 48);
	udp = header_complete(packet, payload_len);
	assert_ptr_equal(udp, packet + (is_ipv4 ? 20 : 40));
	assert_int_equal(be16(udp), 20000);
	assert_int_equal(be16(udp + 2), 4321);
	assert_int_equal(be16(udp + 4), 8 + payload_len);
	return udp;
}

static void fields_are_those_asked_for(void **state)
{
	(void)state;
	for (uint32_t dscp = 0; dscp <= DSCP_MAX; dscp++)
		for (uint32_t len = 0; len <= PAYLOAD_MAX; len += 1 + len / 3) {
			(void)complete(true, dscp, len);
			check_ipv4(packet, dscp, len);
			(void)complete(false, dscp, len);
			check_ipv6(packet, dscp, len);
		}
}

/* The lengths' own ends: the longest UDP that IP can say. */
static void longest_packet_has_a_right_ipv4_checksum(void **state)
{
	(void)state;
	(void)complete(true, 46, 65535 - 28);
	check_ipv4(packet, 46, 65535 - 28);
	(void)complete(false, 46, 65535 - 8);
	check_ipv6(packet, 46, 65535 - 8);
}

/* What a NIC finishes: it sums from the UDP header on, the field included. */
static void offloaded_checksum_is_the_pseudo_headers_sum(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t len = 0; len <= PAYLOAD_MAX; len++) {
			const uint8_t *udp = complete(i == 0, 46, len);

			assert_int_equal(be16(udp + 6), pseudo_sum(packet, 8 + len));
		}
}

static void checksum_is_right_for_each_length(void **state)
{
	struct support_rng rng = {2};

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t len = 0; len <= PAYLOAD_MAX; len++) {
			uint8_t *udp = packet + (i == 0 ? 20 : 40);

			support_fill(&rng, udp + 8, len);
			assert_ptr_equal(complete(i == 0, 34, len), udp);
			header_checksum(udp, len);
			assert_int_equal(frames_udp_sum(packet, udp, 8 + len), 0xffff);
			assert_true(be16(udp + 6) != 0);
		}
}

/* Reads nothing behind an odd payload's last byte. */
static void odd_payload_ends_where_memory_does(void **state)
{
	struct support_guard guard;

	(void)state;
	support_guard_open(&guard, sizeof(packet));
	for (uint32_t len = 0; len < 64; len++) {
		uint8_t *ip = support_guard_before_end(&guard, HEADER_IPV4_UDP + len);
		uint8_t *udp;

		memset(ip + HEADER_IPV4_UDP, 0xff, len);
		header_build(ip, &from4, &to4, 0, TTL);
		udp = header_complete(ip, len);
		header_checksum(udp, len);
		assert_int_equal(frames_udp_sum(ip, udp, 8 + len), 0xffff);
	}
	support_guard_close(&guard);
}

/* RFC 768. The payload is what the checksum was with zeros there, which makes the sum zero. */
static void checksum_of_zero_is_sent_as_all_ones(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *udp = packet + (i == 0 ? 20 : 40);

		memset(udp + 8, 0, 4);
		(void)complete(i == 0, 0, 4);
		header_checksum(udp, 4);
		memcpy(udp + 10, udp + 6, 2);
		(void)complete(i == 0, 0, 4);
		header_checksum(udp, 4);
		assert_int_equal(be16(udp + 6), 0xffff);
		assert_int_equal(frames_udp_sum(packet, udp, 12), 0xffff);
	}
}

static void sum_folds_to_that_of_single_bytes(void **state)
{
	static const uint64_t rows[][2] = {{0, 0}, {0xffff, 0xffff}, {0x10000, 1},
		{0x1fffe, 0xffff}, {UINT32_MAX, 0xffff}, {UINT64_C(0xffffffffffff), 0xffff},
		{UINT64_C(0x1ffff0000), 1}, {UINT64_MAX, 0xffff}};
	uint8_t bytes[256];
	struct support_rng rng = {3};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(header_fold(rows[i][0]), rows[i][1]);
	for (uint32_t len = 0; len <= sizeof(bytes); len++)
		for (uint32_t round = 0; round < 8; round++) {
			support_fill(&rng, bytes, len);
			if (round == 0)
				memset(bytes, 0xff, len);
			assert_int_equal(ntohs(header_fold(header_sum(bytes, len))),
				frames_sum(0, bytes, len));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_those_asked_for),
		cmocka_unit_test(longest_packet_has_a_right_ipv4_checksum),
		cmocka_unit_test(offloaded_checksum_is_the_pseudo_headers_sum),
		cmocka_unit_test(checksum_is_right_for_each_length),
		cmocka_unit_test(odd_payload_ends_where_memory_does),
		cmocka_unit_test(checksum_of_zero_is_sent_as_all_ones),
		cmocka_unit_test(sum_folds_to_that_of_single_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
