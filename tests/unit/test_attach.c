/* SPDX-License-Identifier: BSD-3-Clause */
/* The door, and who comes to it. The clock is the test's. */
#include "fake_plane.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 100, LATE = 5000, NOBODY = 65534, OTHER = 65533, HANG_S = 60, VISITS = 9 };

static char dir[] = "/tmp/test_attach.XXXXXX";
static char path[64];
static const struct relay_geometry *const g = &fake_plane_geometry;
static struct relay_region data, control;
static struct attach *door;
static int wake_fd;
static uint32_t fds_before;
static uint64_t now;

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

/* As many are open, when the closer is through. */
static void expect_fds(uint32_t n)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (uint32_t i = 0; i < LATE && open_fds() != n; i++)
		(void)nanosleep(&pause, NULL);
	assert_int_equal(open_fds(), n);
}

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	return snprintf(path, sizeof(path), "%s/sock", dir) < 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int open_door(uid_t uid)
{
	struct attach_options o = {
		.path = path, .uid = uid, .data = &data, .patience_ms = PATIENCE};

	o.geometry = *g;
	return attach_create(&o, &door);
}

static int open_rig(void **state)
{
	(void)state;
	fds_before = open_fds();
	now = UINT64_MAX - 50; /* also across its wrap */
	wake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (relay_region_create(
		    &data, RELAY_ROLE_DATA, relay_layout_data_bytes(g), relay_layout_hash()) != 0 ||
		relay_region_create(&control, RELAY_ROLE_CONTROL, relay_layout_control_bytes(g),
			relay_layout_hash()) != 0)
		return -1;
	return open_door(getuid());
}

static int close_rig(void **state)
{
	(void)state;
	attach_destroy(door);
	relay_region_close(&control);
	relay_region_close(&data);
	(void)close(wake_fd);
	expect_fds(fds_before);
	return 0;
}

static int knock(void)
{
	int sock = -1;

	assert_int_equal(relay_attach_connect(path, &sock), 0);
	return sock;
}

static void expect(enum attach_event event, int err)
{
	const struct attach_news n = attach_run(door, now);

	assert_int_equal(n.event, event);
	assert_int_equal(n.err, err);
	assert_null(n.link);
}

static struct relay_attach_offer good_offer(void)
{
	return (struct relay_attach_offer){
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = RELAY_ABI_VERSION,
			.role = RELAY_ROLE_CONTROL,
			.region_bytes = control.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = *g},
		.region_fd = control.fd,
		.wake_fd = wake_fd,
	};
}

/* A client that does all it should. */
static struct link *attach_client(int sock)
{
	const struct relay_attach_offer ours = good_offer();
	struct relay_attach_offer theirs;
	struct attach_news n;

	expect(ATTACH_NOTHING, 0);
	assert_int_equal(relay_attach_recv(sock, RELAY_ROLE_DATA, LATE, &theirs), 0);
	assert_int_equal(theirs.hello.region_bytes, data.bytes);
	(void)close(theirs.region_fd);
	(void)close(theirs.wake_fd);
	assert_int_equal(relay_attach_send(sock, &ours), 0);
	n = attach_run(door, now);
	assert_int_equal(n.event, ATTACH_CLIENT);
	assert_non_null(n.link);
	return n.link;
}

static void client_comes_and_goes(void **state)
{
	uint32_t before = open_fds();
	struct link *link;
	int sock;

	(void)state;
	expect(ATTACH_NOTHING, 0);
	for (uint32_t i = 0; i < 3; i++) {
		atomic_store(&relay_layout_event_head(data.base, g, 1)->head, 1234);
		sock = knock();
		link = attach_client(sock);
		assert_int_equal(atomic_load(&relay_layout_event_head(data.base, g, 1)->head), 0);
		expect(ATTACH_NOTHING, 0);
		(void)close(sock);
		expect(ATTACH_GONE, 0);
		/* the next one waits until the link is back */
		sock = knock();
		expect(ATTACH_NOTHING, 0);
		link_close(link);
		attach_forget(door);
		(void)close(sock);
		expect(ATTACH_REFUSED, -ECONNREFUSED); /* it has left */
		expect_fds(before);
	}
}

