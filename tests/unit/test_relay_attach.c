/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ends that meet, and peers that are not what they should be. Each refusal must leave no
 * descriptor open: they are counted. */
#include "relay_attach.h"

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON = 20, LATE = 5000, REGION = 1 << 16 };
#define HASH UINT64_C(77)

static char dir[] = "/tmp/test_relay_attach.XXXXXX";
static char path[64];
static int pair[2];
static struct relay_region region;
static struct relay_attach_offer good;
static int own; /* of the pair that 'good' offers */

static uint32_t open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint32_t n = 0;

	assert_non_null(d);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static int open_rig(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/sock", dir);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(relay_region_create(&region, RELAY_ROLE_DATA, REGION, HASH), 0);
	good.hello = (struct relay_hello){
		.magic = RELAY_REGION_MAGIC,
		.abi_version = RELAY_ABI_VERSION,
		.role = RELAY_ROLE_DATA,
		.region_bytes = REGION,
		.layout_hash = HASH,
		.geometry = {2, 64, 64, 32, 32, 1000},
	};
	good.region_fd = region.fd;
	return relay_attach_wake_pair(&own, &good.wake_fd);
}

static int close_rig(void **state)
{
	(void)state;
	relay_region_close(&region);
	(void)close(good.wake_fd);
	(void)close(own);
	(void)close(pair[0]);
	(void)close(pair[1]);
	(void)unlink(path);
	return rmdir(dir);
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void offer_arrives_with_working_descriptors(void **state)
{
	struct relay_attach_offer got;
	struct relay_region mapped;

	(void)state;
	assert_int_equal(relay_attach_send(pair[0], &good), 0);
	assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), 0);
	assert_memory_equal(&got.hello, &good.hello, sizeof(got.hello));
	assert_int_equal(fcntl(got.region_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(
		relay_region_map(&mapped, got.region_fd, RELAY_ROLE_DATA, REGION, HASH), 0);
	assert_int_equal(fcntl(got.wake_fd, F_GETFD), FD_CLOEXEC);
	assert_false(readable(own));
	relay_attach_wake(got.wake_fd);
	assert_true(readable(own));
	relay_attach_drain(own);
	assert_false(readable(own));
	relay_region_close(&mapped);
	(void)close(got.region_fd);
	(void)close(got.wake_fd);
}

static void hello_of_other_kind_refused(void **state)
{
	struct relay_attach_offer offer, got = {.region_fd = -7};
	uint32_t before = open_fds();

	(void)state;
	for (uint32_t row = 0; row < 4; row++) {
		offer = good;
		switch (row) {
		case 0:
			offer.hello.magic++;
			break;
		case 1:
			offer.hello.abi_version++;
			break;
		case 2:
			offer.hello.role = RELAY_ROLE_CONTROL;
			break;
		default:
			offer.hello.reserved[7] = 1;
			break;
		}
		assert_int_equal(relay_attach_send(pair[0], &offer), 0);
		assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), -EPROTO);
		assert_int_equal(got.region_fd, -7);
		assert_int_equal(open_fds(), before);
	}
}

/* A message of 'len' bytes with 'n_fds' descriptors. */
static void send_raw(size_t len, uint32_t n_fds)
{
	char bytes[256] = {0};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(32 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	memcpy(bytes, &good.hello, sizeof(good.hello));
	if (n_fds > 0) {
		struct cmsghdr *cmsg = &control.align;

		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (uint32_t i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &good.wake_fd, sizeof(int));
	}
	assert_int_equal(sendmsg(pair[0], &msg, 0), len);
}

static void message_of_other_form_refused(void **state)
{
	static const struct {
		size_t len;
		uint32_t n_fds;
	} rows[] = {{64, 0}, {64, 1}, {64, 3}, {64, 8}, {64, 30}, {63, 2}, {65, 2}, {200, 2},
		{1, 2}, {1, 0}};
	struct relay_attach_offer got;
	uint32_t before = open_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send_raw(rows[i].len, rows[i].n_fds);
		assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), -EPROTO);
		assert_int_equal(open_fds(), before);
	}
}

