/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that are built are those that are parsed; a frame that lies about its lengths, or ends
 * anywhere, is foreign and nothing beyond it is read. */
#include "frame.h"

#include "support.h"

#include <arpa/inet.h>

enum { PAYLOAD = 33, ROOM = 256 };

static const struct variant {
	const char *name, *src, *dst;
	uint16_t vlan;
} variants[] = {
	{"IPv4", "10.1.2.3", "192.0.2.254", FRAME_NO_VLAN},
	{"IPv4 tagged", "10.1.2.3", "192.0.2.254", 7},
	{"IPv6", "2001:db8::1", "2001:db8:ffff::2", FRAME_NO_VLAN},
	{"IPv6 tagged", "fd00::1", "2001:db8:ffff::2", 4094},
};

enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

static struct relay_sockaddr address(const char *ip, uint16_t port)
{
	struct relay_sockaddr addr = {.port = port};
	bool v6 = strchr(ip, ':') != NULL;

	addr.family = v6 ? RELAY_FAMILY_IPV6 : RELAY_FAMILY_IPV4;
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, ip, addr.ip), 1);
	return addr;
}

static struct frame_link link_of(const struct variant *v, uint8_t offload)
{
	return (struct frame_link){.src = {2, 0, 0, 0, 0, 1},
		.dst = {2, 0, 0, 0, 0, 2},
		.vlan = v->vlan,
		.offload = offload};
}

/* A whole frame of 'len' bytes of payload; its length. */
static uint32_t build(const struct variant *v, uint8_t offload, uint8_t *frame, uint32_t len)
{
	struct relay_sockaddr src = address(v->src, 5004), dst = address(v->dst, 16385);
	struct frame_link link = link_of(v, offload);
	struct frame_template t;

	frame_template_init(&t, &link, &src, &dst);
	for (uint32_t i = 0; i < len; i++)
		frame[t.len + i] = (uint8_t)(3 * i + 1);
	return frame_finish(&t, frame, len);
}

static void built_frame_parses_to_what_went_in(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VARIANTS; i++)
		for (uint32_t len = 0; len < PAYLOAD; len++) {
			const struct variant *v = &variants[i];
			struct relay_sockaddr src = address(v->src, 5004);
			struct relay_sockaddr dst = address(v->dst, 16385);
			uint8_t frame[ROOM] = {0};
			uint32_t total = build(v, 0, frame, len);
			struct frame_view view;

			frame_parse(frame, total, v->vlan, true, &view);
			assert_int_equal(view.kind, FRAME_UDP);
			assert_false(view.ip_bad);
			assert_true(relay_address_equal(&view.src, &src));
			assert_true(relay_address_equal(&view.dst, &dst));
			assert_int_equal(view.payload_len, len);
			assert_ptr_equal(view.payload, frame + total - len);
			assert_true(frame_udp_checksum_good(&view));
		}
}

/* Against a checksum added up byte by byte, as RFC 768 says. */
static uint16_t slow_sum(const uint8_t *data, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void checksums_are_those_of_the_rfcs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VARIANTS; i++) {
		const struct variant *v = &variants[i];
		struct relay_sockaddr src = address(v->src, 0), dst = address(v->dst, 0);
		uint32_t ips = src.family == RELAY_FAMILY_IPV4 ? 4 : 16;
		uint8_t frame[ROOM] = {0}, pseudo[40] = {0};
		uint32_t total = build(v, 0, frame, PAYLOAD), l2 = v->vlan != 0 ? 18 : 14;

		memcpy(pseudo, src.ip, ips);
		memcpy(pseudo + ips, dst.ip, ips);
		pseudo[2 * ips + 1] = 17;
		pseudo[2 * ips + 3] = PAYLOAD + 8;
		assert_int_equal(slow_sum(frame + total - PAYLOAD - 8, PAYLOAD + 8,
					 slow_sum(pseudo, 2 * ips + 4, 0)),
			0xffff);
		if (ips == 4)
			assert_int_equal(slow_sum(frame + l2, 20, 0), 0xffff);
	}
}

