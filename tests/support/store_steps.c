/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_steps.h"

#include "support.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { TRAP_FLAG = 0x100 }; /* in EFLAGS: a trap behind the next instruction */

/* What the handlers need of the call that runs. */
static struct {
	uintptr_t first, bytes; /* of the map, whole pages */
	void *map;
	const void *watched;
	struct store_steps *steps;
	struct sigaction old_fault, old_trap;
	volatile sig_atomic_t failed;
} running;

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static void protect(int protection)
{
	if (mprotect(running.map, running.bytes, protection) != 0)
		running.failed = 1;
}

static void keep(void)
{
	struct store_steps *s = running.steps;
	uint8_t *next = (uint8_t *)s->at + s->n * s->bytes;

	if (memcmp(next - s->bytes, running.watched, s->bytes) == 0)
		return;
	if (s->n == s->room) {
		running.failed = 1;
		return;
	}
	memcpy(next, running.watched, s->bytes);
	s->n++;
}

static void before_store(int signal, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	if ((uintptr_t)info->si_addr - running.first >= running.bytes) {
		/* a fault of the call's own: it comes again, and is told as any other */
		(void)sigaction(signal, &running.old_fault, NULL);
		return;
	}
	protect(PROT_READ | PROT_WRITE);
	interrupted->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void after_store(int signal, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	(void)signal;
	(void)info;
	interrupted->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	keep();
	protect(PROT_READ);
}

static void handle(int signal, void (*by)(int, siginfo_t *, void *), struct sigaction *old)
{
	struct sigaction action = {.sa_sigaction = by, .sa_flags = SA_SIGINFO};

	assert_int_equal(sigaction(signal, &action, old), 0);
}

void *store_steps_map(size_t bytes)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	running.map = map;
	running.first = (uintptr_t)map;
	running.bytes = whole_pages(bytes);
	return map;
}

void store_steps_unmap(void *map, size_t bytes)
{
	assert_int_equal(munmap(map, bytes), 0);
}

void store_steps_run(
	void (*call)(void *), void *arg, const void *watched, struct store_steps *steps)
{
	assert_true(steps->room > 0);
	memcpy(steps->at, watched, steps->bytes);
	steps->n = 1;
	running.watched = watched;
	running.steps = steps;
	running.failed = 0;
	handle(SIGSEGV, before_store, &running.old_fault);
	handle(SIGTRAP, after_store, &running.old_trap);
	protect(PROT_READ);
	call(arg);
	protect(PROT_READ | PROT_WRITE);
	assert_int_equal(sigaction(SIGTRAP, &running.old_trap, NULL), 0);
	assert_int_equal(sigaction(SIGSEGV, &running.old_fault, NULL), 0);
	assert_int_equal(running.failed, 0);
}