static void silent_or_closed_peer_ends_the_call(void **state)
{
	struct relay_attach_offer got;
	int p[2];

	(void)state;
	assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, SOON, &got), -ETIMEDOUT);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p), 0);
	(void)close(p[0]);
	assert_int_equal(relay_attach_recv(p[1], RELAY_ROLE_DATA, LATE, &got), -ECONNREFUSED);
	assert_int_equal(relay_attach_send(p[1], &good), -EPIPE);
	(void)close(p[1]);
}

static void second_listener_refused_and_stale_file_replaced(void **state)
{
	struct stat st;
	int a, b;

	(void)state;
	assert_int_equal(relay_attach_listen(path, &a), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(relay_attach_listen(path, &b), -EADDRINUSE);
	(void)close(a); /* as if it had died: the file stays */
	assert_int_equal(relay_attach_listen(path, &b), 0);
	(void)close(b);
	assert_int_equal(relay_attach_connect("/nonexistent/sock", &b), -ENOENT);
}

/* A listener that is stuck: nobody waits in connect for it, nor takes its place. */
static void full_queue_is_said_at_once(void **state)
{
	int socks[64], listener, other;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(relay_attach_listen(path, &listener), 0);
	while (n < 64 && relay_attach_connect(path, &socks[n]) == 0)
		n++;
	assert_true(n > 0 && n < 64);
	assert_int_equal(relay_attach_connect(path, &other), -EBUSY);
	assert_int_equal(relay_attach_listen(path, &other), -EADDRINUSE);
	while (n > 0)
		(void)close(socks[--n]);
	(void)close(listener);
}

/* A pair as the peer may have it that we wake: all that it can do to the end that it gave us, it
 * does while we use it. */
static void wake_never_waits_whatever_the_peer_does(void **state)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	const int least = 1;
	int theirs, ours;

	(void)state;
	(void)alarm(6 * LATE / 1000);
	for (uint32_t row = 0; row < 6; row++) {
		assert_int_equal(relay_attach_wake_pair(&theirs, &ours), 0);
		assert_int_equal(fcntl(ours, F_SETFL, 0), 0); /* no O_NONBLOCK */
		if (row == 1)
			assert_int_equal(shutdown(ours, SHUT_RDWR), 0);
		if (row == 2)
			assert_int_equal(shutdown(theirs, SHUT_RDWR), 0);
		if (row == 3)
			(void)close(theirs);
		if (row == 4)
			assert_int_equal(setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &least, 4), 0);
		if (row == 5)
			assert_int_equal(connect(ours, &nowhere, sizeof(nowhere)), 0);
		for (uint32_t i = 0; i < 2000; i++) /* more than any queue holds */
			relay_attach_wake(ours);
		if (row == 0)
			assert_true(readable(theirs));
		(void)close(ours);
		if (row != 3)
			(void)close(theirs);
	}
	(void)alarm(0);
}

/* The sleeper's side of the same. */
static void drain_never_waits_whatever_the_peer_does(void **state)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	char big[4096] = {0};
	int ours, theirs;

	(void)state;
	(void)alarm(6 * LATE / 1000);
	assert_int_equal(relay_attach_wake_pair(&ours, &theirs), 0);
	assert_int_equal(fcntl(theirs, F_SETFL, 0), 0);
	relay_attach_drain(ours);
	for (uint32_t i = 0; i < 3; i++) {
		relay_attach_wake(theirs);
		assert_int_equal(send(theirs, big, sizeof(big), MSG_DONTWAIT), sizeof(big));
		assert_int_equal(send(theirs, big, 0, MSG_DONTWAIT), 0);
		assert_true(readable(ours));
		relay_attach_drain(ours);
		assert_false(readable(ours));
	}
	/* what it does to its end doesn't keep ours readable: the loop would spin */
	assert_int_equal(shutdown(theirs, SHUT_RDWR), 0);
	assert_false(readable(ours));
	assert_int_equal(send(ours, big, 1, MSG_DONTWAIT | MSG_NOSIGNAL), -1);
	(void)close(theirs);
	assert_false(readable(ours));
	(void)close(ours);
	/* turned away with something unread: an error, which is told once */
	assert_int_equal(relay_attach_wake_pair(&ours, &theirs), 0);
	assert_int_equal(send(ours, big, 1, MSG_DONTWAIT), 1);
	assert_int_equal(connect(theirs, &nowhere, sizeof(nowhere)), 0);
	relay_attach_drain(ours);
	assert_false(readable(ours));
	(void)close(theirs);
	(void)close(ours);
	(void)alarm(0);
}

