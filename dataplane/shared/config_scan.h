/* SPDX-License-Identifier: BSD-3-Clause */
/* config_scan.h - a look at a file's text before libconfig reads it.
 *
 * libconfig follows @include into any file, wraps integers that are too big for it (1.5) and nests
 * without limit: what it would do wrong without a word is refused here, with its line.
 *
 * Invariant: strings and comments are told apart as libconfig does, so nothing hides in one.
 * Threads:   pure.
 * Ownership: nothing is kept.
 * Units:     bytes.
 * Errors:    added to 'faults'.
 * Cost:      cold; one pass.
 */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include "config_faults.h"

#include <stddef.h>

enum { CONFIG_SCAN_BYTES_MAX = 256 * 1024, CONFIG_SCAN_DEPTH_MAX = 16 };

/* 'text' has a NUL behind its 'len' bytes; 'subject' is what faults call it: "a profile". */
void config_scan_check(
	const char *text, size_t len, const char *subject, struct config_faults *faults);

#endif
