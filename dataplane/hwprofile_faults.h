/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_faults.h - everything that is wrong with a profile, by line.
 *
 * Invariant: a fault is one line of text: what is wrong, then the cure. 'n' counts those that are
 *            kept, 'more' those beyond; together they are zero only if there is none.
 * Threads:   plain data.
 * Ownership: 'file' is the caller's; allocates nothing.
 * Units:     lines from 1; 0: the file as a whole.
 * Errors:    none: a text too long is cut.
 * Cost:      cold.
 */
#ifndef HWPROFILE_FAULTS_H
#define HWPROFILE_FAULTS_H

#include <stdbool.h>
#include <stdio.h>

enum { HWPROFILE_FAULTS_MAX = 64, HWPROFILE_FAULT_BYTES = 512 };

struct hwprofile_faults {
	const char *file;
	unsigned n, more;
	struct {
		unsigned line;
		char text[HWPROFILE_FAULT_BYTES];
	} list[HWPROFILE_FAULTS_MAX];
};

__attribute__((format(printf, 3, 4))) void hwprofile_faults_add(
	struct hwprofile_faults *faults, unsigned line, const char *format, ...);

static inline bool hwprofile_faults_any(const struct hwprofile_faults *faults)
{
	return faults->n + faults->more > 0;
}

/* In the order of the lines. */
void hwprofile_faults_print(struct hwprofile_faults *faults, FILE *out);

#endif
