/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap_setup.h"

#include "rtnetlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

struct setup {
	const struct tap_config *config;
	FILE *out;
	int ifindex;
	struct rtnetlink *nl;
};

static int fail(const struct setup *s, const char *what, int err, const char *cure)
{
	errno = -err;
	(void)fprintf(s->out, "%s: %s: %m: %s\n", s->config->name, what, cure);
	return err;
}

static const char *cure_of(int err)
{
	if (err == -EPERM)
		return "start as root, or with CAP_NET_ADMIN";
	return "see whether the kernel log says more";
}

static int set_up(struct setup *s, int ifindex, bool whole)
{
	struct ifinfomsg *info;
	void *payload;
	struct nlmsghdr *request =
		rtnetlink_request(s->nl, RTM_NEWLINK, NLM_F_ACK, sizeof(*info), &payload);
	int err;

	info = payload;
	info->ifi_index = ifindex;
	info->ifi_flags = info->ifi_change = IFF_UP;
	if (whole) {
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(s->config->mac), s->config->mac);
		mnl_attr_put_u32(request, IFLA_MTU, s->config->mtu);
	}
	err = rtnetlink_ask(s->nl, request, NULL, NULL);
	return err == 0 ? 0 : fail(s, "can't set MAC and MTU, or bring it up", err, cure_of(err));
}

static int create_vlan(struct setup *s, uint16_t vlan, const char *name)
{
	struct nlattr *info, *data;
	void *payload;
	struct nlmsghdr *request = rtnetlink_request(s->nl, RTM_NEWLINK,
		NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg), &payload);
	int err;

	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put_u32(request, IFLA_LINK, (uint32_t)s->ifindex);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_str(request, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u16(request, IFLA_VLAN_ID, vlan);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	err = rtnetlink_ask(s->nl, request, NULL, NULL);
	if (err == -EOPNOTSUPP)
		return fail(s, "can't make a VLAN interface", err,
			"load the kernel's module 8021q, or take vlan out of the profile");
	if (err == -EEXIST)
		return fail(s, "the VLAN interface's name is taken", err,
			"rename the other interface, or the TAP in the profile");
	return err == 0 ? 0 : fail(s, "can't make a VLAN interface", err, cure_of(err));
}

/* The interface of an address' VLAN, made if this address is the first. Its index, or -errno. */
static int vlan_ifindex(struct setup *s, const struct hwprofile_address *a)
{
	const struct hwprofile_address *first = s->config->addresses;
	char name[IFNAMSIZ + 8];
	int err, ifindex;

	(void)snprintf(name, sizeof(name), "%s.%u", s->config->name, a->vlan);
	if (strlen(name) >= IFNAMSIZ)
		return fail(s, "its name leaves no room for '.' and a VLAN", -ENAMETOOLONG,
			"shorten the TAP's name in the profile to 10 characters");
	while (first->port != a->port || first->vlan != a->vlan)
		first++;
	err = first == a ? create_vlan(s, a->vlan, name) : 0;
	if (err != 0)
		return err;
	ifindex = (int)if_nametoindex(name);
	if (ifindex == 0)
		return fail(s, "the VLAN interface vanished", -ENODEV, "start again");
	err = first == a ? set_up(s, ifindex, false) : 0;
	return err != 0 ? err : ifindex;
}

static void put_broadcast(struct nlmsghdr *request, const struct hwprofile_address *a)
{
	uint8_t ip[4];

	if (a->prefix_len > 30)
		return;
	memcpy(ip, a->addr.ip, sizeof(ip));
	for (uint32_t bit = a->prefix_len; bit < 32; bit++)
		ip[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
	mnl_attr_put(request, IFA_BROADCAST, sizeof(ip), ip);
}

static int add_address(struct setup *s, const struct hwprofile_address *a)
{
	bool is6 = a->addr.family == RELAY_FAMILY_IPV6;
	size_t len = is6 ? 16 : 4;
	int ifindex = a->vlan == 0 ? s->ifindex : vlan_ifindex(s, a), err;
	struct nlmsghdr *request;
	struct ifaddrmsg *addr;
	void *payload;

	if (ifindex < 0)
		return ifindex;
	request = rtnetlink_request(
		s->nl, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*addr), &payload);
	addr = payload;
	addr->ifa_family = is6 ? AF_INET6 : AF_INET;
	addr->ifa_prefixlen = a->prefix_len;
	addr->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(request, IFA_LOCAL, len, a->addr.ip);
	mnl_attr_put(request, IFA_ADDRESS, len, a->addr.ip);
	if (is6)
		mnl_attr_put_u32(request, IFA_FLAGS, IFA_F_NODAD);
	else
		put_broadcast(request, a);
	err = rtnetlink_ask(s->nl, request, NULL, NULL);
	if (err == -EACCES && is6)
		return fail(s, "can't add an IPv6 address", err,
			"allow IPv6: sysctl net.ipv6.conf.default.disable_ipv6=0");
	return err == 0 ? 0 : fail(s, "can't add an address of the profile", err, cure_of(err));
}

static int run(struct setup *s)
{
	int err = set_up(s, s->ifindex, true);

	for (uint32_t i = 0; err == 0 && i < s->config->n_addresses; i++)
		if (s->config->addresses[i].port == s->config->port)
			err = add_address(s, &s->config->addresses[i]);
	return err;
}

int tap_setup_run(const struct tap_config *config, int ifindex, FILE *out)
{
	struct setup s = {.config = config, .out = out, .ifindex = ifindex};
	int err;

	s.nl = calloc(1, sizeof(*s.nl));
	if (s.nl == NULL)
		return fail(&s, "can't ask the kernel", -ENOMEM, "free memory");
	err = rtnetlink_open(s.nl);
	if (err == 0)
		err = run(&s);
	else
		(void)fail(&s, "can't ask the kernel", err, "allow netlink sockets");
	rtnetlink_close(s.nl);
	free(s.nl);
	return err;
}
