/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_words.h - finds what a word means, in whichever spelling.
 *
 * Invariant: the tables hold words as ng_words_normal makes them.
 * Threads:   const data.
 * Ownership: static.
 * Units:     a set of options has bit i for option i.
 * Errors:    ng_words_find: false for a word that the table lacks.
 * Cost:      a table is looked through; words of another length cost one comparison.
 */
#ifndef NG_WORDS_H
#define NG_WORDS_H

#include "ng_options.h"
#include "slice.h"

/* 'value' is a set of options, or where a key takes only one, that one. */
struct ng_word {
	const char *text;
	uint64_t value;
};

/* Each ends with a NULL text. */
extern const struct ng_word ng_words_commands[];
extern const struct ng_word ng_words_flags[]; /* value 0: known, and of no use to a relay */
extern const struct ng_word ng_words_replace[];
extern const struct ng_word ng_words_mux[];
extern const struct ng_word ng_words_bundle[];
extern const struct ng_word ng_words_osrtp[];
extern const struct ng_word ng_words_sdes[];
extern const struct ng_word ng_words_dtls[];
extern const struct ng_word ng_words_ice[];
extern const struct ng_word ng_words_ice_lite[];
extern const struct ng_word ng_words_learning[];
extern const struct ng_word ng_words_transport[];
extern const struct ng_word ng_words_family[];
extern const struct ng_word ng_words_drop[];
extern const struct ng_word ng_words_message[];
extern const struct ng_word ng_words_supports[];

enum { NG_WORDS_LEN_MAX = 48 };

/* Small letters, and hyphens for spaces and underscores; empty for what is too long to be known. */
struct slice ng_words_normal(struct slice word, char room[NG_WORDS_LEN_MAX]);

/* 'word' as ng_words_normal made it. */
bool ng_words_find(const struct ng_word *table, struct slice word, uint64_t *value);

#endif
