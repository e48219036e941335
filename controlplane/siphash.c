/* SPDX-License-Identifier: BSD-3-Clause */
#include "siphash.h"

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void rounds(struct siphash *s, int n)
{
	uint64_t *v = s->v;

	while (n-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void add_word(struct siphash *s, uint64_t word)
{
	s->v[3] ^= word;
	rounds(s, 2);
	s->v[0] ^= word;
}

void siphash_start(struct siphash *s, const uint8_t seed[SIPHASH_SEED])
{
	uint64_t k[2];

	memcpy(k, seed, sizeof(k));
	*s = (struct siphash){.v = {k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
				      k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573}};
}

void siphash_add(struct siphash *s, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		s->word |= (uint64_t)(unsigned char)bytes.ptr[i] << (8 * s->n);
		s->len++;
		if (++s->n < 8)
			continue;
		add_word(s, s->word);
		s->word = 0;
		s->n = 0;
	}
}

uint64_t siphash_end(struct siphash *s)
{
	add_word(s, s->word | (uint64_t)s->len << 56);
	s->v[2] ^= 0xff;
	rounds(s, 4);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}