/* Each has a socket of its own to wake us by: what one has made of it does not stay. */
static void client_wakes_by_a_socket_of_its_own(void **state)
{
	struct relay_attach_offer theirs;
	uint32_t before = open_fds();

	(void)state;
	assert_int_equal(attach_wake_fd(door), -1);
	for (uint32_t i = 0; i < 3; i++) {
		int sock = knock();
		struct pollfd p = {.events = POLLIN};

		expect(ATTACH_NOTHING, 0);
		assert_int_equal(relay_attach_recv(sock, RELAY_ROLE_DATA, LATE, &theirs), 0);
		p.fd = attach_wake_fd(door);
		assert_int_equal(poll(&p, 1, 0), 0);
		relay_attach_wake(theirs.wake_fd);
		assert_int_equal(poll(&p, 1, 0), 1);
		(void)shutdown(theirs.wake_fd, SHUT_RDWR);
		(void)close(theirs.region_fd);
		(void)close(theirs.wake_fd);
		(void)close(sock);
		expect(ATTACH_REFUSED, -ECONNREFUSED);
		assert_int_equal(attach_wake_fd(door), -1);
		expect_fds(before);
	}
}

static void silent_peer_is_shown_out_and_holds_nobody_up(void **state)
{
	int silent = knock(), client = knock();
	char byte;

	(void)state;
	expect(ATTACH_NOTHING, 0);
	now += PATIENCE - 1;
	expect(ATTACH_NOTHING, 0);
	now += 1;
	expect(ATTACH_REFUSED, -ETIMEDOUT);
	link_close(attach_client(client));
	/* it has the hello, and then the end */
	assert_true(recv(silent, &byte, 1, 0) == 1);
	assert_int_equal(recv(silent, &byte, 1, 0), 0);
	(void)close(silent);
	(void)close(client);
}

static void second_client_is_refused_and_first_stays(void **state)
{
	uint32_t before = open_fds();
	int first = knock(), second;
	struct link *link = attach_client(first);
	struct relay_attach_offer offer;

	(void)state;
	second = knock();
	expect(ATTACH_REFUSED, -EBUSY);
	assert_int_equal(relay_attach_recv(second, RELAY_ROLE_DATA, LATE, &offer), -ECONNREFUSED);
	(void)close(second);
	expect_fds(before + 4); /* both ends of the first's, and what each wakes the other by */
	expect(ATTACH_NOTHING, 0);
	(void)close(first);
	second = knock(); /* at once: the hang-up comes first */
	expect(ATTACH_GONE, 0);
	link_close(link);
	attach_forget(door);
	link_close(attach_client(second));
	(void)close(second);
}

static void hello_that_is_wrong_is_refused(void **state)
{
	uint32_t before = open_fds();

	(void)state;
	for (uint32_t row = 0; row < 8; row++) {
		struct relay_attach_offer offer = good_offer();
		int sock = knock();

		expect(ATTACH_NOTHING, 0);
		offer.hello.magic += row == 0;
		offer.hello.role = row == 1 ? RELAY_ROLE_DATA : RELAY_ROLE_CONTROL;
		offer.hello.region_bytes += row == 2;
		offer.hello.layout_hash += row == 3;
		offer.hello.geometry.workers += row == 4;
		offer.region_fd = row == 5 ? data.fd : row == 6 ? wake_fd : control.fd;
		offer.wake_fd = row == 7 ? sock : wake_fd;
		assert_int_equal(relay_attach_send(sock, &offer), 0);
		expect(ATTACH_REFUSED, -EPROTO);
		(void)close(sock);
		expect_fds(before);
	}
}

/* A message of 'len' bytes with 'n_fds' descriptors, the last of which is 'last'. */
static void send_fds(int sock, size_t len, uint32_t n_fds, int last)
{
	const struct relay_attach_offer offer = good_offer();
	char bytes[256] = {0};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(RELAY_ATTACH_FDS_MOST * sizeof(int))];
	} c = {.bytes = {0}};
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	memcpy(bytes, &offer.hello, sizeof(offer.hello));
	if (n_fds > 0) {
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c.align.cmsg_level = SOL_SOCKET;
		c.align.cmsg_type = SCM_RIGHTS;
		c.align.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (uint32_t i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(&c.align) + i * sizeof(int),
				i == n_fds - 1 ? &last
				: i % 2 == 0   ? &control.fd
					       : &wake_fd,
				sizeof(int));
	}
	assert_int_equal(sendmsg(sock, &msg, 0), len);
}

static void send_raw(int sock, size_t len, uint32_t n_fds)
{
	send_fds(sock, len, n_fds, wake_fd);
}

static void garbage_is_refused_and_leaves_nothing_open(void **state)
{
	static const struct {
		size_t len;
		uint32_t n_fds;
	} rows[] = {{64, 0}, {64, 1}, {64, 3}, {64, 8}, {64, 30}, {64, 253}, {63, 2}, {65, 2},
		{200, 2}, {1, 0}, {1, 30}};
	uint32_t before = open_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int sock = knock();

		expect(ATTACH_NOTHING, 0);
		send_raw(sock, rows[i].len, rows[i].n_fds);
		expect(ATTACH_REFUSED, -EPROTO);
		(void)close(sock);
		expect_fds(before);
	}
}

