/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

/* What is not printable ASCII may be no UTF-8, which the format asks for. */
static void put_escaped(struct buffer *out, struct slice text, bool quotes)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\n')
			buffer_text(out, "\\n");
		else if (c == '\\')
			buffer_text(out, "\\\\");
		else if (c == '"' && quotes)
			buffer_text(out, "\\\"");
		else
			buffer_char(out, (char)(c >= 0x20 && c < 0x7f ? c : '?'));
	}
}

void metrics_family(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_text(out, "# HELP ");
	buffer_text(out, name);
	buffer_char(out, ' ');
	put_escaped(out, slice_of(help), false);
	buffer_text(out, "\n# TYPE ");
	buffer_text(out, name);
	buffer_char(out, ' ');
	buffer_text(out, type);
	buffer_char(out, '\n');
}

void metrics_sample(
	struct buffer *out, const char *name, const struct metrics_label *labels, uint64_t value)
{
	char separator = '{';

	buffer_text(out, name);
	for (const struct metrics_label *l = labels; l != NULL && l->name != NULL; l++) {
		buffer_char(out, separator);
		buffer_text(out, l->name);
		buffer_text(out, "=\"");
		put_escaped(out, l->value, true);
		buffer_char(out, '"');
		separator = ',';
	}
	if (separator == ',')
		buffer_char(out, '}');
	buffer_char(out, ' ');
	buffer_number(out, value);
	buffer_char(out, '\n');
}
