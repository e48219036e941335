/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_request_impl.h - how the keys of a request are read: one row a key, one reader a kind.
 *
 * Invariant: the table of keys is sorted by name; 'offset' is of the field in struct ng_request
 *            that the kind fills: slice, int64_t, uint64_t, ng_address or list.
 * Threads:   pure.
 * Ownership: as ng_request.h.
 * Units:     as ng_request.h.
 * Errors:    nothing that a key has is an error: it is noted.
 * Cost:      'words_left' bounds how many words of lists a message makes us look up.
 */
#ifndef NG_REQUEST_IMPL_H
#define NG_REQUEST_IMPL_H

#include "ng_request.h"
#include "ng_words.h"

enum ng_request_kind {
	NG_KEY_SILENT,  /* of no meaning to us, or read elsewhere */
	NG_KEY_IGNORED, /* of a meaning that a relay does not have */
	NG_KEY_TEXT,
	NG_KEY_BODY, /* a text of several lines */
	NG_KEY_INT,
	NG_KEY_CHOICE,  /* one of 'words' */
	NG_KEY_SET,     /* any of 'words' */
	NG_KEY_LIST,    /* any texts */
	NG_KEY_ADDRESS, /* an IP address */
	NG_KEY_FLAGS,
	NG_KEY_SDES,
	NG_KEY_DIRECTION,
	NG_KEY_RECEIVED_FROM,
	NG_KEY_CODEC, /* dictionaries from here on */
	NG_KEY_EXTMAP,
	NG_KEY_SDP_ATTR,
};

struct ng_request_key {
	const char *name;
	enum ng_request_kind kind;
	size_t offset;
	const struct ng_word *words;
	int64_t min;
	int64_t max;
};

struct ng_request_reader {
	struct ng_request *request;
	struct ng_arena *arena;
	uint32_t words_left;
	struct slice key; /* as the message spells it */
	const struct ng_request_key *row;
	unsigned index; /* of the item in its list */
};

/* By its normal form; NULL if there is none. */
const struct ng_request_key *ng_request_key_find(struct slice name);

void ng_request_apply(struct ng_request_reader *r, const struct ng_value *value);
void ng_request_apply_item(struct ng_request_reader *r, struct slice item);

/* Calls for every text of a list, which may be one text with commas. */
typedef void ng_request_item_fn(struct ng_request_reader *r, struct slice item);
void ng_request_apply_each(
	struct ng_request_reader *r, const struct ng_value *value, ng_request_item_fn *fn);

void ng_request_words_flag(struct ng_request_reader *r, struct slice flag);
void ng_request_words_sdes(struct ng_request_reader *r, struct slice option);

void ng_request_dict_apply(struct ng_request_reader *r, const struct ng_value *value);

/* What flags like sdp-attr-add-audio-X:Y say. */
void ng_request_dict_attribute(
	struct ng_request_reader *r, struct slice action, struct slice section_and_text);

/* Appends a copy of 'text', in which ".." means a space and "--" an equals sign. */
void ng_request_apply_append(struct ng_request_reader *r, struct ng_value *list, struct slice text);

void ng_request_apply_warn(
	struct ng_request_reader *r, enum ng_warning_kind kind, struct slice word);

#endif