static void client_that_speaks_again_is_gone(void **state)
{
	int sock = knock();
	struct link *link = attach_client(sock);

	(void)state;
	send_raw(sock, 64, 2);
	expect(ATTACH_GONE, 0);
	link_close(link);
	attach_forget(door);
	(void)close(sock);
}

static void poll_watches_what_can_happen(void **state)
{
	struct pollfd fds[ATTACH_POLLFDS];
	struct link *link;
	int sock;

	(void)state;
	assert_int_equal(attach_pollfds(door, fds), 1);
	assert_int_equal(poll(fds, 1, 0), 0);
	sock = knock();
	assert_int_equal(poll(fds, 1, 0), 1);
	expect(ATTACH_NOTHING, 0);
	assert_int_equal(attach_pollfds(door, fds), 1); /* the peer alone: others wait */
	assert_int_equal(poll(fds, 1, 0), 0);
	(void)close(sock);
	assert_int_equal(poll(fds, 1, 0), 1);
	expect(ATTACH_REFUSED, -ECONNREFUSED);
	sock = knock();
	link = attach_client(sock);
	assert_int_equal(attach_pollfds(door, fds), 2);
	assert_int_equal(poll(fds, 2, 0), 0);
	(void)close(sock);
	assert_int_equal(poll(fds, 2, 0), 1);
	expect(ATTACH_GONE, 0);
	assert_int_equal(attach_pollfds(door, fds), 0);
	link_close(link);
	attach_forget(door);
	assert_int_equal(attach_pollfds(door, fds), 1);
}

/* --- descriptors whose close waits --- */

/* A TCP socket that can't send what it has, and on close waits an hour for it. Closing 'other' ends
 * that at once. */
