/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_value.h - what a message says: texts and numbers in lists and dictionaries.
 *
 * Both encodings read into it and are written from it. Dictionaries keep their order, and a key
 * that comes twice is there twice: the last counts.
 *
 * Invariant: a tree no deeper than NG_VALUE_DEPTH_MAX, or no encoder takes it; 'key' is of the
 *            dictionary that the value is in.
 * Threads:   one owner.
 * Ownership: values belong to their arena; texts are not copied: bencode's point into the
 *            message, which must be kept as long.
 * Units:     'count' in entries.
 * Errors:    makers return NULL when the arena has failed, and do nothing with a NULL parent:
 *            look at arena->failed once, at the end.
 * Cost:      a node of 80 bytes a value; ng_value_get looks at every key.
 */
#ifndef NG_VALUE_H
#define NG_VALUE_H

#include "ng_arena.h"
#include "slice.h"

enum { NG_VALUE_DEPTH_MAX = 16, NG_VALUE_COUNT_MAX = 65536 };

/* A value that is all zero is an empty list. */
enum ng_kind { NG_LIST, NG_DICT, NG_TEXT, NG_INT };

struct ng_value {
	enum ng_kind kind;
	uint32_t count;         /* list and dictionary: entries */
	struct ng_value *next;  /* in the list or dictionary that it is in */
	struct slice key;       /* if that is a dictionary */
	struct slice text;      /* NG_TEXT */
	int64_t number;         /* NG_INT */
	struct ng_value *first; /* list and dictionary */
	struct ng_value *last;
};

struct ng_value *ng_value_text(struct ng_arena *arena, struct slice text);
struct ng_value *ng_value_int(struct ng_arena *arena, int64_t number);
struct ng_value *ng_value_list(struct ng_arena *arena);
struct ng_value *ng_value_dict(struct ng_arena *arena);

/* At the end; both may be NULL. */
void ng_value_append(struct ng_value *list, struct ng_value *value);
void ng_value_put(struct ng_value *dict, struct slice key, struct ng_value *value);

/* Made, put there, and for lists and dictionaries returned. */
void ng_value_put_text(
	struct ng_arena *arena, struct ng_value *dict, const char *key, struct slice text);
void ng_value_put_int(
	struct ng_arena *arena, struct ng_value *dict, const char *key, uint64_t number);
struct ng_value *ng_value_put_list(struct ng_arena *arena, struct ng_value *dict, const char *key);
struct ng_value *ng_value_put_dict(struct ng_arena *arena, struct ng_value *dict, const char *key);

/* The last of that key, or NULL. */
const struct ng_value *ng_value_get(const struct ng_value *dict, const char *key);

/* Goes over a tree in the order in which it is written: each value once, and each list and
 * dictionary once more, 'closing', behind its entries. Ends early if 'too_deep'. */
struct ng_value_walk {
	const struct ng_value *value;
	bool closing;
	bool in_dict; /* 'value' has a key */
	bool first;   /* of the entries around it */
	bool too_deep;
	unsigned depth;
	const struct ng_value *open[NG_VALUE_DEPTH_MAX];
};

bool ng_value_walk_start(struct ng_value_walk *walk, const struct ng_value *value);
bool ng_value_walk_next(struct ng_value_walk *walk);

#endif
