/* SPDX-License-Identifier: BSD-3-Clause */
/* A limit on the size of files stands for the disk: a write fails, if with another word (EFBIG).
 *
 * What becomes of calls on disk when a process, a disk or a file ends early; and what is left of
 * keys in memory. */
#include "node_key.h"
#include "sanitized.h"
#include "secret.h"
#include "store_impl.h"
#include "store_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PER_COMMIT = 16, COMMITS = 1000, KILLS = 8, COPIED = 4 << 20 };

static struct store_rig rig;

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

static void commit_version(uint32_t version)
{
	for (uint64_t id = 0; id < PER_COMMIT; id++)
		assert_int_equal(store_rig_put(rig.store, id, version), 0);
	assert_int_equal(store_commit(rig.store), 0);
}

/* Commits, and tells each once it is done; 'version' goes on from there. */
static void commit_until_killed(uint32_t version, int pipe)
{
	if (store_rig_open(&rig) != 0)
		_exit(1);
	for (uint32_t n = 0; n < COMMITS; n++, version++) {
		uint64_t gone = version % 100;

		for (uint64_t id = 0; id < PER_COMMIT; id++)
			if (store_rig_put(rig.store, id, version) != 0)
				_exit(1);
		/* one comes and one goes: it is there at even versions alone */
		if (version % 2 == 0 ? store_rig_put(rig.store, 1000, version) != 0
				     : store_remove(rig.store, 1000) != 0)
			_exit(1);
		if (store_rig_put(rig.store, 1001 + gone, version) != 0 ||
			store_commit(rig.store) != 0 ||
			write(pipe, &version, sizeof(version)) != (ssize_t)sizeof(version))
			_exit(1);
	}
	(void)pause();
	_exit(1);
}

static uint32_t run_and_kill(uint32_t version, uint32_t after)
{
	uint32_t told = version - 1;
	int ends[2], status = -1;
	pid_t child;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0)
		commit_until_killed(version, ends[1]);
	(void)close(ends[1]);
	for (uint32_t n = 0; n < after; n++)
		assert_int_equal(read(ends[0], &told, sizeof(told)), sizeof(told));
	assert_int_equal(kill(child, SIGKILL), 0);
	while (read(ends[0], &told, sizeof(told)) == (ssize_t)sizeof(told)) {
	}
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	return told;
}

/* All of one commit: the last that was told, or the one after it, of which the word got lost. */
static uint32_t expect_one_version(uint32_t told)
{
	uint32_t version;

	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.n_bad, 0);
	version = rig.version[0];
	assert_true(version == told || version == told + 1);
	for (uint32_t id = 0; id < PER_COMMIT; id++)
		assert_int_equal(rig.version[id], version);
	assert_int_equal(rig.version[1000], version % 2 == 0 ? version : 0);
	for (uint32_t back = 0; back < 100 && back < version; back++)
		assert_int_equal(rig.version[1001 + (version - back) % 100], version - back);
	return version;
}

static void killed_process_leaves_what_it_committed(void **state)
{
	static const uint32_t after[KILLS] = {1, 2, 50, 999, 333, 500, 7, 640};
	uint32_t version = 0;

	(void)state;
	for (int i = 0; i < KILLS; i++) {
		uint32_t told = run_and_kill(version + 1, after[i]);

		assert_true(told >= version + after[i]);
		store_rig_reopen(&rig);
		version = expect_one_version(told);
		store_rig_close(&rig);
	}
}

static void expect_refused(int err)
{
	assert_int_equal(store_rig_open(&rig), err);
	assert_non_null(strstr(rig.why, rig.folder));
	assert_non_null(strstr(rig.why, "move"));
}

/* A piece of the file is gone: that is told, of all of it or of some calls; never fewer calls, and
 * all well. */
