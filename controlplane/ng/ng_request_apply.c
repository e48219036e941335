/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_request_impl.h"

#include <arpa/inet.h>

static void *field(struct ng_request_reader *r)
{
	return (char *)r->request + r->row->offset;
}

void ng_request_apply_warn(
	struct ng_request_reader *r, enum ng_warning_kind kind, struct slice word)
{
	struct ng_request *q = r->request;

	if (q->n_warnings == NG_REQUEST_WARNINGS_MAX) {
		q->warnings_left++;
		return;
	}
	q->warnings[q->n_warnings++] = (struct ng_warning){kind, r->key, word};
}

/* A copy only where something is to be changed. */
static struct slice unescape(struct ng_arena *arena, struct slice text)
{
	bool escaped = false;
	char *to;
	size_t len = 0;

	for (size_t i = 0; i + 1 < text.len; i++)
		escaped |= text.ptr[i] == text.ptr[i + 1] &&
			   (text.ptr[i] == '.' || text.ptr[i] == '-');
	if (!escaped)
		return text;
	to = ng_arena_alloc(arena, text.len);
	if (to == NULL)
		return (struct slice){NULL, 0};
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if ((c == '.' || c == '-') && i + 1 < text.len && text.ptr[i + 1] == c) {
			c = c == '.' ? ' ' : '=';
			i++;
		}
		to[len++] = c;
	}
	return (struct slice){to, len};
}

void ng_request_apply_append(struct ng_request_reader *r, struct ng_value *list, struct slice text)
{
	if (text.len > 0)
		ng_value_append(list, ng_value_text(r->arena, unescape(r->arena, text)));
}

/* No control characters; in a text of several lines, no NUL. */
static bool is_clean(struct slice s, bool several_lines)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == 0 || (!several_lines && (c < 0x20 || c == 0x7f)))
			return false;
	}
	return true;
}

static bool next_item(struct ng_request_reader *r, struct slice item, ng_request_item_fn *fn)
{
	if (item.len == 0)
		return true;
	if (r->words_left == 0) {
		ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
		return false;
	}
	r->words_left--;
	fn(r, item);
	r->index++;
	return true;
}

/* One text is split at its commas, those of a list are not. */
void ng_request_apply_each(
	struct ng_request_reader *r, const struct ng_value *value, ng_request_item_fn *fn)
{
	struct slice rest = value->text;

	r->index = 0;
	if (value->kind == NG_LIST) {
		for (const struct ng_value *v = value->first; v != NULL; v = v->next) {
			if (v->kind != NG_TEXT || !is_clean(v->text, false))
				ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
			else if (!next_item(r, slice_trim(v->text), fn))
				return;
		}
	} else if (value->kind == NG_TEXT && is_clean(rest, false)) {
		while (rest.len > 0 && next_item(r, slice_trim(slice_cut(&rest, ',')), fn))
			;
	} else {
		ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
	}
}

static void apply_text(struct ng_request_reader *r, const struct ng_value *value)
{
	if (value->kind == NG_TEXT && is_clean(value->text, r->row->kind == NG_KEY_BODY))
		*(struct slice *)field(r) = value->text;
	else
		ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
}

