/* SPDX-License-Identifier: BSD-3-Clause */
/* closer.h - closes what came from others, so that nobody else waits for it.
 *
 * close() of a descriptor that somebody else made may wait for as long as he likes: a TCP socket's
 * as SO_LINGER says, a file's of FUSE until its server answers; and a Unix socket's for all that
 * lie unread in it. To take SO_LINGER away first would not help, as he may share the socket and
 * put it back. So a thread of its own does it, which has nothing else to do.
 *
 * Invariant: descriptors are closed in the order in which they came, each once.
 * Threads:   all functions: one thread, the owner.
 * Ownership: what is taken is the closer's. The thread frees the closer when all is closed after
 *            destroy, which does not wait for that; the end of the process does not either.
 * Units:     descriptors.
 * Errors:    create: 0 or -errno. What there is no room for is closed by who brings it: look at
 *            closer_room before more can come.
 * Cost:      cold: a lock that is held for some instructions.
 */
#ifndef CLOSER_H
#define CLOSER_H

#include <stdint.h>

enum { CLOSER_FDS = 512 };

struct closer;

int closer_create(struct closer **closer);
/* NULL is accepted. */
void closer_destroy(struct closer *closer);

/* How many more it can take. */
uint32_t closer_room(struct closer *closer);

/* Closes it here, which may wait, if there is no room. */
void closer_take(struct closer *closer, int fd);

#endif
