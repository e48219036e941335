/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_attach.h - how the two planes meet: a Unix socket over which each hands the other its
 * region and the socket that wakes it.
 *
 * To wake is to send a datagram. Each side makes a pair of sockets for each peer, sleeps on the
 * one, which nobody else ever has, and hands the other out. Of what it hands out it keeps nothing,
 * and of what it is handed it believes nothing: the peer shares its flags, its buffer sizes and
 * where it leads, may fill it, shut it, or turn it elsewhere. A wake-up is then lost for that peer
 * alone.
 *
 * To close a descriptor that a hostile peer sends can take as long as it likes: the data plane has
 * relay_attach_next and relay_attach_take, which close none, and a thread that does (closer.h).
 * Before Linux 6.16 some may come with a wake-up as well, for who drains the socket to close: the
 * data plane's main thread drains none, and a control plane is at its data plane's mercy anyway.
 *
 * Invariant: one hello each way, the data plane's first; a hello is RELAY_HELLO_BYTES with exactly
 *            RELAY_ATTACH_FDS descriptors (SCM_RIGHTS), or it is refused whole. The peer's user is
 *            the kernel's word (SO_PEERCRED), not the peer's.
 * Threads:   cold; one thread a socket.
 * Ownership: sockets and received descriptors are the caller's to close; sent ones stay its own.
 * Units:     timeouts in milliseconds, of the whole call.
 * Errors:    0 or -errno: -EPROTO a hello of other form, version or role, -EPERM a peer of another
 *            user, -ECONNREFUSED one that closed, as it has another client, or nobody listens,
 *            -EBUSY too many wait, -ETIMEDOUT, -EADDRINUSE a socket on which somebody listens;
 *            outputs untouched, no descriptor left open.
 * Cost:      cold.
 */
#ifndef RELAY_ATTACH_H
#define RELAY_ATTACH_H

#include "relay_region.h"

#include <stdbool.h>
#include <sys/types.h>

enum {
	RELAY_ATTACH_FDS = 2,
	RELAY_ATTACH_FDS_MOST = 253, /* that a message can bring: SCM_MAX_FD of Linux */
	RELAY_HELLO_BYTES = 64,
};

/* What the rings hold, decided by the data plane's profile. */
struct relay_geometry {
	uint32_t workers;
	uint32_t command_slots; /* each a worker */
	uint32_t event_slots;
	uint32_t punt_slots;
	uint32_t inject_slots;
	uint32_t endpoints;
};

struct relay_hello {
	uint64_t magic;
	uint32_t abi_version;
	uint32_t role; /* enum relay_role of the sender */
	uint64_t region_bytes;
	uint64_t layout_hash;
	struct relay_geometry geometry;
	uint8_t reserved[8]; /* zero */
};

_Static_assert(sizeof(struct relay_hello) == RELAY_HELLO_BYTES, "as it goes over the socket");

struct relay_attach_offer {
	struct relay_hello hello;
	int region_fd;
	int wake_fd; /* wakes the sender */
};

/* A listening SOCK_SEQPACKET socket at 'path', for its owner and group. A socket file that nobody
 * listens on any more is replaced. */
int relay_attach_listen(const char *path, int *sock);

/* Doesn't wait. The socket is non-blocking, as are those that accept returns. */
int relay_attach_connect(const char *path, int *sock);

/* 0 if the peer runs as 'uid' or as root; a listener's user is who called listen. */
int relay_attach_check_peer(int sock, uid_t uid);

/* The next connection whose peer runs as 'uid' or as root. Others are closed: -EPERM. */
int relay_attach_accept(int listener, uid_t uid, int timeout_ms, int *sock);

/* The next connection, whoever it is: for relay_attach_check_peer. */
int relay_attach_next(int listener, int timeout_ms, int *sock);

int relay_attach_send(int sock, const struct relay_attach_offer *offer);

/* Receives and checks the hello of a peer with 'role'. */
int relay_attach_recv(
	int sock, enum relay_role role, int timeout_ms, struct relay_attach_offer *offer);

/* All that came with a hello that is refused. */
struct relay_attach_rest {
	uint32_t n;
	int fds[RELAY_ATTACH_FDS_MOST];
};

/* The same, but leaves what was refused in 'rest', for the caller to close; none on success. */
int relay_attach_take(int sock, enum relay_role role, int timeout_ms,
	struct relay_attach_offer *offer, struct relay_attach_rest *rest);

/* A socket to sleep on, readable when we were woken, and the one to offer. Both are the caller's to
 * close, the second as soon as it was sent. */
int relay_attach_wake_pair(int *own, int *offered);

/* Wakes who offered the socket; doesn't wait, whatever a peer that breaks the contract has made of
 * it. */
void relay_attach_wake(int fd);

/* Makes our own socket unreadable again. A peer that floods it may have it readable still: it takes
 * a bounded number, and doesn't wait either. */
void relay_attach_drain(int fd);

#endif
