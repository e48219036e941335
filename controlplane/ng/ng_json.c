/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_json.h"

#include <errno.h>
#include <jansson.h>

/* Depth and number of values, as far as brackets and commas tell; the library says what is wrong
 * with a text that has them wrong. */
static int scan(struct slice data)
{
	size_t depth = 0, count = 1;
	bool quoted = false;

	for (size_t i = 0; i < data.len; i++) {
		char c = data.ptr[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
			continue;
		}
		quoted = c == '"';
		count += c == ',' || c == '[' || c == '{';
		if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth > 0)
			depth--;
		if (depth > NG_VALUE_DEPTH_MAX || count > NG_VALUE_COUNT_MAX)
			return -E2BIG;
	}
	return 0;
}

/* A list or dictionary on the way from the library's tree to ours. */
struct level {
	json_t *from;
	struct ng_value *to;
	size_t index; /* list: next entry */
	void *iter;   /* dictionary: next entry */
};

static int convert_real(struct ng_arena *arena, double real, struct ng_value **value)
{
	const double most = 9007199254740992.0; /* whole numbers are exact below 2^53 */

	if (!(real > -most && real < most) || real != (double)(int64_t)real)
		return -EBADMSG;
	*value = ng_value_int(arena, (int64_t)real);
	return 0;
}

/* NULL for null. */
static int convert(struct ng_arena *arena, const json_t *from, struct ng_value **value)
{
	struct slice text;

	*value = NULL;
	switch (json_typeof(from)) {
	case JSON_OBJECT:
		*value = ng_value_dict(arena);
		break;
	case JSON_ARRAY:
		*value = ng_value_list(arena);
		break;
	case JSON_STRING:
		text = (struct slice){json_string_value(from), json_string_length(from)};
		*value = ng_value_text(arena, ng_arena_copy(arena, text));
		break;
	case JSON_INTEGER:
		*value = ng_value_int(arena, json_integer_value(from));
		break;
	case JSON_REAL:
		return convert_real(arena, json_real_value(from), value);
	case JSON_TRUE:
	case JSON_FALSE:
		*value = ng_value_int(arena, json_is_true(from));
		break;
	case JSON_NULL:
		break;
	}
	return 0;
}

static struct level enter(json_t *from, struct ng_value *to)
{
	return (struct level){from, to, 0, json_is_object(from) ? json_object_iter(from) : NULL};
}

/* The next entry of a level, NULL at its end. */
static json_t *next_entry(struct level *l, struct slice *key)
{
	json_t *entry;

	if (json_is_array(l->from))
		return json_array_get(l->from, l->index++);
	if (l->iter == NULL)
		return NULL;
	*key = slice_of(json_object_iter_key(l->iter));
	entry = json_object_iter_value(l->iter);
	l->iter = json_object_iter_next(l->from, l->iter);
	return entry;
}

static int convert_all(struct ng_arena *arena, json_t *top, struct ng_value **value)
{
	struct level levels[NG_VALUE_DEPTH_MAX];
	unsigned depth = 1;
	struct ng_value *entry;

	*value = ng_value_dict(arena);
	levels[0] = enter(top, *value);
	while (depth > 0 && !arena->failed) {
		struct level *l = &levels[depth - 1];
		struct slice key = {NULL, 0};
		json_t *from = next_entry(l, &key);
		int status;

		if (from == NULL) {
			depth--;
			continue;
		}
		status = convert(arena, from, &entry);
		if (status != 0)
			return status;
		if (key.ptr != NULL)
			ng_value_put(l->to, ng_arena_copy(arena, key), entry);
		else
			ng_value_append(l->to, entry);
		/* the scan has seen that it is no deeper */
		if (json_is_array(from) || json_is_object(from))
			levels[depth++] = enter(from, entry);
	}
	return arena->failed ? -ENOMEM : 0;
}

int ng_json_decode(struct slice data, struct ng_arena *arena, struct ng_value **value)
{
	int status = scan(data);
	struct ng_value *top = NULL;
	json_t *json;

	if (status != 0)
		return status;
	json = data.len == 0 ? NULL : json_loadb(data.ptr, data.len, JSON_REJECT_DUPLICATES, NULL);
	if (json == NULL)
		return -EBADMSG;
	status = json_is_object(json) ? convert_all(arena, json, &top) : -EBADMSG;
	json_decref(json);
	if (status == 0)
		*value = top;
	return status;
}

/* How many bytes the UTF-8 character at the front has; 0 if it is none (RFC 3629 4). */
static size_t utf8_len(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (n == 0 || p[0] > 0xf4 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void put_control(struct buffer *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	if (c == '\r')
		buffer_text(out, "\\r");
	else if (c == '\n')
		buffer_text(out, "\\n");
	else
		buffer_put(out, escape, sizeof(escape));
}

static void put_text(struct buffer *out, struct slice text)
{
	buffer_char(out, '"');
	while (text.len > 0) {
		unsigned char c = (unsigned char)text.ptr[0];
		size_t n = utf8_len(text);

		if (n == 0 || c == 0) {
			buffer_text(out, "\xef\xbf\xbd");
			n = 1;
		} else if (c < 0x20) {
			put_control(out, c);
		} else {
			if (c == '"' || c == '\\')
				buffer_char(out, '\\');
			buffer_put(out, text.ptr, n);
		}
		text = slice_from(text, n);
	}
	buffer_char(out, '"');
}

static void put_scalar(struct buffer *out, const struct ng_value *value)
{
	if (value->kind == NG_TEXT) {
		put_text(out, value->text);
		return;
	}
	if (value->number < 0)
		buffer_char(out, '-');
	buffer_number(out, value->number < 0 ? -(uint64_t)value->number : (uint64_t)value->number);
}

void ng_json_encode(const struct ng_value *value, struct buffer *out)
{
	struct ng_value_walk walk;

	for (bool more = ng_value_walk_start(&walk, value); more;
		more = ng_value_walk_next(&walk)) {
		bool dict = walk.value->kind == NG_DICT;

		if (walk.closing) {
			buffer_char(out, dict ? '}' : ']');
			continue;
		}
		if (!walk.first)
			buffer_char(out, ',');
		if (walk.in_dict) {
			put_text(out, walk.value->key);
			buffer_char(out, ':');
		}
		if (dict || walk.value->kind == NG_LIST)
			buffer_char(out, dict ? '{' : '[');
		else
			put_scalar(out, walk.value);
	}
	out->failed |= walk.too_deep;
}
