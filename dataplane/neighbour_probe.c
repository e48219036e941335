/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour_probe.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DISCARD_PORT = 9 };

int neighbour_probe_open(struct neighbour_probe *p)
{
	int one_hop = 1, err;

	p->udp4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	p->udp6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->udp4 < 0 || setsockopt(p->udp4, IPPROTO_IP, IP_TTL, &one_hop, sizeof(one_hop)) != 0)
		goto fail;
	/* a kernel without IPv6 has no neighbours of that family either */
	if (p->udp6 >= 0 && setsockopt(p->udp6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &one_hop,
				    sizeof(one_hop)) != 0)
		goto fail;
	return 0;
fail:
	err = -errno;
	neighbour_probe_close(p);
	return err;
}

void neighbour_probe_close(struct neighbour_probe *p)
{
	if (p->udp4 >= 0)
		(void)close(p->udp4);
	if (p->udp6 >= 0)
		(void)close(p->udp6);
	p->udp4 = p->udp6 = -1;
}

/* The interface goes with each datagram: to bind a socket again needs a capability. */
static void put_interface(struct msghdr *msg, int level, int type, const void *info, size_t len)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), info, len);
	msg->msg_controllen = CMSG_SPACE(len);
}

static void send4(int fd, int oif, const uint8_t *ip, struct msghdr *msg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htobe16(DISCARD_PORT)};
	struct in_pktinfo by = {.ipi_ifindex = oif};

	memcpy(&to.sin_addr, ip, sizeof(to.sin_addr));
	msg->msg_name = &to;
	msg->msg_namelen = sizeof(to);
	put_interface(msg, IPPROTO_IP, IP_PKTINFO, &by, sizeof(by));
	(void)sendmsg(fd, msg, MSG_DONTWAIT);
}

static void send6(int fd, int oif, const uint8_t *ip, struct msghdr *msg)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htobe16(DISCARD_PORT)};
	struct in6_pktinfo by = {.ipi6_ifindex = (unsigned)oif};

	memcpy(&to.sin6_addr, ip, sizeof(to.sin6_addr));
	if (IN6_IS_ADDR_LINKLOCAL(&to.sin6_addr))
		to.sin6_scope_id = (uint32_t)oif;
	msg->msg_name = &to;
	msg->msg_namelen = sizeof(to);
	put_interface(msg, IPPROTO_IPV6, IPV6_PKTINFO, &by, sizeof(by));
	(void)sendmsg(fd, msg, MSG_DONTWAIT);
}

void neighbour_probe_send(
	const struct neighbour_probe *p, int oif, const struct relay_sockaddr *neighbour)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};

	if (neighbour->family == RELAY_FAMILY_IPV6)
		send6(p->udp6, oif, neighbour->ip, &msg);
	else
		send4(p->udp4, oif, neighbour->ip, &msg);
}
