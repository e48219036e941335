/* SPDX-License-Identifier: BSD-3-Clause */
/* Commits go to the log; from time to time what is there has to be copied to the file, and both
 * synced, which is a wait for the disk: tens of milliseconds, or seconds on a busy one. No event
 * loop can wait so long. SQLite lets another connection do it while the first goes on writing, so
 * a thread with a connection of its own does, and shares with us a counter to be woken by.
 *
 * The log begins anew when it was copied up to its end between two commits. Without a pause that
 * long it would grow for ever: so from LOG_MOST pages on we copy the rest ourselves. */
#include "store_impl.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOG_STEP = 1024, LOG_MOST = 65536 }; /* pages of 4 KiB */

static const eventfd_t wake = 1, end = UINT64_C(1) << 32;

struct store_checkpoint {
	pthread_t thread;
	sqlite3 *db; /* the thread's */
	int event;
	int pages; /* in the log */
	int asked; /* at how many pages we last did something */
};

/* An error is no matter: the log keeps what it has, and the next one tries again. Returns how many
 * pages the log has. */
static int copy(sqlite3 *db)
{
	int pages = 0;

	(void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
	return pages;
}

/* SQLite syncs the file when it has copied all of the log; with a log that grows meanwhile, that is
 * the copy that the writer has to wait for. So little shall be left for it. */
static void sync_file(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
		file != NULL && file->pMethods != NULL)
		(void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

static void *run(void *arg)
{
	const struct store_checkpoint *c = arg;
	eventfd_t events = 0;

	while (eventfd_read(c->event, &events) == 0 && events < end)
		if (copy(c->db) > LOG_MOST / 2)
			sync_file(c->db);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int start(struct store_checkpoint *c)
{
	sigset_t all, before;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&c->thread, NULL, run, c);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store_checkpoint *c = arg;

	(void)db;
	(void)name;
	c->pages = pages;
	return SQLITE_OK;
}

int store_checkpoint_start(struct store *s, const char *name)
{
	struct store_checkpoint *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->event = eventfd(0, EFD_CLOEXEC);
	err = c->event < 0 ? -errno : store_database_connect(name, &c->db);
	if (err == 0)
		err = start(c);
	if (err != 0) {
		(void)sqlite3_close(c->db);
		if (c->event >= 0)
			(void)close(c->event);
		free(c);
		return err;
	}
	(void)sqlite3_wal_hook(s->db, on_commit, c);
	s->checkpoint = c;
	return 0;
}

void store_checkpoint_stop(struct store *s)
{
	struct store_checkpoint *c = s->checkpoint;

	if (c == NULL)
		return;
	(void)eventfd_write(c->event, end);
	(void)pthread_join(c->thread, NULL);
	(void)sqlite3_close(c->db);
	(void)close(c->event);
	(void)sqlite3_wal_hook(s->db, NULL, NULL);
	free(c);
	s->checkpoint = NULL;
}

void store_checkpoint_after_commit(struct store *s)
{
	struct store_checkpoint *c = s->checkpoint;

	if (c->pages < c->asked) /* it began anew */
		c->asked = 0;
	if (c->pages - c->asked < LOG_STEP)
		return;
	c->asked = c->pages;
	if (c->pages >= LOG_MOST)
		(void)copy(s->db);
	else
		(void)eventfd_write(c->event, wake);
}
