/* SPDX-License-Identifier: BSD-3-Clause */
/* store.h - calls on disk: an image of each, sealed, over a restart and a power cut.
 *
 * One SQLite database, calls.db, in a folder of our own. Each open makes a data key, which is kept
 * in the database sealed under the node key; a call's image is sealed whole under the data key, and
 * bound to its id. Data keys of earlier opens stay as long as a call needs them: what open and
 * close find no call for is dropped.
 *
 * Invariant: what is on disk is what was committed: each commit whole or not at all, none without
 *            those before it. Of all processes one has the folder open. No image is on disk in
 *            the clear, nor in memory here after the call that brought it. Opening deletes no call.
 * Threads:   one calls. Open starts another, which copies SQLite's log into the file and waits for
 *            the disk, so that no call here does; it shares nothing with the caller but a counter,
 *            and takes no signals. So open comes after the process has given up its privileges.
 *            Whoever forks must not use the store in the child; the folder stays taken until the
 *            child has ended or called exec.
 * Ownership: open allocates, close frees (NULL accepted) and forgets what was not committed. Images
 *            are the caller's; one given to fn is gone, wiped, once fn returns.
 * Units:     bytes; ids are the caller's, any 64 bits.
 * Errors:    -errno. open also says in 'why' what is wrong and what to do:
 *            -EKEYREJECTED: calls are there, and the node key does not open them;
 *            -EUCLEAN: damaged, or no database of ours (at any time); -ENOTSUP: of a newer version;
 *            -EBUSY: another process has it; -EPERM: open to others, or theirs; else as
 *            node_key_read. Later: -EMSGSIZE: image empty or too long; -ENOSPC, -EIO, -ENOMEM.
 *            A put or remove that fails for another reason than -EMSGSIZE takes all since the last
 *            commit with it: every further one fails alike, until store_commit has told so, too;
 *            then the store is as it was after the commit before, and can be used.
 * Cost:      put: 11 us for 1.5 KB, its part of a commit of 200 included. A commit writes to the
 *            page cache and does not wait for the disk, but for a last copy where the log got to
 *            256 MB without a pause. Open reads all calls: 4 ms a thousand, and each as long.
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>
#include <stdint.h>

enum { STORE_IMAGE_MAX = 256 << 10, STORE_WHY_BYTES = 512 };

struct store_options {
	const char *folder;   /* exists, mode 0700, of this process's user */
	const char *node_key; /* file: see node_key.h */
};

struct store;

int store_open(const struct store_options *options, char why[STORE_WHY_BYTES], struct store **out);
void store_close(struct store *store);

/* What open would say, but for -EBUSY, or where room or memory is short; changes nothing, and is in
 * nobody's way who has it open. */
int store_check(const struct store_options *options, char why[STORE_WHY_BYTES]);

/* Inserts or replaces. */
int store_put(struct store *store, uint64_t id, const void *image, size_t len);

/* 0 as well if there is none. */
int store_remove(struct store *store, uint64_t id);

/* All since the last commit lasts from now on: over the end of this process, however it ends. Over
 * a power cut, or the kernel's end, once it is synced, each 4 MB of commits, or once the system has
 * written it by itself (Linux: within about 30 s). What is lost then is the last commits, never one
 * in the middle. */
int store_commit(struct store *store);

/* 'err' is 0; -ENOKEY: the data key of this call is lost or damaged; -EBADMSG: the call is damaged,
 * was moved here, or is not ours. Then 'image' is NULL, and the call stays until it is removed.
 * It may put and remove. */
typedef void store_each_fn(void *arg, uint64_t id, int err, const void *image, size_t len);

/* Every call, ids ascending as signed numbers. An error is of the database, and ends it. */
int store_each(struct store *store, store_each_fn *fn, void *arg);

#endif
