/* SPDX-License-Identifier: BSD-3-Clause */
#include "server.h"

#include "config_reload.h"
#include "confine.h"
#include "deadline.h"
#include "listener.h"
#include "logger.h"
#include "notify.h"
#include "session.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { FILES_SPARE = 64, LOOK_MS = 20, SIGNALS = 3 };

static const char journal[] = "/run/systemd/journal/socket";

struct server {
	const char *path;
	struct config *config;
	struct event_base *base;
	struct listener_set *listeners;
	struct session *session;
	struct event *signals[SIGNALS];
	struct event *watchdog;
	struct event *look; /* whether all is answered, while we stop */
	uint64_t stop_at_ms;
	bool is_stopping;
};

static void on_request(void *arg, const struct proto_request *request, struct pending_handle handle)
{
	const struct server *s = arg;

	session_request(s->session, request, handle);
}

static void on_reply(void *arg, struct pending_handle handle, struct slice bytes)
{
	const struct server *s = arg;

	(void)listener_reply(s->listeners, handle, bytes);
}

static void on_metrics(void *arg, struct buffer *out)
{
	const struct server *s = arg;

	session_metrics(s->session, out);
}

/* Each line of what a check or a merge said. */
static void log_lines(enum logger_level level, const char *event, const char *text)
{
	struct slice rest = slice_of(text);

	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		logger_write(level, "config", event, LOGGER_FIELDS(LOGGER_PIECE("line", line)));
	}
}

static void take_over(struct server *s, struct config *fresh, FILE *out)
{
	struct config *old = s->config;
	unsigned kept = config_reload_merge(fresh, old, out);
	unsigned failed;

	s->config = fresh;
	logger_set_level((enum logger_level)fresh->log_level);
	failed = listener_reload(s->listeners, fresh);
	session_reload(s->session, fresh);
	logger_write(failed > 0 ? LOGGER_ERROR : LOGGER_INFO, "config", "reloaded",
		LOGGER_FIELDS(LOGGER_COUNT("needs_restart", kept),
			LOGGER_COUNT("certificates_not_loaded", failed)));
	if (kept == 0)
		config_free(old);
}

static void reload(struct server *s)
{
	struct config *fresh = NULL;
	char *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);
	int err;

	if (out == NULL)
		return;
	err = config_load(s->path, out, &fresh);
	if (err == 0)
		take_over(s, fresh, out);
	else
		logger_write(LOGGER_ERROR, "config", "not-reloaded",
			LOGGER_FIELDS(LOGGER_TEXT("file", s->path)));
	(void)fclose(out);
	log_lines(err == 0 ? LOGGER_WARN : LOGGER_ERROR, err == 0 ? "not-live" : "fault", said);
	free(said);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	const struct server *s = arg;
	static const struct timeval soon = {0, (suseconds_t)LOOK_MS * 1000};

	(void)fd;
	(void)what;
	if (listener_is_idle(s->listeners) || deadline_now() >= s->stop_at_ms)
		(void)event_base_loopbreak(s->base);
	else
		(void)event_add(s->look, &soon);
}

static void stop(struct server *s)
{
	if (s->is_stopping) { /* asked twice: at once */
		(void)event_base_loopbreak(s->base);
		return;
	}
	s->is_stopping = true;
	s->stop_at_ms = deadline_now() + s->config->stop_timeout_s * UINT64_C(1000);
	notify_stopping();
	logger_write(LOGGER_INFO, "main", "stopping", NULL);
	listener_drain(s->listeners);
	event_active(s->look, EV_TIMEOUT, 0);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct server *s = arg;

	(void)what;
	if (number != SIGHUP) {
		stop(s);
	} else if (!s->is_stopping) {
		notify_reloading();
		reload(s);
		notify_ready("serving");
	}
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	notify_watchdog();
}

static int add_events(struct server *s)
{
	static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
	uint64_t half_us = notify_watchdog_us() / 2;
	const struct timeval half = {(time_t)(half_us / 1000000), (suseconds_t)(half_us % 1000000)};

	for (unsigned i = 0; i < SIGNALS; i++) {
		s->signals[i] = evsignal_new(s->base, numbers[i], on_signal, s);
		if (s->signals[i] == NULL || event_add(s->signals[i], NULL) != 0)
			return -ENOMEM;
	}
	s->look = evtimer_new(s->base, on_look, s);
	s->watchdog = event_new(s->base, -1, EV_PERSIST, on_watchdog, s);
	if (s->look == NULL || s->watchdog == NULL)
		return -ENOMEM;
	return half_us == 0 || event_add(s->watchdog, &half) == 0 ? 0 : -ENOMEM;
}

