/* SPDX-License-Identifier: BSD-3-Clause */
/* options_row.h - a row says what one option is called, takes and does. For options*.c alone.
 *
 * Invariant: names are unique over both tables, OPTIONS_ROWS_MAX rows at most.
 * Threads:   const.
 * Ownership: static.
 * Units:     none.
 * Errors:    set: false for a value that it does not take.
 * Cost:      cold.
 */
#ifndef OPTIONS_ROW_H
#define OPTIONS_ROW_H

#include "options.h"

enum { OPTIONS_ROWS_MAX = 64 };

struct options_row {
	unsigned modes;                /* of enum options_mode */
	const char *name, *arg, *help; /* arg NULL: takes none */
	bool (*set)(struct options *o, const char *value);
};

/* options_media.c: of ports and packets. */
extern const struct options_row options_row_media[];
extern const size_t options_row_media_count;

/* options_signal.c: of signalling. */
extern const struct options_row options_row_signal[];
extern const size_t options_row_signal_count;
void options_row_signal_defaults(struct options *o);

bool options_row_u32(const char *text, uint32_t min, uint32_t max, uint32_t *out);

#endif
