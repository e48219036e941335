/* SPDX-License-Identifier: BSD-3-Clause */
/* signal_report.h - says what came of signalling: to a person and to a program.
 *
 * Invariant: a step without replies has no latency.
 * Threads:   one.
 * Ownership: the caller's.
 * Units:     latencies in ns.
 * Errors:    those of the stream.
 * Cost:      cold.
 */
#ifndef SIGNAL_REPORT_H
#define SIGNAL_REPORT_H

#include "signaler.h"

void signal_report_print(const struct signaler_counts *counts, FILE *out);

/* Members of a JSON object, without its braces. */
void signal_report_json(const struct signaler_counts *counts, FILE *out);

#endif
