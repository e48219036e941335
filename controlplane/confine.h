/* SPDX-License-Identifier: BSD-3-Clause */
/* confine.h - gives up what only the start needs.
 *
 * Invariant: after success the process has no capability and cannot gain one by exec, belongs to
 *            the user and its group alone, and leaves no core.
 * Threads:   called by main, before a byte is read from the network; no other thread exists.
 * Ownership: none.
 * Units:     descriptors.
 * Errors:    0 or -errno: -ENOENT no such user; -EPERM root without a user to become, or another
 *            user than the one to become. The process should end then.
 * Cost:      cold.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdint.h>
#include <sys/types.h>

/* Becomes 'user', or stays who it is if NULL. */
int confine_process(const char *user);

/* Of a user by name; NULL: of this process. */
int confine_user_id(const char *user, uid_t *uid);

/* That so many files can be open; -EMFILE: the hard limit is lower, which is put into 'limit'. */
int confine_raise_files(uint64_t files, uint64_t *limit);

#endif
