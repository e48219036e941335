/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_impl.h"

#include "secret.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum { BLOB_BYTES = SEAL_KEY_BYTES + SEAL_EXTRA_BYTES };

/* Each key that calls name, whether it is there or not. */
static const char needed[] = "SELECT c.key, k.sealed FROM (SELECT DISTINCT key FROM calls) AS c"
			     " LEFT JOIN keys AS k ON k.id = c.key ORDER BY c.key";

static const char drop[] = "DELETE FROM keys WHERE id NOT IN (SELECT key FROM calls)";

static struct seal_place place_of(int64_t id)
{
	return (struct seal_place){.table = STORE_KEYS, .row = (uint64_t)id};
}

/* NULL in 'seal' if the blob does not open; an error only if memory is short. */
static int open_key(struct seal *node, int64_t id, const void *blob, int len, struct seal **seal)
{
	const struct seal_place place = place_of(id);
	uint8_t key[SEAL_KEY_BYTES];
	int err = 0;

	*seal = NULL;
	if (len != BLOB_BYTES || seal_unwrap(node, &place, blob, (size_t)len, key) != 0)
		return 0;
	err = seal_create(key, SEAL_OPENS, seal);
	secret_wipe(key, sizeof(key));
	return err;
}

static int add_key(struct store *s, struct seal *node, sqlite3_stmt *row)
{
	size_t n = s->n_old_keys;
	struct store_key *all;
	int err;

	if ((n & (n - 1)) == 0) { /* full, as it doubles */
		all = reallocarray(s->old_keys, n == 0 ? 1 : 2 * n, sizeof(*all));
		if (all == NULL)
			return -ENOMEM;
		s->old_keys = all;
	}
	all = s->old_keys;
	all[n].id = sqlite3_column_int64(row, 0);
	err = open_key(node, all[n].id, sqlite3_column_blob(row, 1), sqlite3_column_bytes(row, 1),
		&all[n].seal);
	if (err == 0)
		s->n_old_keys = n + 1;
	return err;
}

static int load(struct store *s, struct seal *node)
{
	sqlite3_stmt *rows = NULL;
	int rc = sqlite3_prepare_v2(s->db, needed, -1, &rows, NULL);
	int err = 0;

	while (rc == SQLITE_OK && err == 0) {
		rc = sqlite3_step(rows);
		if (rc == SQLITE_ROW) {
			rc = SQLITE_OK;
			err = add_key(s, node, rows);
		}
	}
	if (err == 0 && rc != SQLITE_DONE)
		err = store_errno(rc);
	(void)sqlite3_finalize(rows);
	return err;
}

int store_keys_load(struct store *s, struct seal *node, const char *name, char why[STORE_WHY_BYTES])
{
	int err = load(s, node);
	size_t good = 0;

	if (err != 0)
		return err;
	for (size_t i = 0; i < s->n_old_keys; i++)
		good += s->old_keys[i].seal != NULL;
	/* where some open, it is the right node key, and the others are damaged */
	if (good > 0 || s->n_old_keys == 0)
		return 0;
	return store_refuse(why, -EKEYREJECTED, name,
		"has calls sealed under another node key: bring that key back, or, to forget those "
		"calls, move calls.db and calls.db-wal away");
}

/* An id that never was: rows that outlived their key must not meet it. */
static int new_id(int64_t *id)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	*id = (int64_t)(random >> 1);
	return 0;
}

static int insert(sqlite3 *db, int64_t id, const uint8_t blob[BLOB_BYTES])
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "INSERT INTO keys VALUES (?, ?, ?)", -1, &stmt, NULL);
	int err;

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 2, (int64_t)time(NULL));
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(stmt, 3, blob, BLOB_BYTES, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	err = rc == SQLITE_DONE ? 0 : store_errno(rc);
	(void)sqlite3_finalize(stmt);
	return err;
}

static int make_key(struct store *s, struct seal *node)
{
	uint8_t key[SEAL_KEY_BYTES], blob[BLOB_BYTES];
	struct seal_place place;
	int err = new_id(&s->key.id);

	if (err == 0 && getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		err = -EIO;
	if (err != 0)
		return err;
	place = place_of(s->key.id);
	err = seal_create(key, SEAL_COUNTED, &s->key.seal);
	if (err == 0)
		err = seal_wrap(node, &place, key, sizeof(key), blob);
	secret_wipe(key, sizeof(key));
	return err == 0 ? insert(s->db, s->key.id, blob) : err;
}

int store_keys_drop(struct store *s)
{
	int rc = sqlite3_exec(s->db, drop, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_errno(rc);
}

int store_keys_renew(struct store *s, struct seal *node)
{
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	int err = rc == SQLITE_OK ? store_keys_drop(s) : store_errno(rc);

	if (err == 0)
		err = make_key(s, node);
	if (err != 0)
		return err; /* closing rolls back */
	rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : store_errno(rc);
}

void store_keys_forget(struct store *s)
{
	for (size_t i = 0; i < s->n_old_keys; i++)
		seal_destroy(s->old_keys[i].seal);
	free(s->old_keys);
	seal_destroy(s->key.seal);
}

static int compare(const void *a, const void *b)
{
	const int64_t *id = a;
	const struct store_key *key = b;

	return (*id > key->id) - (*id < key->id);
}

struct seal *store_keys_find(const struct store *s, int64_t id)
{
	const struct store_key *key;

	if (id == s->key.id)
		return s->key.seal;
	if (s->n_old_keys == 0)
		return NULL;
	key = bsearch(&id, s->old_keys, s->n_old_keys, sizeof(*key), compare);
	return key != NULL ? key->seal : NULL;
}
