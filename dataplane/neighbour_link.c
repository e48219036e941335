/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour_link.h"

#include "rtnetlink.h"

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static struct neighbour_link *find(const struct neighbour_links *l, int ifindex)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->all[i].ifindex == ifindex)
			return &l->all[i];
	return NULL;
}

const struct neighbour_link *neighbour_link_find(const struct neighbour_links *l, int ifindex)
{
	return find(l, ifindex);
}

static struct neighbour_link *add(struct neighbour_links *l, int ifindex)
{
	uint32_t room = l->room == 0 ? 16 : l->room * 2;
	struct neighbour_link *link;

	if (l->n == l->room) {
		struct neighbour_link *all = reallocarray(l->all, room, sizeof(*all));

		if (all == NULL) {
			l->lacked = true;
			return NULL;
		}
		l->all = all;
		l->room = room;
	}
	link = &l->all[l->n++];
	*link = (struct neighbour_link){.ifindex = ifindex};
	return link;
}

static void drop(struct neighbour_links *l, struct neighbour_link *link)
{
	*link = l->all[--l->n];
}

static bool is_kind(const struct nlattr *a, const char *kind)
{
	size_t len = strlen(kind);

	return a != NULL && mnl_attr_get_payload_len(a) >= len &&
	       mnl_attr_get_payload_len(a) <= len + 1 &&
	       memcmp(mnl_attr_get_payload(a), kind, len) == 0;
}

/* An 802.1Q interface: whose, and which. One of another kind, or on a link in another network
 * namespace, is none to us. */
static void read_vlan(const struct nlattr **link, struct neighbour_link *out)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *vlan[IFLA_VLAN_MAX + 1];
	uint16_t id;

	rtnetlink_nested(link[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	if (!is_kind(info[IFLA_INFO_KIND], "vlan") || link[IFLA_LINK_NETNSID] != NULL)
		return;
	rtnetlink_nested(info[IFLA_INFO_DATA], vlan, IFLA_VLAN_MAX);
	if (!rtnetlink_holds(vlan[IFLA_VLAN_ID], sizeof(id)))
		return;
	id = mnl_attr_get_u16(vlan[IFLA_VLAN_ID]);
	if (id == 0 || id > 4094)
		return;
	if (rtnetlink_holds(vlan[IFLA_VLAN_PROTOCOL], sizeof(uint16_t)) &&
		be16toh(mnl_attr_get_u16(vlan[IFLA_VLAN_PROTOCOL])) != ETH_P_8021Q)
		return;
	out->vlan = id;
	out->parent = (int)rtnetlink_u32(link[IFLA_LINK], 0);
}

static bool same(const struct neighbour_link *a, const struct neighbour_link *b)
{
	return a->parent == b->parent && a->vlan == b->vlan && a->mtu == b->mtu && a->up == b->up &&
	       a->running == b->running;
}

static bool is_new(
	struct neighbour_links *l, const struct ifinfomsg *info, const struct nlattr **attributes)
{
	uint32_t mtu = rtnetlink_u32(attributes[IFLA_MTU], 0);
	struct neighbour_link now = {
		.ifindex = info->ifi_index,
		.mtu = (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX),
		.up = (info->ifi_flags & IFF_UP) != 0,
		.running = (info->ifi_flags & IFF_RUNNING) != 0,
		.heard = true,
	};
	struct neighbour_link *link = find(l, info->ifi_index);
	bool changed;

	if (mtu == 0) /* each has one but in notices of something else */
		return false;
	read_vlan(attributes, &now);
	changed = link == NULL || !same(link, &now);
	if (link == NULL)
		link = add(l, info->ifi_index);
	if (link != NULL)
		*link = now;
	return changed;
}

bool neighbour_link_heard(struct neighbour_links *l, const struct nlmsghdr *message)
{
	const struct nlattr *attributes[IFLA_MAX + 1];
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct neighbour_link *link;

	if (!rtnetlink_attributes(message, sizeof(*info), attributes, IFLA_MAX))
		return false;
	if (info->ifi_family != AF_UNSPEC || info->ifi_index <= 0) /* AF_BRIDGE: a port's state */
		return false;
	if (message->nlmsg_type == RTM_NEWLINK)
		return is_new(l, info, attributes);
	link = find(l, info->ifi_index);
	if (message->nlmsg_type != RTM_DELLINK || link == NULL)
		return false;
	drop(l, link);
	return true;
}

void neighbour_link_begin(struct neighbour_links *l)
{
	l->lacked = false;
	for (uint32_t i = 0; i < l->n; i++)
		l->all[i].heard = false;
}

bool neighbour_link_end(struct neighbour_links *l)
{
	bool gone = false;
	uint32_t i = 0;

	while (i < l->n) {
		if (l->all[i].heard) {
			i++;
			continue;
		}
		drop(l, &l->all[i]);
		gone = true;
	}
	return gone;
}

void neighbour_link_fini(struct neighbour_links *l)
{
	free(l->all);
	*l = (struct neighbour_links){0};
}
