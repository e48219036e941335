/* SPDX-License-Identifier: BSD-3-Clause */
/* What store_check says of a store, and that it changes nothing: of one that is closed, of one that
 * somebody has open, and of one whose owner died. */
#include "store.h"

#include "node_key.h"
#include "store_rig.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES_MOST = 8, NAME_BYTES = 32 };

/* All that is in a folder. */
struct picture {
	uint32_t n;
	struct {
		char name[NAME_BYTES];
		struct stat st;
		uint8_t *bytes;
		size_t len;
	} files[FILES_MOST];
};

static struct store_rig rig;
static uid_t checker; /* whom the process that checks becomes; 0: nobody else */

static int setup(void **state)
{
	(void)state;
	store_rig_make(&rig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_rig_destroy(&rig);
	return 0;
}

static void take_picture(struct picture *p)
{
	struct dirent **entries = NULL;
	int n = scandir(rig.folder, &entries, NULL, alphasort);

	*p = (struct picture){.n = 0};
	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		char path[STORE_RIG_PATH];

		if (entries[i]->d_type == DT_REG) {
			assert_true(p->n < FILES_MOST);
			(void)snprintf(
				p->files[p->n].name, NAME_BYTES, "%.31s", entries[i]->d_name);
			store_rig_path(&rig, entries[i]->d_name, path);
			assert_int_equal(stat(path, &p->files[p->n].st), 0);
			p->files[p->n].bytes = store_rig_read(path, &p->files[p->n].len);
			p->n++;
		}
		free(entries[i]);
	}
	free(entries);
}

static void forget_picture(struct picture *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		free(p->files[i].bytes);
}

static void assert_same(const struct picture *before, const struct picture *after)
{
	assert_int_equal(after->n, before->n);
	for (uint32_t i = 0; i < before->n; i++) {
		const struct stat *a = &before->files[i].st, *b = &after->files[i].st;

		assert_string_equal(after->files[i].name, before->files[i].name);
		assert_int_equal(b->st_ino, a->st_ino);
		assert_int_equal(b->st_mode, a->st_mode);
		assert_int_equal(b->st_mtim.tv_sec, a->st_mtim.tv_sec);
		assert_int_equal(b->st_mtim.tv_nsec, a->st_mtim.tv_nsec);
		assert_int_equal(after->files[i].len, before->files[i].len);
		assert_memory_equal(
			after->files[i].bytes, before->files[i].bytes, before->files[i].len);
	}
}

/* As the program does it: in a process of its own, since SQLite has one view of a file in each. */
static int check(void)
{
	int ends[2], status = 0;
	ssize_t len;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		if (checker != 0 && setresuid(checker, checker, checker) != 0)
			_exit(1);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execl("/proc/self/exe", "test_store_check", rig.folder, rig.key, NULL);
		_exit(1);
	}
	(void)close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	len = read(ends[0], rig.why, sizeof(rig.why) - 1);
	assert_true(len > 0);
	rig.why[len] = '\0';
	(void)close(ends[0]);
	return (int)strtol(rig.why, NULL, 10);
}

static int check_and_print(const char *folder, const char *key)
{
	const struct store_options options = {.folder = folder, .node_key = key};
	char why[STORE_WHY_BYTES];
	int err = store_check(&options, why);

	(void)printf("%d %s\n", err, why);
	return 0;
}

/* With an error it names the folder or key, and says what to do. */
static void check_is(int err, const char *said)
{
	struct picture before, after;
	struct stat folder, folder_after;

	take_picture(&before);
	assert_int_equal(stat(rig.folder, &folder), 0);
	assert_int_equal(check(), err);
	if (strstr(rig.why, said) == NULL || (err != 0 && strstr(rig.why, rig.top) == NULL))
		fail_msg("\"%s\" does not say \"%s\"", rig.why, said);
	take_picture(&after);
	assert_int_equal(stat(rig.folder, &folder_after), 0);
	assert_same(&before, &after);
	assert_int_equal(folder_after.st_mtim.tv_sec, folder.st_mtim.tv_sec);
	assert_int_equal(folder_after.st_mtim.tv_nsec, folder.st_mtim.tv_nsec);
	forget_picture(&before);
	forget_picture(&after);
}

static void put_calls(uint32_t n)
{
	for (uint64_t id = 0; id < n; id++)
		assert_int_equal(store_rig_put(rig.store, id, 1), 0);
	assert_int_equal(store_commit(rig.store), 0);
}

static void make_other_key(void)
{
	assert_int_equal(unlink(rig.key), 0);
	assert_int_equal(node_key_create(rig.key, geteuid(), rig.why), 0);
}

