/* SPDX-License-Identifier: BSD-3-Clause */
#include "attach.h"

#include "closer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one who comes may bring, and leave: the most that a hello has, and four sockets. */
enum { ROOM = RELAY_ATTACH_FDS_MOST + 4 };

enum state {
	OPEN,    /* nobody is there */
	GREETED, /* somebody was sent the hello, and owes one */
	TAKEN,   /* a client is there */
	LEAVING, /* it is gone; workers may still have its link */
};

struct attach {
	struct attach_options options;
	char *path;
	enum state state;
	int listener, peer; /* 'peer' in GREETED and TAKEN, and with it: */
	int wake;           /* that it wakes us by */
	int client;         /* that the link wakes it by, until attach_forget */
	uint64_t greeted_ms;
	struct closer *closer;
};

int attach_create(const struct attach_options *options, struct attach **a)
{
	struct attach *made = calloc(1, sizeof(*made));
	int err = -ENOMEM;

	if (made == NULL)
		return err;
	made->options = *options;
	made->peer = made->wake = made->client = -1;
	made->path = strdup(options->path);
	if (made->path == NULL)
		goto free_attach;
	err = closer_create(&made->closer);
	if (err != 0)
		goto free_path;
	err = relay_attach_listen(options->path, &made->listener);
	if (err != 0)
		goto destroy_closer;
	made->options.path = made->path;
	*a = made;
	return 0;
destroy_closer:
	closer_destroy(made->closer);
free_path:
	free(made->path);
free_attach:
	free(made);
	return err;
}

static void give_up(struct attach *a, int *fd)
{
	if (*fd >= 0)
		closer_take(a->closer, *fd);
	*fd = -1;
}

/* Its peer sees the end at once, however long the closer takes. */
static void hang_up(struct attach *a, int *sock)
{
	if (*sock >= 0)
		(void)shutdown(*sock, SHUT_RDWR);
	give_up(a, sock);
}

static void drop_peer(struct attach *a, enum state next)
{
	hang_up(a, &a->peer);
	give_up(a, &a->wake);
	a->state = next;
}

void attach_destroy(struct attach *a)
{
	if (a == NULL)
		return;
	(void)unlink(a->path);
	hang_up(a, &a->listener); /* with whoever waits there */
	drop_peer(a, OPEN);
	give_up(a, &a->client);
	closer_destroy(a->closer);
	free(a->path);
	free(a);
}

static bool has_room(const struct attach *a)
{
	return closer_room(a->closer) >= ROOM;
}

uint32_t attach_pollfds(const struct attach *a, struct pollfd *fds)
{
	uint32_t n = 0;

	if ((a->state == OPEN || a->state == TAKEN) && has_room(a))
		fds[n++] = (struct pollfd){.fd = a->listener, .events = POLLIN};
	if (a->state == GREETED || a->state == TAKEN)
		fds[n++] = (struct pollfd){.fd = a->peer, .events = POLLIN | POLLRDHUP};
	return n;
}

static struct attach_news news(enum attach_event event, int err)
{
	return (struct attach_news){.event = event, .err = err};
}

static int send_hello(struct attach *a)
{
	const struct attach_options *o = &a->options;
	struct relay_attach_offer offer = {
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = RELAY_ABI_VERSION,
			.role = RELAY_ROLE_DATA,
			.region_bytes = o->data->bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = o->geometry},
		.region_fd = o->data->fd,
	};
	int err = relay_attach_wake_pair(&a->wake, &offer.wake_fd);

	if (err != 0)
		return err;
	/* before the hello, as the client opens its ends when it has it */
	for (uint32_t i = 0; i < o->geometry.workers; i++)
		link_reset(o->data->base, &o->geometry, i);
	err = relay_attach_send(a->peer, &offer);
	give_up(a, &offer.wake_fd); /* the client has it, and may be gone already */
	return err;
}

/* Who waits at the door, if he may come in: news if not. */
static struct attach_news admit(struct attach *a, int *sock)
{
	int err = relay_attach_next(a->listener, 0, sock);

