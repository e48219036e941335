/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages about interfaces, built by hand: those of VLANs also where the kernel has none. */
#include "neighbour_link.h"

#include "support.h"

#include <endian.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static struct neighbour_links links;

struct shape {
	int ifindex;
	unsigned flags;
	uint32_t mtu;
	const char *kind; /* NULL: no IFLA_LINKINFO */
	uint32_t parent;
	uint16_t vlan, protocol; /* 0: no attribute */
	bool elsewhere;          /* the parent is in another network namespace */
	uint8_t family;
	bool deleted;
};

static struct nlmsghdr *build(void *room, const struct shape *s)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(m, sizeof(*info));
	struct nlattr *nest, *data;

	m->nlmsg_type = s->deleted ? RTM_DELLINK : RTM_NEWLINK;
	info->ifi_family = s->family;
	info->ifi_index = s->ifindex;
	info->ifi_flags = s->flags;
	mnl_attr_put_strz(m, IFLA_IFNAME, "any");
	if (s->mtu != 0)
		mnl_attr_put_u32(m, IFLA_MTU, s->mtu);
	if (s->parent != 0)
		mnl_attr_put_u32(m, IFLA_LINK, s->parent);
	if (s->elsewhere)
		mnl_attr_put_u32(m, IFLA_LINK_NETNSID, 1);
	if (s->kind == NULL)
		return m;
	nest = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, s->kind);
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	if (s->vlan != 0)
		mnl_attr_put_u16(m, IFLA_VLAN_ID, s->vlan);
	if (s->protocol != 0)
		mnl_attr_put_u16(m, IFLA_VLAN_PROTOCOL, htobe16(s->protocol));
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, nest);
	return m;
}

static bool hear(const struct shape *s)
{
	_Alignas(8) char room[512];

	return neighbour_link_heard(&links, build(room, s));
}

static int end(void **state)
{
	(void)state;
	neighbour_link_fini(&links);
	return 0;
}

static void vlan_told_from_what_only_looks_like_one(void **state)
{
	static const struct {
		struct shape shape;
		int parent;
		uint16_t vlan;
	} rows[] = {
		{{9, IFF_UP, 1500, "vlan", 3, 7, ETH_P_8021Q, .elsewhere = false}, 3, 7},
		{{9, IFF_UP, 1500, "vlan", 3, 4094, 0, .elsewhere = false}, 3, 4094},
		{{9, IFF_UP, 1500, "vlan", 3, 7, ETH_P_8021AD, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, "vlan", 3, 7, ETH_P_8021Q, .elsewhere = true}, 0, 0},
		{{9, IFF_UP, 1500, "vlan", 3, 4095, ETH_P_8021Q, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, "vlan", 3, 0, ETH_P_8021Q, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, "vlanx", 3, 7, ETH_P_8021Q, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, "vla", 3, 7, ETH_P_8021Q, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, "macvlan", 3, 7, 0, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, "", 3, 7, 0, .elsewhere = false}, 0, 0},
		{{9, IFF_UP, 1500, NULL, 3, 7, 0, .elsewhere = false}, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct neighbour_link *link;

		assert_true(hear(&rows[i].shape));
		link = neighbour_link_find(&links, 9);
		assert_non_null(link);
		assert_int_equal(link->parent, rows[i].parent);
		assert_int_equal(link->vlan, rows[i].vlan);
		(void)end(state);
	}
}

static void change_reported_sameness_not(void **state)
{
	struct shape s = {3, IFF_UP | IFF_RUNNING, 1500, .kind = "tun"};

	(void)state;
	assert_true(hear(&s));
	assert_false(hear(&s));
	s.flags |= IFF_PROMISC;
	assert_false(hear(&s));
	s.flags &= ~(unsigned)IFF_RUNNING;
	assert_true(hear(&s));
	s.flags = 0;
	assert_true(hear(&s));
	assert_false(neighbour_link_find(&links, 3)->up);
	s.mtu = 70000;
	assert_true(hear(&s));
	assert_int_equal(neighbour_link_find(&links, 3)->mtu, 65535);
	s.deleted = true;
	assert_true(hear(&s));
	assert_null(neighbour_link_find(&links, 3));
	assert_false(hear(&s));
}

static void notice_of_something_else_changes_nothing(void **state)
{
	struct shape s = {3, IFF_UP, 1500, .kind = NULL};

	(void)state;
	assert_true(hear(&s));
	s = (struct shape){3, 0, 1400, .family = AF_BRIDGE};
	assert_false(hear(&s));
	s.deleted = true; /* from a bridge */
	assert_false(hear(&s));
	s = (struct shape){3, 0, 0, .kind = NULL};
	assert_false(hear(&s));
	s = (struct shape){-1, IFF_UP, 1500, .kind = NULL};
	assert_false(hear(&s));
	assert_true(neighbour_link_find(&links, 3)->up);
	assert_int_equal(neighbour_link_find(&links, 3)->mtu, 1500);
}

static void dump_drops_what_it_does_not_name(void **state)
{
	(void)state;
	for (int i = 1; i <= 100; i++)
		assert_true(hear(&(struct shape){i, IFF_UP, 1500, .kind = NULL}));
	neighbour_link_begin(&links);
	for (int i = 1; i <= 100; i += 3)
		assert_false(hear(&(struct shape){i, IFF_UP, 1500, .kind = NULL}));
	assert_true(neighbour_link_end(&links));
	for (int i = 1; i <= 100; i++)
		assert_int_equal(neighbour_link_find(&links, i) != NULL, i % 3 == 1);
	neighbour_link_begin(&links);
	for (int i = 1; i <= 100; i += 3)
		(void)hear(&(struct shape){i, IFF_UP, 1500, .kind = NULL});
	assert_false(neighbour_link_end(&links));
}

/* Cut anywhere, at a guard page, with the length saying so; and with every byte wrong. */
static void damaged_message_reads_no_further(void **state)
{
	static const struct shape s = {
		9, IFF_UP, 1500, "vlan", 3, 7, ETH_P_8021Q, .elsewhere = true};
	_Alignas(8) char whole[512];
	uint32_t len = build(whole, &s)->nlmsg_len;
	struct support_guard g;

	support_guard_open(&g, 4096);
	for (uint32_t cut = sizeof(struct nlmsghdr); cut <= len; cut += 4) {
		uint8_t *at = support_guard_before_end(&g, cut);

		memcpy(at, whole, cut);
		memcpy(at, &cut, sizeof(cut));
		(void)neighbour_link_heard(&links, (const void *)at);
		(void)end(state);
	}
	for (uint32_t i = sizeof(struct nlmsghdr); i < len; i++) {
		for (uint32_t value = 0; value < 256; value++) {
			uint8_t *at = support_guard_before_end(&g, len);

			memcpy(at, whole, len);
			at[i] = (uint8_t)value;
			(void)neighbour_link_heard(&links, (const void *)at);
			(void)end(state);
		}
	}
	support_guard_close(&g);
}

#define TEST(f) cmocka_unit_test_teardown(f, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vlan_told_from_what_only_looks_like_one),
		TEST(change_reported_sameness_not),
		TEST(notice_of_something_else_changes_nothing),
		TEST(dump_drops_what_it_does_not_name),
		TEST(damaged_message_reads_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
