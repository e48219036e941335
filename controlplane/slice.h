/* SPDX-License-Identifier: BSD-3-Clause */
/* slice.h - a piece of someone else's text: where it begins and how long it is.
 *
 * Invariant: 'ptr' may be NULL only with 'len' 0: that is "not there", an empty text has a 'ptr'.
 * Threads:   pure.
 * Ownership: the text belongs to whoever keeps the message; a slice owns nothing.
 * Units:     bytes; no NUL behind them.
 * Errors:    none; slice_number says no to anything but digits within its limit.
 * Cost:      one pass at most.
 */
#ifndef SLICE_H
#define SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

/* printf("%.*s", SLICE_ARGS(s)) for texts known to be short. */
#define SLICE_ARGS(s) (int)(s).len, (s).ptr

static inline struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
	return slice_equal(s, slice_of(text));
}

/* ASCII alone, whatever the locale. */
static inline char slice_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static inline bool slice_same_letters(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (slice_lower(a.ptr[i]) != slice_lower(b.ptr[i]))
			return false;
	return true;
}

static inline bool slice_means(struct slice s, const char *text)
{
	return slice_same_letters(s, slice_of(text));
}

static inline struct slice slice_from(struct slice s, size_t at)
{
	if (s.len == 0) /* there may be no pointer to add to */
		return s;
	return at > s.len ? (struct slice){s.ptr + s.len, 0}
			  : (struct slice){s.ptr + at, s.len - at};
}

static inline struct slice slice_first(struct slice s, size_t len)
{
	return (struct slice){s.ptr, len < s.len ? len : s.len};
}

/* Takes 'prefix' off the front, letters of either case; false leaves 's' as it is. */
static inline bool slice_skip(struct slice *s, const char *prefix)
{
	struct slice p = slice_of(prefix);

	if (s->len < p.len || !slice_same_letters(slice_first(*s, p.len), p))
		return false;
	*s = slice_from(*s, p.len);
	return true;
}

/* The index of 'c', or the length. */
static inline size_t slice_find(struct slice s, char c)
{
	const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

	return at == NULL ? s.len : (size_t)(at - s.ptr);
}

/* Cuts off what stands before the next 'c', and the 'c'; all of it where there is none. */
static inline struct slice slice_cut(struct slice *s, char c)
{
	size_t at = slice_find(*s, c);
	struct slice head = slice_first(*s, at);

	*s = slice_from(*s, at + 1);
	return head;
}

/* The next token that is not empty; one of length 0 when there is none. */
static inline struct slice slice_token(struct slice *s, char separator)
{
	struct slice token;

	do
		token = slice_cut(s, separator);
	while (token.len == 0 && s->len > 0);
	return token;
}

static inline struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = slice_from(s, 1);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Digits and nothing else, at least one, and no more than 'max'. */
static inline bool slice_number(struct slice s, uint64_t max, uint64_t *number)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)s.ptr[i] - '0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (n > max)
		return false;
	*number = n;
	return true;
}

#endif
