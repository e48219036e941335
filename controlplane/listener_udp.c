/* SPDX-License-Identifier: BSD-3-Clause */
/* ng over UDP: a datagram a request, and its reply from the address that it came to.
 *
 * DESIGN: datagrams are read and sent in batches, a system call each. What is answered within the
 * upcall leaves when the batch has been gone through; a later reply in the loop's next turn. */
#include "listener_impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

enum {
	BATCH = 64,
	ROUNDS = 4, /* batches in one turn of the loop */
	DATAGRAM_MAX = 65536,
	CONTROL_BYTES = CMSG_SPACE(sizeof(struct in6_pktinfo)),
};

struct envelope {
	struct sockaddr_storage peer;
	struct iovec iov;
	_Alignas(struct cmsghdr) char control[CONTROL_BYTES];
};

struct datagrams {
	struct listener *listener;
	struct pending_owner owner;
	struct event *readable;
	struct event *flush;
	struct mmsghdr in[BATCH], out[BATCH];
	struct envelope received[BATCH], to_send[BATCH];
	struct buffer replies[BATCH];
	unsigned n_out;
	bool is_handling; /* within the upcalls of a batch */
	char bytes[BATCH][DATAGRAM_MAX];
};

static void prepare(struct mmsghdr *m, struct envelope *e, size_t control)
{
	m->msg_hdr = (struct msghdr){
		.msg_name = &e->peer,
		.msg_namelen = sizeof(e->peer),
		.msg_iov = &e->iov,
		.msg_iovlen = 1,
		.msg_control = control > 0 ? e->control : NULL,
		.msg_controllen = control,
	};
	m->msg_len = 0;
}

/* To which of our addresses it came. */
static void read_local(struct msghdr *m, struct pending_path *path)
{
	struct in6_pktinfo v6;
	struct in_pktinfo v4;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			path->local.family = RELAY_FAMILY_IPV4;
			memcpy(path->local.ip, &v4.ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			path->local.family = RELAY_FAMILY_IPV6;
			path->interface = v6.ipi6_ifindex;
			memcpy(path->local.ip, &v6.ipi6_addr, 16);
		}
	}
}

static size_t write_local(struct envelope *e, const struct pending_path *path)
{
	struct msghdr m = {.msg_control = e->control, .msg_controllen = CONTROL_BYTES};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct in6_pktinfo v6 = {.ipi6_ifindex = path->interface};
	struct in_pktinfo v4 = {.ipi_ifindex = 0};

	memset(e->control, 0, sizeof(e->control));
	if (path->local.family == RELAY_FAMILY_IPV6) {
		memcpy(&v6.ipi6_addr, path->local.ip, 16);
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(v6));
		memcpy(CMSG_DATA(c), &v6, sizeof(v6));
		return CMSG_SPACE(sizeof(v6));
	}
	if (path->local.family != RELAY_FAMILY_IPV4)
		return 0;
	memcpy(&v4.ipi_spec_dst, path->local.ip, 4);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(v4));
	memcpy(CMSG_DATA(c), &v4, sizeof(v4));
	return CMSG_SPACE(sizeof(v4));
}

