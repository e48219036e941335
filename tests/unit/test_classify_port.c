/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are a port's: by their tag, and by the MAC that they are for. */
#include "classify.h"
#include "frames.h"
#include "plane_worker.h"
#include "support.h"

enum { PORT_MIN = 20000, PORT_MAX = 29999 };

static const uint8_t rtp[32] = {0x80, 96};
static const struct relay_sockaddr our4 = {{10, 0, 0, 2}, PORT_MIN, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr peer4 = {{10, 0, 0, 9}, 4000, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr our6 = {
	{0x20, 1, 0xd, 0xb8, [15] = 2}, PORT_MIN, RELAY_FAMILY_IPV6, 0};
static const struct relay_sockaddr peer6 = {
	{0x20, 1, 0xd, 0xb8, [15] = 9}, 4000, RELAY_FAMILY_IPV6, 0};

static struct local_table local;
static const struct classify_config config = {&local, PORT_MIN, PORT_MAX};
static struct classify_port port;

static struct frames_spec media(bool ipv6)
{
	return (struct frames_spec){
		.from = ipv6 ? peer6 : peer4,
		.to = ipv6 ? our6 : our4,
		.payload = rtp,
		.payload_len = sizeof(rtp),
	};
}

static int add_locals(void **state)
{
	struct relay_sockaddr a = our4, b = our6;

	(void)state;
	a.port = b.port = 0;
	return local_add(&local, &a) && local_add(&local, &b) ? 0 : -1;
}

/* What a port is for, and what comes. A priority tag is none. */
static void tag_must_be_the_ports(void **state)
{
	static const struct {
		int32_t ours[2]; /* -1: none */
		int32_t tag;
		enum classify_result want;
	} rows[] = {
		{{0, -1}, -1, CLASSIFY_MEDIA},
		{{0, -1}, 0, CLASSIFY_MEDIA},
		{{0, -1}, 1, CLASSIFY_KERNEL},
		{{0, -1}, 4095, CLASSIFY_KERNEL},
		{{77, -1}, -1, CLASSIFY_KERNEL},
		{{77, -1}, 0, CLASSIFY_KERNEL},
		{{77, -1}, 77, CLASSIFY_MEDIA},
		{{77, -1}, 0xe000 | 77, CLASSIFY_MEDIA}, /* with a priority */
		{{77, -1}, 76, CLASSIFY_KERNEL},
		{{77, -1}, 77 + 64, CLASSIFY_KERNEL},
		{{4094, 63}, 4094, CLASSIFY_MEDIA},
		{{4094, 63}, 63, CLASSIFY_MEDIA},
		{{4094, 63}, 64, CLASSIFY_KERNEL},
	};
	uint8_t frame[FRAMES_ROOM];
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t f = 0; f < 2; f++) {
			struct frames_spec s = media(f == 1);
			uint32_t len;

			classify_port_init(&port, frames_mac);
			for (uint32_t v = 0; v < 2 && rows[i].ours[v] >= 0; v++)
				classify_port_add(&port, (uint16_t)rows[i].ours[v]);
			s.tags[0] = rows[i].tag < 0 ? 0 : FRAMES_VLAN;
			len = frames_build(&s, frame);
			if (rows[i].tag >= 0) {
				frame[14] = (uint8_t)(rows[i].tag >> 8);
				frame[15] = (uint8_t)rows[i].tag;
			}
			assert_int_equal(
				classify_parse(&config, &port, frame, len, &meta), rows[i].want);
		}
}

/* A profile's port 1: addresses in VLAN 77, neighbours in 88, and another port in 99. With an
 * exception path the administrator may make any other on the TAP. */
static void profile_says_vlans_of_a_port_without_tap_alone(void **state)
{
	static const struct {
		enum hwprofile_exception exception;
		uint32_t n_addresses;
		int32_t tag; /* -1: none */
		enum classify_result want;
	} rows[] = {
		{HWPROFILE_EXCEPTION_TAP, 2, -1, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_TAP, 2, 77, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_TAP, 2, 1, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_TAP, 0, 4094, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_NONE, 2, 77, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_NONE, 2, 88, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_NONE, 2, 99, CLASSIFY_KERNEL},
		{HWPROFILE_EXCEPTION_NONE, 2, 1, CLASSIFY_KERNEL},
		{HWPROFILE_EXCEPTION_NONE, 2, -1, CLASSIFY_KERNEL},
		{HWPROFILE_EXCEPTION_NONE, 1, -1, CLASSIFY_MEDIA},
		{HWPROFILE_EXCEPTION_NONE, 1, 77, CLASSIFY_KERNEL},
	};
	static struct hwprofile profile = {
		.n_ports = 2,
		.addresses = {{.port = 0, .vlan = 99}, {.port = 1, .vlan = 77}},
		.neighbours = {{.port = 0, .vlan = 99}, {.port = 1, .vlan = 88}},
		.n_neighbours = 2,
	};
	uint8_t frame[FRAMES_ROOM];
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frames_spec s = media(false);
		uint32_t len;

		profile.n_addresses = rows[i].n_addresses;
		profile.ports[1].exception = rows[i].exception;
		plane_worker_frames(&profile, 1, frames_mac, &port);
		s.tags[0] = rows[i].tag < 0 ? 0 : FRAMES_VLAN;
		len = frames_build(&s, frame);
		if (rows[i].tag >= 0) {
			frame[14] = (uint8_t)(rows[i].tag >> 8);
			frame[15] = (uint8_t)rows[i].tag;
		}
		assert_int_equal(classify_parse(&config, &port, frame, len, &meta), rows[i].want);
	}
}

