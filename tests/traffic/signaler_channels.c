/* SPDX-License-Identifier: BSD-3-Clause */
#include "signaler_impl.h"

#include "tls_client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { OPEN_SECONDS = 10, EVENTS = 64 };

static int find_address(const struct url *url, struct channel_end *end)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = url->scheme == URL_UDP ? SOCK_DGRAM : SOCK_STREAM};
	struct addrinfo *found = NULL;
	int error = getaddrinfo(url->host, url->port, &hints, &found);

	if (error != 0) {
		(void)fprintf(
			stderr, "sluice-trafficgen: %s: %s\n", url->host, gai_strerror(error));
		return -EHOSTUNREACH;
	}
	memcpy(&end->addr, found->ai_addr, found->ai_addrlen);
	end->addr_len = found->ai_addrlen;
	end->scheme = url->scheme;
	freeaddrinfo(found);
	return 0;
}

static int make_tls(struct signaler *s)
{
	const struct signaler_options *o = &s->options;
	const struct tls_client_options options = {.ca = o->ca,
		.certificate = o->certificate,
		.key = o->key,
		.name = o->name != NULL ? o->name : o->url.host};

	if (o->url.scheme != URL_TLS)
		return 0;
	s->end.tls = tls_client_create(&options);
	return s->end.tls != NULL ? 0 : -EINVAL;
}

static void ask_epoll(struct signaler *s, uint32_t i, int operation)
{
	const struct channel *c = &s->channels[i];
	bool writes = c->state == CHANNEL_CONNECTING || c->waits_to_write;
	struct epoll_event event = {
		.events = EPOLLIN | (writes ? (uint32_t)EPOLLOUT : 0), .data.u32 = i};

	if (operation == EPOLL_CTL_MOD && writes == s->asks_to_write[i])
		return;
	s->asks_to_write[i] = writes;
	(void)epoll_ctl(s->epoll, operation, c->fd, &event);
}

bool signaler_channels_run(struct signaler *s, uint32_t i)
{
	struct channel *c = &s->channels[i];

	if (c->state == CHANNEL_BROKEN)
		return false;
	channel_run(c);
	if (c->state == CHANNEL_BROKEN)
		(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	else
		ask_epoll(s, i, EPOLL_CTL_MOD);
	return c->state != CHANNEL_BROKEN;
}

static uint32_t count_open(const struct signaler *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_channels; i++)
		n += s->channels[i].state == CHANNEL_OPEN;
	return n;
}

/* All of them, or why not. */
static int shake_hands(struct signaler *s)
{
	uint64_t end = signaler_now() + OPEN_SECONDS * SIGNALER_SECOND;
	struct epoll_event events[EVENTS];

	while (count_open(s) < s->n_channels) {
		int n = epoll_wait(s->epoll, events, EVENTS, 100);

		for (int i = 0; i < n; i++) {
			const struct channel *c = &s->channels[events[i].data.u32];

			if (signaler_channels_run(s, events[i].data.u32))
				continue;
			(void)fprintf(stderr, "sluice-trafficgen: %s port %s: %s\n",
				s->options.url.host, s->options.url.port, c->why);
			return -ECONNABORTED;
		}
		if (signaler_now() > end) {
			(void)fprintf(stderr, "sluice-trafficgen: %s port %s: no answer in %d s\n",
				s->options.url.host, s->options.url.port, OPEN_SECONDS);
			return -ETIMEDOUT;
		}
	}
	return 0;
}

int signaler_channels_open(struct signaler *s)
{
	int error = find_address(&s->options.url, &s->end);

	if (error == 0)
		error = make_tls(s);
	if (error != 0)
		return error;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return -errno;
	for (uint32_t i = 0; i < s->n_channels; i++) {
		channel_open(&s->channels[i], &s->end);
		if (s->channels[i].state == CHANNEL_BROKEN) {
			(void)fprintf(stderr, "sluice-trafficgen: %s port %s: %s\n",
				s->options.url.host, s->options.url.port, s->channels[i].why);
			return -ECONNREFUSED;
		}
		ask_epoll(s, i, EPOLL_CTL_ADD);
	}
	return shake_hands(s);
}

void signaler_channels_close(struct signaler *s)
{
	for (uint32_t i = 0; s->channels != NULL && i < s->n_channels; i++)
		channel_close(&s->channels[i]);
	if (s->epoll >= 0)
		(void)close(s->epoll);
	SSL_CTX_free(s->end.tls);
}
