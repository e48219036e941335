/* SPDX-License-Identifier: BSD-3-Clause */
#include "node_key.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS32 "00112233445566778899aAbBcCdDeEfF"
#define DIGITS   DIGITS32 DIGITS32

static char folder[32], path[64], why[NODE_KEY_WHY_BYTES];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/slt-node-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/node.key", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void put(const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void refused(int err, const char *said)
{
	uint8_t key[NODE_KEY_BYTES], before[NODE_KEY_BYTES];

	memset(key, 0x55, sizeof(key));
	memset(before, 0x55, sizeof(before));
	assert_int_equal(node_key_read(path, why, key), err);
	assert_memory_equal(key, before, sizeof(key));
	if (strstr(why, said) == NULL || strstr(why, path) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, said);
}

static void text_is_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool good;
	} rows[] = {
		{DIGITS, 64, true},
		{DIGITS "\n", 65, true},
		{DIGITS "\n\n", 66, false},
		{DIGITS "0", 65, false},
		{DIGITS " ", 65, false},
		{DIGITS, 63, false},
		{"", 0, false},
		{DIGITS32 "\n", 33, false},
		{"g" DIGITS, 64, false},
		{" " DIGITS, 64, false},
		{DIGITS32 "0x" DIGITS32, 64, false},
		{DIGITS DIGITS DIGITS, 192, false},
	};
	static const uint8_t zeros[65];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t key[NODE_KEY_BYTES], expected[NODE_KEY_BYTES];

		put(rows[i].text, rows[i].len, 0600);
		if (!rows[i].good) {
			refused(-EINVAL, "is not 64 hexadecimal digits");
			assert_null(strstr(why, "0011"));
			continue;
		}
		assert_int_equal(support_hex(DIGITS, expected, sizeof(expected)), 32);
		assert_int_equal(node_key_read(path, why, key), 0);
		assert_memory_equal(key, expected, sizeof(key));
	}
	put((const char *)zeros, sizeof(zeros), 0600); /* as a power cut may leave */
	refused(-EINVAL, "is not 64 hexadecimal digits");
}

static void open_modes_are_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0660, 0620, 0601, 0777};
	uint8_t key[NODE_KEY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put(DIGITS, 64, modes[i]);
		refused(-EPERM, "is open to others");
	}
	put(DIGITS, 64, 0400);
	assert_int_equal(node_key_read(path, why, key), 0);
}

static void other_owner_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0) { /* cannot give one away, but there are such */
		(void)snprintf(path, sizeof(path), "/etc/passwd");
		refused(-EPERM, "belongs to another user");
		(void)snprintf(path, sizeof(path), "%s/node.key", folder);
		return;
	}
	put(DIGITS, 64, 0600);
	assert_int_equal(chown(path, 65534, 65534), 0);
	refused(-EPERM, "belongs to another user");
}

static void what_is_no_plain_file_is_refused(void **state)
{
	char target[64];

	(void)state;
	refused(-ENOENT, "--new-node-key");
	put(DIGITS, 64, 0600);
	(void)snprintf(target, sizeof(target), "%s/real", folder);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	refused(-ELOOP, "symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(-EINVAL, "no plain file"); /* at once: nobody writes to it */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(-EINVAL, "no plain file");
	assert_int_equal(rmdir(path), 0);
}

static void made_key_is_private_and_new(void **state)
{
	uint8_t one[NODE_KEY_BYTES], two[NODE_KEY_BYTES];
	mode_t mask = umask(0);
	struct stat st;

	(void)state;
	assert_int_equal(node_key_create(path, geteuid(), why), 0);
	(void)umask(0777);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 65);
	assert_int_equal(node_key_read(path, why, one), 0);

	assert_int_equal(node_key_create(path, geteuid(), why), -EEXIST);
	assert_non_null(strstr(why, "is there already"));
	assert_int_equal(node_key_read(path, why, two), 0);
	assert_memory_equal(one, two, sizeof(one));

	assert_int_equal(unlink(path), 0);
	assert_int_equal(node_key_create(path, geteuid(), why), 0);
	(void)umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(node_key_read(path, why, two), 0);
	assert_memory_not_equal(one, two, sizeof(one));
}

static void key_that_cannot_be_made_leaves_no_file(void **state)
{
	struct rlimit full = {0, 0}, before;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	assert_int_equal(node_key_create(path, geteuid(), why), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(node_key_create("/nonexistent/node.key", geteuid(), why), -ENOENT);
	assert_non_null(strstr(why, "/nonexistent/node.key cannot be made: No such "
				    "file or directory: make its folder"));
}

static void key_of_another_owner_is_theirs(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0) {
		assert_int_equal(node_key_create(path, 0, why), -EPERM);
		assert_int_equal(access(path, F_OK), -1);
		return;
	}
	assert_int_equal(node_key_create(path, 65534, why), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_mode & 07777, 0600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_read_or_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(open_modes_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(other_owner_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_plain_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(made_key_is_private_and_new, setup, teardown),
		cmocka_unit_test_setup_teardown(
			key_that_cannot_be_made_leaves_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(key_of_another_owner_is_theirs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
