/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener_impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { BACKLOG = 1024, UDP_BUFFER = 4 << 20 };

static socklen_t fill(const struct relay_sockaddr *addr, struct sockaddr_storage *out)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(addr->port)};

	if (addr->family == RELAY_FAMILY_IPV6) {
		memcpy(&v6.sin6_addr, addr->ip, 16);
		memcpy(out, &v6, sizeof(v6));
		return sizeof(v6);
	}
	memcpy(&v4.sin_addr, addr->ip, 4);
	memcpy(out, &v4, sizeof(v4));
	return sizeof(v4);
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static int set_up(int fd, const struct config_listener *c)
{
	bool v6 = c->address.family == RELAY_FAMILY_IPV6;
	struct sockaddr_storage addr;
	socklen_t len = fill(&c->address, &addr);
	int err = v6 ? set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) : 0;

	if (err == 0 && c->transport == CONFIG_NG_UDP) {
		err = v6 ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
			 : set(fd, IPPROTO_IP, IP_PKTINFO, 1);
		/* as much of it as net.core.rmem_max allows */
		(void)set(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER);
		(void)set(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER);
	} else if (err == 0) {
		err = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	}
	if (err == 0 && bind(fd, (const struct sockaddr *)&addr, len) != 0)
		err = -errno;
	if (err == 0 && c->transport != CONFIG_NG_UDP && listen(fd, BACKLOG) != 0)
		err = -errno;
	return err;
}

int listener_bind(const struct config_listener *c)
{
	int family = c->address.family == RELAY_FAMILY_IPV6 ? AF_INET6 : AF_INET;
	int type = c->transport == CONFIG_NG_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = set_up(fd, c);
	if (err == 0)
		return fd;
	(void)close(fd);
	return err;
}

/* Replies are whole and small; a peer that is gone without a word is noticed. */
void listener_tune(int fd)
{
	(void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}
