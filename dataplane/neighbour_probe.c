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

static void put_info(struct msghdr *msg, int level, int type, const void *info, size_t len)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), info, len);
	msg->msg_controllen = CMSG_SPACE(len);
}

/* The interface goes with each datagram: to bind a socket again needs a capability. */
static void put_interface(struct msghdr *msg, uint8_t family, int oif)
{
	struct in_pktinfo by4 = {.ipi_ifindex = oif};
	struct in6_pktinfo by6 = {.ipi6_ifindex = (unsigned)oif};

	if (family == RELAY_FAMILY_IPV6)
		put_info(msg, IPPROTO_IPV6, IPV6_PKTINFO, &by6, sizeof(by6));
	else
		put_info(msg, IPPROTO_IP, IP_PKTINFO, &by4, sizeof(by4));
}

bool neighbour_probe_send(
	const struct neighbour_probe *p, int oif, const struct relay_sockaddr *neighbour)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htobe16(DISCARD_PORT)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htobe16(DISCARD_PORT)};
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
	bool is6 = neighbour->family == RELAY_FAMILY_IPV6;

	put_interface(&msg, neighbour->family, oif);
	memcpy(&to4.sin_addr, neighbour->ip, sizeof(to4.sin_addr));
	memcpy(&to6.sin6_addr, neighbour->ip, sizeof(to6.sin6_addr));
	if (IN6_IS_ADDR_LINKLOCAL(&to6.sin6_addr))
		to6.sin6_scope_id = (uint32_t)oif;
	msg.msg_name = is6 ? (void *)&to6 : (void *)&to4;
	msg.msg_namelen = is6 ? sizeof(to6) : sizeof(to4);
	return sendmsg(is6 ? p->udp6 : p->udp4, &msg, MSG_DONTWAIT) == 0;
}
