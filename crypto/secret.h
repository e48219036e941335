/* SPDX-License-Identifier: BSD-3-Clause */
/* secret.h - wiping and comparing secrets.
 *
 * Invariant: no function here or elsewhere in crypto/ prints or formats a secret.
 * Threads:   pure.
 * Ownership: the caller's memory.
 * Units:     lengths in bytes.
 * Errors:    none; secret_wipe accepts NULL with length 0.
 * Cost:      secret_equal reads every byte whatever they hold, in time that depends on
 *            'len' alone; 10 and 16 bytes are two loads a side.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Overwrites with zeros; the compiler may not remove it. */
void secret_wipe(void *secret, size_t len);

/* XOR of two overlapping words covers lengths 4..16 without a loop. */
static inline uint64_t secret_diff32(const uint8_t *a, const uint8_t *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x ^ y;
}

static inline uint64_t secret_diff64(const uint8_t *a, const uint8_t *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x ^ y;
}

/* Constant-time comparison of tags and MKIs; 'len' is public. */
static inline bool secret_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t diff = 0;

	if (len >= 8 && len <= 16)
		return (secret_diff64(a, b) | secret_diff64(a + len - 8, b + len - 8)) == 0;
	if (len >= 4 && len < 8)
		return (secret_diff32(a, b) | secret_diff32(a + len - 4, b + len - 4)) == 0;
	for (size_t i = 0; i < len; i++)
		diff |= (uint64_t)(a[i] ^ b[i]);
	return diff == 0;
}

#endif
