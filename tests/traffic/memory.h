/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.h - large tables, in large pages where the kernel has them.
 *
 * Invariant: all zero, aligned to 64 bytes.
 * Threads:   any.
 * Ownership: the caller unmaps what it mapped; NULL accepted.
 * Units:     bytes.
 * Errors:    NULL without memory.
 * Cost:      cold; pages are touched when mapped, so that none is while packets flow.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

void *memory_map(size_t bytes);
void memory_unmap(void *memory);

#endif
