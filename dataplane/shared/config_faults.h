/* SPDX-License-Identifier: BSD-3-Clause */
/* config_faults.h - everything that is wrong with a file, by line.
 *
 * Invariant: a fault is one line of text: what is wrong, then the cure. 'n' counts those that are
 *            kept, 'more' those beyond; together they are zero only if there is none.
 * Threads:   plain data.
 * Ownership: 'file' is the caller's; allocates nothing.
 * Units:     lines from 1; 0: the file as a whole.
 * Errors:    none: a text too long is cut.
 * Cost:      cold.
 */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include <stdbool.h>
#include <stdio.h>

enum { CONFIG_FAULTS_MAX = 64, CONFIG_FAULT_BYTES = 512 };

struct config_faults {
	const char *file;
	unsigned n, more;
	struct {
		unsigned line;
		char text[CONFIG_FAULT_BYTES];
	} list[CONFIG_FAULTS_MAX];
};

__attribute__((format(printf, 3, 4))) void config_faults_add(
	struct config_faults *faults, unsigned line, const char *format, ...);

static inline bool config_faults_any(const struct config_faults *faults)
{
	return faults->n + faults->more > 0;
}

/* In the order of the lines. */
void config_faults_print(struct config_faults *faults, FILE *out);

#endif
