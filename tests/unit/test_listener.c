/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies that do not come at once: later, in another order, too late, twice, never. The rest of
 * the front is tested from outside, by system/test_control_listener. */
#include "listener.h"
#include "logger.h"

#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TCP, UDP, WEB, LISTENERS, HANDLES = 1024, WAIT_MS = 5000, GOES_MS = 300 };

static char folder[] = "/tmp/slt-listener-XXXXXX";

struct front {
	struct config *config;
	struct event_base *base;
	struct listener_set *set;
	uint16_t port[LISTENERS];
	char token[AUTHN_NEW_TOKEN_BYTES];
	struct pending_handle handles[HANDLES];
	unsigned n;
};

static void on_request(void *arg, const struct proto_request *request, struct pending_handle handle)
{
	struct front *f = arg;

	(void)request;
	assert_true(f->n < HANDLES);
	f->handles[f->n++] = handle;
}

/* Until 'n' requests have come, or a while without 'n'. */
static void turn(struct front *f, unsigned n)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	for (int i = 0; i < (n > 0 ? WAIT_MS / 2 : 10) && (n == 0 || f->n < n); i++) {
		(void)event_base_loop(f->base, EVLOOP_NONBLOCK);
		(void)nanosleep(&pause, NULL);
	}
	if (f->n < n)
		fail_msg("%u of %u requests came", f->n, n);
}

static void reply(struct front *f, unsigned i, const char *text, int expected)
{
	assert_int_equal(listener_reply(f->set, f->handles[i], slice_of(text)), expected);
}

static uint16_t free_port(int type)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, type, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	(void)close(fd);
	return ntohs(addr.sin_port);
}

static int dial(int type, uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void hear(struct front *f, int fd, const char *expected)
{
	char got[256] = "";
	size_t len = 0;

	for (int i = 0; i < WAIT_MS && len < strlen(expected); i++) {
		ssize_t n;

		(void)event_base_loop(f->base, EVLOOP_NONBLOCK);
		(void)poll(&(struct pollfd){fd, POLLIN, 0}, 1, 1);
		n = recv(fd, got + len, sizeof(got) - 1 - len, MSG_DONTWAIT);
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	assert_string_equal(got, expected);
}

static void replies_come_in_any_order(void **state)
{
	struct front *f = *state;
	int fd = dial(SOCK_STREAM, f->port[TCP]);

	say(fd, "1 de2 de3 de");
	turn(f, 3);
	reply(f, 2, "3 x", 0);
	reply(f, 0, "1 x", 0);
	listener_forget(f->set, f->handles[1]);
	hear(f, fd, "3 x1 x");
	reply(f, 1, "2 x", -ENOTCONN);
	reply(f, 0, "1 again", -ENOTCONN);
	(void)close(fd);
}

static void reply_to_who_has_gone_is_lost(void **state)
{
	struct front *f = *state;
	int fd = dial(SOCK_STREAM, f->port[TCP]), again;
	struct linger now = {1, 0};

	say(fd, "1 de2 de");
	turn(f, 2);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
	turn(f, 0);
	/* a connection that takes its place hears nothing of it */
	again = dial(SOCK_STREAM, f->port[TCP]);
	say(again, "3 de");
	turn(f, 3);
	reply(f, 0, "1 x", -ENOTCONN);
	listener_forget(f->set, f->handles[1]);
	reply(f, 2, "3 x", 0);
	hear(f, again, "3 x");
	(void)close(again);
}

static void half_closed_stays_until_it_is_answered(void **state)
{
	struct front *f = *state;
	int fd = dial(SOCK_STREAM, f->port[TCP]);

	say(fd, "1 de2 de");
	(void)shutdown(fd, SHUT_WR);
	turn(f, 2);
	turn(f, 0);
	reply(f, 0, "1 x", 0);
	hear(f, fd, "1 x");
	reply(f, 1, "2 x", 0);
	hear(f, fd, "2 x");
	turn(f, 0);
	assert_int_equal(recv(fd, &(char){0}, 1, MSG_DONTWAIT), 0);
	(void)close(fd);
}

static void many_under_way_pause_a_stream(void **state)
{
	struct front *f = *state;
	int fd = dial(SOCK_STREAM, f->port[TCP]);

	for (int i = 0; i < 600; i++)
		say(fd, "c de");
	turn(f, 256);
	turn(f, 0);
	assert_int_equal(f->n, 256);
	for (unsigned i = 0; i < 600; i++) {
		turn(f, i + 1);
		assert_true(f->n <= i + 256);
		reply(f, i, "c x", 0);
	}
	turn(f, 0);
	assert_int_equal(f->n, 600);
	(void)close(fd);
}

static void datagrams_are_answered_later(void **state)
{
	struct front *f = *state;
	int a = dial(SOCK_DGRAM, f->port[UDP]), b = dial(SOCK_DGRAM, f->port[UDP]);

	say(a, "1 de");
	turn(f, 1);
	say(b, "2 de");
	turn(f, 2);
	reply(f, 1, "2 x", 0);
	reply(f, 0, "1 x", 0);
	reply(f, 0, "1 x", -ENOTCONN);
	hear(f, a, "1 x");
	hear(f, b, "2 x");
	(void)close(a);
	(void)close(b);
}

/* As a child: asks, and then waits for the reply or goes. */
static int ask_web(const struct front *f, bool waits)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	char text[512];
	int fd = dial(SOCK_STREAM, f->port[WEB]);
	struct linger now = {1, 0};

	(void)snprintf(text, sizeof(text),
		"POST /ng/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n1 de", f->token);
	(void)SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) != 1 || SSL_write(ssl, text, (int)strlen(text)) <= 0)
		return 2;
	text[0] = '\0';
	for (int len = 0, n = 0; waits && strstr(text, "\r\n\r\n1 x") == NULL; len += n) {
		n = SSL_read(ssl, text + len, (int)sizeof(text) - 1 - len);
		if (n <= 0)
			break;
		text[len + n] = '\0';
	}
	/* the end of a connection would overtake what it has sent */
	if (!waits)
		(void)poll(NULL, 0, GOES_MS);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return !waits || strstr(text, "\r\n\r\n1 x") != NULL ? 0 : 1;
}

