/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/random.h>
#include <unistd.h>

enum { LOG_BURST = 20, DAYS_TO_WARN = 30 };

static bool is_tls(const struct config_listener *c)
{
	return c->transport == CONFIG_NG_TLS || c->transport == CONFIG_HTTPS;
}

static const char *cure(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return ": another program has that port, perhaps another sluice-controlplane: stop "
		       "it, or choose another port";
	case -EADDRNOTAVAIL:
		return ": no interface of this machine has that address: give it one, or choose "
		       "another";
	case -EACCES:
		return ": a port below 1024 is for root, or who has CAP_NET_BIND_SERVICE";
	default:
		return "";
	}
}

static int open_one(struct listener *l)
{
	char reason[256];
	int fd = listener_bind(l->config);

	l->fd = fd;
	if (fd >= 0)
		return 0;
	(void)snprintf(reason, sizeof(reason), "%s%s", strerrordesc_np(-fd), cure(fd));
	logger_write(LOGGER_ERROR, "listener", "cannot-listen",
		LOGGER_FIELDS(LOGGER_TEXT("listener", l->config->name),
			LOGGER_PEER("address", &l->config->address),
			LOGGER_TEXT("reason", reason)));
	return fd;
}

int listener_open(const struct config *config, const struct listener_options *options,
	struct listener_set **out)
{
	struct listener_set *set = calloc(1, sizeof(*set));
	uint8_t seed[SOURCE_SEED];
	int err;

	if (set == NULL)
		return -ENOMEM;
	set->options = *options;
	set->config = config;
	err = getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed) ? 0 : -EIO;
	if (err == 0)
		err = pending_create(LISTENER_PENDING_MAX, &set->pending);
	if (err == 0)
		err = source_create(seed, &set->sources);
	for (uint32_t i = 0; i < config->n_listeners && err == 0; i++) {
		struct listener *l = &set->list[set->n++];

		l->set = set;
		l->config = &config->listeners[i];
		l->log_limit.burst = LOG_BURST;
		TAILQ_INIT(&l->streams);
		TAILQ_INIT(&l->connections);
		err = open_one(l);
	}
	if (err != 0) {
		listener_close(set);
		return err;
	}
	*out = set;
	return 0;
}

/* A new context for connections to come; those there are keep theirs. */
static int load_tls(struct listener *l, const struct config_listener *c)
{
	char why[TLS_WHY_BYTES];
	SSL_CTX *fresh;
	int err = tls_create(c, why, &fresh);
	int days;

	if (err != 0) {
		logger_write(LOGGER_ERROR, "tls", "not-loaded",
			LOGGER_FIELDS(
				LOGGER_TEXT("listener", c->name), LOGGER_TEXT("reason", why)));
		return err;
	}
	SSL_CTX_free(l->tls);
	l->tls = fresh;
	days = tls_days_left(fresh);
	logger_write(days < DAYS_TO_WARN ? LOGGER_WARN : LOGGER_INFO, "tls", "certificate-loaded",
		LOGGER_FIELDS(LOGGER_TEXT("listener", c->name), LOGGER_COUNT("days_left", days)));
	return 0;
}

static int start_one(struct listener *l)
{
	int err = is_tls(l->config) ? load_tls(l, l->config) : 0;

	if (err != 0)
		return err;
	switch (l->config->transport) {
	case CONFIG_NG_TLS:
	case CONFIG_NG_TCP:
		return listener_stream_start(l);
	case CONFIG_NG_UDP:
		return listener_udp_start(l);
	case CONFIG_HTTPS:
		return listener_http_start(l);
	}
	return -EINVAL;
}

int listener_start(struct listener_set *set)
{
	for (uint32_t i = 0; i < set->n; i++) {
		struct listener *l = &set->list[i];
		int err = start_one(l);

		if (err != 0)
			return err;
		logger_write(LOGGER_INFO, "listener", "listening",
			LOGGER_FIELDS(LOGGER_TEXT("listener", l->config->name),
				LOGGER_PEER("address", &l->config->address)));
		if (l->config->allow_plaintext)
			logger_write(LOGGER_WARN, "listener", "plaintext-allowed",
				LOGGER_FIELDS(LOGGER_TEXT("listener", l->config->name)));
	}
	return 0;
}

/* Where the files can't be used, the old configuration of this listener goes on with its names; it
 * lies in 'config' all the same, as limits do. */
unsigned listener_reload(struct listener_set *set, const struct config *config)
{
	unsigned failed = 0;

	set->config = config;
	for (uint32_t i = 0; i < set->n; i++) {
		struct listener *l = &set->list[i];

		l->config = &config->listeners[i];
		if (is_tls(l->config) && load_tls(l, l->config) != 0)
			failed++;
		listener_http_reload(l);
	}
	return failed;
}

void listener_drain(struct listener_set *set)
{
	if (set->draining)
		return;
	set->draining = true;
	for (uint32_t i = 0; i < set->n; i++) {
		listener_stream_drain(&set->list[i]);
		listener_udp_drain(&set->list[i]);
		listener_http_drain(&set->list[i]);
	}
}

bool listener_is_idle(const struct listener_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->list[i].n_connections > 0)
			return false;
	return pending_count(set->pending) == 0;
}

void listener_close(struct listener_set *set)
{
	if (set == NULL)
		return;
	set->draining = true;
	for (uint32_t i = 0; i < set->n; i++) {
		listener_stream_stop(&set->list[i]);
		listener_udp_stop(&set->list[i]);
		listener_http_stop(&set->list[i]);
	}
	/* bufferevents that were freed end in the loop's next turn, and what hangs on their SSL */
	(void)event_base_loop(set->options.base, EVLOOP_NONBLOCK);
	for (uint32_t i = 0; i < set->n; i++) {
		SSL_CTX_free(set->list[i].tls);
		if (set->list[i].fd >= 0)
			(void)close(set->list[i].fd);
	}
	source_destroy(set->sources);
	pending_destroy(set->pending);
	free(set);
}

int listener_reply(struct listener_set *set, struct pending_handle handle, struct slice bytes)
{
	struct pending_entry entry;

	if (!pending_take(set->pending, handle, &entry))
		return -ENOTCONN;
	entry.owner->reply(entry.owner, &entry, bytes);
	return 0;
}

void listener_forget(struct listener_set *set, struct pending_handle handle)
{
	(void)listener_reply(set, handle, (struct slice){NULL, 0});
}
