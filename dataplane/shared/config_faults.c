/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_faults.h"

#include <stdarg.h>

void config_faults_add(struct config_faults *faults, unsigned line, const char *format, ...)
{
	va_list args;

	if (faults->n == CONFIG_FAULTS_MAX) {
		faults->more++;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(faults->list[faults->n].text, sizeof(faults->list[0].text), format, args);
	va_end(args);
	/* what the file says may be quoted in it, but must not forge a line */
	for (char *c = faults->list[faults->n].text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	faults->list[faults->n++].line = line;
}

/* Line 0: of the file as a whole. */
static void print(const char *file, unsigned line, const char *text, FILE *out)
{
	if (line == 0)
		(void)fprintf(out, "%s: %s\n", file, text);
	else
		(void)fprintf(out, "%s:%u: %s\n", file, line, text);
}

/* One pass a line, which keeps faults of a line in the order they were found. */
void config_faults_print(struct config_faults *faults, FILE *out)
{
	unsigned printed = 0;

	for (unsigned line = 0; printed < faults->n;) {
		unsigned next = 0;
		bool later = false;

		for (unsigned i = 0; i < faults->n; i++) {
			unsigned at = faults->list[i].line;

			if (at == line) {
				print(faults->file, at, faults->list[i].text, out);
				printed++;
			} else if (at > line && (!later || at < next)) {
				next = at;
				later = true;
			}
		}
		line = next;
	}
	if (faults->more > 0)
		(void)fprintf(out, "%s: %u more faults: cure those above first\n", faults->file,
			faults->more);
}
