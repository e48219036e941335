/* SPDX-License-Identifier: BSD-3-Clause */
/* metrics.h - writes metrics in Prometheus' text format.
 *
 * Invariant: what is written parses, whatever the values of labels hold. A family comes once, with
 *            its samples behind it.
 * Threads:   one.
 * Ownership: the caller's buffer.
 * Units:     names say them: _seconds, _bytes; counters end in _total.
 * Errors:    the buffer's 'failed'.
 * Cost:      cold: a scrape each few seconds.
 */
#ifndef METRICS_H
#define METRICS_H

#include "buffer.h"

struct metrics_label {
	const char *name;
	struct slice value;
};

/* 'type' is "counter" or "gauge". */
void metrics_family(struct buffer *out, const char *name, const char *type, const char *help);

/* 'labels' end with one that has no name; NULL: none. */
void metrics_sample(
	struct buffer *out, const char *name, const struct metrics_label *labels, uint64_t value);

#endif
