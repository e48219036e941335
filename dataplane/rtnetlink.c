/* SPDX-License-Identifier: BSD-3-Clause */
#include "rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/time.h>

enum { EVENT_BUFFER_BYTES = 4 << 20, STALE_ANSWERS_MAX = 64 };

int rtnetlink_open(struct rtnetlink *r)
{
	struct timeval wait = {.tv_sec = 1};
	int err;

	r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (r->nl == NULL)
		return -errno;
	if (mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) != 0 ||
		setsockopt(rtnetlink_fd(r), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0) {
		err = -errno;
		rtnetlink_close(r);
		return err;
	}
	return 0;
}

void rtnetlink_close(struct rtnetlink *r)
{
	if (r->nl != NULL)
		(void)mnl_socket_close(r->nl);
	r->nl = NULL;
}

int rtnetlink_fd(const struct rtnetlink *r)
{
	return mnl_socket_get_fd(r->nl);
}

int rtnetlink_subscribe(struct rtnetlink *r, const int *groups, uint32_t n)
{
	int fd = rtnetlink_fd(r), size = EVENT_BUFFER_BYTES;
	int flags = fcntl(fd, F_GETFL);

	/* the first needs a capability, the second gives what sysctl allows: either will do, as
	 * events that don't fit are noticed */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (uint32_t i = 0; i < n; i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(r->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) !=
			0)
			return -errno;
	}
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -errno;
	return 0;
}

struct nlmsghdr *rtnetlink_request(
	struct rtnetlink *r, uint16_t type, uint16_t flags, size_t size, void **payload)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(r->request);

	request->nlmsg_type = type;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	request->nlmsg_seq = ++r->seq;
	*payload = mnl_nlmsg_put_extra_header(request, size);
	return request;
}

/* One datagram, which only the kernel may have sent. Its length, or -errno. */
static ssize_t receive(struct rtnetlink *r)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {.iov_base = r->reply, .iov_len = sizeof(r->reply)};
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t len;

	do {
		len = recvmsg(rtnetlink_fd(r), &msg, 0);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0)
		return 0;
	if ((msg.msg_flags & MSG_TRUNC) != 0)
		return -ENOBUFS; /* as good as lost */
	return len;
}

static int ignore(const struct nlmsghdr *message, void *data)
{
	(void)message;
	(void)data;
	return MNL_CB_OK;
}

int rtnetlink_ask(struct rtnetlink *r, const struct nlmsghdr *request, mnl_cb_t cb, void *data)
{
	uint32_t stale = 0;
	int err = r->nl == NULL ? rtnetlink_open(r) : 0;

	if (err != 0)
		return err;
	if (mnl_socket_sendto(r->nl, request, request->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t len = receive(r);
		int run;

		if (len < 0)
			return (int)len;
		run = mnl_cb_run(r->reply, (size_t)len, request->nlmsg_seq,
			mnl_socket_get_portid(r->nl), cb != NULL ? cb : ignore, data);
		if (run == MNL_CB_STOP)
			return 0;
		/* EPROTO: it answers a question that has timed out */
		if (run == MNL_CB_ERROR && (errno != EPROTO || stale++ == STALE_ANSWERS_MAX))
			return -errno;
	}
}

int rtnetlink_events(struct rtnetlink *r, mnl_cb_t cb, void *data)
{
	ssize_t len = receive(r);

	if (len < 0)
		return (int)len;
	/* sequence and port 0: events answer nobody */
	if (mnl_cb_run(r->reply, (size_t)len, 0, 0, cb, data) == MNL_CB_ERROR)
		return -errno;
	return 0;
}

bool rtnetlink_transient(int err)
{
	return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM || err == -EINTR ||
	       err == -EPROTO || err == -EMFILE || err == -ENFILE || err == -EBUSY;
}

struct by_type {
	const struct nlattr **attributes;
	uint16_t max;
};

static int sort(const struct nlattr *a, void *data)
{
	const struct by_type *to = data;

	if (mnl_attr_get_type(a) <= to->max)
		to->attributes[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

static void clear(const struct by_type *to)
{
	for (uint16_t i = 0; i <= to->max; i++)
		to->attributes[i] = NULL;
}

bool rtnetlink_attributes(
	const struct nlmsghdr *message, size_t size, const struct nlattr **by_type, uint16_t max)
{
	struct by_type to = {by_type, max};

	clear(&to);
	if (mnl_nlmsg_get_payload_len(message) < size)
		return false;
	(void)mnl_attr_parse(message, (unsigned)size, sort, &to);
	return true;
}

void rtnetlink_nested(const struct nlattr *nest, const struct nlattr **by_type, uint16_t max)
{
	struct by_type to = {by_type, max};

	clear(&to);
	if (nest != NULL)
		(void)mnl_attr_parse_nested(nest, sort, &to);
}
