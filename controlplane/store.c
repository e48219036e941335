/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include "node_key.h"
#include "secret.h"
#include "store_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)STORE_WHY_BYTES >= (int)NODE_KEY_WHY_BYTES, "one takes the other's words");
_Static_assert((int)STORE_IMAGE_MAX <= (int)SEAL_PLAIN_MAX, "each can be sealed");

static struct seal_place place_of(uint64_t id, int64_t key)
{
	return (struct seal_place){.table = STORE_CALLS, .row = id, .key = (uint64_t)key};
}

static int prepare(struct store *s)
{
	const struct {
		const char *sql;
		sqlite3_stmt **stmt;
	} rows[] = {
		{"BEGIN IMMEDIATE", &s->begin},
		{"COMMIT", &s->commit},
		{"ROLLBACK", &s->rollback},
		{"INSERT OR REPLACE INTO calls VALUES (?1, ?2, ?3)", &s->put},
		{"DELETE FROM calls WHERE id = ?1", &s->remove},
		{"SELECT id, key, sealed FROM calls WHERE id >= ?1 ORDER BY id LIMIT 1", &s->next},
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(
			s->db, rows[i].sql, -1, SQLITE_PREPARE_PERSISTENT, rows[i].stmt, NULL);
	return rc == SQLITE_OK ? 0 : store_errno(rc);
}

static int open_keys(struct store *s, const struct store_options *o, char why[STORE_WHY_BYTES])
{
	uint8_t key[NODE_KEY_BYTES];
	struct seal *node = NULL;
	int err = node_key_read(o->node_key, why, key);

	if (err != 0)
		return err;
	err = seal_create(key, SEAL_RANDOM, &node);
	secret_wipe(key, sizeof(key));
	if (err == 0)
		err = store_keys_load(s, node, o->folder, why);
	if (err == 0)
		err = store_keys_renew(s, node);
	seal_destroy(node);
	return err;
}

int store_explain(int err, const char *name, char why[STORE_WHY_BYTES])
{
	if (err == 0 || why[0] != '\0')
		return err;
	if (err == -EUCLEAN)
		return store_refuse(why, err, name,
			"has a calls.db that is damaged: bring back a good one, or, to begin "
			"without calls, move calls.db and calls.db-wal away");
	return store_refuse_errno(why, err, name, "used");
}

int store_open(const struct store_options *o, char why[STORE_WHY_BYTES], struct store **out)
{
	struct store *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	why[0] = '\0';
	if (s != NULL) {
		s->folder = -1;
		s->sealed = malloc(STORE_IMAGE_MAX + SEAL_EXTRA_BYTES);
	}
	if (s != NULL && s->sealed != NULL)
		err = store_folder_open(o->folder, why, &s->folder);
	if (err == 0)
		err = store_database_open(s->folder, o->folder, why, &s->db);
	if (err == 0)
		err = open_keys(s, o, why);
	if (err == 0)
		err = prepare(s);
	if (err == 0)
		err = store_checkpoint_start(s, o->folder);
	if (err != 0) {
		store_close(s);
		return store_explain(err, o->folder, why);
	}
	*out = s;
	return 0;
}

static int run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	(void)sqlite3_reset(stmt); /* says the same again */
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void roll_back(struct store *s)
{
	s->is_begun = false;
	if (sqlite3_get_autocommit(s->db) == 0) /* SQLite may have done it itself */
		(void)run(s->rollback);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	/* 1. what was not committed goes, 2. then keys without calls, 3. then the thread, 4. then
	 * what SQLite holds: its last connection copies the log into the file and removes it;
	 * 5. the lock last, as others wait for it */
	if (s->rollback != NULL) {
		roll_back(s);
		(void)store_keys_drop(s);
	}
	store_checkpoint_stop(s);
	(void)sqlite3_finalize(s->begin);
	(void)sqlite3_finalize(s->commit);
	(void)sqlite3_finalize(s->rollback);
	(void)sqlite3_finalize(s->put);
	(void)sqlite3_finalize(s->remove);
	(void)sqlite3_finalize(s->next);
	(void)sqlite3_close(s->db);
	store_keys_forget(s);
	if (s->folder >= 0)
		(void)close(s->folder);
	free(s->sealed);
	free(s);
}

static int fail(struct store *s, int rc)
{
	s->fault = store_errno(rc);
	roll_back(s);
	return s->fault;
}

/* Within the transaction of the commit to come. */
static int change(struct store *s, sqlite3_stmt *stmt)
{
	int rc = SQLITE_OK;

	if (!s->is_begun)
		rc = run(s->begin);
	if (rc == SQLITE_OK) {
		s->is_begun = true;
		rc = run(stmt);
	}
	return rc == SQLITE_OK ? 0 : fail(s, rc);
}

int store_put(struct store *s, uint64_t id, const void *image, size_t len)
{
	const struct seal_place place = place_of(id, s->key.id);
	int rc, err;

	if (len == 0 || len > STORE_IMAGE_MAX)
		return -EMSGSIZE;
	if (s->fault != 0)
		return s->fault;
	err = seal_wrap(s->key.seal, &place, image, len, s->sealed);
	if (err != 0) {
		roll_back(s);
		s->fault = err;
		return err;
	}
	rc = sqlite3_bind_int64(s->put, 1, (int64_t)id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s->put, 2, s->key.id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(
			s->put, 3, s->sealed, (int)(len + SEAL_EXTRA_BYTES), SQLITE_STATIC);
	return rc == SQLITE_OK ? change(s, s->put) : fail(s, rc);
}

int store_remove(struct store *s, uint64_t id)
{
	int rc;

	if (s->fault != 0)
		return s->fault;
	rc = sqlite3_bind_int64(s->remove, 1, (int64_t)id);
	return rc == SQLITE_OK ? change(s, s->remove) : fail(s, rc);
}

int store_commit(struct store *s)
{
	int rc, err = s->fault;

	s->fault = 0;
	if (err != 0 || !s->is_begun)
		return err;
	rc = run(s->commit);
	if (rc != SQLITE_OK) {
		err = fail(s, rc);
		s->fault = 0; /* it is told */
		return err;
	}
	s->is_begun = false;
	store_checkpoint_after_commit(s);
	return 0;
}

static int open_image(const struct store *s, sqlite3_stmt *row, uint8_t *image, size_t *len)
{
	int64_t id = sqlite3_column_int64(row, 0), key = sqlite3_column_int64(row, 1);
	const struct seal_place place = place_of((uint64_t)id, key);
	const uint8_t *sealed = sqlite3_column_blob(row, 2);
	size_t sealed_len = (size_t)sqlite3_column_bytes(row, 2);
	struct seal *seal = store_keys_find(s, key);

	if (seal == NULL)
		return -ENOKEY;
	if (sealed_len <= SEAL_EXTRA_BYTES || sealed_len > STORE_IMAGE_MAX + SEAL_EXTRA_BYTES)
		return -EBADMSG;
	*len = sealed_len - SEAL_EXTRA_BYTES;
	return seal_unwrap(seal, &place, sealed, sealed_len, image);
}

/* The row is given back before fn gets the image, so that fn may change the table. */
static int visit(struct store *s, store_each_fn *fn, void *arg, uint8_t *image)
{
	int64_t id = INT64_MIN;

	for (;;) {
		size_t len = 0;
		int rc = sqlite3_bind_int64(s->next, 1, id);
		int err = 0;

		if (rc == SQLITE_OK)
			rc = sqlite3_step(s->next);
		if (rc == SQLITE_ROW) {
			id = sqlite3_column_int64(s->next, 0);
			err = open_image(s, s->next, image, &len);
		}
		(void)sqlite3_reset(s->next);
		if (rc != SQLITE_ROW)
			return rc == SQLITE_DONE ? 0 : store_errno(rc);
		fn(arg, (uint64_t)id, err, err == 0 ? image : NULL, err == 0 ? len : 0);
		secret_wipe(image, len);
		if (id == INT64_MAX)
			return 0;
		id++;
	}
}

int store_each(struct store *s, store_each_fn *fn, void *arg)
{
	uint8_t *image = malloc(STORE_IMAGE_MAX);
	int err;

	if (image == NULL)
		return -ENOMEM;
	err = visit(s, fn, arg, image);
	free(image);
	return err;
}
