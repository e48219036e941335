/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t nibble(char c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint8_t)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (uint8_t)(c - 'A' + 10);
	abort();
}

uint32_t support_hex(const char *hex, uint8_t *out, uint32_t room)
{
	size_t len = strlen(hex) / 2;

	if (strlen(hex) % 2 != 0 || len > room)
		abort();
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return (uint32_t)len;
}

uint64_t support_random(struct support_rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t support_below(struct support_rng *rng, uint32_t limit)
{
	return (uint32_t)(((support_random(rng) >> 32) * limit) >> 32);
}

bool support_chance(struct support_rng *rng, uint32_t per_mille)
{
	return support_below(rng, 1000) < per_mille;
}

void support_fill(struct support_rng *rng, uint8_t *out, uint32_t len)
{
	for (uint32_t i = 0; i < len; i += 8) {
		uint64_t word = support_random(rng);

		memcpy(out + i, &word, len - i < 8 ? len - i : 8);
	}
}

void support_guard_open(struct support_guard *g, size_t usable)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	g->usable = (usable + page - 1) / page * page;
	g->map_len = g->usable + 2 * page;
	g->map = mmap(NULL, g->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g->map == MAP_FAILED || mprotect(g->map + page, g->usable, PROT_READ | PROT_WRITE) != 0)
		abort();
}

void support_guard_close(struct support_guard *g)
{
	(void)munmap(g->map, g->map_len);
}

uint8_t *support_guard_before_end(const struct support_guard *g, size_t len)
{
	return g->map + (g->map_len - g->usable) / 2 + g->usable - len;
}

uint8_t *support_guard_after_start(const struct support_guard *g)
{
	return g->map + (g->map_len - g->usable) / 2;
}