/* Whom it is promiscuous for: 'exception' none. */
static void mac_any_is_taken_without_tap_alone(void **state)
{
	static struct hwprofile profile = {.n_ports = 1};
	struct frames_spec s = media(false);
	uint8_t frame[FRAMES_ROOM];
	uint32_t len = frames_build(&s, frame);
	struct pkt_meta meta;

	(void)state;
	frame[5] ^= 1;
	for (uint32_t i = 0; i < 4; i++) {
		bool promiscuous = i % 2 == 1, tap = i / 2 == 1;

		profile.ports[0].promiscuous = promiscuous;
		profile.ports[0].exception =
			tap ? HWPROFILE_EXCEPTION_TAP : HWPROFILE_EXCEPTION_NONE;
		plane_worker_frames(&profile, 0, frames_mac, &port);
		assert_int_equal(classify_parse(&config, &port, frame, len, &meta),
			promiscuous && !tap ? CLASSIFY_MEDIA : CLASSIFY_OTHER_HOST);
	}
}

static void mac_must_be_the_ports_or_many(void **state)
{
	struct frames_spec s = media(false);
	uint8_t frame[FRAMES_ROOM];
	uint32_t len = frames_build(&s, frame);
	struct pkt_meta meta;

	(void)state;
	classify_port_init(&port, frames_mac);
	classify_port_add(&port, 0);
	for (uint32_t bit = 0; bit < 48; bit++) {
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* the lowest of the first byte makes it a group's */
		assert_int_equal(classify_parse(&config, &port, frame, len, &meta),
			bit == 0 ? CLASSIFY_MEDIA : CLASSIFY_OTHER_HOST);
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memset(frame, 0xff, 6);
	assert_int_equal(classify_parse(&config, &port, frame, len, &meta), CLASSIFY_MEDIA);
	memset(frame, 0x22, 6);
	assert_int_equal(classify_parse(&config, &port, frame, len, &meta), CLASSIFY_OTHER_HOST);
	classify_port_init(&port, NULL);
	classify_port_add(&port, 0);
	assert_int_equal(classify_parse(&config, &port, frame, len, &meta), CLASSIFY_MEDIA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tag_must_be_the_ports),
		cmocka_unit_test(profile_says_vlans_of_a_port_without_tap_alone),
		cmocka_unit_test(mac_any_is_taken_without_tap_alone),
		cmocka_unit_test(mac_must_be_the_ports_or_many),
	};

	return cmocka_run_group_tests(tests, add_locals, NULL);
}