	if (err == -ETIMEDOUT || err == -EINTR)
		return news(ATTACH_NOTHING, 0);
	if (err == 0) {
		err = relay_attach_check_peer(*sock, a->options.uid);
		if (err != 0)
			hang_up(a, sock);
	}
	if (err != 0)
		return news(err == -EPERM ? ATTACH_REFUSED : ATTACH_FAILED, err);
	return news(ATTACH_NOTHING, 0);
}

/* The door is open: somebody came. */
static struct attach_news greet(struct attach *a, uint64_t now_ms)
{
	struct attach_news n = news(ATTACH_STUCK, 0);
	int err;

	if (has_room(a))
		n = admit(a, &a->peer);
	if (a->peer < 0)
		return n;
	err = send_hello(a);
	if (err != 0) {
		drop_peer(a, OPEN);
		return news(ATTACH_REFUSED, err == -EPIPE ? -ECONNREFUSED : err);
	}
	a->greeted_ms = now_ms;
	a->state = GREETED;
	return news(ATTACH_NOTHING, 0);
}

/* Its hello, which lies there whole or not at all. */
static struct attach_news welcome(struct attach *a, uint64_t now_ms)
{
	const struct attach_options *o = &a->options;
	struct relay_attach_offer offer;
	struct relay_attach_rest rest;
	struct attach_news n = {.event = ATTACH_CLIENT};
	int err = relay_attach_take(a->peer, RELAY_ROLE_CONTROL, 0, &offer, &rest);

	for (uint32_t i = 0; i < rest.n; i++)
		closer_take(a->closer, rest.fds[i]);
	if ((err == -ETIMEDOUT || err == -EINTR) && now_ms - a->greeted_ms < o->patience_ms)
		return news(ATTACH_NOTHING, 0);
	if (err == 0) {
		err = link_open(&offer, o->data->base, &o->geometry, &n.link);
		give_up(a, &offer.region_fd); /* the mapping stays */
		if (err != 0)
			give_up(a, &offer.wake_fd);
		else
			a->client = offer.wake_fd;
	}
	if (err != 0) {
		drop_peer(a, OPEN);
		return news(err == -ENOMEM ? ATTACH_FAILED : ATTACH_REFUSED, err);
	}
	a->state = TAKEN;
	return n;
}

static bool peer_gone(const struct attach *a)
{
	struct pollfd p = {.fd = a->peer, .events = POLLIN | POLLRDHUP};

	/* there is nothing to say after the hello: who speaks breaks the contract */
	return poll(&p, 1, 0) == 1;
}

static struct attach_news turn_away(struct attach *a)
{
	struct attach_news n = news(ATTACH_NOTHING, 0);
	int sock = -1;

	if (has_room(a))
		n = admit(a, &sock);
	if (sock < 0)
		return n;
	hang_up(a, &sock);
	return news(ATTACH_REFUSED, -EBUSY);
}

const char *attach_reason(const struct attach_news *news)
{
	if (news->event == ATTACH_STUCK)
		return "a client's descriptors can't be closed: somebody holds up their close, and "
		       "nobody else can attach; stop the processes of control.user";
	return strerrordesc_np(-news->err);
}

int attach_wake_fd(const struct attach *a)
{
	return a->wake;
}

struct attach_news attach_run(struct attach *a, uint64_t now_ms)
{
	switch (a->state) {
	case OPEN:
		return greet(a, now_ms);
	case GREETED:
		return welcome(a, now_ms);
	case TAKEN:
		/* first this: the next client may be the last one's successor */
		if (!peer_gone(a))
			return turn_away(a);
		drop_peer(a, LEAVING);
		return news(ATTACH_GONE, 0);
	case LEAVING:
		break;
	}
	return news(ATTACH_NOTHING, 0);
}

void attach_forget(struct attach *a)
{
	if (a->state != LEAVING)
		return;
	give_up(a, &a->client);
	a->state = OPEN;
}
