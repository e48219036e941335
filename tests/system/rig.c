/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include "netns.h"

#include "support.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

const uint8_t rig_mac[6] = {2, 0, 0, 0, 9, 1};
struct rig rig;

static void add_address(const char *text, uint8_t prefix_len, uint16_t vlan)
{
	rig.profile.addresses[rig.profile.n_addresses++] = (struct hwprofile_address){
		.addr = wire_address(text), .prefix_len = prefix_len, .vlan = vlan};
}

static int open_all(void)
{
	struct neighbour_port port = {.mtu = 1500};
	struct tap_config config = {.name = "nb0", .mtu = 1500, .addresses = rig.profile.addresses};

	memcpy(port.mac, rig_mac, 6);
	memcpy(config.mac, rig_mac, 6);
	config.n_addresses = rig.profile.n_addresses;
	rig.w = (struct wire){0};
	if (tap_open(&config, stdout, &rig.w.tap) != 0)
		return -1;
	port.ifindex = tap_ifindex(rig.w.tap);
	retire_init(&rig.retire, 1);
	return neighbour_create(&rig.profile, &port, &rig.retire, &rig.n);
}

/* The kernel puts an IPv6 address to work a little later, and drops answers to it before. */
static int wait_for_address6(void)
{
	static const char wanted[] = "20010db8000000000000000000000001 80 ";
	char line[256];

	for (uint32_t i = 0; i < 200; i++) {
		FILE *f = fopen("/proc/self/net/ipv6_route", "r");
		bool found = false;

		while (f != NULL && fgets(line, sizeof(line), f) != NULL)
			found |= strncmp(line, wanted, sizeof(wanted) - 1) == 0;
		if (f != NULL)
			(void)fclose(f);
		if (found)
			return 0;
		(void)usleep(10000);
	}
	return -1;
}

int rig_begin(void **state)
{
	(void)state;
	rig.profile = (struct hwprofile){.n_ports = 1, .endpoints = RIG_ENDPOINTS};
	add_address("192.0.2.1", 24, 0);
	add_address("2001:db8::1", 64, 0);
	if (open_all() != 0)
		return -1;
	rig.gateway = wire_add(&rig.w, "192.0.2.254", 0xfe);
	rig.second = wire_add(&rig.w, "192.0.2.253", 0xfd);
	rig.gateway6 = wire_add(&rig.w, "2001:db8::fe", 0x6e);
	return wait_for_address6() | netns_ip("route add default via 192.0.2.254") |
	       netns_ip("route add default via 2001:db8::fe");
}

int rig_end(void **state)
{
	(void)state;
	neighbour_destroy(rig.n);
	rig.n = NULL;
	retire_fini(&rig.retire);
	tap_close(rig.w.tap);
	/* what is not the TAP's does not go with it */
	return netns_ip("route flush type blackhole") | netns_ip("route flush type unreachable") |
	       netns_ip("route flush type prohibit") | netns_ip("-6 route flush type blackhole");
}

int64_t rig_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What a main loop does, once. */
void rig_turn(void)
{
	struct pollfd fds[] = {{.fd = tap_fd(rig.w.tap), .events = POLLIN},
		{.fd = neighbour_fd(rig.n), .events = POLLIN}};

	(void)poll(fds, 2, 20);
	wire_run(&rig.w);
	neighbour_run(rig.n);
	(void)retire_run(&rig.retire);
}

void rig_pass(int64_t ms)
{
	for (int64_t until = rig_now_ms() + ms; rig_now_ms() < until;)
		rig_turn();
}

uint32_t rig_find(const char *text)
{
	struct relay_sockaddr a = wire_address(text);

	return neighbour_find(rig.n, &a);
}

const struct neighbour_hop *rig_hop_of(uint32_t d)
{
	return neighbour_hop(neighbour_table(rig.n), d);
}

bool rig_leads_to(uint32_t d, const struct wire_host *host)
{
	const struct neighbour_hop *hop = rig_hop_of(d);

	if (host == NULL || hop == NULL)
		return (host == NULL) == (hop == NULL);
	return memcmp(hop->l2, host->mac, 6) == 0;
}

/* Within so long; NULL: has no hop. */
bool rig_comes_to(uint32_t d, const struct wire_host *host, int64_t ms)
{
	for (int64_t until = rig_now_ms() + ms; rig_now_ms() < until && !rig_leads_to(d, host);)
		rig_turn();
	return rig_leads_to(d, host);
}

void rig_assert_header(uint32_t d, const struct wire_host *h, uint16_t ethertype, uint16_t mtu)
{
	const struct neighbour_hop *hop = rig_hop_of(d);

	assert_non_null(hop);
	assert_int_equal(hop->l2_len, 14);
	assert_memory_equal(hop->l2, h->mac, 6);
	assert_memory_equal(hop->l2 + 6, rig_mac, 6);
	assert_int_equal((hop->l2[12] << 8) | hop->l2[13], ethertype);
	assert_int_equal(hop->port, 0);
	assert_int_equal(hop->mtu, mtu);
}

int rig_begin_vlan(void **state)
{
	(void)state;
	rig.profile = (struct hwprofile){.n_ports = 1, .endpoints = RIG_ENDPOINTS};
	add_address("192.0.2.1", 24, 0);
	add_address("10.7.0.1", 24, RIG_VLAN);
	add_address("2001:db8:7::1", 64, RIG_VLAN);
	return open_all();
}

uint32_t rig_find_numbered(uint32_t i)
{
	struct relay_sockaddr a = {
		.family = RELAY_FAMILY_IPV4, .ip = {20, 0, (uint8_t)(i >> 8), (uint8_t)i}};

	return neighbour_find(rig.n, &a);
}