static void store_to_be_is_good(void **state)
{
	(void)state;
	check_is(0, "");
	store_rig_reopen(&rig);
	assert_int_equal(store_rig_look(&rig), 0);
}

static void closed_store_is_read(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	put_calls(20);
	store_rig_close(&rig);
	check_is(0, "");
	make_other_key();
	check_is(-EKEYREJECTED, "bring that key back");
}

/* Calls that are in the log alone are read there, and who writes on is not held up. */
static void open_store_is_read_and_goes_on(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	check_is(0, "");
	put_calls(20);
	check_is(0, "");
	assert_int_equal(store_rig_put(rig.store, 5, 2), 0);
	check_is(0, "");
	assert_int_equal(store_rig_put(rig.store, 6, 2), 0);
	assert_int_equal(store_commit(rig.store), 0);
	make_other_key();
	check_is(-EKEYREJECTED, "bring that key back");
	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.n_good, 20);
}

/* What a process that dies leaves is what is on disk while it has the store open. */
static void leave_as_dead(void)
{
	struct picture left;

	take_picture(&left);
	store_rig_close(&rig);
	for (uint32_t i = 0; i < left.n; i++) {
		char path[STORE_RIG_PATH];

		store_rig_path(&rig, left.files[i].name, path);
		(void)unlink(path);
		store_rig_write(path, left.files[i].bytes, left.files[i].len);
		assert_int_equal(chmod(path, 0600), 0);
	}
	assert_true(left.n == 3); /* file, log and index */
	forget_picture(&left);
}

static void store_of_the_dead_is_read(void **state)
{
	char path[STORE_RIG_PATH];

	(void)state;
	store_rig_reopen(&rig);
	put_calls(20);
	leave_as_dead();
	check_is(0, "");
	make_other_key();
	check_is(-EKEYREJECTED, "bring that key back");
	store_rig_path(&rig, "calls.db-shm", path); /* which a backup may leave out */
	assert_int_equal(unlink(path), 0);
	check_is(0, "");
}

static void what_open_refuses_is_told(void **state)
{
	char path[STORE_RIG_PATH];

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_reopen(&rig);
	put_calls(20);
	store_rig_close(&rig);
	assert_int_equal(chmod(rig.folder, 0750), 0);
	check_is(-EPERM, "chmod 700");
	assert_int_equal(chmod(rig.folder, 0700), 0);
	assert_int_equal(chmod(path, 0640), 0);
	check_is(-EPERM, "chmod 600");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(rig.key, 0644), 0);
	check_is(-EPERM, "is open to others");
	assert_int_equal(chmod(rig.key, 0600), 0);
	store_rig_sql(&rig, "PRAGMA user_version = 2");
	check_is(-ENOTSUP, "newer version");
	store_rig_sql(&rig, "PRAGMA user_version = 0");
	check_is(-EUCLEAN, "damaged, or not ours");
	store_rig_write(path, (const uint8_t *)"not a database, but long enough", 31);
	check_is(-EUCLEAN, "damaged, or not ours");
	assert_int_equal(unlink(path), 0);
	store_rig_path(&rig, "calls.db-wal", path);
	store_rig_write(path, (const uint8_t *)"x", 1);
	check_is(-EUCLEAN, "without its calls.db");
	assert_int_equal(unlink(rig.key), 0);
	check_is(-ENOENT, "--new-node-key");
}

static void folder_that_is_missing_is_told(void **state)
{
	(void)state;
	assert_int_equal(rmdir(rig.folder), 0);
	assert_int_equal(check(), -ENOENT);
	assert_non_null(strstr(rig.why, "is not there: make it, mode 0700"));
}

/* As another user, whom root's powers do not help. */
static void folder_that_can_not_be_written_is_told(void **state)
{
	(void)state;
	assert_int_equal(chmod(rig.folder, 0500), 0);
	if (geteuid() == 0) {
		assert_int_equal(chmod(rig.top, 0755), 0);
		assert_int_equal(chown(rig.folder, 65534, 65534), 0);
		assert_int_equal(chown(rig.key, 65534, 65534), 0);
		checker = 65534;
	}
	check_is(-EACCES, "cannot be written: Permission denied: chown it");
	checker = 0;
	assert_int_equal(chmod(rig.folder, 0700), 0);
}

int main(int argc, char **argv)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(store_to_be_is_good),
		CASE(closed_store_is_read),
		CASE(open_store_is_read_and_goes_on),
		CASE(store_of_the_dead_is_read),
		CASE(what_open_refuses_is_told),
		CASE(folder_that_is_missing_is_told),
		CASE(folder_that_can_not_be_written_is_told),
	};

	if (argc == 3)
		return check_and_print(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
