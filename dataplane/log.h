/* SPDX-License-Identifier: BSD-3-Clause */
/* log.h - one line a fact: time, level, module, key=value.
 *
 * Invariant: a line is written by one call. Nothing logged is a secret.
 * Threads:   any but a polling worker.
 * Ownership: none.
 * Units:     time in UTC, with milliseconds.
 * Errors:    a line that can't be written is lost.
 * Cost:      a syscall.
 */
#ifndef LOG_H
#define LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

__attribute__((format(printf, 3, 4))) void log_line(
	enum log_level level, const char *module, const char *format, ...);

#endif
