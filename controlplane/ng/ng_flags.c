/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_flags.h"

#include <errno.h>

enum {
	SECURE = 1,
	FEEDBACK = 2,
	DTLS = 4,
	TRANSPORT = 8, /* any of them came */
	DEPTH_MAX = NG_VALUE_DEPTH_MAX - 2,
};

struct shortcut {
	const char *word;
	unsigned clear;
	unsigned set;
};

static const struct shortcut shortcuts[] = {
	{"RTP", SECURE, 0},
	{"AVP", FEEDBACK, 0},
	{"SRTP", 0, SECURE},
	{"AVPF", 0, FEEDBACK},
	{"DTLS", 0, DTLS},
	{"RTP/AVP", SECURE | FEEDBACK | DTLS, 0},
	{"RTP/AVPF", SECURE | DTLS, FEEDBACK},
	{"RTP/SAVP", FEEDBACK | DTLS, SECURE},
	{"RTP/SAVPF", DTLS, SECURE | FEEDBACK},
	{"UDP/TLS/RTP/SAVP", FEEDBACK | SECURE, DTLS},
	{"UDP/TLS/RTP/SAVPF", SECURE, DTLS | FEEDBACK},
};

/* By the bits; DTLS is secure by itself. */
static const char *const transports[] = {
	"RTP/AVP",
	"RTP/SAVP",
	"RTP/AVPF",
	"RTP/SAVPF",
	"UDP/TLS/RTP/SAVP",
	"UDP/TLS/RTP/SAVP",
	"UDP/TLS/RTP/SAVPF",
	"UDP/TLS/RTP/SAVPF",
};

/* Words that stand for an entry of "codec", as in codec-strip-PCMU and codec-strip=PCMU,G729. */
static const char *const codec_words[][2] = {
	{"codec-accept", "accept"},
	{"codec-consume", "consume"},
	{"codec-except", "except"},
	{"codec-ignore", "ignore"},
	{"codec-mask", "mask"},
	{"codec-offer", "offer"},
	{"codec-set", "set"},
	{"codec-strip", "strip"},
	{"codec-transcode", "transcode"},
	{"transcode", "transcode"},
};

struct parser {
	struct slice rest;
	struct ng_arena *arena;
	struct ng_value *dict;
	struct ng_value *flags;
	struct ng_value *direction;
	unsigned transport;
	unsigned count;
};

/* Up to a space, or to what else ends a word there. */
static struct slice take_word(struct parser *p, bool bracket_ends, bool equals_ends)
{
	size_t n = 0;
	struct slice word;

	for (; n < p->rest.len; n++) {
		char c = p->rest.ptr[n];

		if (c == ' ' || (bracket_ends && c == ']') || (equals_ends && c == '='))
			break;
	}
	word = slice_first(p->rest, n);
	p->rest = slice_from(p->rest, n);
	return word;
}

static bool next_is(const struct parser *p, char c)
{
	return p->rest.len > 0 && p->rest.ptr[0] == c;
}

static void skip_spaces(struct parser *p)
{
	while (next_is(p, ' '))
		p->rest = slice_from(p->rest, 1);
}

/* The bracket is open: a dictionary if its first word has a value. */
static struct ng_value *open_bracket(struct parser *p)
{
	struct parser ahead;
	struct slice key;

	p->rest = slice_from(p->rest, 1);
	skip_spaces(p);
	ahead = *p;
	if (next_is(p, '[') || next_is(p, ']'))
		return ng_value_list(p->arena);
	key = take_word(&ahead, true, true);
	return key.len > 0 && next_is(&ahead, '=') ? ng_value_dict(p->arena)
						   : ng_value_list(p->arena);
}

/* [ ... ] with all that is in it. */
static int take_bracket(struct parser *p, struct ng_value **value)
{
	struct ng_value *open[DEPTH_MAX];
	unsigned depth = 1;

	*value = open_bracket(p);
	open[0] = *value;
	while (depth > 0 && p->rest.len > 0 && !p->arena->failed) {
		struct ng_value *in = open[depth - 1];
		struct ng_value *entry;
		struct slice key = {NULL, 0};

		skip_spaces(p);
		if (next_is(p, ']')) {
			p->rest = slice_from(p->rest, 1);
			depth--;
			continue;
		}
		if (p->rest.len == 0)
			break;
		if (++p->count > NG_VALUE_COUNT_MAX)
			return -E2BIG;
		if (in->kind == NG_DICT) {
			key = take_word(p, true, true);
			if (next_is(p, '='))
				p->rest = slice_from(p->rest, 1);
		}
		if (next_is(p, '[')) {
			entry = open_bracket(p);
			if (depth == DEPTH_MAX)
				return -E2BIG;
			open[depth++] = entry;
		} else {
			entry = ng_value_text(p->arena, take_word(p, true, false));
		}
		if (in->kind == NG_DICT)
			ng_value_put(in, key, entry);
		else
			ng_value_append(in, entry);
	}
	return p->arena->failed ? -ENOMEM : 0;
}