static int make_slow(int *other)
{
	const struct linger hour = {.l_onoff = 1, .l_linger = 3600};
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int slow = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const char some[65536];

	assert_int_equal(bind(listener, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	assert_int_equal(connect(slow, (struct sockaddr *)&addr, len), 0);
	*other = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*other >= 0);
	(void)close(listener);
	assert_int_equal(setsockopt(slow, SOL_SOCKET, SO_LINGER, &hour, sizeof(hour)), 0);
	while (send(slow, some, sizeof(some), MSG_DONTWAIT) > 0)
		;
	return slow;
}

/* 'sock' has it alone. */
static void send_away(int sock, uint32_t n_fds, int slow)
{
	send_fds(sock, 64, n_fds, slow);
	(void)close(slow);
}

/* Each way by which one could reach main; while it is being closed others come and go. */
static void descriptor_that_is_slow_to_close_holds_nobody_up(void **state)
{
	enum { IN_HELLO, AS_REGION, OF_MANY, OF_CLIENT, UNREAD, AT_THE_DOOR, WAYS };

	(void)state;
	for (uint32_t way = 0; way < WAYS; way++) {
		uint32_t before = open_fds();
		struct relay_attach_offer offer = good_offer();
		struct link *link = NULL;
		int other = -1, slow = make_slow(&other), sock = knock(), second = -1;

		(void)alarm(HANG_S); /* for ever, else */
		switch (way) {
		case IN_HELLO:
		case OF_MANY:
			expect(ATTACH_NOTHING, 0);
			send_away(sock, way == OF_MANY ? RELAY_ATTACH_FDS_MOST : 2, slow);
			expect(ATTACH_REFUSED, -EPROTO);
			break;
		case AS_REGION:
			expect(ATTACH_NOTHING, 0);
			offer.region_fd = slow;
			assert_int_equal(relay_attach_send(sock, &offer), 0);
			(void)close(slow);
			expect(ATTACH_REFUSED, -EPROTO);
			break;
		case OF_CLIENT: /* it speaks again */
			link = attach_client(sock);
			send_away(sock, 1, slow);
			expect(ATTACH_GONE, 0);
			break;
		case UNREAD: /* it has its say before it is asked, and is not heard */
			expect(ATTACH_NOTHING, 0);
			send_raw(sock, 1, 0);
			send_away(sock, 1, slow);
			expect(ATTACH_REFUSED, -EPROTO);
			break;
		case AT_THE_DOOR:
			link = attach_client(sock);
			second = knock();
			send_away(second, 1, slow);
			expect(ATTACH_REFUSED, -EBUSY);
			(void)close(second);
			(void)close(sock);
			expect(ATTACH_GONE, 0);
			break;
		}
		if (way != AT_THE_DOOR)
			(void)close(sock);
		link_close(link);
		attach_forget(door);
		sock = knock();
		link = attach_client(sock);
		(void)close(sock);
		expect(ATTACH_GONE, 0);
		link_close(link);
		attach_forget(door);
		assert_true(open_fds() > before + 1); /* it is still at it */
		(void)close(other);
		expect_fds(before);
		(void)alarm(0);
	}
}

/* The closer holds as many as it can, all of them slow, or behind a slow one: who comes waits. */
static void door_is_shut_while_too_many_wait_to_be_closed(void **state)
{
	uint32_t before = open_fds(), visits = 0;
	struct pollfd fds[ATTACH_POLLFDS];
	int other[VISITS], last = -1;

	(void)state;
	(void)alarm(HANG_S);
	for (; attach_pollfds(door, fds) > 0; visits++) {
		int sock = knock();

		assert_in_range(visits, 0, VISITS - 1);
		expect(ATTACH_NOTHING, 0);
		/* the first holds up all that come behind it */
		send_away(sock, visits < 2 ? 2 : RELAY_ATTACH_FDS_MOST, make_slow(&other[visits]));
		expect(ATTACH_REFUSED, -EPROTO);
		(void)close(sock);
	}
	assert_true(visits > 1);
	last = knock();
	expect(ATTACH_STUCK, 0);
	expect(ATTACH_STUCK, 0);
	assert_non_null(strstr(attach_reason(&(struct attach_news){.event = ATTACH_STUCK}),
		"stop the processes of control.user"));
	assert_string_equal(attach_reason(&(struct attach_news){ATTACH_FAILED, -EMFILE, NULL}),
		strerrordesc_np(EMFILE));
	for (uint32_t i = 0; i < visits; i++)
		(void)close(other[i]);
	while (attach_pollfds(door, fds) == 0)
		(void)sched_yield();
	link_close(attach_client(last));
	(void)close(last);
	expect(ATTACH_GONE, 0);
	attach_forget(door);
	expect_fds(before);
	(void)alarm(0);
}

/* Nor for who still waits at the door. */
static void end_does_not_wait_for_the_closer(void **state)
{
	uint32_t before = open_fds();
	int other[2] = {-1, -1}, first = knock(), second;

	(void)state;
	(void)alarm(HANG_S);
	expect(ATTACH_NOTHING, 0);
	send_away(first, 2, make_slow(&other[0]));
	expect(ATTACH_REFUSED, -EPROTO);
	(void)close(first);
	second = knock();
	send_away(second, 1, make_slow(&other[1]));
	(void)close(second);
	attach_destroy(door);
	door = NULL;
	assert_true(open_fds() > before + 1);
	(void)close(other[0]);
	(void)close(other[1]);
	expect_fds(before - 1); /* the listener */
	(void)alarm(0);
}

static pid_t knock_as(uid_t uid)
{
	pid_t pid = fork();
	int sock;

	if (pid == 0) {
		if (setuid(uid) != 0)
			_exit(2);
		_exit(relay_attach_connect(path, &sock) == 0 ? 0 : 1);
	}
	return pid;
}

static void peer_of_another_user_is_refused(void **state)
{
	int status = 1;

	(void)state;
	if (getuid() != 0) {
		print_message("SKIP: needs root, to be another user\n");
		skip();
	}
	attach_destroy(door);
	assert_int_equal(open_door(NOBODY), 0);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_true(knock_as(OTHER) > 0);
	assert_true(wait(&status) > 0 && status == 0);
	expect(ATTACH_REFUSED, -EPERM);
	assert_true(knock_as(NOBODY) > 0);
	assert_true(wait(&status) > 0 && status == 0);
	expect(ATTACH_REFUSED, -ECONNREFUSED); /* welcome, but it has left */
}

static void door_that_is_taken_or_nowhere_is_an_error(void **state)
{
	struct attach_options o = {.path = path, .uid = 0, .data = &data};
	struct attach *second = NULL;

	(void)state;
	assert_int_equal(attach_create(&o, &second), -EADDRINUSE);
	/* whoever asks is no client */
	expect(ATTACH_REFUSED, -ECONNREFUSED);
	o.path = "/nonexistent/sock";
	assert_int_equal(attach_create(&o, &second), -ENOENT);
	assert_null(second);
	attach_destroy(NULL);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(client_comes_and_goes),
		RIG(client_wakes_by_a_socket_of_its_own),
		RIG(silent_peer_is_shown_out_and_holds_nobody_up),
		RIG(second_client_is_refused_and_first_stays),
		RIG(hello_that_is_wrong_is_refused),
		RIG(garbage_is_refused_and_leaves_nothing_open),
		RIG(client_that_speaks_again_is_gone),
		RIG(poll_watches_what_can_happen),
		RIG(descriptor_that_is_slow_to_close_holds_nobody_up),
		RIG(door_is_shut_while_too_many_wait_to_be_closed),
		RIG(end_does_not_wait_for_the_closer),
		RIG(peer_of_another_user_is_refused),
		RIG(door_that_is_taken_or_nowhere_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
