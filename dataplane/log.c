/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { LINE_MAX_BYTES = 512 };

void log_line(enum log_level level, const char *module, const char *format, ...)
{
	static const char *const names[] = {"error", "warn", "info"};
	char text[LINE_MAX_BYTES], when[32];
	struct timespec now;
	struct tm utc;
	va_list args;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)fprintf(stderr, "%s.%03ldZ %s %s %s\n", when, now.tv_nsec / 1000000, names[level],
		module, text);
}
