/* SPDX-License-Identifier: BSD-3-Clause */
#include "faults.h"

#include <inttypes.h>

static size_t clean(struct slice text, char out[FAULTS_TEXT_MAX + 1])
{
	size_t n = text.len < FAULTS_TEXT_MAX ? text.len : FAULTS_TEXT_MAX;

	for (size_t i = 0; i < n; i++) {
		char c = text.ptr[i];

		out[i] = (char)(c < ' ' || c > '~' || c == '\\' ? '?' : c == '"' ? '\'' : c);
	}
	out[n] = '\0';
	return n;
}

void faults_add(struct faults *f, struct slice text)
{
	char cleaned[FAULTS_TEXT_MAX + 1];
	size_t len = clean(text, cleaned);
	uint32_t i = 0;

	f->total++;
	while (i < f->n && strcmp(f->list[i].text, cleaned) != 0)
		i++;
	if (i == FAULTS_MAX) {
		f->list[FAULTS_MAX - 1].n++;
		return;
	}
	if (i == f->n) {
		f->n++;
		if (f->n == FAULTS_MAX)
			(void)snprintf(cleaned, sizeof(cleaned), "others");
		memcpy(f->list[i].text, cleaned, f->n == FAULTS_MAX ? sizeof("others") : len + 1);
	}
	f->list[i].n++;
}

void faults_add_text(struct faults *f, const char *text)
{
	faults_add(f, slice_of(text));
}

void faults_print(const struct faults *f, FILE *out)
{
	for (uint32_t i = 0; i < f->n; i++)
		(void)fprintf(out, "  %12" PRIu64 "  %s\n", f->list[i].n, f->list[i].text);
}

void faults_write_json(const struct faults *f, FILE *out)
{
	(void)fputc('{', out);
	for (uint32_t i = 0; i < f->n; i++)
		(void)fprintf(out, "%s\"%s\": %" PRIu64, i > 0 ? ", " : "", f->list[i].text,
			f->list[i].n);
	(void)fputc('}', out);
}