static void truncated_file_is_told(void **state)
{
	char path[STORE_RIG_PATH];
	uint8_t *bytes;
	size_t len, at;
	int refused = 0, told = 0;

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_reopen(&rig);
	for (uint64_t id = 0; id < 200; id++)
		assert_int_equal(store_rig_put(rig.store, id, 1), 0);
	assert_int_equal(store_commit(rig.store), 0);
	store_rig_close(&rig);
	bytes = store_rig_read(path, &len);
	assert_true(len > 140000);
	for (at = 0; at < len; at += at < 5000 ? 97 : 1531) {
		int err;

		store_rig_write(path, bytes, at);
		err = store_rig_open(&rig);
		if (err != 0) {
			assert_int_equal(err, -EUCLEAN);
			assert_non_null(strstr(rig.why, "to begin without calls, move"));
			refused++;
			continue;
		}
		err = store_rig_look(&rig);
		assert_true(err == -EUCLEAN || (err == 0 && rig.n_bad > 0));
		told++;
		store_rig_close(&rig);
	}
	assert_true(refused > 100);
	print_message("%d refused, %d told of calls\n", refused, told);
	store_rig_write(path, bytes, len);
	free(bytes);
	store_rig_reopen(&rig);
	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.n_good, 200);
}

static void damaged_file_is_no_crash(void **state)
{
	struct support_rng rng = {.state = 11};
	char path[STORE_RIG_PATH];
	uint8_t *bytes;
	size_t len;

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_reopen(&rig);
	commit_version(1);
	store_rig_close(&rig);
	bytes = store_rig_read(path, &len);
	for (int round = 0; round < 300; round++) {
		uint8_t *copy = malloc(len);
		uint32_t begin = support_below(&rng, (uint32_t)len);
		uint32_t n = support_below(&rng, round % 2 == 0 ? 8 : 600);

		memcpy(copy, bytes, len);
		support_fill(&rng, copy + begin, n < len - begin ? n : (uint32_t)len - begin);
		store_rig_write(path, copy, len);
		free(copy);
		if (store_rig_open(&rig) == 0) {
			(void)store_rig_look(&rig); /* fails if a call is not as it was */
			(void)store_rig_put(rig.store, 3, 2);
			(void)store_commit(rig.store);
			store_rig_close(&rig);
		}
	}
	store_rig_write(path, bytes, len);
	free(bytes);
}

/* Stops without closing, as a power cut does. */
static void commit_and_die(uint32_t versions)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		store_rig_reopen(&rig);
		for (uint32_t v = 1; v <= versions; v++)
			commit_version(v);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Any length of the log is some commit, whole, and no later one for a shorter log. */
static void truncated_log_is_an_earlier_commit(void **state)
{
	char path[STORE_RIG_PATH], log_path[STORE_RIG_PATH];
	size_t len, log_len;
	uint8_t *bytes, *log;
	uint32_t last = 0;

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_path(&rig, "calls.db-wal", log_path);
	store_rig_reopen(&rig);
	store_rig_close(&rig);
	commit_and_die(20);
	bytes = store_rig_read(path, &len);
	log = store_rig_read(log_path, &log_len);
	assert_true(log_len > 100000);
	for (size_t at = 0; at <= log_len; at += log_len / 150) {
		store_rig_write(path, bytes, len);
		store_rig_write(log_path, log, at);
		store_rig_reopen(&rig);
		assert_int_equal(store_rig_look(&rig), 0);
		assert_int_equal(rig.n_bad, 0);
		assert_true(rig.version[0] >= last && rig.version[0] <= 20);
		last = rig.version[0];
		for (uint32_t id = 0; id < PER_COMMIT; id++)
			assert_int_equal(rig.version[id], last);
		store_rig_close(&rig);
	}
	store_rig_write(path, bytes, len);
	store_rig_write(log_path, log, log_len);
	store_rig_reopen(&rig);
	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.version[0], 20);
	free(bytes);
	free(log);
}

