/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { HEAD = 64, LARGE_PAGE = 2 << 20 };

void *memory_map(size_t bytes)
{
	size_t whole;
	uint8_t *memory;

	if (bytes > SIZE_MAX - LARGE_PAGE)
		return NULL;
	whole = (bytes + HEAD + LARGE_PAGE - 1) & ~(size_t)(LARGE_PAGE - 1);
	memory = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	(void)madvise(memory, whole, MADV_HUGEPAGE); /* advice: without, it is but slower */
	memset(memory, 0, bytes + HEAD);
	memcpy(memory, &whole, sizeof(whole));
	return memory + HEAD;
}

void memory_unmap(void *memory)
{
	uint8_t *start = memory;
	size_t whole;

	if (memory == NULL)
		return;
	start -= HEAD;
	memcpy(&whole, start, sizeof(whole));
	(void)munmap(start, whole);
}
