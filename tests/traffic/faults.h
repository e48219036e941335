/* SPDX-License-Identifier: BSD-3-Clause */
/* faults.h - what went wrong, and how often: counted by its text.
 *
 * Invariant: texts are printable and without what JSON would have to escape; at most FAULTS_MAX of
 *            them, and all further ones under the last.
 * Threads:   one.
 * Ownership: embedded; all zero is empty.
 * Units:     times.
 * Errors:    none.
 * Cost:      cold: a compare for each text there is.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "slice.h"

#include <stdio.h>

enum { FAULTS_MAX = 16, FAULTS_TEXT_MAX = 120 };

struct faults {
	struct {
		char text[FAULTS_TEXT_MAX + 1];
		uint64_t n;
	} list[FAULTS_MAX];
	uint32_t n;
	uint64_t total;
};

void faults_add(struct faults *faults, struct slice text);
void faults_add_text(struct faults *faults, const char *text);

/* A line each, behind two blanks. */
void faults_print(const struct faults *faults, FILE *out);

/* An object: text to times. */
void faults_write_json(const struct faults *faults, FILE *out);

#endif
