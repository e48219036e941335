/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * ABSENT: a timer tries to connect. GREETING: its hello is waited for. UP: its socket is watched,
 * which says when it dies. A breach is found anywhere, also within a caller's call, where nobody
 * may be called back: ENDING until the next turn of the loop, which hangs up.
 *
 * The end of a link, in this order:
 * 1. nothing of the loop leads to the client any more
 * 2. the socket is shut down, so that the data plane, if it lives, opens its door again, and the
 *    client is dead by its own reckoning: keys wiped, takeover allowed
 * 3. the region goes to those kept for takeover
 * 4. who waits for an answer gets DPLINK_LOST
 * 5. the caller hears that the link is down
 * 6. the next one is looked for
 */
#include "dplink_impl.h"

#include "deadline.h"
#include "logger.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

static struct timeval in_ms(uint32_t ms)
{
	return (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
}

static void free_event(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

static void retry_in(struct dplink *link, uint32_t ms)
{
	const struct timeval tv = in_ms(ms);

	link->state = DPLINK_ABSENT;
	(void)evtimer_add(link->retry, &tv);
}

/* It is tried ten times a second: a line for each reason is enough. */
static void say_absent(struct dplink *link, const char *reason, const char *cure)
{
	if (link->absent_reason != reason)
		logger_write(LOGGER_WARN, "dplink", "absent",
			LOGGER_FIELDS(LOGGER_TEXT("socket", link->options.socket_path),
				LOGGER_TEXT("reason", reason),
				LOGGER_TEXT("effect", "no new calls"), LOGGER_TEXT("cure", cure)));
	link->absent_reason = reason;
}

static const char *reason_of(int err)
{
	switch (err) {
	case -EPROTO:
		return "it speaks another version, or is no data plane";
	case -EPERM:
		return "it runs as a user that it should not";
	case -ETIMEDOUT:
		return "it says nothing";
	default:
		return strerrordesc_np(-err);
	}
}

static const char *cure_of(int err)
{
	if (err == -EPROTO)
		return "the data plane is of another version: restart both of the same version";
	return "start sluice-dataplane; its control.socket must be this, its control.user our user";
}

static void leave(struct dplink *link)
{
	free_event(&link->hang_up);
	free_event(&link->wake);
	(void)evtimer_del(link->turn);
	(void)evtimer_del(link->look);
}

static void end(struct dplink *link, const char *why)
{
	struct plane_client *dead = link->client;

	logger_write(LOGGER_ERROR, "dplink", "down",
		LOGGER_FIELDS(LOGGER_TEXT("reason", why),
			LOGGER_COUNT("under_way", link->numbers.under_way),
			LOGGER_COUNT("waiting", link->numbers.waiting)));
	/* 1. */
	leave(link);
	link->state = DPLINK_ABSENT;
	link->numbers.is_stalled = false;
	link->numbers.deaths++;
	link->client = NULL;
	/* 2. */
	(void)shutdown(plane_client_socket(dead), SHUT_RDWR);
	(void)plane_client_alive(dead);
	/* 3. */
	dplink_takeover_keep(link, dead);
	/* 4. */
	dplink_queue_lose(link);
	dplink_queue_fini(link);
	/* 5. */
	link->options.down(link->options.arg);
	/* 6. */
	if (link->has_breached || deadline_now() - link->up_ms < DPLINK_BREACH_MS)
		retry_in(link, DPLINK_BREACH_MS);
	else
		retry_in(link, 0);
}

void dplink_breach(struct dplink *link, const char *what)
{
	const struct timeval at_once = in_ms(0);

	if (link->state != DPLINK_UP)
		return;
	link->state = DPLINK_ENDING;
	/* one that died within a call is no breach */
	link->has_breached = plane_client_alive(link->client);
	if (link->has_breached) {
		link->numbers.breaches++;
		logger_write(LOGGER_ERROR, "dplink", "contract-broken",
			LOGGER_FIELDS(LOGGER_TEXT("by", what)));
	}
	(void)evtimer_add(link->turn, &at_once);
}

/* The eventfd, or the timer that is due at once. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *link = arg;

	(void)fd;
	(void)what;
	if (link->state == DPLINK_ENDING)
		end(link, link->has_breached ? "it broke the contract" : "it died");
	else
		dplink_turn(link);
}

static void on_hang_up(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *link = arg;

	(void)fd;
	(void)what;
	if (!plane_client_alive(link->client))
		end(link, "it died");
}

static uint64_t beat_of(const struct dplink *link)
{
	struct relay_info info;

	plane_client_info(link->client, &info);
	return info.beat;
}

/* A data plane whose main loop stands still may forward media all the same: no reason to end. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *link = arg;
	uint64_t beat = beat_of(link), now = deadline_now();

	(void)fd;
	(void)what;
	if (beat != link->beat) {
		if (link->numbers.is_stalled)
			logger_write(LOGGER_INFO, "dplink", "goes-on", NULL);
		link->numbers.is_stalled = false;
		link->beat = beat;
		link->beat_ms = now;
	} else if (!link->numbers.is_stalled && now - link->beat_ms >= DPLINK_STALL_MS) {
		link->numbers.is_stalled = true;
		link->numbers.stalls++;
		logger_write(LOGGER_ERROR, "dplink", "stalled",
			LOGGER_FIELDS(LOGGER_COUNT("ms", now - link->beat_ms)));
	}
	/* also in case it drained our eventfd, which it can */
	if (link->state == DPLINK_UP)
		dplink_turn(link);
}

static int watch(struct dplink *link)
{
	const struct timeval tv = in_ms(DPLINK_LOOK_MS);
	struct event_base *base = link->options.base;

	link->hang_up = event_new(
		base, plane_client_socket(link->client), EV_READ | EV_PERSIST, on_hang_up, link);
	link->wake =
		event_new(base, plane_client_fd(link->client), EV_READ | EV_PERSIST, on_turn, link);
	if (link->hang_up == NULL || link->wake == NULL || event_add(link->hang_up, NULL) != 0 ||
		event_add(link->wake, NULL) != 0 || event_add(link->look, &tv) != 0)
		return -ENOMEM;
	return dplink_queue_init(link);
}

static enum dplink_up remember(struct dplink *link)
{
	uint64_t last = link->instance;
	bool had_one = link->had_one;

