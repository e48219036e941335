/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring between two threads (run it under TSan) and between two processes over real regions: each
 * message arrives once, whole and in order, with sleeping and waking in between. Exit status 0
 * only if all held. Usage: stress_relay_ring [MESSAGES] */
#include "relay_region.h"
#include "relay_ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 64, WORDS = 8, SLOT = WORDS * 8, REGION = 1 << 16, RING_OFF = 4096 };

static const struct relay_ring_size size = {SLOTS, SLOT};
static uint64_t messages = 300000;

struct side {
	struct relay_ring_producer p;
	struct relay_ring_consumer c;
	int wake_fd;
	uint64_t slept;
	const char *failed; /* NULL: all held */
};

static uint64_t word_of(uint64_t message, uint32_t i)
{
	return (message + 1) * (UINT64_C(0x9e3779b97f4a7c15) + i);
}

static void produce(struct side *s)
{
	for (uint64_t m = 0; m < messages; m++) {
		uint64_t words[WORDS], one = 1;
		void *slot;
		int err;

		while ((err = relay_ring_reserve(&s->p, &slot)) == -EAGAIN)
			(void)sched_yield();
		if (err != 0) {
			s->failed = "producer: ring broken";
			return;
		}
		for (uint32_t i = 0; i < WORDS; i++)
			words[i] = word_of(m, i);
		memcpy(slot, words, sizeof(words));
		if (relay_ring_publish(&s->p) &&
			write(s->wake_fd, &one, sizeof(one)) != sizeof(one))
			s->failed = "producer: eventfd";
		if (m % 1000 == 999)
			(void)sched_yield(); /* let the consumer run dry and sleep */
	}
}

static void wait_for_more(struct side *s)
{
	uint64_t wakes;

	if (relay_ring_sleep(&s->c)) {
		s->slept++;
		if (read(s->wake_fd, &wakes, sizeof(wakes)) != sizeof(wakes))
			s->failed = "consumer: eventfd";
	}
	relay_ring_awake(&s->c);
}

static void consume(struct side *s)
{
	for (uint64_t m = 0; m < messages && s->failed == NULL; m++) {
		uint64_t words[WORDS] = {0};
		int err;

		while ((err = relay_ring_peek(&s->c, words)) == -EAGAIN)
			wait_for_more(s);
		if (err != 0)
			s->failed = "consumer: ring broken";
		for (uint32_t i = 0; i < WORDS; i++)
			if (words[i] != word_of(m, i))
				s->failed = "consumer: message torn, lost or out of order";
		relay_ring_release(&s->c);
	}
}

static void *producer_main(void *arg)
{
	produce(arg);
	return NULL;
}

static int report(const char *what, const struct side *s)
{
	(void)printf("%s: %llu messages, slept %llu times: %s\n", what,
		(unsigned long long)messages, (unsigned long long)s->slept,
		s->failed == NULL ? "ok" : s->failed);
	return s->failed == NULL ? 0 : 1;
}

static int between_threads(void)
{
	static _Alignas(64) uint8_t made[sizeof(struct relay_ring_head) + (size_t)SLOTS * SLOT];
	static struct relay_ring_tail tail;
	struct relay_ring_head *head = (struct relay_ring_head *)(void *)made;
	struct side producer = {.wake_fd = eventfd(0, EFD_CLOEXEC)}, consumer = producer;
	pthread_t thread;

	if (relay_ring_open_producer(&producer.p, head, &tail, size) != 0 ||
		relay_ring_open_consumer(&consumer.c, &tail, head, size) != 0 ||
		pthread_create(&thread, NULL, producer_main, &producer) != 0)
		return 1;
	consume(&consumer);
	(void)pthread_join(thread, NULL);
	(void)close(producer.wake_fd);
	return report("threads", &consumer) | report("threads, producer", &producer);
}

static struct relay_ring_head *head_in(const struct relay_region *r)
{
	return (struct relay_ring_head *)(void *)((uint8_t *)r->base + RING_OFF);
}

static struct relay_ring_tail *tail_in(const struct relay_region *r)
{
	return (struct relay_ring_tail *)(void *)((uint8_t *)r->base + RING_OFF);
}

/* Each process maps its own region writable and the other's read-only. */
static int child(int data_fd, const struct relay_region *control, int wake_fd)
{
	struct side s = {.wake_fd = wake_fd};
	struct relay_region data;

	if (relay_region_map(&data, data_fd, RELAY_ROLE_DATA, REGION, 1) != 0 ||
		relay_ring_open_producer(&s.p, head_in(control), tail_in(&data), size) != 0)
		return 1;
	produce(&s);
	return s.failed == NULL ? 0 : 1;
}

static int between_processes(void)
{
	struct side s = {.wake_fd = eventfd(0, EFD_CLOEXEC)};
	struct relay_region data, control, control_ro;
	int status = 1;
	pid_t pid;

	if (relay_region_create(&data, RELAY_ROLE_DATA, REGION, 1) != 0 ||
		relay_region_create(&control, RELAY_ROLE_CONTROL, REGION, 1) != 0 ||
		relay_region_map(&control_ro, control.fd, RELAY_ROLE_CONTROL, REGION, 1) != 0)
		return 1;
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0)
		_exit(child(data.fd, &control, s.wake_fd));
	if (relay_ring_open_consumer(&s.c, tail_in(&data), head_in(&control_ro), size) != 0)
		return 1;
	consume(&s);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		s.failed = "child failed";
	relay_region_close(&control_ro);
	relay_region_close(&control);
	relay_region_close(&data);
	(void)close(s.wake_fd);
	return report("processes", &s);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		messages = strtoull(argv[1], NULL, 10);
	return between_threads() | between_processes();
}
