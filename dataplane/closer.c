/* SPDX-License-Identifier: BSD-3-Clause */
#include "closer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct closer {
	pthread_mutex_t lock;
	pthread_cond_t more;
	uint32_t first, n;
	bool done; /* nothing more comes */
	int fds[CLOSER_FDS];
};

/* The next one; -1 when there will be none. */
static int next(struct closer *c)
{
	int fd = -1;

	(void)pthread_mutex_lock(&c->lock);
	while (c->n == 0 && !c->done)
		(void)pthread_cond_wait(&c->more, &c->lock);
	if (c->n > 0) {
		fd = c->fds[c->first];
		c->first = (c->first + 1) % CLOSER_FDS;
		c->n--;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return fd;
}

static void *run(void *arg)
{
	struct closer *c = arg;

	for (int fd = next(c); fd >= 0; fd = next(c))
		(void)close(fd);
	(void)pthread_cond_destroy(&c->more);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
	return NULL;
}

int closer_create(struct closer **closer)
{
	struct closer *c = calloc(1, sizeof(*c));
	pthread_t thread;
	int err;

	if (c == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->more, NULL);
	err = pthread_create(&thread, NULL, run, c);
	if (err != 0) {
		(void)pthread_cond_destroy(&c->more);
		(void)pthread_mutex_destroy(&c->lock);
		free(c);
		return -err;
	}
	(void)pthread_detach(thread);
	*closer = c;
	return 0;
}

/* The thread may free it as soon as the lock is given back. */
void closer_destroy(struct closer *closer)
{
	if (closer == NULL)
		return;
	(void)pthread_mutex_lock(&closer->lock);
	closer->done = true;
	(void)pthread_cond_signal(&closer->more);
	(void)pthread_mutex_unlock(&closer->lock);
}

uint32_t closer_room(struct closer *closer)
{
	uint32_t n;

	(void)pthread_mutex_lock(&closer->lock);
	n = closer->n;
	(void)pthread_mutex_unlock(&closer->lock);
	return CLOSER_FDS - n;
}

void closer_take(struct closer *closer, int fd)
{
	bool taken;

	(void)pthread_mutex_lock(&closer->lock);
	taken = closer->n < CLOSER_FDS;
	if (taken)
		closer->fds[(closer->first + closer->n++) % CLOSER_FDS] = fd;
	(void)pthread_cond_signal(&closer->more);
	(void)pthread_mutex_unlock(&closer->lock);
	if (!taken)
		(void)close(fd);
}