	link->had_one = true;
	link->instance = plane_client_instance(link->client);
	link->n_addresses = plane_client_addresses(link->client, link->addresses);
	link->bad_seen = 0;
	link->has_breached = false;
	link->beat = beat_of(link);
	link->up_ms = link->beat_ms = deadline_now();
	if (!had_one)
		return DPLINK_FIRST;
	return link->instance == last ? DPLINK_SAME : DPLINK_REPLACED;
}

static void say_up(const struct dplink *link, enum dplink_up how)
{
	static const char *const names[] = {
		[DPLINK_FIRST] = "first", [DPLINK_REPLACED] = "replaced", [DPLINK_SAME] = "same"};
	struct relay_info info;

	plane_client_info(link->client, &info);
	logger_write(LOGGER_INFO, "dplink", "up",
		LOGGER_FIELDS(LOGGER_TEXT("as", names[how]), LOGGER_COUNT("pid", info.pid),
			LOGGER_COUNT("workers", link->geometry.workers),
			LOGGER_COUNT("endpoints", link->geometry.endpoints),
			LOGGER_TEXT("profile", info.profile), LOGGER_TEXT("engine", info.engine)));
}

static int welcome(struct dplink *link, struct plane_client *client)
{
	enum dplink_up how;
	int err;

	link->client = client;
	link->geometry = *plane_client_geometry(client);
	err = watch(link);
	if (err != 0) {
		leave(link);
		link->client = NULL;
		plane_client_detach(client);
		return err;
	}
	link->state = DPLINK_UP;
	link->absent_reason = NULL;
	how = remember(link);
	link->is_used = how != DPLINK_REPLACED;
	dplink_takeover_forget(link, link->instance);
	say_up(link, how);
	link->options.up(link->options.arg, how);
	dplink_takeover_mark(link);
	if (link->state == DPLINK_UP)
		dplink_turn(link);
	return 0;
}

static void on_hello(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *link = arg;
	struct plane_client *client = NULL;
	int err = (what & EV_READ) != 0 ? plane_client_adopt(link->sock, 0, &client) : -ETIMEDOUT;

	(void)fd;
	free_event(&link->greeter);
	if (err != 0)
		(void)close(link->sock);
	link->sock = -1;
	if (err == 0)
		err = welcome(link, client);
	if (err == 0)
		return;
	say_absent(link,
		err == -ECONNREFUSED ? "it hung up: it has another client, or ends"
				     : reason_of(err),
		cure_of(err));
	retry_in(link, err == -EPROTO ? DPLINK_BREACH_MS : DPLINK_RETRY_MS);
}

static int greet(struct dplink *link, int sock)
{
	const struct timeval tv = in_ms(DPLINK_HELLO_MS);

	link->greeter = event_new(link->options.base, sock, EV_READ, on_hello, link);
	if (link->greeter == NULL || event_add(link->greeter, &tv) != 0) {
		free_event(&link->greeter);
		return -ENOMEM;
	}
	link->sock = sock;
	link->state = DPLINK_GREETING;
	return 0;
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *link = arg;
	int sock = -1;
	int err = relay_attach_connect(link->options.socket_path, &sock);

	(void)fd;
	(void)what;
	if (err == 0) {
		err = relay_attach_check_peer(sock, link->options.data_uid);
		if (err == 0)
			err = greet(link, sock);
		if (err != 0)
			(void)close(sock);
	}
	if (err == 0)
		return;
	say_absent(link, reason_of(err), cure_of(err));
	retry_in(link, DPLINK_RETRY_MS);
}

int dplink_attach_init(struct dplink *link)
{
	struct event_base *base = link->options.base;

	link->sock = -1;
	link->retry = evtimer_new(base, on_retry, link);
	link->turn = evtimer_new(base, on_turn, link);
	link->look = event_new(base, -1, EV_PERSIST, on_look, link);
	if (link->retry == NULL || link->turn == NULL || link->look == NULL)
		return -ENOMEM;
	retry_in(link, 0);
	return 0;
}

void dplink_attach_fini(struct dplink *link)
{
	free_event(&link->greeter);
	if (link->sock >= 0)
		(void)close(link->sock);
	free_event(&link->hang_up);
	free_event(&link->wake);
	free_event(&link->retry);
	free_event(&link->turn);
	free_event(&link->look);
	dplink_queue_fini(link);
	plane_client_detach(link->client);
	link->client = NULL;
}