static pid_t start_web(const struct front *f, bool waits)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* else the connections of the parent would not end with it */
		(void)close_range(STDERR_FILENO + 1, ~0u, 0);
		_exit(ask_web(f, waits));
	}
	return pid;
}

static void check_web(struct front *f, pid_t pid)
{
	int status = -1;

	for (int i = 0; i < WAIT_MS && waitpid(pid, &status, WNOHANG) == 0; i++) {
		(void)event_base_loop(f->base, EVLOOP_NONBLOCK);
		(void)poll(NULL, 0, 1);
	}
	assert_int_equal(status, 0);
}

static void http_is_answered_later_or_to_nobody(void **state)
{
	struct front *f = *state;
	pid_t pid = start_web(f, true);

	turn(f, 1);
	turn(f, 0);
	reply(f, 0, "1 x", 0);
	check_web(f, pid);
	pid = start_web(f, false);
	turn(f, 2);
	check_web(f, pid);
	turn(f, 0);
	reply(f, 1, "1 x", 0); /* evhttp finds out as it writes */
	turn(f, 0);
	assert_true(listener_is_idle(f->set));
}

static void drain_waits_for_what_is_owed(void **state)
{
	struct front *f = *state;
	int owed = dial(SOCK_STREAM, f->port[TCP]), idle = dial(SOCK_STREAM, f->port[TCP]);
	pid_t pid;

	say(owed, "1 de");
	turn(f, 1);
	pid = start_web(f, true);
	turn(f, 2);
	listener_drain(f->set);
	turn(f, 0);
	assert_int_equal(recv(idle, &(char){0}, 1, MSG_DONTWAIT), 0);
	assert_false(listener_is_idle(f->set));
	reply(f, 0, "1 x", 0);
	hear(f, owed, "1 x");
	reply(f, 1, "1 x", 0);
	check_web(f, pid);
	turn(f, 0);
	assert_true(listener_is_idle(f->set));
	(void)close(owed);
	(void)close(idle);
}

static void close_forgets_what_is_under_way(void **state)
{
	struct front *f = *state;
	int stream = dial(SOCK_STREAM, f->port[TCP]), datagram = dial(SOCK_DGRAM, f->port[UDP]);
	pid_t pid;

	say(stream, "1 de");
	say(datagram, "2 de");
	turn(f, 2);
	pid = start_web(f, false);
	turn(f, 3);
	check_web(f, pid);
	(void)close(stream);
	(void)close(datagram);
}

static void make_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	char path[64];
	FILE *file;

	(void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	(void)X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	(void)snprintf(path, sizeof(path), "%s/relay.crt", folder);
	file = fopen(path, "we");
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "%s/relay.key", folder);
	file = fopen(path, "we");
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	(void)fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static int set_up(void **state)
{
	static const char form[] =
		"user = \"\"; node_key = \"/none\";\n"
		"interfaces = ( { name = \"a\"; addresses = ( \"192.0.2.1\" ); } );\n"
		"listeners = (\n"
		"{ name = \"tcp\"; type = \"ng-tcp\"; address = \"127.0.0.1\"; port = %u; },\n"
		"{ name = \"udp\"; type = \"ng-udp\"; address = \"127.0.0.1\"; port = %u; },\n"
		"{ name = \"web\"; type = \"https\"; address = \"127.0.0.1\"; port = %u;\n"
		"  certificate = \"%s/relay.crt\"; key = \"%s/relay.key\";\n"
		"  require_client_certificate = false; tokens = ( { name = \"t\"; hash = \"%s\";\n"
		"  sources = ( \"127.0.0.1\" ); } ); } );\n";
	struct front *f = calloc(1, sizeof(*f));
	struct listener_options options = {.request = on_request, .arg = f};
	char hash[AUTHN_HASH_TEXT_BYTES], text[2048];

	assert_non_null(f);
	assert_int_equal(authn_new_token(f->token, hash), 0);
	f->port[TCP] = free_port(SOCK_STREAM);
	f->port[UDP] = free_port(SOCK_DGRAM);
	f->port[WEB] = free_port(SOCK_STREAM);
	(void)snprintf(text, sizeof(text), form, f->port[TCP], f->port[UDP], f->port[WEB], folder,
		folder, hash);
	assert_int_equal(config_load_text("t.conf", text, strlen(text), stderr, &f->config), 0);
	f->base = event_base_new();
	options.base = f->base;
	assert_int_equal(listener_open(f->config, &options, &f->set), 0);
	assert_int_equal(listener_start(f->set), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct front *f = *state;

	listener_close(f->set);
	event_base_free(f->base);
	config_free(f->config);
	free(f);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	logger_set_level(LOGGER_ERROR);
	assert_non_null(mkdtemp(folder));
	make_certificate();
	return 0;
}

static int remove_folder(void **state)
{
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/relay.crt", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/relay.key", folder);
	(void)unlink(path);
	return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replies_come_in_any_order),
		TEST(reply_to_who_has_gone_is_lost),
		TEST(half_closed_stays_until_it_is_answered),
		TEST(many_under_way_pause_a_stream),
		TEST(datagrams_are_answered_later),
		TEST(http_is_answered_later_or_to_nobody),
		TEST(drain_waits_for_what_is_owed),
		TEST(close_forgets_what_is_under_way),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