static bool is_transport(struct parser *p, struct slice word)
{
	for (size_t i = 0; i < sizeof(shortcuts) / sizeof(shortcuts[0]); i++) {
		if (!slice_is(word, shortcuts[i].word))
			continue;
		p->transport = (p->transport & ~shortcuts[i].clear) | shortcuts[i].set | TRANSPORT;
		return true;
	}
	return false;
}

static void put_codec(struct parser *p, const char *action, struct ng_value *value)
{
	struct ng_value *codec = ng_value_put_dict(p->arena, p->dict, "codec");

	ng_value_put(codec, slice_of(action), value);
}

/* 'value' is NULL where the word has none: then it is behind a hyphen. */
static bool is_codec(struct parser *p, struct slice word, struct ng_value *value)
{
	for (size_t i = 0; i < sizeof(codec_words) / sizeof(codec_words[0]); i++) {
		struct slice rest = word;

		if (!slice_skip(&rest, codec_words[i][0]))
			continue;
		if (value != NULL && rest.len == 0) {
			put_codec(p, codec_words[i][1], value);
			return true;
		}
		if (value == NULL && slice_skip(&rest, "-") && rest.len > 0) {
			put_codec(p, codec_words[i][1], ng_value_text(p->arena, rest));
			return true;
		}
	}
	return false;
}

static void put_word(struct parser *p, struct slice word)
{
	if (word.len == 0 || is_transport(p, word) || is_codec(p, word, NULL))
		return;
	if (slice_is(word, "internal") || slice_is(word, "external"))
		ng_value_append(p->direction, ng_value_text(p->arena, word));
	else
		ng_value_append(p->flags, ng_value_text(p->arena, word));
}

static void put_key(struct parser *p, struct slice key, struct ng_value *value)
{
	if (value == NULL || is_codec(p, key, value))
		return;
	if (slice_is(key, "direction") && value->kind == NG_TEXT)
		ng_value_append(p->direction, value);
	else
		ng_value_put(p->dict, key, value);
}

static int step(struct parser *p)
{
	struct slice key = take_word(p, false, true);
	struct ng_value *value;
	int status;

	if (++p->count > NG_VALUE_COUNT_MAX)
		return -E2BIG;
	if (!next_is(p, '=')) {
		put_word(p, key);
		return 0;
	}
	p->rest = slice_from(p->rest, 1);
	if (next_is(p, '[')) {
		status = take_bracket(p, &value);
		if (status != 0)
			return status;
		put_key(p, key, value);
	} else if (p->rest.len == 0 || next_is(p, ' ')) {
		put_word(p, key);
	} else {
		put_key(p, key, ng_value_text(p->arena, take_word(p, false, false)));
	}
	return 0;
}

int ng_flags_parse(struct slice words, struct ng_arena *arena, struct ng_value **dict)
{
	struct parser p = {
		.rest = words,
		.arena = arena,
		.dict = ng_value_dict(arena),
		.flags = ng_value_list(arena),
		.direction = ng_value_list(arena),
	};
	int status = 0;

	for (skip_spaces(&p); p.rest.len > 0 && status == 0; skip_spaces(&p))
		status = step(&p);
	if (status != 0)
		return status;
	if ((p.transport & TRANSPORT) != 0)
		ng_value_put_text(
			arena, p.dict, "transport-protocol", slice_of(transports[p.transport & 7]));
	if (p.direction != NULL && p.direction->count > 0)
		ng_value_put(p.dict, slice_of("direction"), p.direction);
	if (p.flags != NULL && p.flags->count > 0)
		ng_value_put(p.dict, slice_of("flags"), p.flags);
	if (arena->failed)
		return -ENOMEM;
	*dict = p.dict;
	return 0;
}