static bool read_int(const struct ng_value *value, int64_t *number)
{
	struct slice digits = value->text;
	bool negative;
	uint64_t n;

	if (value->kind == NG_INT) {
		*number = value->number;
		return true;
	}
	if (value->kind != NG_TEXT)
		return false;
	digits = slice_trim(digits);
	negative = slice_skip(&digits, "-");
	if (!slice_number(digits, INT64_MAX, &n))
		return false;
	*number = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static void apply_int(struct ng_request_reader *r, const struct ng_value *value)
{
	int64_t number;

	if (read_int(value, &number) && number >= r->row->min && number <= r->row->max)
		*(int64_t *)field(r) = number;
	else
		ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
}

static void apply_word(struct ng_request_reader *r, struct slice item)
{
	char room[NG_WORDS_LEN_MAX];
	uint64_t *to = field(r);
	uint64_t found;

	if (!ng_words_find(r->row->words, ng_words_normal(item, room), &found))
		ng_request_apply_warn(r, NG_WARNING_WORD, item);
	else if (r->row->kind == NG_KEY_SET)
		*to |= found;
	else
		*to = found;
}

static bool read_address(struct slice text, struct ng_address *address)
{
	char name[INET6_ADDRSTRLEN];
	unsigned char ip[16];

	/* rtpengine takes brackets around IPv6 */
	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = slice_first(slice_from(text, 1), text.len - 2);
	if (text.len == 0 || text.len >= sizeof(name))
		return false;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	if (inet_pton(AF_INET, name, ip) == 1)
		*address = (struct ng_address){text, 4};
	else if (inet_pton(AF_INET6, name, ip) == 1)
		*address = (struct ng_address){text, 6};
	else
		return false;
	return true;
}

/* [family, address] or the address alone, which tells its family itself. */
static void apply_received_from(struct ng_request_reader *r, struct slice item)
{
	if (r->index == 0 && (slice_means(item, "IP4") || slice_means(item, "IP6")))
		return;
	if (!read_address(item, &r->request->received_from))
		ng_request_apply_warn(r, NG_WARNING_VALUE, item);
}

static void apply_direction(struct ng_request_reader *r, struct slice item)
{
	if (r->index == 0)
		r->request->from_interface = item;
	else if (r->index == 1)
		r->request->to_interface = item;
	else
		ng_request_apply_warn(r, NG_WARNING_VALUE, item);
}

void ng_request_apply_item(struct ng_request_reader *r, struct slice item)
{
	switch (r->row->kind) {
	case NG_KEY_CHOICE:
	case NG_KEY_SET:
		apply_word(r, item);
		break;
	case NG_KEY_LIST:
		ng_request_apply_append(r, field(r), item);
		break;
	case NG_KEY_ADDRESS:
		if (!read_address(item, field(r)))
			ng_request_apply_warn(r, NG_WARNING_VALUE, item);
		break;
	case NG_KEY_FLAGS:
		ng_request_words_flag(r, item);
		break;
	case NG_KEY_SDES:
		ng_request_words_sdes(r, item);
		break;
	case NG_KEY_DIRECTION:
		apply_direction(r, item);
		break;
	case NG_KEY_RECEIVED_FROM:
		apply_received_from(r, item);
		break;
	case NG_KEY_SILENT:
	case NG_KEY_IGNORED:
	case NG_KEY_TEXT:
	case NG_KEY_BODY:
	case NG_KEY_INT:
	case NG_KEY_CODEC:
	case NG_KEY_EXTMAP:
	case NG_KEY_SDP_ATTR:
		break; /* are no lists */
	}
}

void ng_request_apply(struct ng_request_reader *r, const struct ng_value *value)
{
	switch (r->row->kind) {
	case NG_KEY_SILENT:
		break;
	case NG_KEY_IGNORED:
		ng_request_apply_warn(r, NG_WARNING_IGNORED, (struct slice){NULL, 0});
		break;
	case NG_KEY_TEXT:
	case NG_KEY_BODY:
		apply_text(r, value);
		break;
	case NG_KEY_INT:
		apply_int(r, value);
		break;
	case NG_KEY_CODEC:
	case NG_KEY_EXTMAP:
	case NG_KEY_SDP_ATTR:
		ng_request_dict_apply(r, value);
		break;
	case NG_KEY_CHOICE:
	case NG_KEY_SET:
	case NG_KEY_LIST:
	case NG_KEY_ADDRESS:
	case NG_KEY_FLAGS:
	case NG_KEY_SDES:
	case NG_KEY_DIRECTION:
	case NG_KEY_RECEIVED_FROM:
		ng_request_apply_each(r, value, ng_request_apply_item);
		break;
	}
}
