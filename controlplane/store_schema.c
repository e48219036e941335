/* SPDX-License-Identifier: BSD-3-Clause */
/* A new database gets its name when it is whole. So calls.db without a schema is never a beginning,
 * but what is left of a damaged one, and is not taken for "no calls". */
#include "store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION = 0x534c4345, VERSION = 1 };

static const char file[] = "calls.db", file_wal[] = "calls.db-wal", file_new[] = "calls.db.new",
		  file_shm[] = "calls.db-shm";

static const char schema[] = "PRAGMA application_id = 0x534c4345;"
			     "PRAGMA user_version = 1;"
			     "CREATE TABLE keys (id INTEGER PRIMARY KEY, created INTEGER NOT NULL,"
			     " sealed BLOB NOT NULL) STRICT;"
			     "CREATE TABLE calls (id INTEGER PRIMARY KEY, key INTEGER NOT NULL,"
			     " sealed BLOB NOT NULL) STRICT;"
			     "PRAGMA journal_mode = WAL;";

static const char settings[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = NORMAL;"
			       "PRAGMA cache_size = -65536;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA secure_delete = FAST;"
			       "PRAGMA temp_store = MEMORY;";

int store_refuse(char why[STORE_WHY_BYTES], int err, const char *path, const char *what)
{
	(void)snprintf(why, STORE_WHY_BYTES, "state directory %.255s %s", path, what);
	return err;
}

int store_refuse_full(char why[STORE_WHY_BYTES], const char *path)
{
	return store_refuse(why, -ENOSPC, path,
		"has no room left, without which no call would outlast a restart: make some, then "
		"start again; the calls that the data plane has go on meanwhile");
}

static const char *cure(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "chown it, with what is in it, to the user that runs this, and let that one "
		       "into the folders above";
	case -ENOTDIR:
	case -ELOOP:
		return "it must be a folder: make one, or name another";
	case -EROFS:
		return "name one that can be written; a unit needs it in ReadWritePaths";
	case -ENOMEM:
		return "there is too little memory";
	case -EBUSY:
		return "stop who has it open";
	default:
		return "the kernel's log may tell more";
	}
}

int store_refuse_errno(char why[STORE_WHY_BYTES], int err, const char *path, const char *how)
{
	if (err == -ENOSPC)
		return store_refuse_full(why, path);
	(void)snprintf(why, STORE_WHY_BYTES, "state directory %.255s cannot be %s: %s: %s", path,
		how, strerrordesc_np(-err), cure(err));
	return err;
}

static int refuse_errno(char why[STORE_WHY_BYTES], int err, const char *path)
{
	return store_refuse_errno(why, err, path, "used");
}

int store_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return -EACCES;
	default:
		break;
	}
	return rc == SQLITE_IOERR_NOMEM ? -ENOMEM : -EIO;
}

int store_number(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	int err = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*number = sqlite3_column_int64(stmt, 0);
	else
		err = store_errno(rc);
	(void)sqlite3_finalize(stmt);
	return err;
}

static int check_folder(int fd, const char *name, char why[STORE_WHY_BYTES])
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse_errno(why, -errno, name);
	if (st.st_uid != geteuid())
		return store_refuse(why, -EPERM, name,
			"belongs to another user than runs this: chown it to that one");
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return store_refuse(why, -EPERM, name, "is open to others: chmod 700 it");
	return 0;
}

static int lock_folder(int fd, const char *name, char why[STORE_WHY_BYTES])
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return refuse_errno(why, -errno, name);
	return store_refuse(why, -EBUSY, name,
		"is in use by another process: stop that one, or name another folder");
}

int store_folder_look(const char *name, char why[STORE_WHY_BYTES], int *out)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0 && errno == ENOENT)
		return store_refuse(why, -ENOENT, name,
			"is not there: make it, mode 0700, for the user that runs this");
	if (fd < 0)
		return refuse_errno(why, -errno, name);
	err = check_folder(fd, name, why);
	if (err != 0) {
		(void)close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

int store_folder_open(const char *name, char why[STORE_WHY_BYTES], int *out)
{
	int fd = -1;
	int err = store_folder_look(name, why, &fd);

	if (err == 0)
		err = lock_folder(fd, name, why);
	if (err == 0)
		*out = fd;
	else if (fd >= 0)
		(void)close(fd);
	return err;
}

static int connect_path(const char *path, int flags, sqlite3 **out)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(
		path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc != SQLITE_OK) {
		int err = db == NULL ? -ENOMEM : store_errno(rc);

		(void)sqlite3_close(db);
		return err;
	}
	*out = db;
	return 0;
}

static int connect_file(const char *folder, const char *name, sqlite3 **out)
{
	char *path = NULL;
	int err;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	err = connect_path(path, SQLITE_OPEN_READWRITE, out);
	free(path);
	return err;
}

static int make_empty(int folder, const char *name)
{
	int err = 0;
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		S_IRUSR | S_IWUSR);

	if (fd < 0)
		return -errno;
	if (fchmod(fd, S_IRUSR | S_IWUSR) != 0) /* whatever the umask */
		err = -errno;
	(void)close(fd);
	return err;
}

static int write_schema(const char *folder)
{
	sqlite3 *db = NULL;
	int err = connect_file(folder, file_new, &db);
	int rc;

	if (err != 0)
		return err;
	rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		err = store_errno(rc);
	rc = sqlite3_close(db); /* which moves the log into the file */
	return err == 0 && rc != SQLITE_OK ? -EIO : err;
}