static void offloaded_checksum_is_the_pseudo_header_s(void **state)
{
	uint8_t frame[ROOM] = {0},
		pseudo[12] = {10, 1, 2, 3, 192, 0, 2, 254, 0, 17, 0, PAYLOAD + 8};
	uint32_t total = build(&variants[0], FRAME_OFFLOAD_IP | FRAME_OFFLOAD_UDP, frame, PAYLOAD);
	const uint8_t *udp = frame + total - PAYLOAD - 8;

	(void)state;
	assert_int_equal(udp[6] << 8 | udp[7], slow_sum(pseudo, sizeof(pseudo), 0));
	assert_int_equal(frame[14 + 10] | frame[14 + 11], 0);
}

/* Any bit of IP header, UDP header or payload: the checksums, or the parser, see it. */
static void every_changed_bit_is_seen(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VARIANTS; i++) {
		const struct variant *v = &variants[i];
		uint8_t good[ROOM] = {0}, frame[ROOM];
		uint32_t total = build(v, 0, good, PAYLOAD), l3 = v->vlan != 0 ? 18 : 14;
		struct frame_view view;

		for (uint32_t bit = 8 * l3; bit < 8 * total; bit++) {
			bool ipv6_unsummed =
				variants[i].src[4] == ':' && /* class, label, hops */
				((bit >= 8 * l3 + 4 && bit < 8 * (l3 + 4)) || bit / 8 == l3 + 7);

			memcpy(frame, good, total);
			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
			frame_parse(frame, total, v->vlan, true, &view);
			if (view.kind != FRAME_UDP || view.ip_bad || bit / 8 == l3)
				continue;
			assert_true(ipv6_unsummed || !frame_udp_checksum_good(&view));
		}
	}
}

static void zero_checksum_is_right_in_ipv4_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VARIANTS; i++) {
		uint8_t frame[ROOM] = {0};
		uint32_t total = build(&variants[i], 0, frame, PAYLOAD);
		struct frame_view view;

		memset(frame + total - PAYLOAD - 2, 0, 2);
		frame_parse(frame, total, variants[i].vlan, true, &view);
		assert_int_equal(view.kind, FRAME_UDP);
		assert_int_equal(frame_udp_checksum_good(&view), i < 2);
	}
}

/* The frame ends at a page that must not be read. */
static void cut_frame_is_foreign_and_not_overread(void **state)
{
	struct support_guard guard;

	(void)state;
	support_guard_open(&guard, ROOM);
	for (unsigned i = 0; i < VARIANTS; i++) {
		uint8_t whole[ROOM] = {0};
		uint32_t total = build(&variants[i], 0, whole, PAYLOAD);
		struct frame_view view;

		for (uint32_t len = 0; len < total; len++) {
			uint8_t *cut = support_guard_before_end(&guard, len);

			memcpy(cut, whole, len);
			frame_parse(cut, len, variants[i].vlan, true, &view);
			assert_int_equal(view.kind, FRAME_FOREIGN);
		}
	}
	support_guard_close(&guard);
}

static void random_bytes_are_parsed_within_their_frame(void **state)
{
	struct support_rng rng = {1};
	struct support_guard guard;
	uint32_t udp = 0;

	(void)state;
	support_guard_open(&guard, ROOM);
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t whole[ROOM] = {0};
		const struct variant *v = &variants[support_below(&rng, VARIANTS)];
		uint32_t total = build(v, 0, whole, support_below(&rng, PAYLOAD));
		uint32_t len = support_below(&rng, total + 1);
		uint8_t *frame = support_guard_before_end(&guard, len);
		struct frame_view view;

		memcpy(frame, whole, len);
		for (unsigned n = support_below(&rng, 4); n > 0 && len > 0; n--)
			frame[support_below(&rng, len)] = (uint8_t)support_random(&rng);
		frame_parse(frame, len, v->vlan, true, &view);
		if (view.kind != FRAME_UDP)
			continue;
		udp++;
		assert_true(
			view.payload >= frame && view.payload + view.payload_len <= frame + len);
		(void)frame_udp_checksum_good(&view);
	}
	support_guard_close(&guard);
	assert_true(udp > 100);
}

