/* SPDX-License-Identifier: BSD-3-Clause */
#include "node_key.h"

#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 2 * NODE_KEY_BYTES, TEXT_BYTES = DIGITS + 1, PATH_BYTES = 4096 };

static int refuse(char why[NODE_KEY_WHY_BYTES], int err, const char *path, const char *what)
{
	(void)snprintf(why, NODE_KEY_WHY_BYTES, "node key %.255s %s", path, what);
	return err;
}

/* What to do where the kernel refuses. */
static const char *cure(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		return "make its folder";
	case -EACCES:
	case -EPERM:
		return "chown it to the user that runs this, and let that one into its folder";
	case -ENOSPC:
	case -EDQUOT:
		return "make room";
	case -EROFS:
		return "choose a place that can be written";
	default:
		return "the kernel's log may tell more";
	}
}

static int refuse_errno(char why[NODE_KEY_WHY_BYTES], int err, const char *path, const char *verb)
{
	(void)snprintf(why, NODE_KEY_WHY_BYTES, "node key %.255s cannot be %s: %s: %s", path, verb,
		strerrordesc_np(-err), cure(err));
	return err;
}

static int check_file(int fd, const char *path, char why[NODE_KEY_WHY_BYTES])
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse_errno(why, -errno, path, "looked at");
	if (!S_ISREG(st.st_mode))
		return refuse(why, -EINVAL, path, "is no plain file: name one");
	if (st.st_uid != geteuid())
		return refuse(why, -EPERM, path,
			"belongs to another user than runs this: chown it to that one");
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return refuse(why, -EPERM, path,
			"is open to others, who may have read it: chmod 600 it, or better make a "
			"new one while there are no calls");
	return 0;
}

static int nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

static bool parse(const char *text, size_t len, uint8_t key[NODE_KEY_BYTES])
{
	if (len != DIGITS && (len != TEXT_BYTES || text[DIGITS] != '\n'))
		return false;
	for (size_t i = 0; i < NODE_KEY_BYTES; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int read_key(
	int fd, const char *path, char why[NODE_KEY_WHY_BYTES], uint8_t key[NODE_KEY_BYTES])
{
	char text[TEXT_BYTES + 1]; /* one more, to see that a file is longer */
	uint8_t parsed[NODE_KEY_BYTES];
	ssize_t len = pread(fd, text, sizeof(text), 0);
	int err = 0;

	if (len < 0)
		err = refuse_errno(why, -errno, path, "read");
	else if (parse(text, (size_t)len, parsed))
		memcpy(key, parsed, sizeof(parsed));
	else
		err = refuse(why, -EINVAL, path,
			"is not 64 hexadecimal digits and a line feed: bring back the right file");
	secret_wipe(text, sizeof(text));
	secret_wipe(parsed, sizeof(parsed));
	return err;
}

int node_key_read(const char *path, char why[NODE_KEY_WHY_BYTES], uint8_t key[NODE_KEY_BYTES])
{
	/* O_NONBLOCK: nobody may be at a pipe's other end */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err;

	if (fd < 0 && errno == ENOENT)
		return refuse(why, -ENOENT, path,
			"is not there: bring it back, or, if there never was one, make it with "
			"sluice-controlplane --new-node-key");
	if (fd < 0 && errno == ELOOP)
		return refuse(why, -ELOOP, path, "is a symbolic link: name the file itself");
	if (fd < 0)
		return refuse_errno(why, -errno, path, "opened");
	err = check_file(fd, path, why);
	if (err == 0)
		err = read_key(fd, path, why, key);
	(void)close(fd);
	return err;
}

static int sync_folder(const char *path)
{
	char folder[PATH_BYTES];
	const char *slash = strrchr(path, '/');
	int fd, err = 0;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else if ((size_t)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path) >=
		 sizeof(folder))
		return -ENAMETOOLONG;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) != 0)
		err = -errno;
	(void)close(fd);
	return err;
}

static int make_text(char text[TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t key[NODE_KEY_BYTES];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -EIO;
	for (size_t i = 0; i < sizeof(key); i++) {
		text[2 * i] = digits[key[i] >> 4];
		text[2 * i + 1] = digits[key[i] & 15];
	}
	text[DIGITS] = '\n';
	secret_wipe(key, sizeof(key));
	return 0;
}

static int set_owner(int fd, uid_t owner)
{
	if (fchmod(fd, S_IRUSR | S_IWUSR) != 0) /* whatever the umask */
		return -errno;
	if (owner != geteuid() && fchown(fd, owner, (gid_t)-1) != 0)
		return -errno;
	return fsync(fd) == 0 ? 0 : -errno;
}

static int fill(int fd)
{
	char text[TEXT_BYTES];
	int err = make_text(text);
	ssize_t done;

	if (err != 0)
		return err;
	done = write(fd, text, sizeof(text));
	if (done != (ssize_t)sizeof(text))
		err = done < 0 ? -errno : -ENOSPC;
	secret_wipe(text, sizeof(text));
	return err;
}

int node_key_create(const char *path, uid_t owner, char why[NODE_KEY_WHY_BYTES])
{
	int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	int err;

	if (fd < 0 && errno == EEXIST)
		return refuse(why, -EEXIST, path,
			"is there already, and calls on disk may need it: move it away first, if "
			"it is to be replaced");
	if (fd < 0)
		return refuse_errno(why, -errno, path, "made");
	err = fill(fd);
	if (err == 0)
		err = set_owner(fd, owner);
	if (close(fd) != 0 && err == 0)
		err = -errno;
	if (err == 0)
		err = sync_folder(path);
	if (err == 0)
		return 0;
	(void)unlink(path);
	return refuse_errno(why, err, path, "made");
}