static int create(int folder, const char *name)
{
	static const char *const left[] = {
		file_new, "calls.db.new-wal", "calls.db.new-shm", "calls.db.new-journal"};
	int err;

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) /* of an attempt cut short */
		if (unlinkat(folder, left[i], 0) != 0 && errno != ENOENT)
			return -errno;
	err = make_empty(folder, file_new);
	if (err == 0)
		err = write_schema(name);
	if (err == 0 && faccessat(folder, left[1], F_OK, 0) == 0)
		err = -EIO; /* the file is not whole without it */
	if (err == 0 && renameat(folder, file_new, folder, file) != 0)
		err = -errno;
	if (err == 0 && fsync(folder) != 0)
		err = -errno;
	return err;
}

static int check_file(int folder, const char *name, char why[STORE_WHY_BYTES])
{
	struct stat st;

	if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return refuse_errno(why, -errno, name);
	if (!S_ISREG(st.st_mode))
		return store_refuse(
			why, -EUCLEAN, name, "has a calls.db that is no plain file: move it away");
	if (st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return store_refuse(why, -EPERM, name,
			"has a calls.db that others can open: chown it to the user that runs "
			"this, and chmod 600 it");
	return 0;
}

static bool is_there(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* 'found': whether it is there; if not, it may be made. */
static int find_file(int folder, const char *name, char why[STORE_WHY_BYTES], bool *found)
{
	*found = is_there(folder, file);
	if (*found)
		return check_file(folder, name, why);
	if (errno != ENOENT)
		return refuse_errno(why, -errno, name);
	if (is_there(folder, file_wal))
		return store_refuse(why, -EUCLEAN, name,
			"has a calls.db-wal without its calls.db: bring that back, or, to begin "
			"without calls, move this away, too");
	return 0;
}

static int find_or_create(int folder, const char *name, char why[STORE_WHY_BYTES])
{
	bool found = false;
	int err = find_file(folder, name, why, &found);

	if (err != 0 || found)
		return err;
	err = create(folder, name);
	return err != 0 ? refuse_errno(why, err, name) : 0;
}

/* What is in a file can be anything; it shall have nothing to say beyond its two tables. */
static int restrict_schema(sqlite3 *db)
{
	static const struct {
		int what, on;
	} rows[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == SQLITE_OK; i++)
		rc = sqlite3_db_config(db, rows[i].what, rows[i].on, NULL);
	return rc;
}

static int check_version(sqlite3 *db, const char *name, char why[STORE_WHY_BYTES])
{
	int64_t application = 0, version = 0;
	int err = store_number(db, "PRAGMA application_id", &application);

	if (err == 0)
		err = store_number(db, "PRAGMA user_version", &version);
	if (err == 0 && application == APPLICATION && version > VERSION)
		return store_refuse(why, -ENOTSUP, name,
			"was written by a newer version: install that one, or, to begin without "
			"calls, move calls.db and calls.db-wal away");
	return err == 0 && (application != APPLICATION || version != VERSION) ? -EUCLEAN : err;
}

/* A page of zeros where rows were reads as fewer rows; so all pages are looked at. */
static int check_pages(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	int err = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		err = store_errno(rc);
	else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
		err = -EUCLEAN;
	(void)sqlite3_finalize(stmt);
	return err;
}

static int configure(
	sqlite3 *db, const char *name, char why[STORE_WHY_BYTES], const char *with_settings)
{
	int rc = restrict_schema(db);
	int err;

	err = rc != SQLITE_OK ? store_errno(rc) : check_version(db, name, why);
	if (err == 0) {
		rc = sqlite3_exec(db, with_settings, NULL, NULL, NULL);
		err = rc != SQLITE_OK ? store_errno(rc) : check_pages(db);
	}
	if (err == -EUCLEAN)
		return store_refuse(why, err, name,
			"has a calls.db that is damaged, or not ours: bring back a good one, or, "
			"to begin without calls, move calls.db and calls.db-wal away");
	return err != 0 && err != -ENOTSUP ? refuse_errno(why, err, name) : err;
}

int store_database_connect(const char *name, sqlite3 **db)
{
	int err = connect_file(name, file, db);
	int rc = SQLITE_OK;

	if (err == 0)
		rc = sqlite3_exec(*db, settings, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return err;
	(void)sqlite3_close(*db);
	*db = NULL;
	return store_errno(rc);
}

int store_database_open(int folder, const char *name, char why[STORE_WHY_BYTES], sqlite3 **out)
{
	sqlite3 *db = NULL;
	int err = find_or_create(folder, name, why);

	if (err != 0)
		return err;
	err = connect_file(name, file, &db);
	if (err != 0)
		return refuse_errno(why, err, name);
	err = configure(db, name, why, settings);
	if (err != 0) {
		(void)sqlite3_close(db);
		return err;
	}
	*out = db;
	return 0;
}

/* The log's index is read where it lies: who has the store open keeps it up, and after a crash
 * SQLite makes its own in memory. Without a log the file is whole, and needs no lock. A log alone,
 * as a backup may bring it, can't be read without making the index. */
int store_database_look(int folder, const char *name, char why[STORE_WHY_BYTES], sqlite3 **out)
{
	static const char read_only[] = "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";
	bool found = false, has_log = is_there(folder, file_wal);
	sqlite3 *db = NULL;
	int err = find_file(folder, name, why, &found);
	char uri[96];

	if (err != 0 || !found || (has_log && !is_there(folder, file_shm)))
		return err;
	/* through the descriptor, as a URI has letters of its own */
	(void)snprintf(uri, sizeof(uri), "file:/proc/self/fd/%d/%s?%s", folder, file,
		has_log ? "readonly_shm=1" : "immutable=1");
	err = connect_path(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &db);
	if (err != 0)
		return refuse_errno(why, err, name);
	err = configure(db, name, why, read_only);
	if (err == 0)
		*out = db;
	else
		(void)sqlite3_close(db);
	return err;
}
