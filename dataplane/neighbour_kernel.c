/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's side: which gateway a destination has, which MAC that has, and what changes.
 *
 * Interfaces are mirrored whole. Of neighbours only those in use are kept, each asked for when its
 * first destination comes, so that memory is ours to bound and not the LAN's. An answer may be
 * newer than events still waiting in the other socket; the last event is as new as any answer, so
 * it comes right. Routes are not mirrored at all: when any changes, all destinations are asked
 * about anew. */
#include "neighbour_impl.h"
#include "neighbour_link.h"
#include "neighbour_probe.h"
#include "rtnetlink.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { EVENTS_MAX = 64, DUMP_TRIES = 5, RESYNC_MS = 100 };

struct neighbour_kernel {
	int poll_fd, more_fd;
	struct neighbour_probe probe;
	bool resync;
	bool links_changed;
	bool said_more;
	int64_t resynced_ms;
	struct neighbour_links links;
	struct rtnetlink ask, events;
};

static uint8_t address_bytes(uint8_t family)
{
	return family == RELAY_FAMILY_IPV6 ? 16 : 4;
}

static uint8_t to_kernel(uint8_t family)
{
	return family == RELAY_FAMILY_IPV6 ? AF_INET6 : AF_INET;
}

/* False if it is no address of that family. */
static bool read_address(uint8_t af, const void *bytes, size_t len, struct relay_sockaddr *addr)
{
	uint8_t family = af == AF_INET6 ? RELAY_FAMILY_IPV6 : RELAY_FAMILY_IPV4;

	if ((af != AF_INET && af != AF_INET6) || len != address_bytes(family))
		return false;
	*addr = (struct relay_sockaddr){.family = family};
	memcpy(addr->ip, bytes, len);
	return true;
}

/* Ports and places. */

static const struct neighbour_link *usable_link(const struct neighbour_kernel *k, int ifindex)
{
	const struct neighbour_link *link = neighbour_link_find(&k->links, ifindex);

	return link != NULL && link->up ? link : NULL;
}

static bool find_place(const struct neighbour *n, int oif, struct neighbour_place *place)
{
	const struct neighbour_link *link = usable_link(n->kernel, oif);
	int tap = link != NULL && link->vlan != 0 ? link->parent : oif;

	if (link == NULL || usable_link(n->kernel, tap) == NULL)
		return false;
	for (uint8_t i = 0; i < n->profile->n_ports; i++) {
		if (n->ports[i].ifindex != tap)
			continue;
		*place = (struct neighbour_place){.port = i, .vlan = link->vlan, .mtu = link->mtu};
		return true;
	}
	return false;
}

bool neighbour_kernel_place(
	const struct neighbour *n, const struct neighbour_via *via, struct neighbour_place *place)
{
	if (!find_place(n, via->key.oif, place))
		return false;
	place->mac = via->has_mac ? via->mac : NULL;
	return true;
}

/* Routes. */

static bool read_gateway(
	const struct rtmsg *route, const struct nlattr **attributes, struct relay_sockaddr *gateway)
{
	const struct nlattr *a = attributes[RTA_GATEWAY], *via = attributes[RTA_VIA];
	const struct rtvia *v;

	if (a != NULL)
		return read_address(route->rtm_family, mnl_attr_get_payload(a),
			mnl_attr_get_payload_len(a), gateway);
	if (via == NULL)
		return true; /* on the link: 'gateway' is the destination itself */
	if (mnl_attr_get_payload_len(via) < sizeof(*v))
		return false;
	v = mnl_attr_get_payload(via);
	return read_address((uint8_t)v->rtvia_family, v->rtvia_addr,
		mnl_attr_get_payload_len(via) - sizeof(*v), gateway);
}

