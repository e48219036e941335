/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ends that meet, and peers that are not what they should be. Each refusal must leave no
 * descriptor open: they are counted. */
#include "relay_attach.h"

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
	good.wake_fd = eventfd(0, EFD_CLOEXEC);
	return good.wake_fd < 0;
}

static int close_rig(void **state)
{
	(void)state;
	relay_region_close(&region);
	(void)close(good.wake_fd);
	(void)close(pair[0]);
	(void)close(pair[1]);
	(void)unlink(path);
	return rmdir(dir);
}

static void offer_arrives_with_working_descriptors(void **state)
{
	struct relay_attach_offer got;
	struct relay_region mapped;
	uint64_t count = 3;

	(void)state;
	assert_int_equal(relay_attach_send(pair[0], &good), 0);
	assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), 0);
	assert_memory_equal(&got.hello, &good.hello, sizeof(got.hello));
	assert_int_equal(fcntl(got.region_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(
		relay_region_map(&mapped, got.region_fd, RELAY_ROLE_DATA, REGION, HASH), 0);
	assert_int_equal(write(got.wake_fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(read(good.wake_fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 3);
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

/* The peer shares the eventfd with us, its flags and its count. */
static void wake_and_drain_never_wait(void **state)
{
	const uint64_t most = UINT64_MAX - 1;
	uint64_t count = 0;
	int fd = eventfd(0, EFD_CLOEXEC); /* not O_NONBLOCK, as a peer could have it */

	(void)state;
	(void)alarm(LATE / 1000);
	relay_attach_drain(fd);
	relay_attach_wake(fd);
	relay_attach_wake(fd);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 2);
	assert_int_equal(write(fd, &most, sizeof(most)), sizeof(most));
	relay_attach_wake(fd); /* full: it is awake already */
	relay_attach_drain(fd);
	relay_attach_drain(fd);
	relay_attach_wake(fd);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 1);
	(void)alarm(0);
	(void)close(fd);
}

/* A pipe, when full, would have us wait; a file would be written to. */
static void what_is_no_eventfd_is_refused(void **state)
{
	struct relay_attach_offer offer = good, got;
	uint32_t before = open_fds();
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	offer.wake_fd = fds[1];
	assert_int_equal(relay_attach_send(pair[0], &offer), 0);
	assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), -EPROTO);
	offer.wake_fd = region.fd;
	assert_int_equal(relay_attach_send(pair[0], &offer), 0);
	assert_int_equal(relay_attach_recv(pair[1], RELAY_ROLE_DATA, LATE, &got), -EPROTO);
	(void)close(fds[0]);
	(void)close(fds[1]);
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
		cmocka_unit_test(wake_and_drain_never_wait),
		cmocka_unit_test(what_is_no_eventfd_is_refused),
		cmocka_unit_test(peer_of_another_user_refused),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
