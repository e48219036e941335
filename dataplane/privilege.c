/* SPDX-License-Identifier: BSD-3-Clause */
#include "privilege.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_TURNS = 2000, WAIT_NS = 1000000, LAST_CAPABILITY = 63 };

static _Atomic int answers;
static _Atomic int failures;

/* Of the calling thread; system calls alone, as these run in a signal handler. The first needs what
 * the second takes away, and what changing the user would. */
static int narrow(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned long cap = 0; cap <= LAST_CAPABILITY; cap++)
		/* EINVAL: the kernel knows no more */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return errno == EINVAL ? 0 : -errno;
	return 0;
}

static int drop(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}, {0, 0, 0}};

	return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

static void answer(int err)
{
	if (err != 0)
		atomic_fetch_add(&failures, 1);
	atomic_fetch_add(&answers, 1);
}

static void on_narrow(int number)
{
	int saved = errno;

	(void)number;
	answer(narrow());
	errno = saved;
}

static void on_drop(int number)
{
	int saved = errno;

	(void)number;
	answer(drop());
	errno = saved;
}

/* Signals every other thread; how many. */
static int signal_others(int number, pid_t self)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	int n = 0;

	if (dir == NULL)
		return -errno;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
	while ((entry = readdir(dir)) != NULL) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && tid != self && syscall(SYS_tgkill, getpid(), tid, number) == 0)
			n++;
	}
	(void)closedir(dir);
	return n;
}

/* Has every thread but the calling one run the handler. */
static int have_others(void (*handler)(int))
{
	const struct timespec pause = {.tv_nsec = WAIT_NS};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
	int err = 0, asked;

	if (sigaction(SIGRTMAX - 1, &action, &before) != 0)
		return -errno;
	atomic_store(&answers, 0);
	asked = signal_others(SIGRTMAX - 1, (pid_t)syscall(SYS_gettid));
	for (int i = 0; asked > atomic_load(&answers) && i < WAIT_TURNS; i++)
		(void)nanosleep(&pause, NULL);
	if (asked < 0)
		err = asked;
	else if (atomic_load(&answers) < asked)
		err = -ETIMEDOUT;
	else if (atomic_load(&failures) > 0)
		err = -EPERM;
	/* one that is late must not die of its signal: the process is to end in good order */
	if (err == -ETIMEDOUT)
		before = (struct sigaction){.sa_handler = SIG_IGN};
	(void)sigaction(SIGRTMAX - 1, &before, NULL);
	return err;
}

static int become(const char *user)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user); /* NOLINT(concurrency-mt-unsafe): once, by main */
	if (pw == NULL)
		return errno != 0 ? -errno : -ENOENT;
	/* glibc makes every thread follow */
	if (setgroups(0, NULL) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
		setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return -errno;
	return 0;
}

int privilege_drop(const char *user)
{
	int err = have_others(on_narrow);

	if (err == 0)
		err = narrow();
	if (err == 0 && user != NULL)
		err = become(user);
	if (err == 0)
		err = have_others(on_drop);
	return err == 0 ? drop() : err;
}
