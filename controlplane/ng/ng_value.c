/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_value.h"

static struct ng_value *make(struct ng_arena *arena, enum ng_kind kind)
{
	struct ng_value *value = ng_arena_alloc(arena, sizeof(*value));

	if (value != NULL)
		value->kind = kind;
	return value;
}

struct ng_value *ng_value_text(struct ng_arena *arena, struct slice text)
{
	struct ng_value *value = make(arena, NG_TEXT);

	if (value != NULL)
		value->text = text;
	return value;
}

struct ng_value *ng_value_int(struct ng_arena *arena, int64_t number)
{
	struct ng_value *value = make(arena, NG_INT);

	if (value != NULL)
		value->number = number;
	return value;
}

struct ng_value *ng_value_list(struct ng_arena *arena)
{
	return make(arena, NG_LIST);
}

struct ng_value *ng_value_dict(struct ng_arena *arena)
{
	return make(arena, NG_DICT);
}

void ng_value_append(struct ng_value *list, struct ng_value *value)
{
	if (list == NULL || value == NULL)
		return;
	if (list->last == NULL)
		list->first = value;
	else
		list->last->next = value;
	list->last = value;
	list->count++;
}

void ng_value_put(struct ng_value *dict, struct slice key, struct ng_value *value)
{
	if (dict == NULL || value == NULL)
		return;
	value->key = key;
	ng_value_append(dict, value);
}

void ng_value_put_text(
	struct ng_arena *arena, struct ng_value *dict, const char *key, struct slice text)
{
	ng_value_put(dict, slice_of(key), ng_value_text(arena, text));
}

void ng_value_put_int(
	struct ng_arena *arena, struct ng_value *dict, const char *key, uint64_t number)
{
	/* counters that no call lives long enough to reach */
	int64_t n = number > INT64_MAX ? INT64_MAX : (int64_t)number;

	ng_value_put(dict, slice_of(key), ng_value_int(arena, n));
}

struct ng_value *ng_value_put_list(struct ng_arena *arena, struct ng_value *dict, const char *key)
{
	struct ng_value *list = ng_value_list(arena);

	ng_value_put(dict, slice_of(key), list);
	return list;
}

struct ng_value *ng_value_put_dict(struct ng_arena *arena, struct ng_value *dict, const char *key)
{
	struct ng_value *child = ng_value_dict(arena);

	ng_value_put(dict, slice_of(key), child);
	return child;
}

const struct ng_value *ng_value_get(const struct ng_value *dict, const char *key)
{
	struct slice wanted = slice_of(key);
	const struct ng_value *found = NULL;

	for (const struct ng_value *v = dict->first; v != NULL; v = v->next)
		if (slice_equal(v->key, wanted))
			found = v;
	return found;
}

bool ng_value_walk_start(struct ng_value_walk *walk, const struct ng_value *value)
{
	*walk = (struct ng_value_walk){.value = value, .first = true};
	return true;
}

static bool is_open(const struct ng_value *value)
{
	return value->kind == NG_LIST || value->kind == NG_DICT;
}

/* What comes behind a value: its neighbour, or the end of what they are in. */
static bool advance(struct ng_value_walk *walk)
{
	if (walk->depth == 0)
		return false;
	walk->closing = walk->value->next == NULL;
	walk->value = walk->closing ? walk->open[walk->depth - 1] : walk->value->next;
	walk->first = false;
	walk->depth -= walk->closing;
	walk->in_dict = walk->depth > 0 && walk->open[walk->depth - 1]->kind == NG_DICT;
	return true;
}

bool ng_value_walk_next(struct ng_value_walk *walk)
{
	if (walk->closing || !is_open(walk->value))
		return advance(walk);
	if (walk->value->first == NULL) {
		walk->closing = true;
		return true;
	}
	if (walk->depth == NG_VALUE_DEPTH_MAX) {
		walk->too_deep = true;
		return false;
	}
	walk->open[walk->depth++] = walk->value;
	walk->in_dict = walk->value->kind == NG_DICT;
	walk->value = walk->value->first;
	walk->first = true;
	return true;
}
