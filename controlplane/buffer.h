/* SPDX-License-Identifier: BSD-3-Clause */
/* buffer.h - text that is written from front to back, in memory that grows up to a limit.
 *
 * Invariant: len <= room <= limit; once 'failed', it stays so and nothing more is written, so a
 *            writer need look only at its end.
 * Threads:   one writer.
 * Ownership: buffer_fini wipes and frees, buffer_clear wipes: SDP has keys in it. A zeroed struct
 *            with a limit is an empty buffer.
 * Units:     bytes; no NUL is kept behind them.
 * Errors:    'failed': over the limit, or no memory.
 * Cost:      amortised one copy a byte.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include "secret.h"
#include "slice.h"

#include <stdlib.h>

struct buffer {
	char *data;
	size_t len;
	size_t room;
	size_t limit;
	bool failed;
};

static inline void buffer_fini(struct buffer *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->room);
	free(b->data);
	*b = (struct buffer){.limit = b->limit};
}

/* Empty again, with nothing left of what stood there. */
static inline void buffer_clear(struct buffer *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->len);
	b->len = 0;
	b->failed = false;
}

/* By hand and not by realloc, which would leave a copy behind. */
static inline bool buffer_grow(struct buffer *b, size_t need)
{
	size_t room = b->room < 1024 ? 1024 : b->room;
	char *data;

	while (room < need)
		room *= 2;
	if (room > b->limit)
		room = b->limit;
	data = malloc(room);
	if (data == NULL)
		return false;
	if (b->data != NULL) {
		memcpy(data, b->data, b->len);
		secret_wipe(b->data, b->room);
	}
	free(b->data);
	b->data = data;
	b->room = room;
	return true;
}

static inline void buffer_put(struct buffer *b, const void *bytes, size_t len)
{
	if (b->failed || len == 0)
		return;
	if (len > b->limit || b->len > b->limit - len) {
		b->failed = true;
		return;
	}
	if (b->len + len > b->room && !buffer_grow(b, b->len + len)) {
		b->failed = true;
		return;
	}
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
}

static inline void buffer_slice(struct buffer *b, struct slice s)
{
	buffer_put(b, s.ptr, s.len);
}

static inline void buffer_text(struct buffer *b, const char *text)
{
	buffer_put(b, text, strlen(text));
}

static inline void buffer_char(struct buffer *b, char c)
{
	buffer_put(b, &c, 1);
}

static inline void buffer_number(struct buffer *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buffer_put(b, digits + at, sizeof(digits) - at);
}

static inline struct slice buffer_all(const struct buffer *b)
{
	return (struct slice){b->data, b->len};
}

#endif
