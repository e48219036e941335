/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_bencode.h"

#include <errno.h>

/* The longest that a token may be: a length of 9 digits is more than any message has, and 19
 * digits with a sign are the longest number. */
enum { LENGTH_DIGITS = 9, NUMBER_DIGITS = 19 };

#define BAD  ((struct ng_bencode_token){.kind = NG_BENCODE_BAD})
#define MORE ((struct ng_bencode_token){.kind = NG_BENCODE_MORE})

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t count_digits(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_digit(s.ptr[n]))
		n++;
	return n;
}

/* i-12e */
static struct ng_bencode_token number_token(struct slice data)
{
	bool negative = data.len > 1 && data.ptr[1] == '-';
	struct slice rest = slice_from(data, negative ? 2 : 1);
	size_t digits = count_digits(rest);
	uint64_t most = negative ? UINT64_C(1) << 63 : INT64_MAX;
	uint64_t n;

	if (digits > NUMBER_DIGITS || (digits > 1 && rest.ptr[0] == '0'))
		return BAD;
	if (digits == rest.len)
		return MORE;
	if (rest.ptr[digits] != 'e' || !slice_number(slice_first(rest, digits), most, &n) ||
		(negative && n == 0))
		return BAD;
	return (struct ng_bencode_token){
		.kind = NG_BENCODE_INT,
		.len = digits + (negative ? 3u : 2u),
		.number = (int64_t)(negative ? -n : n),
	};
}

/* 5:hello */
static struct ng_bencode_token text_token(struct slice data)
{
	size_t digits = count_digits(data);
	uint64_t n;

	if (digits > LENGTH_DIGITS || (digits > 1 && data.ptr[0] == '0'))
		return BAD;
	if (digits == data.len)
		return MORE;
	if (data.ptr[digits] != ':' || !slice_number(slice_first(data, digits), SIZE_MAX, &n))
		return BAD;
	return (struct ng_bencode_token){
		.kind = NG_BENCODE_TEXT, .len = digits + 1, .text_len = (size_t)n};
}

struct ng_bencode_token ng_bencode_token(struct slice data)
{
	if (data.len == 0)
		return MORE;
	switch (data.ptr[0]) {
	case 'd':
		return (struct ng_bencode_token){.kind = NG_BENCODE_DICT, .len = 1};
	case 'l':
		return (struct ng_bencode_token){.kind = NG_BENCODE_LIST, .len = 1};
	case 'e':
		return (struct ng_bencode_token){.kind = NG_BENCODE_END, .len = 1};
	case 'i':
		return number_token(data);
	default:
		return is_digit(data.ptr[0]) ? text_token(data) : BAD;
	}
}

struct decoder {
	struct slice rest;
	struct ng_arena *arena;
	struct ng_value *open[NG_VALUE_DEPTH_MAX]; /* lists and dictionaries not closed yet */
	unsigned depth;
	unsigned count;
	struct slice key; /* of the next value; not there: a key is due */
	struct ng_value *top;
};

static bool in_dict(const struct decoder *d)
{
	return d->depth > 0 && d->open[d->depth - 1]->kind == NG_DICT;
}

static struct ng_value *make(struct decoder *d, const struct ng_bencode_token *token)
{
	struct slice text = slice_first(d->rest, token->text_len);

	switch (token->kind) {
	case NG_BENCODE_INT:
		return ng_value_int(d->arena, token->number);
	case NG_BENCODE_TEXT:
		return ng_value_text(d->arena, text);
	case NG_BENCODE_LIST:
		return ng_value_list(d->arena);
	case NG_BENCODE_DICT:
		return ng_value_dict(d->arena);
	case NG_BENCODE_MORE:
	case NG_BENCODE_BAD:
	case NG_BENCODE_END:
		break;
	}
	return NULL;
}

static int add(struct decoder *d, const struct ng_bencode_token *token)
{
	struct ng_value *value;

	if (++d->count > NG_VALUE_COUNT_MAX)
		return -E2BIG;
	value = make(d, token);
	if (value == NULL)
		return -ENOMEM;
	if (d->depth == 0) {
		d->top = value;
	} else if (in_dict(d)) {
		ng_value_put(d->open[d->depth - 1], d->key, value);
		d->key.ptr = NULL;
	} else {
		ng_value_append(d->open[d->depth - 1], value);
	}
	if (value->kind == NG_LIST || value->kind == NG_DICT) {
		if (d->depth == NG_VALUE_DEPTH_MAX)
			return -E2BIG;
		d->open[d->depth++] = value;
	}
	return 0;
}

static int step(struct decoder *d)
{
	struct ng_bencode_token token = ng_bencode_token(d->rest);
	int status = 0;

	if (token.kind == NG_BENCODE_BAD || token.kind == NG_BENCODE_MORE)
		return -EBADMSG;
	d->rest = slice_from(d->rest, token.len);
	if (token.text_len > d->rest.len)
		return -EBADMSG;
	if (token.kind == NG_BENCODE_END) {
		/* not behind a key, and not where nothing is open */
		if (d->depth == 0 || (in_dict(d) && d->key.ptr != NULL))
			return -EBADMSG;
		d->depth--;
	} else if (in_dict(d) && d->key.ptr == NULL) {
		if (token.kind != NG_BENCODE_TEXT)
			return -EBADMSG;
		d->key = slice_first(d->rest, token.text_len);
	} else {
		status = add(d, &token);
	}
	d->rest = slice_from(d->rest, token.text_len);
	return status;
}

int ng_bencode_decode(struct slice data, struct ng_arena *arena, struct ng_value **value)
{
	struct decoder d = {.rest = data, .arena = arena};
	int status;

	do
		status = step(&d);
	while (status == 0 && d.depth > 0);
	if (status == 0 && d.rest.len > 0)
		status = -EBADMSG;
	if (status == 0)
		*value = d.top;
	return status;
}

static void put_text(struct buffer *out, struct slice text)
{
	buffer_number(out, text.len);
	buffer_char(out, ':');
	buffer_slice(out, text);
}

static void put_scalar(struct buffer *out, const struct ng_value *value)
{
	if (value->kind == NG_TEXT) {
		put_text(out, value->text);
		return;
	}
	buffer_char(out, 'i');
	if (value->number < 0)
		buffer_char(out, '-');
	buffer_number(out, value->number < 0 ? -(uint64_t)value->number : (uint64_t)value->number);
	buffer_char(out, 'e');
}

void ng_bencode_encode(const struct ng_value *value, struct buffer *out)
{
	struct ng_value_walk walk;

	for (bool more = ng_value_walk_start(&walk, value); more;
		more = ng_value_walk_next(&walk)) {
		if (walk.closing) {
			buffer_char(out, 'e');
			continue;
		}
		if (walk.in_dict)
			put_text(out, walk.value->key);
		if (walk.value->kind == NG_DICT || walk.value->kind == NG_LIST)
			buffer_char(out, walk.value->kind == NG_DICT ? 'd' : 'l');
		else
			put_scalar(out, walk.value);
	}
	out->failed |= walk.too_deep;
}
