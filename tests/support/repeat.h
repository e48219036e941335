/* SPDX-License-Identifier: BSD-3-Clause */
/* repeat.h - long texts: 'begin', then 'text' n times. The caller's to buffer_fini. */
#ifndef REPEAT_H
#define REPEAT_H

#include "buffer.h"

static inline struct buffer repeat(const char *begin, const char *text, size_t n)
{
	struct buffer all = {.limit = SIZE_MAX / 4};

	buffer_text(&all, begin);
	for (size_t i = 0; i < n; i++)
		buffer_text(&all, text);
	return all;
}

#endif