/* What the socket does not take is dropped: clients ask again, and get it from the cache. */
static void flush(struct datagrams *d)
{
	struct listener *l = d->listener;
	unsigned at = 0;

	while (at < d->n_out) {
		int n = sendmmsg(l->fd, d->out + at, d->n_out - at, MSG_DONTWAIT);

		if (n > 0) {
			l->counters[LISTENER_REPLIES] += (unsigned)n;
			at += (unsigned)n;
		} else if (errno != EINTR) {
			l->counters[LISTENER_DROPPED]++;
			at++; /* that one has an error of its own, or all of them do */
		}
	}
	d->n_out = 0;
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static void fill_peer(struct envelope *e, struct msghdr *m, const struct pending_path *path)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(path->peer.port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(path->peer.port)};

	if (path->peer.family == RELAY_FAMILY_IPV6) {
		memcpy(&v6.sin6_addr, path->peer.ip, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
			v6.sin6_scope_id = path->interface;
		memcpy(&e->peer, &v6, sizeof(v6));
		m->msg_namelen = sizeof(v6);
	} else {
		memcpy(&v4.sin_addr, path->peer.ip, 4);
		memcpy(&e->peer, &v4, sizeof(v4));
		m->msg_namelen = sizeof(v4);
	}
}

static void udp_reply(
	struct pending_owner *owner, const struct pending_entry *entry, struct slice bytes)
{
	struct datagrams *d = LISTENER_OF(owner, struct datagrams, owner);
	static const struct timeval now = {0, 0};
	struct envelope *e;
	struct buffer *copy;

	if (bytes.ptr == NULL)
		return;
	if (d->n_out == BATCH)
		flush(d);
	e = &d->to_send[d->n_out];
	copy = &d->replies[d->n_out];
	copy->len = 0;
	copy->failed = false;
	buffer_slice(copy, bytes);
	if (copy->failed) {
		d->listener->counters[LISTENER_DROPPED]++;
		return;
	}
	e->iov = (struct iovec){copy->data, copy->len};
	prepare(&d->out[d->n_out], e, write_local(e, &entry->path));
	fill_peer(e, &d->out[d->n_out].msg_hdr, &entry->path);
	if (d->n_out++ == 0 && !d->is_handling)
		(void)event_add(d->flush, &now);
}

static bool take(struct datagrams *d, unsigned i)
{
	struct listener *l = d->listener;
	struct msghdr *m = &d->in[i].msg_hdr;
	struct pending_entry entry = {.owner = &d->owner};
	struct listener_peer peer = {.listener = l};
	struct proto_request request = {
		.bytes = {d->bytes[i], d->in[i].msg_len},
		.has_cookie = true,
		.transport = PROTO_UDP,
		.principal = &peer.principal,
	};
	enum authn_result result;

	peer.source = listener_address((const struct sockaddr *)&d->received[i].peer);
	request.source = peer.source;
	entry.path.peer = peer.source;
	read_local(m, &entry.path);
	result = authn_plaintext(l->config, &peer.source, &peer.principal);
	if (result != AUTHN_OK)
		listener_note(&peer, LISTENER_AUTHN, "authn", "refused", authn_text(result));
	return result == AUTHN_OK && (m->msg_flags & MSG_TRUNC) == 0 &&
	       d->in[i].msg_len <= l->config->max_message_bytes && d->in[i].msg_len > 0 &&
	       listener_dispatch(l, &request, &entry);
}

static int receive(struct datagrams *d)
{
	struct listener *l = d->listener;
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		d->received[i].iov = (struct iovec){d->bytes[i], DATAGRAM_MAX};
		prepare(&d->in[i], &d->received[i], CONTROL_BYTES);
	}
	n = recvmmsg(l->fd, d->in, BATCH, MSG_DONTWAIT, NULL);
	d->is_handling = true;
	for (int i = 0; i < n; i++)
		if (!take(d, (unsigned)i))
			l->counters[LISTENER_DROPPED]++;
	d->is_handling = false;
	flush(d);
	return n;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int round = 0; round < ROUNDS && receive(arg) == BATCH; round++)
		;
}

int listener_udp_start(struct listener *l)
{
	struct event_base *base = l->set->options.base;
	struct datagrams *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	l->datagrams = d;
	d->listener = l;
	pending_owner_init(&d->owner, udp_reply);
	for (unsigned i = 0; i < BATCH; i++)
		d->replies[i].limit = DATAGRAM_MAX;
	d->flush = evtimer_new(base, on_flush, d);
	d->readable = event_new(base, l->fd, EV_READ | EV_PERSIST, on_readable, d);
	if (d->flush == NULL || d->readable == NULL || event_add(d->readable, NULL) != 0)
		return -ENOMEM;
	return 0;
}

void listener_udp_drain(struct listener *l)
{
	if (l->datagrams != NULL && l->datagrams->readable != NULL)
		(void)event_del(l->datagrams->readable);
}

void listener_udp_stop(struct listener *l)
{
	struct datagrams *d = l->datagrams;

	if (d == NULL)
		return;
	pending_abandon(l->set->pending, &d->owner);
	flush(d);
	if (d->readable != NULL)
		event_free(d->readable);
	if (d->flush != NULL)
		event_free(d->flush);
	for (unsigned i = 0; i < BATCH; i++)
		buffer_fini(&d->replies[i]);
	secret_wipe(d->bytes, sizeof(d->bytes));
	free(d);
	l->datagrams = NULL;
}
