/* SPDX-License-Identifier: BSD-3-Clause */
/* Each case is a process of its own: what is given up does not come back. */
#include "privilege.h"

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, SECONDS = 20 };

static int gate[2]; /* closed by main: threads go on */
static _Atomic int passed;

static void *thread(void *arg)
{
	sigset_t set;
	char byte;

	(void)arg;
	while (read(gate[0], &byte, 1) < 0)
		;
	(void)sigemptyset(&set);
	(void)pthread_sigmask(SIG_SETMASK, &set, NULL); /* what was pending comes now */
	passed++;
	return NULL;
}

/* 'blocked': until the gate opens they take no signal. */
static void start(pthread_t threads[THREADS], bool blocked)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	if (pipe(gate) != 0 || pthread_sigmask(SIG_SETMASK, blocked ? &all : NULL, &before) != 0)
		_exit(100);
	for (uint32_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread, NULL) != 0)
			_exit(101);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool finish(const pthread_t threads[THREADS])
{
	(void)close(gate[1]);
	for (uint32_t i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	return passed == THREADS;
}

/* Of one thread: five sets, and whether exec can gain any. */
static bool has_none(const char *tid)
{
	static const char *const want[] = {"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000",
		"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000",
		"CapAmb:\t0000000000000000", "NoNewPrivs:\t1"};
	char path[300], text[4096] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", tid);
	f = fopen(path, "re");
	if (f == NULL || fread(text, 1, sizeof(text) - 1, f) == 0)
		return false;
	(void)fclose(f);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (strstr(text, want[i]) == NULL)
			return false;
	return true;
}

static uint32_t threads_with_none(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	uint32_t n = 0;

	if (dir == NULL)
		return 0;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.' && has_none(entry->d_name);
	(void)closedir(dir);
	return n;
}

static int every_thread(void)
{
	pthread_t threads[THREADS];

	start(threads, false);
	if (privilege_drop(NULL) != 0)
		return 1;
	if (threads_with_none() != THREADS + 1)
		return 2;
	return finish(threads) ? 0 : 3;
}

static int late_thread(void)
{
	pthread_t threads[THREADS];

	start(threads, true);
	if (privilege_drop(NULL) != -ETIMEDOUT)
		return 1;
	return finish(threads) ? 0 : 2; /* and nobody died of the signal */
}

static int unknown_user(void)
{
	return privilege_drop("no-such-user-here") == -ENOENT ? 0 : 1;
}

static void expect(int (*body)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(SECONDS);
		_exit(body());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void need_root(void)
{
	if (getuid() == 0)
		return;
	print_message("SKIP: needs root, to have something to give up\n");
	skip();
}

static void every_thread_has_no_capability_after(void **state)
{
	(void)state;
	need_root();
	expect(every_thread);
}

static void user_that_is_unknown_is_said(void **state)
{
	(void)state;
	need_root();
	expect(unknown_user);
}

static void thread_that_is_late_is_said_and_lives(void **state)
{
	(void)state;
	expect(late_thread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_thread_has_no_capability_after),
		cmocka_unit_test(user_that_is_unknown_is_said),
		cmocka_unit_test(thread_that_is_late_is_said_and_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