static int route_answer(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *attributes[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
	struct neighbour_key *key = data;
	uint32_t mtu;

	if (message->nlmsg_type != RTM_NEWROUTE ||
		!rtnetlink_attributes(message, sizeof(*route), attributes, RTA_MAX) ||
		route->rtm_type != RTN_UNICAST || !read_gateway(route, attributes, &key->gateway))
		return MNL_CB_STOP;
	rtnetlink_nested(attributes[RTA_METRICS], metrics, RTAX_MAX);
	mtu = rtnetlink_u32(metrics[RTAX_MTU], 0);
	key->mtu = (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
	key->oif = (int32_t)rtnetlink_u32(attributes[RTA_OIF], 0);
	return MNL_CB_STOP;
}

int neighbour_kernel_route(
	struct neighbour *n, const struct relay_sockaddr *addr, struct neighbour_key *key)
{
	struct rtnetlink *ask = &n->kernel->ask;
	struct neighbour_place place;
	struct nlmsghdr *request;
	struct rtmsg *route;
	void *payload;
	int err;

	request = rtnetlink_request(ask, RTM_GETROUTE, 0, sizeof(*route), &payload);
	route = payload;
	route->rtm_family = to_kernel(addr->family);
	route->rtm_dst_len = (uint8_t)(address_bytes(addr->family) * 8);
	mnl_attr_put(request, RTA_DST, address_bytes(addr->family), addr->ip);
	key->gateway = *addr;
	key->oif = 0;
	err = rtnetlink_ask(ask, request, route_answer, key);
	if (err != 0)
		return err;
	return key->oif > 0 && find_place(n, key->oif, &place) ? 0 : -ENETUNREACH;
}

/* Neighbours. */

static void heard_neighbour(struct neighbour *n, const struct nlmsghdr *message)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(message);
	const struct nlattr *attributes[NDA_MAX + 1], *a;
	struct relay_sockaddr addr;
	const uint8_t *mac = NULL;
	bool gone = message->nlmsg_type == RTM_DELNEIGH;

	if (!rtnetlink_attributes(message, sizeof(*nd), attributes, NDA_MAX) ||
		(nd->ndm_flags & NTF_PROXY) != 0 || nd->ndm_ifindex <= 0)
		return;
	a = attributes[NDA_DST];
	if (a == NULL || !read_address(nd->ndm_family, mnl_attr_get_payload(a),
				 mnl_attr_get_payload_len(a), &addr))
		return;
	if (rtnetlink_holds(attributes[NDA_LLADDR], 6))
		mac = mnl_attr_get_payload(attributes[NDA_LLADDR]);
	for (struct neighbour_via *via = neighbour_via_bucket(n, nd->ndm_ifindex, &addr);
		via != NULL; via = via->next)
		if (via->key.oif == nd->ndm_ifindex &&
			relay_address_same_host(&via->key.gateway, &addr))
			neighbour_state_heard(n, via, gone ? 0 : nd->ndm_state, mac);
}

static int neighbour_answer(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWNEIGH)
		heard_neighbour(data, message);
	return (message->nlmsg_flags & NLM_F_MULTI) != 0 ? MNL_CB_OK : MNL_CB_STOP;
}

void neighbour_kernel_learn(struct neighbour *n, struct neighbour_via *via)
{
	struct rtnetlink *ask = &n->kernel->ask;
	struct nlmsghdr *request;
	struct ndmsg *nd;
	void *payload;

	request = rtnetlink_request(ask, RTM_GETNEIGH, 0, sizeof(*nd), &payload);
	nd = payload;
	nd->ndm_family = to_kernel(via->key.gateway.family);
	nd->ndm_ifindex = via->key.oif;
	mnl_attr_put(request, NDA_DST, address_bytes(via->key.gateway.family), via->key.gateway.ip);
	if (rtnetlink_transient(rtnetlink_ask(ask, request, neighbour_answer, n)))
		n->kernel->resync = true;
	neighbour_state_wanted(n, via);
}

bool neighbour_kernel_provoke(struct neighbour *n, const struct neighbour_via *via)
{
	return neighbour_probe_send(&n->kernel->probe, via->key.oif, &via->key.gateway);
}

/* Everything anew. */

static int links_answer(const struct nlmsghdr *message, void *data)
{
	struct neighbour_kernel *k = data;

	if (neighbour_link_heard(&k->links, message))
		k->links_changed = true;
	return MNL_CB_OK;
}

static int dump(struct neighbour_kernel *k, uint16_t type, size_t size, mnl_cb_t cb, void *data)
{
	int err = 0;

	for (uint32_t i = 0; i < DUMP_TRIES; i++) {
		void *payload;
		struct nlmsghdr *request =
			rtnetlink_request(&k->ask, type, NLM_F_DUMP, size, &payload);

		if (type == RTM_GETLINK)
			mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		err = rtnetlink_ask(&k->ask, request, cb, data);
		if (err == 0)
			return 0;
		/* the rest of a dump that was disturbed is still in it; it opens when asked */
		rtnetlink_close(&k->ask);
	}
	return err;
}

static int dump_links(struct neighbour_kernel *k)
{
	int err;

	neighbour_link_begin(&k->links);
	err = dump(k, RTM_GETLINK, sizeof(struct ifinfomsg), links_answer, k);
	if (err == 0 && neighbour_link_end(&k->links))
		k->links_changed = true;
	return err == 0 && k->links.lacked ? -ENOMEM : err;
}