/* A write to these could wait, or do harm. */
static void what_is_no_datagram_socket_is_refused(void **state)
{
	struct relay_attach_offer offer = good, got;
	uint32_t before = open_fds();
	int fds[6][2];

	(void)state;
	assert_int_equal(pipe2(fds[0], O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds[1]), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds[2]), 0);
	fds[3][1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fds[4][1] = eventfd(0, EFD_CLOEXEC);
	fds[5][1] = fcntl(region.fd, F_DUPFD_CLOEXEC, 0);
	fds[3][0] = fds[4][0] = fds[5][0] = -1;
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(fds[i][1] >= 0);
		offer.wake_fd = fds[i][1];
		assert_int_equal(relay_attach_send(pair[0], &offer), 0);
		assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), -EPROTO);
		if (fds[i][0] >= 0)
			(void)close(fds[i][0]);
		(void)close(fds[i][1]);
	}
	assert_int_equal(open_fds(), before);
}

/* Connects as another user; returns the pid to wait for. */
static pid_t connect_as(uid_t uid)
{
	pid_t pid = fork();
	int sock;

	if (pid == 0) {
		if (uid != getuid() && setuid(uid) != 0)
			_exit(2);
		_exit(relay_attach_connect(path, &sock) == 0 ? 0 : 1);
	}
	return pid;
}

static void peer_of_another_user_refused(void **state)
{
	enum { NOBODY = 65534, OTHER = 65533 };
	int listener, sock = -1, status;
	uint32_t before;

	(void)state;
	if (getuid() != 0) {
		print_message("SKIP: needs root, to be another user\n");
		skip();
	}
	assert_int_equal(relay_attach_listen(path, &listener), 0);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	before = open_fds();

	assert_int_equal(relay_attach_accept(listener, NOBODY, SOON, &sock), -ETIMEDOUT);
	assert_true(connect_as(OTHER) > 0);
	assert_int_equal(relay_attach_accept(listener, NOBODY, LATE, &sock), -EPERM);
	assert_int_equal(sock, -1);
	assert_int_equal(open_fds(), before);
	assert_true(connect_as(NOBODY) > 0);
	assert_int_equal(relay_attach_accept(listener, NOBODY, LATE, &sock), 0);
	(void)close(sock);
	assert_true(connect_as(0) > 0);
	assert_int_equal(relay_attach_accept(listener, NOBODY, LATE, &sock), 0);
	(void)close(sock);
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	(void)close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offer_arrives_with_working_descriptors),
		cmocka_unit_test(hello_of_other_kind_refused),
		cmocka_unit_test(message_of_other_form_refused),
		cmocka_unit_test(silent_or_closed_peer_ends_the_call),
		cmocka_unit_test(second_listener_refused_and_stale_file_replaced),
		cmocka_unit_test(full_queue_is_said_at_once),
		cmocka_unit_test(wake_never_waits_whatever_the_peer_does),
		cmocka_unit_test(drain_never_waits_whatever_the_peer_does),
		cmocka_unit_test(what_is_no_datagram_socket_is_refused),
		cmocka_unit_test(peer_of_another_user_refused),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