static int raise_files(const struct config *c)
{
	uint64_t files = FILES_SPARE, limit = 0;
	int err;

	for (uint32_t i = 0; i < c->n_listeners; i++)
		files += c->listeners[i].max_connections;
	err = confine_raise_files(files, &limit);
	if (err != 0)
		logger_write(LOGGER_ERROR, "main", "too-few-files",
			LOGGER_FIELDS(LOGGER_COUNT("needed", files), LOGGER_COUNT("limit", limit),
				LOGGER_TEXT(
					"cure", "raise LimitNOFILE, or lower max_connections")));
	return err;
}

static int fail(const char *what, int err)
{
	logger_write(LOGGER_ERROR, "main", "cannot-start",
		LOGGER_FIELDS(
			LOGGER_TEXT("step", what), LOGGER_TEXT("reason", strerrordesc_np(-err))));
	return err;
}

/* What needs privileges, then their end, then what reads. */
static int start(struct server *s)
{
	const struct listener_options options = {
		.base = s->base, .request = on_request, .metrics = on_metrics, .arg = s};
	const struct session_options session = {
		.base = s->base, .config = s->config, .reply = on_reply, .arg = s};
	int err = raise_files(s->config);

	if (err == 0)
		err = add_events(s);
	if (err != 0)
		return fail("events", err);
	err = listener_open(s->config, &options, &s->listeners);
	if (err != 0)
		return fail("sockets", err);
	err = confine_process(s->config->user);
	if (err != 0)
		return fail(err == -EPERM ? "become user: root needs one to become, others are "
					    "who they are"
					  : "become user",
			err);
	err = session_create(&session, &s->session);
	if (err != 0)
		return fail("calls", err);
	session_settle(s->session, s->base);
	err = listener_start(s->listeners);
	return err != 0 ? fail("listeners", err) : 0;
}

static void server_close(struct server *s)
{
	listener_close(s->listeners);
	session_destroy(s->session);
	for (unsigned i = 0; i < SIGNALS; i++)
		if (s->signals[i] != NULL)
			event_free(s->signals[i]);
	if (s->look != NULL)
		event_free(s->look);
	if (s->watchdog != NULL)
		event_free(s->watchdog);
	event_base_free(s->base);
	config_free(s->config);
	notify_close();
}

static void on_libevent(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		logger_write(
			LOGGER_WARN, "libevent", "said", LOGGER_FIELDS(LOGGER_TEXT("text", text)));
}

/* With timers of less than a millisecond: what waits for a commit waits no longer than it must. */
static struct event_base *new_base(void)
{
	struct event_config *how = event_config_new();
	struct event_base *base = NULL;

	if (how != NULL && event_config_set_flag(how, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(how);
	if (how != NULL)
		event_config_free(how);
	return base;
}

int server_run(struct config *config, const char *path)
{
	struct server s = {.path = path, .config = config};
	int err;

	(void)signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_libevent);
	err = logger_open((enum logger_level)config->log_level,
		config->log == CONFIG_LOG_JOURNAL ? journal : NULL);
	if (err != 0)
		(void)fail("journal", err);
	s.base = new_base();
	if (err != 0 || s.base == NULL) {
		config_free(config);
		return err != 0 ? err : -ENOMEM;
	}
	err = notify_open();
	if (err != 0)
		(void)fail("service manager", err);
	if (err == 0)
		err = start(&s);
	if (err == 0) {
		logger_write(LOGGER_INFO, "main", "ready",
			LOGGER_FIELDS(LOGGER_COUNT("listeners", config->n_listeners)));
		notify_ready("serving");
		if (!s.is_stopping) /* as it may be asked before this */
			(void)event_base_dispatch(s.base);
		logger_write(LOGGER_INFO, "main", "stopped", NULL);
	}
	server_close(&s);
	return err;
}