static void resynchronise(struct neighbour *n)
{
	struct neighbour_kernel *k = n->kernel;

	if (n->now_ms < k->resynced_ms + RESYNC_MS)
		return;
	k->resynced_ms = n->now_ms;
	for (uint32_t i = 0; i < n->n_vias; i++)
		n->vias[i]->heard = false;
	if (dump_links(k) != 0 ||
		dump(k, RTM_GETNEIGH, sizeof(struct ndmsg), neighbour_answer, n) != 0)
		return;
	k->resync = false;
	n->resolve_left = n->fresh;
	for (uint32_t i = 0; i < n->n_vias; i++)
		if (n->vias[i]->key.oif > 0 && !n->vias[i]->heard)
			neighbour_state_heard(n, n->vias[i], 0, NULL);
}

/* Events. */

static void heard_route(struct neighbour *n, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	/* cached by the kernel for itself: no route of anybody */
	if (mnl_nlmsg_get_payload_len(message) >= sizeof(*route) &&
		(route->rtm_flags & RTM_F_CLONED) == 0)
		n->resolve_left = n->fresh;
}

static int event(const struct nlmsghdr *message, void *data)
{
	struct neighbour *n = data;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		(void)links_answer(message, n->kernel);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		heard_neighbour(n, message);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		heard_route(n, message);
		break;
	default: /* rules, addresses, next hops: all of them may change where packets go */
		n->resolve_left = n->fresh;
		break;
	}
	return MNL_CB_OK;
}

void neighbour_kernel_run(struct neighbour *n)
{
	struct neighbour_kernel *k = n->kernel;
	int err = 0;

	for (uint32_t i = 0; i < EVENTS_MAX && err != -EAGAIN; i++) {
		err = rtnetlink_events(&k->events, event, n);
		if (err != 0 && err != -EAGAIN)
			k->resync = true;
	}
	if (k->links.lacked)
		k->resync = true;
	if (k->resync)
		resynchronise(n);
	if (!k->links_changed)
		return;
	/* a link that goes down takes IPv4 routes along without a word */
	k->links_changed = false;
	n->resolve_left = n->fresh;
	for (uint32_t i = 0; i < n->n_vias; i++)
		neighbour_via_update(n, n->vias[i]);
}

void neighbour_kernel_more(struct neighbour *n)
{
	struct neighbour_kernel *k = n->kernel;
	bool more = n->resolve_left != 0 && !n->lacked;
	uint64_t count = 1;

	if (more == k->said_more)
		return;
	if (more ? write(k->more_fd, &count, sizeof(count)) == sizeof(count)
		 : read(k->more_fd, &count, sizeof(count)) == sizeof(count))
		k->said_more = more;
}

int neighbour_kernel_fd(const struct neighbour *n)
{
	return n->kernel->poll_fd;
}

static int watch(const struct neighbour_kernel *k, int fd)
{
	struct epoll_event in = {.events = EPOLLIN};

	return epoll_ctl(k->poll_fd, EPOLL_CTL_ADD, fd, &in) == 0 ? 0 : -errno;
}

static int open_fds(struct neighbour_kernel *k)
{
	int err;

	k->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	k->more_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->poll_fd < 0 || k->more_fd < 0)
		return -errno;
	err = watch(k, k->more_fd);
	return err != 0 ? err : watch(k, rtnetlink_fd(&k->events));
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

int neighbour_kernel_create(struct neighbour *n)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_NEXTHOP};
	struct neighbour_kernel *k = calloc(1, sizeof(*k));
	int err;

	if (k == NULL)
		return -ENOMEM;
	n->kernel = k;
	k->poll_fd = k->more_fd = k->probe.udp4 = k->probe.udp6 = -1;
	err = rtnetlink_open(&k->ask);
	if (err == 0)
		err = rtnetlink_open(&k->events);
	/* events first, so that none is missed between the dump and them */
	if (err == 0)
		err = rtnetlink_subscribe(&k->events, groups, sizeof(groups) / sizeof(groups[0]));
	if (err == 0)
		err = open_fds(k);
	if (err == 0)
		err = neighbour_probe_open(&k->probe);
	if (err == 0)
		err = dump_links(k);
	if (err != 0)
		neighbour_kernel_destroy(n);
	return err;
}

void neighbour_kernel_destroy(struct neighbour *n)
{
	struct neighbour_kernel *k = n->kernel;

	if (k == NULL)
		return;
	close_fd(k->poll_fd);
	close_fd(k->more_fd);
	neighbour_probe_close(&k->probe);
	rtnetlink_close(&k->events);
	rtnetlink_close(&k->ask);
	neighbour_link_fini(&k->links);
	free(k);
	n->kernel = NULL;
}
