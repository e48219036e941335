/* SPDX-License-Identifier: BSD-3-Clause */
#include "channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

enum { UDP_BUFFER = 4 << 20 };

static void broken(struct channel *c, const char *what, const char *why)
{
	if (c->state == CHANNEL_BROKEN)
		return;
	c->state = CHANNEL_BROKEN;
	(void)snprintf(c->why, sizeof(c->why), "%s: %s", what, why);
}

static void broken_errno(struct channel *c, const char *what, int error)
{
	broken(c, what, strerrordesc_np(error));
}

/* After a call to OpenSSL that gave no bytes: whether it only has to wait. */
static bool tls_waits(struct channel *c, int result, const char *what)
{
	int system_error = errno, error = SSL_get_error(c->ssl, result);
	unsigned long reason = ERR_peek_last_error();
	long verdict = SSL_get_verify_result(c->ssl);

	ERR_clear_error();
	if (error == SSL_ERROR_WANT_READ)
		return true;
	if (error == SSL_ERROR_WANT_WRITE) {
		c->waits_to_write = true;
		return true;
	}
	if (verdict != X509_V_OK)
		broken(c, what, X509_verify_cert_error_string(verdict));
	else if (reason != 0 && ERR_reason_error_string(reason) != NULL)
		broken(c, what, ERR_reason_error_string(reason));
	else if (error == SSL_ERROR_SYSCALL && system_error != 0)
		broken_errno(c, what, system_error);
	else
		broken(c, what, "the relay closed the connection");
	return false;
}

static bool make_socket(struct channel *c)
{
	bool udp = c->end->scheme == URL_UDP;
	int on = 1, room = UDP_BUFFER;

	c->fd = socket(c->end->addr.ss_family,
		(udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		broken_errno(c, "socket", errno);
		return false;
	}
	if (udp)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	else
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return true;
}

void channel_open(struct channel *c, const struct channel_end *end)
{
	*c = (struct channel){.end = end,
		.fd = -1,
		.state = CHANNEL_CONNECTING,
		.out = {.limit = CHANNEL_OUT_BYTES}};
	ng_frame_start(&c->frame, CHANNEL_MESSAGE_MAX);
	c->in = malloc(CHANNEL_IN_BYTES);
	if (c->in == NULL) {
		broken_errno(c, "buffer", ENOMEM);
		return;
	}
	if (!make_socket(c))
		return;
	if (connect(c->fd, (const struct sockaddr *)&end->addr, end->addr_len) != 0 &&
		errno != EINPROGRESS)
		broken_errno(c, "connect", errno);
	else if (end->scheme == URL_UDP)
		c->state = CHANNEL_OPEN;
}

void channel_close(struct channel *c)
{
	if (c->state == CHANNEL_CLOSED)
		return;
	if (c->ssl != NULL && c->state == CHANNEL_OPEN)
		(void)SSL_shutdown(c->ssl); /* says so; nobody waits for the answer */
	SSL_free(c->ssl);
	if (c->fd >= 0)
		(void)close(c->fd);
	buffer_fini(&c->out);
	if (c->in != NULL)
		secret_wipe(c->in, c->in_len);
	free(c->in);
	*c = (struct channel){.fd = -1};
}

static void connected(struct channel *c)
{
	int error = 0;
	socklen_t len = sizeof(error);
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0) {
		broken_errno(c, "connect", error);
		return;
	}
	if (getpeername(c->fd, (struct sockaddr *)&peer, &peer_len) != 0)
		return; /* not yet */
	if (c->end->tls == NULL) {
		c->state = CHANNEL_OPEN;
		return;
	}
	c->ssl = SSL_new(c->end->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1) {
		broken(c, "TLS", "no memory");
		return;
	}
	SSL_set_connect_state(c->ssl);
	c->state = CHANNEL_SHAKING;
}

static void shake(struct channel *c)
{
	int result = SSL_do_handshake(c->ssl);

	if (result == 1)
		c->state = CHANNEL_OPEN;
	else
		(void)tls_waits(c, result, "TLS handshake");
}

