/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_attach.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

enum {
	BACKLOG = 4,
	DRAIN_MOST = 512, /* more than a queue holds (net.unix.max_dgram_qlen), but not for ever */
};

union control {
	struct cmsghdr align;
	/* all that can come: what has no room is closed by the kernel, within recvmsg */
	char bytes[CMSG_SPACE(RELAY_ATTACH_FDS_MOST * sizeof(int))];
};

static int make_address(const char *path, struct sockaddr_un *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	memcpy(addr->sun_path, path, strlen(path));
	return 0;
}

int relay_attach_connect(const char *path, int *sock)
{
	struct sockaddr_un addr;
	int err = make_address(path, &addr);
	int fd;

	if (err != 0)
		return err;
	/* non-blocking: where the listener's queue is full, connect would wait for ever */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		err = errno == EAGAIN ? -EBUSY : -errno;
		(void)close(fd);
		return err;
	}
	*sock = fd;
	return 0;
}

/* A file left by a process that died answers no connection. */
static int remove_stale(const char *path)
{
	int sock = -1;
	int err = relay_attach_connect(path, &sock);

	if (err == 0) {
		(void)close(sock);
		return -EADDRINUSE;
	}
	if (err == -EBUSY)
		return -EADDRINUSE;
	if (err == -ECONNREFUSED)
		return unlink(path) == 0 ? 0 : -errno;
	return err == -ENOENT ? 0 : err;
}

int relay_attach_listen(const char *path, int *sock)
{
	struct sockaddr_un addr;
	int err = make_address(path, &addr);
	int fd;

	if (err == 0)
		err = remove_stale(path);
	if (err != 0)
		return err;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* bound files take their mode from the socket: nobody else for a moment either */
	if (fchmod(fd, 0660) != 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0 ||
		chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	*sock = fd;
	return 0;
}

static int wait_readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n = poll(&p, 1, timeout_ms);

	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

int relay_attach_check_peer(int sock, uid_t uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return -errno;
	return cred.uid == uid || cred.uid == 0 ? 0 : -EPERM;
}

int relay_attach_next(int listener, int timeout_ms, int *sock)
{
	int err = wait_readable(listener, timeout_ms);
	int fd;

	if (err != 0)
		return err;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return -errno;
	*sock = fd;
	return 0;
}

int relay_attach_accept(int listener, uid_t uid, int timeout_ms, int *sock)
{
	int fd = -1;
	int err = relay_attach_next(listener, timeout_ms, &fd);

	if (err != 0)
		return err;
	err = relay_attach_check_peer(fd, uid);
	if (err != 0) {
		(void)close(fd);
		return err;
	}
	*sock = fd;
	return 0;
}

int relay_attach_send(int sock, const struct relay_attach_offer *offer)
{
	const int fds[RELAY_ATTACH_FDS] = {offer->region_fd, offer->wake_fd};
	struct relay_hello hello = offer->hello;
	struct iovec iov = {.iov_base = &hello, .iov_len = sizeof(hello)};
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(fds)),
	};
	struct cmsghdr *cmsg;

	memset(&control, 0, sizeof(control));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));
	return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(hello) ? 0
											  : -errno;
}

/* Takes all descriptors of a message out, so that they can be closed. */
static void take_fds(struct msghdr *msg, struct relay_attach_rest *rest)
{
	uint32_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < len / sizeof(int) && n < RELAY_ATTACH_FDS_MOST; i++)
			memcpy(&rest->fds[n++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
	rest->n = n;
}

/* A datagram socket of this host: on no other may one be sure that a send with MSG_DONTWAIT does
 * not wait, and is read by nobody else than who shares a pair. */
static int check_wake_fd(int fd)
{
	int domain = 0, type = 0;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0)
		return -errno; /* ENOTSOCK: S_ISSOCK is what the kernel asks first */
	len = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return -errno;
	return domain == AF_UNIX && type == SOCK_DGRAM ? 0 : -EPROTO;
}

int relay_attach_wake_pair(int *own, int *offered)
{
	const int no = 0;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return -errno;
	/* nothing to be taken there; kernels before 6.16 don't know it */
	(void)setsockopt(pair[0], SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
	*own = pair[0];
	*offered = pair[1];
	return 0;
}

void relay_attach_wake(int fd)
{
	const uint8_t one = 1;

	/* the flag is this call's alone, whatever a peer made of O_NONBLOCK. Who takes no more has
	 * some unread, and is awake; who shut or turned the socket does not want to be woken */
	(void)send(fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void relay_attach_drain(int fd)
{
	uint8_t one;

	/* an error is one that the peer caused by turning its end away: it is told once, and what
	 * lies behind it is for the next turn of the loop */
	for (uint32_t i = 0; i < DRAIN_MOST; i++)
		if (recv(fd, &one, sizeof(one), MSG_DONTWAIT) < 0 && errno == EAGAIN)
			return;
}

static bool hello_valid(const struct relay_hello *h, enum relay_role role)
{
	static const uint8_t zero[sizeof(h->reserved)];

	return h->magic == RELAY_REGION_MAGIC && h->abi_version == RELAY_ABI_VERSION &&
	       h->role == (uint32_t)role && memcmp(h->reserved, zero, sizeof(zero)) == 0;
}

int relay_attach_take(int sock, enum relay_role role, int timeout_ms,
	struct relay_attach_offer *offer, struct relay_attach_rest *rest)
{
	char data[RELAY_HELLO_BYTES + 1]; /* a byte more tells a longer message */
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct relay_hello hello;
	ssize_t len;
	int err = wait_readable(sock, timeout_ms);

	rest->n = 0;
	if (err != 0)
		return err;
	len = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (len < 0) /* reset: it closed with our hello unread */
		return errno == ECONNRESET ? -ECONNREFUSED : -errno;
	take_fds(&msg, rest);
	if (len == RELAY_HELLO_BYTES && rest->n == RELAY_ATTACH_FDS &&
		(msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0) {
		memcpy(&hello, data, sizeof(hello));
		if (hello_valid(&hello, role) && check_wake_fd(rest->fds[1]) == 0) {
			*offer = (struct relay_attach_offer){hello, rest->fds[0], rest->fds[1]};
			rest->n = 0;
			return 0;
		}
	}
	return len == 0 ? -ECONNREFUSED : -EPROTO;
}

int relay_attach_recv(
	int sock, enum relay_role role, int timeout_ms, struct relay_attach_offer *offer)
{
	struct relay_attach_rest rest;
	int err = relay_attach_take(sock, role, timeout_ms, offer, &rest);

	for (uint32_t i = 0; i < rest.n; i++)
		(void)close(rest.fds[i]);
	return err;
}
