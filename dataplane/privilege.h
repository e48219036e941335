/* SPDX-License-Identifier: BSD-3-Clause */
/* privilege.h - gives up what only the start needs.
 *
 * Capabilities belong to threads, and the EAL and its drivers have made some by now: a signal makes
 * each of them drop its own.
 *
 * Invariant: after success no thread of the process has a capability, or can gain one by exec.
 * Threads:   called once, by main, before workers poll; other threads may exist.
 * Ownership: none.
 * Units:     none.
 * Errors:    0 or -errno: -ENOENT no such user, -ETIMEDOUT a thread did not answer. The process
 *            should end then.
 * Cost:      cold.
 */
#ifndef PRIVILEGE_H
#define PRIVILEGE_H

/* Becomes 'user' and its group, or stays who it is if NULL. */
int privilege_drop(const char *user);

#endif
