/* SPDX-License-Identifier: BSD-3-Clause */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 32 };

void netns_skip(const char *reason)
{
	(void)printf("skipped: %s\n", reason);
	(void)fflush(stdout);
	_exit(77);
}

static bool put(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* Root in a user namespace, so that ip(8) has capabilities in the network's. */
static bool enter_as_user(void)
{
	unsigned uid = getuid(), gid = getgid();
	char uids[32], gids[32];

	(void)snprintf(uids, sizeof(uids), "0 %u 1", uid);
	(void)snprintf(gids, sizeof(gids), "0 %u 1", gid);
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && put("/proc/self/setgroups", "deny") &&
	       put("/proc/self/uid_map", uids) && put("/proc/self/gid_map", gids);
}

void netns_enter(void)
{
	int tun;

	if (unshare(CLONE_NEWNET) != 0 && !enter_as_user())
		netns_skip("may not make a network namespace: run as root");
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0)
		netns_skip("can't open /dev/net/tun");
	(void)close(tun);
	if (netns_ip("link set lo up") != 0)
		netns_skip("ip(8) of iproute2 does not work here");
}

static int run_ip(char **words)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)execvp(words[0], words);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status);
}

int netns_ip(const char *arguments)
{
	char line[512], *words[WORDS_MAX + 1], *rest = NULL;
	char ip[] = "ip";
	int n = 0;

	(void)snprintf(line, sizeof(line), "%s", arguments);
	words[n++] = ip;
	for (char *word = strtok_r(line, " ", &rest); word != NULL && n < WORDS_MAX;
		word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	words[n] = NULL;
	return run_ip(words);
}

int netns_ip_batch(const char *path)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "-batch %s", path);
	return netns_ip(line);
}
