/* SPDX-License-Identifier: BSD-3-Clause */
/* The text is gone over twice: once to count, so that one block holds all, and once to read. */
#include "sdp_parse.h"

#include "sdp_parse_impl.h"
#include "secret.h"

#include <errno.h>
#include <stdlib.h>

struct counts {
	size_t lines;
	size_t medias;
	size_t attributes;
	size_t crypto;
	size_t formats;
};

/* The next line without its end; false at an empty one, and where the text ends. */
static bool next_line(struct slice *rest, struct slice *line)
{
	*line = slice_cut(rest, '\n');
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	return line->len > 0;
}

static size_t count_tokens(struct slice text)
{
	size_t n = 0;

	while (text.len > 0)
		n += slice_token(&text, ' ').len > 0;
	return n;
}

static int count(struct slice text, struct counts *c, struct sdp_fault *fault)
{
	struct slice line, rest = text;

	*c = (struct counts){0};
	while (next_line(&rest, &line)) {
		struct slice crypto = line;

		fault->line = (unsigned)++c->lines;
		if (slice_find(line, '\r') < line.len || slice_find(line, '\0') < line.len) {
			fault->what = "CR or NUL within a line";
			return -EBADMSG;
		}
		if (line.ptr[0] == 'm') {
			c->medias++;
			c->formats += count_tokens(line);
		}
		c->attributes += line.ptr[0] == 'a';
		c->crypto += slice_skip(&crypto, "a=crypto");
		if (line.len > SDP_LINE_MAX || c->lines > SDP_LINES_MAX ||
			c->medias > SDP_MEDIA_MAX || c->formats > SDP_FORMATS_MAX) {
			fault->what = "more or longer than any device writes";
			return -E2BIG;
		}
	}
	return 0;
}

/* One block: the struct, its arrays, the text. All but the text are of a multiple of the
 * alignment. */
static struct sdp *make(struct slice *text, const struct counts *c, struct sdp_parser *p)
{
	size_t medias = sizeof(struct sdp);
	size_t attributes = medias + c->medias * sizeof(struct sdp_media);
	size_t crypto = attributes + c->attributes * sizeof(struct sdp_attribute);
	size_t formats = crypto + c->crypto * sizeof(struct sdp_crypto);
	size_t copy = formats + c->formats * sizeof(struct sdp_format);
	char *block = calloc(1, copy + text->len);
	struct sdp *sdp = (struct sdp *)(void *)block;

	if (block == NULL)
		return NULL;
	if (text->len > 0)
		memcpy(block + copy, text->ptr, text->len);
	text->ptr = block + copy;
	sdp->block = copy + text->len;
	sdp->medias = (struct sdp_media *)(void *)(block + medias);
	*p = (struct sdp_parser){
		.sdp = sdp,
		.section = &sdp->session,
		.next_attribute = (struct sdp_attribute *)(void *)(block + attributes),
		.next_crypto = (struct sdp_crypto *)(void *)(block + crypto),
		.next_format = (struct sdp_format *)(void *)(block + formats),
		.attributes_left = c->attributes,
		.crypto_left = c->crypto,
		.formats_left = c->formats,
	};
	sdp->session.attributes = p->next_attribute;
	sdp->session.bandwidth = (struct sdp_bandwidth){-1, -1, -1, -1, -1};
	return sdp;
}

/* Where a line that only the session has goes; NULL: it is another one. */
static struct slice *session_text(struct sdp *sdp, char letter)
{
	switch (letter) {
	case 's':
		return &sdp->session_name;
	case 'u':
		return &sdp->uri;
	case 'e':
		return &sdp->email;
	case 'p':
		return &sdp->phone;
	case 't':
		return &sdp->timing;
	default:
		return NULL;
	}
}

static const char *take_line(struct sdp_parser *p, char letter, struct slice value)
{
	struct slice *text = session_text(p->sdp, letter);

	if (text != NULL || letter == 'o') {
		if (p->media != NULL)
			return "a line of the session within a media section";
		if (letter == 'o')
			return sdp_parse_line_origin(p, value);
		/* of several times or addresses the first */
		if (text->ptr == NULL)
			*text = value;
		return NULL;
	}
	switch (letter) {
	case 'm':
		return sdp_parse_line_media(p, value);
	case 'c':
		return sdp_parse_line_connection(p, value);
	case 'a':
		sdp_parse_attribute(p, value);
		return NULL;
	case 'b':
		sdp_parse_line_bandwidth(p, value);
		return NULL;
	case 'i':
		p->section->information = value;
		return NULL;
	case 'k':
	case 'r':
	case 'z':
		return NULL;
	default:
		return letter == 'v' ? "second v= line" : "unknown type of line";
	}
}

static const char *take_all(
	struct sdp_parser *p, struct slice rest, bool fragment, unsigned *number)
{
	const char *what = NULL;
	struct slice line;

	*number = 0;
	while (what == NULL && next_line(&rest, &line)) {
		++*number;
		if (line.len < 2 || line.ptr[1] != '=')
			return "a line without =";
		if (*number == 1 && (line.ptr[0] == 'v' || !fragment)) {
			if (!slice_is(line, "v=0"))
				return "does not begin with v=0";
			continue;
		}
		what = take_line(p, line.ptr[0], slice_from(line, 2));
	}
	return *number == 0 ? "empty" : what;
}

int sdp_parse(struct slice text, bool fragment, struct sdp **sdp, struct sdp_fault *fault)
{
	struct sdp_fault unwanted;
	struct sdp_parser p;
	struct counts counts;
	struct sdp *made;
	int status;

	if (fault == NULL)
		fault = &unwanted;
	*fault = (struct sdp_fault){0, "too long"};
	if (text.len > SDP_BYTES_MAX)
		return -E2BIG;
	status = count(text, &counts, fault);
	if (status != 0)
		return status;
	made = make(&text, &counts, &p);
	if (made == NULL)
		return -ENOMEM;
	fault->what = take_all(&p, text, fragment, &fault->line);
	if (fault->what != NULL) {
		sdp_parse_free(made);
		return -EBADMSG;
	}
	*sdp = made;
	return 0;
}

void sdp_parse_free(struct sdp *sdp)
{
	if (sdp == NULL)
		return;
	secret_wipe(sdp, sdp->block);
	free(sdp);
}

static bool has_payload_types(const struct sdp_media *m)
{
	for (size_t i = 0; i < m->n_formats; i++)
		if (m->formats[i].pt < 0)
			return false;
	return m->n_formats > 0;
}

bool sdp_parse_complete(const struct sdp *sdp)
{
	for (size_t i = 0; i < sdp->n_medias; i++) {
		const struct sdp_media *m = &sdp->medias[i];

		if (m->port == 0)
			continue;
		if (m->section.connection.family == 0 && sdp->session.connection.family == 0)
			return false;
		if (sdp_attribute_is_rtp(m->transport) && !has_payload_types(m))
			return false;
	}
	return sdp->n_medias > 0;
}