/* Bytes written; 0: it has to wait, or broke. */
static size_t write_some(struct channel *c, const char *bytes, size_t len)
{
	ssize_t written;

	if (c->ssl != NULL) {
		size_t done = 0;
		int result = SSL_write_ex(c->ssl, bytes, len, &done);

		if (result != 1)
			(void)tls_waits(c, result, "write");
		return done;
	}
	written = send(c->fd, bytes, len, MSG_NOSIGNAL);
	if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		c->waits_to_write = true;
	else if (written < 0)
		broken_errno(c, "write", errno);
	return written > 0 ? (size_t)written : 0;
}

static void flush(struct channel *c)
{
	while (c->state == CHANNEL_OPEN && channel_has_output(c)) {
		size_t done = write_some(c, c->out.data + c->out_at, c->out.len - c->out_at);

		if (done == 0)
			return;
		c->out_at += done;
	}
	c->out.len = c->out_at = 0;
}

void channel_run(struct channel *c)
{
	c->waits_to_write = false;
	if (c->state == CHANNEL_CONNECTING)
		connected(c);
	if (c->state == CHANNEL_SHAKING)
		shake(c);
	if (c->state == CHANNEL_OPEN)
		flush(c);
}

/* Appends what has come; false: nothing now. */
static bool read_some(struct channel *c)
{
	ssize_t got;

	if (c->in_at > 0) {
		memmove(c->in, c->in + c->in_at, c->in_len - c->in_at);
		c->in_len -= c->in_at;
		c->in_at = 0;
	}
	if (c->ssl != NULL) {
		size_t done = 0;
		int result =
			SSL_read_ex(c->ssl, c->in + c->in_len, CHANNEL_IN_BYTES - c->in_len, &done);

		if (result != 1)
			(void)tls_waits(c, result, "read");
		c->in_len += done;
		return done > 0;
	}
	got = recv(c->fd, c->in + c->in_len, CHANNEL_IN_BYTES - c->in_len, 0);
	if (got > 0)
		c->in_len += (size_t)got;
	else if (got == 0)
		broken(c, "read", "the relay closed the connection");
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		broken_errno(c, "read", errno);
	return got > 0;
}

/* A datagram is a message. Nobody at the other end is told by an error, once: it may come yet. */
static bool next_datagram(struct channel *c, struct slice *message)
{
	ssize_t got = recv(c->fd, c->in, CHANNEL_IN_BYTES, 0);

	if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNREFUSED)
		broken_errno(c, "read", errno);
	if (got <= 0)
		return false;
	c->in_len = (size_t)got;
	*message = (struct slice){c->in, c->in_len};
	return true;
}

bool channel_next(struct channel *c, struct slice *message)
{
	if (c->state != CHANNEL_OPEN)
		return false;
	if (c->end->scheme == URL_UDP)
		return next_datagram(c, message);
	do {
		struct slice bytes = {c->in + c->in_at, c->in_len - c->in_at};
		enum ng_frame_state state = ng_frame_look(&c->frame, bytes);

		if (state == NG_FRAME_WHOLE) {
			*message = slice_first(bytes, c->frame.message);
			c->in_at += c->frame.message;
			ng_frame_start(&c->frame, CHANNEL_MESSAGE_MAX);
			return true;
		}
		if (state != NG_FRAME_MORE) {
			broken(c, "read", "what comes is no message of ng");
			return false;
		}
	} while (read_some(c));
	return false;
}

void channel_send(struct channel *c, struct slice message)
{
	if (c->state != CHANNEL_OPEN)
		return;
	if (c->end->scheme == URL_UDP) {
		/* what the kernel has no room for is lost, and sent again */
		(void)send(c->fd, message.ptr, message.len, MSG_NOSIGNAL);
		return;
	}
	buffer_slice(&c->out, message);
	if (c->out.failed)
		broken(c, "write", "the relay does not read");
}
