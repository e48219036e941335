/* SPDX-License-Identifier: BSD-3-Clause */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int manager = -1;

int notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET"); /* NOLINT(concurrency-mt-unsafe): one thread */
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = path != NULL ? strlen(path) : 0;
	int err = 0;

	if (len == 0)
		return 0;
	if (len >= sizeof(addr.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -EINVAL;
	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager < 0)
		return -errno;
	if (connect(manager, (const struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
		err = -errno;
		notify_close();
	}
	return err;
}

void notify_close(void)
{
	if (manager >= 0)
		(void)close(manager);
	manager = -1;
}

static void tell(const char *state)
{
	if (manager >= 0)
		(void)send(manager, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void notify_ready(const char *status)
{
	char state[256];

	(void)snprintf(state, sizeof(state), "READY=1\nSTATUS=%s", status);
	tell(state);
}

void notify_reloading(void)
{
	struct timespec now;
	char state[96];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	tell(state);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}

void notify_watchdog(void)
{
	tell("WATCHDOG=1");
}

uint64_t notify_watchdog_us(void)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (manager < 0 || us == NULL)
		return 0;
	if (pid != NULL && strtol(pid, NULL, 10) != getpid())
		return 0;
	return strtoull(us, NULL, 10);
}
