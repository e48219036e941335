/* SPDX-License-Identifier: BSD-3-Clause */
/* support.h - what unit tests share: cmocka, hex, random numbers, guard pages. */
#ifndef SUPPORT_H
#define SUPPORT_H

/* cmocka wants these four first, in this order */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

/* Decodes hex of either case; aborts on anything else. Returns the length in bytes. */
uint32_t support_hex(const char *hex, uint8_t *out, uint32_t room);

/* splitmix64: the same numbers on every machine, for a seed that the test prints. */
struct support_rng {
	uint64_t state;
};

uint64_t support_random(struct support_rng *rng);
uint32_t support_below(struct support_rng *rng, uint32_t limit);
bool support_chance(struct support_rng *rng, uint32_t per_mille);
void support_fill(struct support_rng *rng, uint8_t *out, uint32_t len);

/* Memory between two pages that fault at any touch. */
struct support_guard {
	uint8_t *map;
	size_t map_len;
	size_t usable;
};

void support_guard_open(struct support_guard *g, size_t usable);
void support_guard_close(struct support_guard *g);

/* 'len' bytes that end where the second page begins. */
uint8_t *support_guard_before_end(const struct support_guard *g, size_t len);

/* Bytes that begin where the first page ends. */
uint8_t *support_guard_after_start(const struct support_guard *g);

#endif
