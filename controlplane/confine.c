/* SPDX-License-Identifier: BSD-3-Clause */
#include "confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* No core dumps: memory has SRTP keys. Also keeps others' debuggers out. */
static int hide(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -errno;
	return 0;
}

static int find(const char *user, const struct passwd **pw)
{
	errno = 0;
	*pw = getpwnam(user); /* NOLINT(concurrency-mt-unsafe): one thread */
	if (*pw == NULL)
		return errno != 0 ? -errno : -ENOENT;
	return 0;
}

int confine_user_id(const char *user, uid_t *uid)
{
	const struct passwd *pw = NULL;
	int err = user == NULL ? 0 : find(user, &pw);

	if (err == 0)
		*uid = user == NULL ? geteuid() : pw->pw_uid;
	return err;
}

static int become(const char *user)
{
	const struct passwd *pw;
	int err = find(user, &pw);

	if (err != 0)
		return err;
	if (geteuid() != 0) /* cannot change, but may be right already */
		return pw->pw_uid == geteuid() ? 0 : -EPERM;
	if (setgroups(0, NULL) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
		setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return -errno;
	return 0;
}

int confine_process(const char *user)
{
	int err;

	if (user == NULL && geteuid() == 0)
		return -EPERM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	capng_get_caps_process();
	/* the bounding set first: that needs a capability, which changing the user takes */
	if (geteuid() == 0) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
			return -EPERM;
	}
	err = user != NULL ? become(user) : 0;
	if (err != 0)
		return err;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return -EPERM;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return hide();
}

int confine_raise_files(uint64_t files, uint64_t *limit)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		return -errno;
	*limit = now.rlim_max;
	if (now.rlim_cur >= files)
		return 0;
	if (now.rlim_max < files)
		return -EMFILE;
	now.rlim_cur = files;
	return setrlimit(RLIMIT_NOFILE, &now) == 0 ? 0 : -errno;
}
