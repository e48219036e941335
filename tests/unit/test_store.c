/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include "node_key.h"
#include "store_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void put_calls(uint32_t n, uint32_t version)
{
	for (uint64_t id = 0; id < n; id++)
		assert_int_equal(store_rig_put(rig.store, id, version), 0);
	assert_int_equal(store_commit(rig.store), 0);
}

static void expect(uint32_t good, uint32_t bad)
{
	assert_int_equal(store_rig_look(&rig), 0);
	assert_int_equal(rig.n_good, good);
	assert_int_equal(rig.n_bad, bad);
}

/* Opening is refused, for a reason that names the folder or key and what to do. */
static void refused(int err, const char *said)
{
	assert_int_equal(store_rig_open(&rig), err);
	assert_null(rig.store);
	if (strstr(rig.why, said) == NULL || strstr(rig.why, rig.top) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", rig.why, said);
}

static void calls_come_back_over_opens(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	expect(0, 0);
	put_calls(100, 1);
	expect(100, 0);
	store_rig_reopen(&rig);
	expect(100, 0);
	for (uint64_t id = 0; id < 100; id += 2)
		assert_int_equal(store_rig_put(rig.store, id, 2), 0);
	for (uint64_t id = 0; id < 100; id += 5)
		assert_int_equal(store_remove(rig.store, id), 0);
	assert_int_equal(store_remove(rig.store, 5000), 0);
	assert_int_equal(store_commit(rig.store), 0);
	for (int opens = 0; opens < 3; opens++) { /* under keys of three opens */
		store_rig_reopen(&rig);
		expect(80, 0);
		for (uint32_t id = 0; id < 100; id++)
			assert_int_equal(rig.version[id], id % 5 == 0 ? 0 : (id % 2 == 0 ? 2 : 1));
	}
}

static void ids_and_lengths_at_their_ends(void **state)
{
	static const uint64_t ids[] = {
		0, 1, UINT64_MAX, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1, 0x8000000000000001};
	uint8_t *image = calloc(1, STORE_IMAGE_MAX + 1);

	(void)state;
	store_rig_reopen(&rig);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(store_rig_put(rig.store, ids[i], 3), 0);
	assert_int_equal(store_put(rig.store, 9, image, STORE_IMAGE_MAX + 1), -EMSGSIZE);
	assert_int_equal(store_put(rig.store, 9, image, 0), -EMSGSIZE);
	assert_int_equal(store_commit(rig.store), 0); /* such a one spoils nothing */
	store_rig_reopen(&rig);
	expect(6, 0);
	assert_int_equal(store_put(rig.store, 9, image, STORE_IMAGE_MAX), 0);
	assert_int_equal(store_commit(rig.store), 0);
	assert_int_equal(store_remove(rig.store, 9), 0);
	free(image);
	expect(6, 0);
}

static void what_was_not_committed_is_forgotten(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	put_calls(10, 1);
	assert_int_equal(store_commit(rig.store), 0);
	assert_int_equal(store_rig_put(rig.store, 3, 2), 0);
	assert_int_equal(store_remove(rig.store, 4), 0);
	store_rig_reopen(&rig);
	expect(10, 0);
	assert_int_equal(rig.version[3], 1);
	assert_int_equal(rig.version[4], 1);
}

static void change_each(void *arg, uint64_t id, int err, const void *image, size_t len)
{
	struct store *store = arg;

	(void)image;
	(void)len;
	assert_int_equal(err, 0);
	assert_int_equal(id % 2 == 0 ? store_remove(store, id) : store_rig_put(store, id, 7), 0);
}

static void visitor_may_put_and_remove(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	put_calls(100, 1);
	assert_int_equal(store_each(rig.store, change_each, rig.store), 0);
	assert_int_equal(store_commit(rig.store), 0);
	expect(50, 0);
	assert_int_equal(rig.version[51], 7);
}

static void other_node_key_is_refused_and_forgets_nothing(void **state)
{
	char kept[STORE_RIG_PATH + 8];

	(void)state;
	(void)snprintf(kept, sizeof(kept), "%s.kept", rig.key);
	store_rig_reopen(&rig);
	put_calls(20, 1);
	store_rig_close(&rig);
	assert_int_equal(rename(rig.key, kept), 0);
	refused(-ENOENT, "bring it back");
	assert_int_equal(node_key_create(rig.key, geteuid(), rig.why), 0);
	for (int i = 0; i < 3; i++)
		refused(-EKEYREJECTED, "bring that key back");
	assert_int_equal(rename(kept, rig.key), 0);
	store_rig_reopen(&rig);
	expect(20, 0);
}

static void other_node_key_will_do_without_calls(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	put_calls(20, 1);
	for (uint64_t id = 0; id < 20; id++)
		assert_int_equal(store_remove(rig.store, id), 0);
	assert_int_equal(store_commit(rig.store), 0);
	store_rig_close(&rig);
	assert_int_equal(unlink(rig.key), 0);
	assert_int_equal(node_key_create(rig.key, geteuid(), rig.why), 0);
	store_rig_reopen(&rig);
	put_calls(5, 2);
	store_rig_reopen(&rig);
	expect(5, 0);
}

/* What someone could do to the file, and how many calls of 20 are then told to be lost. */
static void tampered_rows_are_told_and_others_kept(void **state)
{
	static const struct {
		const char *sql;
		uint32_t good, bad;
		int err;
	} rows[] = {
		{"UPDATE calls SET sealed = (SELECT sealed FROM calls WHERE id = 4) WHERE id = 5",
			19, 1, -EBADMSG},
		{"UPDATE calls SET id = 500 WHERE id = 5", 19, 1, -EBADMSG},
		{"UPDATE calls SET id = -6 - id WHERE id IN (1, 2)", 18, 2, -EBADMSG},
		{"UPDATE calls SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE id = 5", 19,
			1, -EBADMSG},
		{"UPDATE calls SET sealed = x'' WHERE id = 5", 19, 1, -EBADMSG},
		{"UPDATE calls SET sealed = zeroblob(28) WHERE id = 5", 19, 1, -EBADMSG},
		{"UPDATE calls SET sealed = zeroblob(29) WHERE id = 5", 19, 1, -EBADMSG},
		{"UPDATE calls SET sealed = zeroblob(300000) WHERE id = 5", 19, 1, -EBADMSG},
		{"UPDATE calls SET key = key + 1 WHERE id = 5", 19, 1, -ENOKEY},
		{"UPDATE calls SET key = -9223372036854775808 WHERE id = 5", 19, 1, -ENOKEY},
		{"INSERT INTO calls SELECT 700, key, sealed FROM calls WHERE id = 3", 20, 1,
			-EBADMSG},
		/* of the two keys, one: 10 calls each */
		{"UPDATE keys SET sealed = zeroblob(60) WHERE id = (SELECT key FROM calls WHERE id = 1)",
			10, 10, -ENOKEY},
		{"DELETE FROM keys WHERE id = (SELECT key FROM calls WHERE id = 1)", 10, 10,
			-ENOKEY},
		{"UPDATE calls SET key = (SELECT key FROM calls WHERE id = 1)", 10, 10, -EBADMSG},
		{"CREATE TRIGGER t AFTER INSERT ON calls BEGIN DELETE FROM calls; END", 20, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		store_rig_reopen(&rig);
		put_calls(20, 1);
		store_rig_reopen(&rig);
		put_calls(10, 2);
		store_rig_close(&rig);
		store_rig_sql(&rig, rows[i].sql);
		for (int opens = 0; opens < 2; opens++) { /* and stay, as they are */
			store_rig_reopen(&rig);
			expect(rows[i].good + (uint32_t)opens, rows[i].bad);
			assert_int_equal(rig.last_err, rows[i].err);
			assert_int_equal(store_rig_put(rig.store, 600, 2), 0);
			assert_int_equal(store_commit(rig.store), 0);
		}
		store_rig_destroy(&rig);
		store_rig_make(&rig);
	}
}

/* Not even all keys together are enough where rows and keys are exchanged. */
static void keys_do_not_open_in_others_places(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	put_calls(20, 1);
	store_rig_close(&rig);
	store_rig_sql(&rig, "UPDATE keys SET id = id + 1; UPDATE calls SET key = key + 1");
	refused(-EKEYREJECTED, "another node key");
	store_rig_sql(&rig, "UPDATE keys SET id = id - 1; UPDATE calls SET key = key - 1");
	store_rig_reopen(&rig);
	expect(20, 0);
}

static int64_t count_keys(void)
{
	char path[STORE_RIG_PATH];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t n;

	store_rig_path(&rig, "calls.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT count(*) FROM keys", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return n;
}

static void keys_stay_while_calls_need_them(void **state)
{
	(void)state;
	for (uint64_t id = 0; id < 5; id++) {
		store_rig_reopen(&rig);
		assert_int_equal(store_rig_put(rig.store, id, 1), 0);
		assert_int_equal(store_commit(rig.store), 0);
	}
	store_rig_close(&rig);
	assert_int_equal(count_keys(), 5);
	for (int i = 0; i < 4; i++) /* opens that bring no call leave no key */
		store_rig_reopen(&rig);
	for (uint64_t id = 0; id < 4; id++)
		assert_int_equal(store_remove(rig.store, id), 0);
	assert_int_equal(store_commit(rig.store), 0);
	store_rig_close(&rig);
	assert_int_equal(count_keys(), 1);
	store_rig_reopen(&rig);
	assert_int_equal(store_remove(rig.store, 4), 0);
	assert_int_equal(store_commit(rig.store), 0);
	store_rig_close(&rig);
	assert_int_equal(count_keys(), 0);
}

static void second_user_is_refused(void **state)
{
	const struct store_options options = {.folder = rig.folder, .node_key = rig.key};
	struct store *second = NULL;
	int status = -1;
	pid_t child;

	(void)state;
	store_rig_reopen(&rig);
	put_calls(5, 1);
	child = fork();
	if (child == 0) {
		int err = store_open(&options, rig.why, &second);

		_exit(err == -EBUSY && strstr(rig.why, "in use by another process") != NULL ? 0
											    : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(store_open(&options, rig.why, &second), -EBUSY);
	put_calls(6, 2);
	expect(6, 0);
	store_rig_close(&rig);
	assert_int_equal(store_open(&options, rig.why, &second), 0);
	store_close(second);
	store_close(NULL);
}

static void open_modes_are_refused(void **state)
{
	char path[STORE_RIG_PATH], moved[STORE_RIG_PATH];

	(void)state;
	store_rig_path(&rig, "calls.db", path);
	store_rig_path(&rig, "moved", moved);
	store_rig_reopen(&rig);
	put_calls(5, 1);
	store_rig_close(&rig);
	assert_int_equal(chmod(rig.folder, 0750), 0);
	refused(-EPERM, "chmod 700");
	assert_int_equal(chmod(rig.folder, 0700), 0);
	assert_int_equal(chmod(path, 0640), 0);
	refused(-EPERM, "chmod 600");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(rig.key, 0644), 0);
	refused(-EPERM, "is open to others");
	assert_int_equal(chmod(rig.key, 0600), 0);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
	refused(-EUCLEAN, "no plain file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(moved, path), 0);
	store_rig_reopen(&rig);
	expect(5, 0);
	store_rig_close(&rig);
	store_rig_destroy(&rig);
	refused(-ENOENT, "is not there");
	store_rig_make(&rig);
}

static void files_are_private(void **state)
{
	mode_t mask = umask(0);
	const struct dirent *entry;
	DIR *dir;
	int n = 0;

	(void)state;
	store_rig_reopen(&rig);
	put_calls(50, 1);
	(void)umask(mask);
	dir = opendir(rig.folder);
	assert_non_null(dir);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while ((entry = readdir(dir)) != NULL) {
		struct stat st;

		assert_int_equal(fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_true(S_ISDIR(st.st_mode) || (st.st_mode & 07777) == 0600);
		n += S_ISREG(st.st_mode);
	}
	(void)closedir(dir);
	assert_true(n >= 2); /* the file and its log */
}

static void newer_version_is_refused(void **state)
{
	(void)state;
	store_rig_reopen(&rig);
	put_calls(5, 1);
	store_rig_close(&rig);
	store_rig_sql(&rig, "PRAGMA user_version = 2");
	refused(-ENOTSUP, "newer version");
	store_rig_sql(&rig, "PRAGMA user_version = 0");
	refused(-EUCLEAN, "damaged, or not ours");
	store_rig_sql(&rig, "PRAGMA user_version = 1");
	store_rig_sql(&rig, "PRAGMA application_id = 1");
	refused(-EUCLEAN, "damaged, or not ours");
	store_rig_sql(&rig, "PRAGMA application_id = 0x534c4345");
	store_rig_reopen(&rig);
	expect(5, 0);
	store_rig_close(&rig);
	store_rig_sql(&rig, "DROP TABLE calls");
	assert_true(store_rig_open(&rig) < 0);
}

static void search_file(const char *path, const uint8_t *needle, size_t len, int *found)
{
	size_t size;
	uint8_t *bytes = store_rig_read(path, &size);

	*found += memmem(bytes, size, needle, len) != NULL;
	free(bytes);
}

static void nothing_is_on_disk_in_the_clear(void **state)
{
	static const char *const files[] = {"calls.db", "calls.db-wal"};
	static const uint8_t needle[16] = "SRTP-master-key";
	static const uint8_t public[] = "CREATE TABLE calls";
	uint8_t image[3000];
	char path[STORE_RIG_PATH];
	int planted = 0, found = 0;

	(void)state;
	memset(image, 'x', sizeof(image));
	memcpy(image + 1000, needle, sizeof(needle));
	store_rig_reopen(&rig);
	put_calls(50, 1);
	for (int i = 0; i < 50; i++) { /* some removed, some replaced by longer ones */
		assert_int_equal(store_put(rig.store, 99, image, 1100 + (size_t)i * 30), 0);
		assert_int_equal(store_put(rig.store, 100, image, 2000), 0);
		assert_int_equal(store_remove(rig.store, 100), 0);
		assert_int_equal(store_commit(rig.store), 0);
	}
	for (size_t i = 0; i < 2; i++) { /* while it is open: file and log */
		store_rig_path(&rig, files[i], path);
		search_file(path, image + 1000, 8, &planted);
		search_file(path, image, 8, &planted);
		search_file(path, public, sizeof(public) - 1, &found);
	}
	store_rig_close(&rig);
	store_rig_path(&rig, files[0], path);
	search_file(path, image + 1000, 8, &planted);
	search_file(path, public, sizeof(public) - 1, &found);
	assert_int_equal(planted, 0);
	assert_true(found >= 2); /* which shows that searching finds what is there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_come_back_over_opens, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_and_lengths_at_their_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_not_committed_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(visitor_may_put_and_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(
			other_node_key_is_refused_and_forgets_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			other_node_key_will_do_without_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(
			tampered_rows_are_told_and_others_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_do_not_open_in_others_places, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_stay_while_calls_need_them, setup, teardown),
		cmocka_unit_test_setup_teardown(second_user_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(open_modes_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_private, setup, teardown),
		cmocka_unit_test_setup_teardown(newer_version_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_on_disk_in_the_clear, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