static void what_is_not_ours_is_foreign(void **state)
{
	static const struct {
		const char *what;
		uint32_t at;
		uint8_t value;
	} rows[] = {
		{"another ethertype", 12, 0x88},
		{"IP version", 14, 0x65},
		{"short IP header", 14, 0x44},
		{"TCP", 23, 6},
		{"more fragments", 20, 0x20},
		{"a later fragment", 21, 1},
		{"total length beyond the frame", 16, 1},
		{"total length within the header", 17, 19},
		{"UDP length beyond IP's", 38, 1},
		{"UDP length within the header", 39, 7},
	};
	struct frame_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[ROOM] = {0};
		uint32_t total = build(&variants[0], 0, frame, PAYLOAD);

		frame[rows[i].at] = rows[i].value;
		frame_parse(frame, total, FRAME_NO_VLAN, true, &view);
		if (view.kind != FRAME_FOREIGN)
			fail_msg("%s", rows[i].what);
	}
}

static void another_vlan_is_foreign(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VARIANTS; i++)
		for (unsigned j = 0; j < VARIANTS; j++) {
			uint8_t frame[ROOM] = {0};
			uint32_t total = build(&variants[i], 0, frame, PAYLOAD);
			struct frame_view view;

			frame_parse(frame, total, variants[j].vlan, true, &view);
			assert_int_equal(
				view.kind == FRAME_UDP, variants[i].vlan == variants[j].vlan);
		}
}

/* Ethernet pads short frames; what is after IP's end is not payload. */
static void padding_is_not_payload(void **state)
{
	uint8_t frame[ROOM] = {0};
	struct frame_view view;

	(void)state;
	(void)build(&variants[0], 0, frame, 2);
	frame_parse(frame, 60, FRAME_NO_VLAN, true, &view);
	assert_int_equal(view.kind, FRAME_UDP);
	assert_int_equal(view.payload_len, 2);
	assert_true(frame_udp_checksum_good(&view));
}

static void next_ports_are_summed_right(void **state)
{
	struct relay_sockaddr src = address("10.0.0.1", 0xfffe), dst = address("10.0.0.2", 16384);
	struct frame_link link = link_of(&variants[0], 0);
	struct frame_template t;
	struct frame_view view;
	uint8_t frame[ROOM] = {0};

	(void)state;
	frame_template_init(&t, &link, &src, &dst);
	frame_template_next_ports(&t);
	frame_parse(frame, frame_finish(&t, frame, PAYLOAD), FRAME_NO_VLAN, true, &view);
	assert_int_equal(view.src.port, 0xffff);
	assert_int_equal(view.dst.port, 16385);
	assert_true(frame_udp_checksum_good(&view));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_frame_parses_to_what_went_in),
		cmocka_unit_test(checksums_are_those_of_the_rfcs),
		cmocka_unit_test(offloaded_checksum_is_the_pseudo_header_s),
		cmocka_unit_test(every_changed_bit_is_seen),
		cmocka_unit_test(zero_checksum_is_right_in_ipv4_alone),
		cmocka_unit_test(cut_frame_is_foreign_and_not_overread),
		cmocka_unit_test(random_bytes_are_parsed_within_their_frame),
		cmocka_unit_test(what_is_not_ours_is_foreign),
		cmocka_unit_test(another_vlan_is_foreign),
		cmocka_unit_test(padding_is_not_payload),
		cmocka_unit_test(next_ports_are_summed_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
