/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_rig.h"

#include "node_key.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void store_rig_make(struct store_rig *r)
{
	memset(r, 0, sizeof(*r));
	(void)snprintf(r->top, sizeof(r->top), "/tmp/slt-store-XXXXXX");
	assert_non_null(mkdtemp(r->top));
	(void)snprintf(r->folder, sizeof(r->folder), "%s/state", r->top);
	(void)snprintf(r->key, sizeof(r->key), "%s/node.key", r->top);
	assert_int_equal(mkdir(r->folder, 0700), 0);
	assert_int_equal(node_key_create(r->key, geteuid(), r->why), 0);
}

static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_type != DT_DIR)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
}

void store_rig_destroy(struct store_rig *r)
{
	store_rig_close(r);
	empty_folder(r->folder);
	(void)rmdir(r->folder);
	empty_folder(r->top);
	(void)rmdir(r->top);
}

int store_rig_open(struct store_rig *r)
{
	const struct store_options options = {.folder = r->folder, .node_key = r->key};

	assert_null(r->store);
	return store_open(&options, r->why, &r->store);
}

void store_rig_close(struct store_rig *r)
{
	store_close(r->store);
	r->store = NULL;
}

void store_rig_reopen(struct store_rig *r)
{
	store_rig_close(r);
	if (store_rig_open(r) != 0)
		fail_msg("%s", r->why);
}

void store_rig_path(const struct store_rig *r, const char *name, char path[STORE_RIG_PATH])
{
	assert_true((size_t)snprintf(path, STORE_RIG_PATH, "%.80s/%.40s", r->folder, name) <
		    STORE_RIG_PATH);
}

void store_rig_sql(const struct store_rig *r, const char *sql)
{
	char path[STORE_RIG_PATH];
	sqlite3 *db = NULL;

	assert_null(r->store);
	store_rig_path(r, "calls.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static size_t make_image(uint64_t id, uint32_t version, uint8_t *image)
{
	struct support_rng rng = {.state = id * 1000003 + version};
	size_t len = STORE_RIG_IMAGE + (size_t)(id % 900);

	support_fill(&rng, image, (uint32_t)len);
	memcpy(image, &version, sizeof(version));
	return len;
}

int store_rig_put(struct store *store, uint64_t id, uint32_t version)
{
	uint8_t image[STORE_RIG_IMAGE + 900];
	size_t len = make_image(id, version, image);

	return store_put(store, id, image, len);
}

static void on_call(void *arg, uint64_t id, int err, const void *image, size_t len)
{
	uint8_t expected[STORE_RIG_IMAGE + 900];
	struct store_rig *r = arg;
	uint32_t version;

	if (err != 0) {
		assert_null(image);
		assert_int_equal(len, 0);
		r->n_bad++;
		r->last_err = err;
		return;
	}
	assert_true(len >= sizeof(version));
	memcpy(&version, image, sizeof(version));
	assert_int_equal(len, make_image(id, version, expected));
	assert_memory_equal(image, expected, len);
	r->n_good++;
	if (id < STORE_RIG_IDS)
		r->version[id] = version;
}

int store_rig_look(struct store_rig *r)
{
	r->n_good = 0;
	r->n_bad = 0;
	r->last_err = 0;
	memset(r->version, 0, sizeof(r->version));
	return store_each(r->store, on_call, r);
}

uint8_t *store_rig_read(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	(void)close(fd);
	*len = (size_t)st.st_size;
	return bytes;
}

void store_rig_write(const char *path, const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
}
