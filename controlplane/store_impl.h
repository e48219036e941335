/* SPDX-License-Identifier: BSD-3-Clause */
/* store_impl.h - what the parts of the store share.
 *
 * Invariant: 'fault' is 0 unless a transaction failed and was rolled back, and the caller has not
 *            committed since; 'is_begun' is false then.
 * Threads:   as store.h; the second has a connection of its own, and touches no other field.
 * Ownership: the store has all of it.
 * Units:     bytes.
 * Errors:    as store.h.
 * Cost:      as store.h.
 */
#ifndef STORE_IMPL_H
#define STORE_IMPL_H

#include "seal.h"
#include "store.h"

#include <sqlite3.h>
#include <stdbool.h>

enum store_table { STORE_KEYS = 1, STORE_CALLS = 2 };

struct store_key {
	int64_t id;
	struct seal *seal; /* NULL: lost, or damaged */
};

struct store_checkpoint;

struct store {
	int folder; /* holds the lock */
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback, *put, *remove, *next;
	bool is_begun;
	int fault;
	struct store_key key;       /* of this open */
	struct store_key *old_keys; /* by id, ascending */
	size_t n_old_keys;
	struct store_checkpoint *checkpoint;
	uint8_t *sealed; /* room for the longest */
};

/* 'what' goes on from the subject and says what to do. Returns 'err'. */
int store_refuse(char why[STORE_WHY_BYTES], int err, const char *path, const char *what);

/* The same where the kernel or SQLite refuses: why, and what to do. 'how' as in "used". */
int store_refuse_errno(char why[STORE_WHY_BYTES], int err, const char *path, const char *how);

/* The same of a disk that is full: -ENOSPC. */
int store_refuse_full(char why[STORE_WHY_BYTES], const char *path);

/* What a result code of SQLite is in our terms. */
int store_errno(int rc);

/* The number that a query of one row and column brings. */
int store_number(sqlite3 *db, const char *sql, int64_t *number);

/* Where 'why' is still empty, fills it in. Returns 'err'. */
int store_explain(int err, const char *name, char why[STORE_WHY_BYTES]);

/* Opens the folder, and locks it, or not. */
int store_folder_open(const char *name, char why[STORE_WHY_BYTES], int *out);
int store_folder_look(const char *name, char why[STORE_WHY_BYTES], int *out);

/* Makes calls.db if there is none, and opens it. */
int store_database_open(int folder, const char *name, char why[STORE_WHY_BYTES], sqlite3 **out);

/* Opens calls.db to read, and changes nothing; NULL: there is none, or only its start can read it.
 */
int store_database_look(int folder, const char *name, char why[STORE_WHY_BYTES], sqlite3 **out);

/* Opens calls.db as it is. */
int store_database_connect(const char *name, sqlite3 **db);

/* Starts what copies the log into the file, and asks it to, if it is time. */
int store_checkpoint_start(struct store *s, const char *name);
void store_checkpoint_after_commit(struct store *s);
void store_checkpoint_stop(struct store *s);

/* Opens the data keys that calls need. */
int store_keys_load(
	struct store *s, struct seal *node, const char *name, char why[STORE_WHY_BYTES]);

/* Drops those that no call needs, and makes a new one. */
int store_keys_renew(struct store *s, struct seal *node);

int store_keys_drop(struct store *s);
void store_keys_forget(struct store *s);

/* NULL: there is none that opens. */
struct seal *store_keys_find(const struct store *s, int64_t id);

#endif