/* Nobody waits for it; but without it the log would grow, and a power cut take all of it. */
static void log_is_copied_while_store_is_open(void **state)
{
	const struct timespec soon = {.tv_nsec = 5000000};
	uint8_t *image = calloc(1, STORE_IMAGE_MAX);
	char path[STORE_RIG_PATH];
	struct stat st = {0};

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_reopen(&rig);
	for (uint64_t id = 0; id < 24; id++) {
		assert_int_equal(store_put(rig.store, id, image, STORE_IMAGE_MAX), 0);
		assert_int_equal(store_commit(rig.store), 0);
	}
	for (int i = 0; i < 4000 && st.st_size < COPIED; i++) {
		(void)nanosleep(&soon, NULL);
		assert_int_equal(stat(path, &st), 0);
	}
	assert_true(st.st_size >= COPIED);
	free(image);
}

static void log_without_its_file_is_refused(void **state)
{
	char path[STORE_RIG_PATH], moved[STORE_RIG_PATH];

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_path(&rig, "moved", moved);
	commit_and_die(3);
	assert_int_equal(rename(path, moved), 0);
	expect_refused(-EUCLEAN);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rename(moved, path), 0);
	store_rig_reopen(&rig);
	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.version[0], 3);
}

static void start_cut_short_is_begun_again(void **state)
{
	static const char *const names[] = {
		"calls.db.new", "calls.db.new-wal", "calls.db.new-journal"};
	static const uint8_t junk[5000] = {1};
	char path[STORE_RIG_PATH];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		store_rig_path(&rig, names[i], path);
		store_rig_write(path, junk, sizeof(junk));
	}
	store_rig_reopen(&rig);
	commit_version(1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		store_rig_path(&rig, names[i], path);
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* Calls 100 and on in one commit, which cannot be done: 'limit' ends it. Then it can. */
static void fail_then_go_on(void (*limit)(bool on), int told)
{
	uint64_t id;
	int err = 0;

	commit_version(1);
	limit(true);
	assert_int_equal(store_remove(rig.store, 0), 0);
	for (id = 100; id < 20100 && err == 0; id++)
		err = store_rig_put(rig.store, id, 2);
	if (err != 0) { /* all goes the same way, until the commit has told */
		assert_int_equal(err, told);
		assert_int_equal(store_rig_put(rig.store, 1, 2), told);
		assert_int_equal(store_remove(rig.store, 2), told);
	}
	assert_int_equal(store_commit(rig.store), told);
	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.n_good, PER_COMMIT);
	limit(false);
	assert_int_equal(store_commit(rig.store), 0);
	assert_int_equal(store_rig_put(rig.store, 50, 3), 0);
	assert_int_equal(store_commit(rig.store), 0);
	for (int opens = 0; opens < 2; opens++) {
		assert_int_equal(store_rig_look(&rig), 0);
		assert_int_equal(rig.n_good, PER_COMMIT + 1);
		assert_int_equal(rig.n_bad, 0);
		assert_int_equal(rig.version[0], 1);
		assert_int_equal(rig.version[50], 3);
		store_rig_reopen(&rig);
	}
}

static void limit_pages(bool on)
{
	assert_int_equal(
		sqlite3_exec(rig.store->db,
			on ? "PRAGMA max_page_count = 100" : "PRAGMA max_page_count = 1000000",
			NULL, NULL, NULL),
		SQLITE_OK);
}

