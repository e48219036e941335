/* SPDX-License-Identifier: BSD-3-Clause */
/* node_key.h - the key of this machine, under which all that is kept on disk is sealed.
 *
 * The file is 64 hexadecimal digits and a line feed, so that a person can put it away and bring it
 * back (openssl rand -hex 32 makes the like), and so that a file of zeros, as a power cut may
 * leave, is no key.
 *
 * Invariant: a key that is read comes from a plain file that its owner alone, who is this process's
 *            user, can open; a file that is made is whole on disk, or not there. None is ever
 *            written over.
 * Threads:   pure.
 * Ownership: the key is the caller's, to be wiped with secret_wipe; no other copy is left.
 * Units:     bytes.
 * Errors:    -errno, and 'why' says what is wrong and what to do; never what is in the file.
 *            -ENOENT: no file; -ELOOP: a symbolic link; -EPERM: open to others, or theirs;
 *            -EINVAL: no plain file, or no key in it.
 * Cost:      cold.
 */
#ifndef NODE_KEY_H
#define NODE_KEY_H

#include <stdint.h>
#include <sys/types.h>

enum { NODE_KEY_BYTES = 32, NODE_KEY_WHY_BYTES = 512 };

int node_key_read(const char *path, char why[NODE_KEY_WHY_BYTES], uint8_t key[NODE_KEY_BYTES]);

/* Makes a file with a new key, which only 'owner' can read: if that is another, as root. */
int node_key_create(const char *path, uid_t owner, char why[NODE_KEY_WHY_BYTES]);

#endif
