/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_write_impl.h"

/* 'name' is the whole of it, what stands before its colon, or before its first space. */
static bool is_meant(struct slice attribute, struct slice name)
{
	return slice_same_letters(name, attribute) ||
	       slice_same_letters(name, slice_first(attribute, slice_find(attribute, ':'))) ||
	       slice_same_letters(name, slice_first(attribute, slice_find(attribute, ' ')));
}

static bool is_removed(const struct sdp_edits *edits, struct slice attribute)
{
	for (size_t i = 0; i < edits->n_remove; i++)
		if (is_meant(attribute, edits->remove[i]))
			return true;
	return false;
}

static const struct slice *find_substitute(const struct sdp_edits *edits, struct slice attribute)
{
	for (size_t i = 0; i < edits->n_substitute; i++)
		if (is_meant(attribute, edits->substitute[2 * i]))
			return &edits->substitute[2 * i + 1];
	return NULL;
}

void sdp_write_attribute_begin(struct sdp_writer *w, const char *name)
{
	w->attribute_at = w->out->len;
	buffer_text(w->out, "a=");
	buffer_text(w->out, name);
}

void sdp_write_attribute_end(struct sdp_writer *w)
{
	struct buffer *out = w->out;
	const struct slice *substitute;
	struct slice attribute;

	if (out->failed)
		return;
	if (w->edits != NULL) {
		attribute = slice_from(buffer_all(out), w->attribute_at + 2);
		if (is_removed(w->edits, attribute)) {
			out->len = w->attribute_at;
			return;
		}
		substitute = find_substitute(w->edits, attribute);
		if (substitute != NULL) {
			out->len = w->attribute_at + 2;
			buffer_slice(out, *substitute);
		}
	}
	buffer_text(out, "\r\n");
}

void sdp_write_attribute_flag(struct sdp_writer *w, const char *name)
{
	sdp_write_attribute_begin(w, name);
	sdp_write_attribute_end(w);
}

void sdp_write_attribute_line(struct sdp_writer *w, struct slice line)
{
	sdp_write_attribute_begin(w, "");
	buffer_slice(w->out, line);
	sdp_write_attribute_end(w);
}

void sdp_write_attribute_text(struct sdp_writer *w, const char *name, struct slice value)
{
	sdp_write_attribute_begin(w, name);
	buffer_char(w->out, ':');
	buffer_slice(w->out, value);
	sdp_write_attribute_end(w);
}

void sdp_write_attribute_number(struct sdp_writer *w, const char *name, uint64_t value)
{
	sdp_write_attribute_begin(w, name);
	buffer_char(w->out, ':');
	buffer_number(w->out, value);
	sdp_write_attribute_end(w);
}

void sdp_write_attribute_added(struct sdp_writer *w)
{
	for (size_t i = 0; w->edits != NULL && i < w->edits->n_add; i++) {
		struct slice line = w->edits->add[i];

		(void)slice_skip(&line, "a=");
		sdp_write_line(w->out, 'a', line);
	}
}
