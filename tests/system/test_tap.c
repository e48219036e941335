/* SPDX-License-Identifier: BSD-3-Clause */
/* A TAP as its port wants it, in a network namespace of its own. */
#include "netns.h"
#include "wire.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct hwprofile_address addresses[] = {
	{.prefix_len = 24}, {.prefix_len = 64}, {.prefix_len = 24, .port = 1}, {.prefix_len = 31}};
static struct tap_config config = {
	.name = "sl0", .mac = {2, 0, 0, 0, 9, 1}, .mtu = 1400, .addresses = addresses};
static struct tap *tap;
static char said[1000];

static int begin(void **state)
{
	(void)state;
	addresses[0].addr = wire_address("192.0.2.1");
	addresses[1].addr = wire_address("2001:db8::1");
	addresses[2].addr = wire_address("10.0.0.1");
	addresses[3].addr = wire_address("198.51.100.0");
	config.name = "sl0";
	config.n_addresses = 4;
	tap = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	tap_close(tap);
	tap = NULL;
	return 0;
}

static int open_tap(void)
{
	FILE *out = fmemopen(said, sizeof(said), "w");
	int err;

	memset(said, 0, sizeof(said));
	assert_non_null(out);
	err = tap_open(&config, out, &tap);
	(void)fclose(out);
	return err;
}

static bool bears(const char *name, const struct hwprofile_address *wanted)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	assert_int_equal(getifaddrs(&all), 0);
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		bool is6 = wanted->addr.family == RELAY_FAMILY_IPV6;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;

		if (strcmp(a->ifa_name, name) != 0 || a->ifa_addr == NULL ||
			a->ifa_addr->sa_family != (is6 ? AF_INET6 : AF_INET))
			continue;
		memcpy(&in, a->ifa_addr, sizeof(in));
		memcpy(&in6, a->ifa_addr, is6 ? sizeof(in6) : 0);
		found |= memcmp(is6 ? (void *)&in6.sin6_addr : (void *)&in.sin_addr,
				 wanted->addr.ip, is6 ? 16 : 4) == 0;
	}
	freeifaddrs(all);
	return found;
}

static void opened_tap_is_up_with_mac_mtu_and_addresses(void **state)
{
	struct ifreq request = {.ifr_name = "sl0"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(open_tap(), 0);
	assert_string_equal(said, "");
	assert_int_equal(tap_ifindex(tap), if_nametoindex("sl0"));
	assert_int_equal(tap_frame_max(tap), 1418);
	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &request), 0);
	assert_memory_equal(request.ifr_hwaddr.sa_data, config.mac, 6);
	assert_int_equal(ioctl(fd, SIOCGIFMTU, &request), 0);
	assert_int_equal(request.ifr_mtu, 1400);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	assert_true((request.ifr_flags & IFF_UP) != 0);
	(void)close(fd);
	assert_true(bears("sl0", &addresses[0]));
	assert_true(bears("sl0", &addresses[1]));
	assert_false(bears("sl0", &addresses[2])); /* another port's */
	assert_true(bears("sl0", &addresses[3]));
	/* usable at once: not tentative */
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 own = {.sin6_family = AF_INET6};
	memcpy(&own.sin6_addr, addresses[1].addr.ip, 16);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	(void)close(fd);
}

static void closed_tap_is_gone(void **state)
{
	(void)state;
	assert_int_equal(open_tap(), 0);
	(void)end(state);
	assert_int_equal(if_nametoindex("sl0"), 0);
}

static void left_over_of_that_name_replaced(void **state)
{
	struct hwprofile_address old = {.addr = wire_address("203.0.113.1"), .prefix_len = 24};

	(void)state;
	assert_int_equal(netns_ip("tuntap add dev sl0 mode tap"), 0);
	assert_int_equal(netns_ip("addr add 203.0.113.1/24 dev sl0"), 0);
	assert_true(bears("sl0", &old));
	assert_int_equal(open_tap(), 0);
	assert_false(bears("sl0", &old));
	assert_true(bears("sl0", &addresses[0]));
	(void)end(state);
	assert_int_equal(if_nametoindex("sl0"), 0);
}

static void refusal_says_what_to_do(void **state)
{
	struct tap *first;

	(void)state;
	assert_int_equal(open_tap(), 0);
	first = tap;
	tap = NULL;
	assert_int_equal(open_tap(), -EBUSY);
	assert_non_null(strstr(said, "sl0: can't make the TAP interface: "));
	assert_non_null(strstr(said, "another process uses it"));
	tap_close(first);
	config.name = "lo";
	assert_int_equal(open_tap(), -EINVAL);
	assert_non_null(strstr(said, "is no TAP"));
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = {"", "a-name-too-long-", "with/slash", "tap%d"};

		config.name = names[i];
		assert_int_equal(open_tap(), -EINVAL);
		assert_non_null(strstr(said, "1 to 15"));
	}
	config.name = "sl0";
	addresses[3].prefix_len = 33;
	assert_int_equal(open_tap(), -EINVAL);
	assert_non_null(strstr(said, "can't add an address"));
	addresses[3].prefix_len = 31;
	assert_int_equal(if_nametoindex("sl0"), 0); /* half made, and gone */
}