static void limit_files(bool on)
{
	static struct rlimit before;
	struct rlimit now;

	if (on)
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	now = before;
	if (on)
		now.rlim_cur = 300000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

static void full_database_fails_one_commit(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	fail_then_go_on(limit_pages, -ENOSPC);
}

static void full_disk_fails_one_commit(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	store_rig_reopen(&rig);
	fail_then_go_on(limit_files, -EIO);
}

static void full_disk_lets_no_store_begin(void **state)
{
	struct rlimit before, now;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (rlim_t room = 0; room < 12288; room += 1024) {
		now = before;
		now.rlim_cur = room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
		assert_int_equal(store_rig_open(&rig), -EIO);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_non_null(strstr(rig.why, rig.folder));
	}
	store_rig_reopen(&rig);
	commit_version(1);
}

/* How often 'len' bytes, each the complement of what 'inverted' has, are in a part of our memory;
 * they are kept so, as to search for a thing is to have it. */
static int count_in_part(int memory, off_t at, off_t end, const uint8_t *inverted, size_t len)
{
	static uint8_t part[1 << 16];
	int found = 0;

	while (at + (off_t)len <= end) {
		size_t room = end - at < (off_t)sizeof(part) ? (size_t)(end - at) : sizeof(part);
		ssize_t have = pread(memory, part, room, at);

		if (have < (ssize_t)len)
			break;
		for (size_t i = 0; i + len <= (size_t)have; i++) {
			size_t n = 0;

			while (n < len && (part[i + n] ^ inverted[n]) == 0xff)
				n++;
			found += n == len;
		}
		secret_wipe(part, sizeof(part)); /* or it would be found here */
		at += have - (ssize_t)len + 1;
	}
	return found;
}

/* In all of it that can be written. */
static int count_in_memory(const uint8_t *inverted, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512];
	int found = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		char *rest = line;
		off_t begin = (off_t)strtoul(rest, &rest, 16);
		off_t end = *rest == '-' ? (off_t)strtoul(rest + 1, &rest, 16) : 0;

		if (strncmp(rest, " rw", 3) == 0)
			found += count_in_part(memory, begin, end, inverted, len);
	}
	(void)fclose(maps);
	(void)close(memory);
	return found;
}

static void invert(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)~bytes[i];
}

static void note_nothing(void *arg, uint64_t id, int err, const void *image, size_t len)
{
	(void)id;
	(void)image;
	(void)len;
	if (err == 0)
		(*(int *)arg)++;
}

static void memory_keeps_neither_key_nor_image(void **state)
{
	uint8_t key[NODE_KEY_BYTES], image[64];
	struct support_rng rng = {.state = 77};
	int seen = 0;

	(void)state;
	if (SANITIZED) { /* terabytes of shadow, most of it not to be read */
		(void)puts("memory_keeps_neither_key_nor_image: not in a sanitized build");
		skip();
	}
	assert_int_equal(node_key_read(rig.key, rig.why, key), 0);
	invert(key, sizeof(key));
	support_fill(&rng, image, sizeof(image));
	store_rig_reopen(&rig);
	assert_int_equal(store_put(rig.store, 1, image, sizeof(image)), 0);
	invert(image, sizeof(image));
	assert_int_equal(store_commit(rig.store), 0);
	assert_int_equal(count_in_memory(key, sizeof(key)), 0);
	assert_int_equal(count_in_memory(image, 32), 0);
	store_rig_reopen(&rig);
	assert_int_equal(store_each(rig.store, note_nothing, &seen), 0);
	assert_int_equal(seen, 1);
	assert_int_equal(count_in_memory(key, sizeof(key)), 0);
	assert_int_equal(count_in_memory(image, 32), 0);
	invert(image, sizeof(image)); /* and it would be found */
	memcpy(key, image, sizeof(key));
	invert(key, sizeof(key));
	assert_true(count_in_memory(key, sizeof(key)) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			killed_process_leaves_what_it_committed, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_file_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_file_is_no_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(
			truncated_log_is_an_earlier_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(log_is_copied_while_store_is_open, setup, teardown),
		cmocka_unit_test_setup_teardown(log_without_its_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(start_cut_short_is_begun_again, setup, teardown),
		cmocka_unit_test_setup_teardown(full_database_fails_one_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk_fails_one_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk_lets_no_store_begin, setup, teardown),
		cmocka_unit_test_setup_teardown(
			memory_keeps_neither_key_nor_image, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