static void vlan_made_or_refused_with_the_cure(void **state)
{
	int err;

	(void)state;
	addresses[0].vlan = addresses[3].vlan = 7;
	err = open_tap();
	if (err == 0) {
		assert_true(bears("sl0.7", &addresses[0]));
		assert_true(bears("sl0.7", &addresses[3]));
		assert_true(bears("sl0", &addresses[1]));
		(void)end(state);
		assert_int_equal(if_nametoindex("sl0.7"), 0);
	} else { /* the kernel has none */
		assert_int_equal(err, -EOPNOTSUPP);
		assert_non_null(strstr(said, "module 8021q"));
	}
	config.name = "fifteen-letters";
	assert_int_equal(open_tap(), -ENAMETOOLONG);
	assert_non_null(strstr(said, "shorten the TAP's name"));
	addresses[0].vlan = addresses[3].vlan = 0;
	assert_int_equal(open_tap(), 0);
}

/* The kernel asks by a frame, takes the answer from a frame, and sends what waited for it. */
static void frames_pass_both_ways(void **state)
{
	struct wire w = {0};
	struct wire_host *h = wire_add(&w, "192.0.2.7", 7);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(open_tap(), 0);
	w.tap = tap;
	memcpy(&to.sin_addr, h->ip.ip, 4);
	assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof(to)), 0);
	for (int i = 0; i < 100 && h->probed == 0; i++) {
		wire_run(&w);
		(void)usleep(10000);
	}
	assert_int_equal(h->asked, 1);
	assert_int_equal(h->probed, 1);
	(void)close(fd);
}

static void frame_too_long_or_short_refused(void **state)
{
	static uint8_t frame[2000];

	(void)state;
	assert_int_equal(open_tap(), 0);
	assert_int_equal(tap_write(tap, frame, 13), -EINVAL);
	assert_int_equal(tap_write(tap, frame, 1419), -EMSGSIZE);
	assert_int_equal(tap_write(tap, frame, 1418), 0);
	assert_int_equal(tap_write(tap, frame, 14), 0);
	assert_int_equal(netns_ip("link set sl0 down"), 0);
	assert_int_equal(tap_write(tap, frame, 100), -EIO);
}

static void read_without_frames_says_so_and_drops_what_has_no_room(void **state)
{
	uint8_t frame[1500];
	ssize_t len;
	uint32_t dropped = 0;

	(void)state;
	assert_int_equal(open_tap(), 0);
	while (tap_read(tap, frame, sizeof(frame)) > 0)
		;
	assert_int_equal(tap_read(tap, frame, sizeof(frame)), -EAGAIN);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	memcpy(&to.sin_addr, wire_address("192.0.2.8").ip, 4);
	assert_int_equal(
		netns_ip("neigh add 192.0.2.8 lladdr 02:00:00:00:00:08 dev sl0 nud permanent"), 0);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < 2; i++) /* of 42 + 100 bytes */
		assert_int_equal(
			sendto(fd, frame, 100, 0, (struct sockaddr *)&to, sizeof(to)), 100);
	while ((len = tap_read(tap, frame, 141)) != -EAGAIN)
		dropped += len == -EMSGSIZE;
	assert_int_equal(dropped, 2);
	assert_int_equal(sendto(fd, frame, 100, 0, (struct sockaddr *)&to, sizeof(to)), 100);
	while ((len = tap_read(tap, frame, 142)) != 142)
		assert_int_not_equal(len, -EAGAIN);
	/* as large as the interface allows, and then larger than the port does */
	assert_int_equal(netns_ip("link set sl0 mtu 1450"), 0);
	assert_int_equal(sendto(fd, frame, 1372, 0, (struct sockaddr *)&to, sizeof(to)), 1372);
	while ((len = tap_read(tap, frame, sizeof(frame))) != 1414)
		assert_int_not_equal(len, -EAGAIN);
	assert_int_equal(sendto(fd, frame, 1377, 0, (struct sockaddr *)&to, sizeof(to)), 1377);
	for (dropped = 0; (len = tap_read(tap, frame, sizeof(frame))) != -EAGAIN;)
		dropped += len == -EMSGSIZE;
	assert_int_equal(dropped, 1);
	(void)close(fd);
}

static bool is_running(void)
{
	struct ifreq request = {.ifr_name = "sl0"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	(void)close(fd);
	return (request.ifr_flags & IFF_RUNNING) != 0;
}

/* The kernel takes up to a second to notice. */
static void carrier_follows(void **state)
{
	(void)state;
	assert_int_equal(open_tap(), 0);
	for (int turn = 0; turn < 4; turn++) {
		bool on = turn % 2 == 1;

		assert_int_equal(tap_carrier(tap, on), 0);
		for (int i = 0; i < 300 && is_running() != on; i++)
			(void)usleep(10000);
		assert_int_equal(is_running(), on);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opened_tap_is_up_with_mac_mtu_and_addresses),
		TEST(closed_tap_is_gone),
		TEST(left_over_of_that_name_replaced),
		TEST(refusal_says_what_to_do),
		TEST(vlan_made_or_refused_with_the_cure),
		TEST(frames_pass_both_ways),
		TEST(frame_too_long_or_short_refused),
		TEST(read_without_frames_says_so_and_drops_what_has_no_room),
		TEST(carrier_follows),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
