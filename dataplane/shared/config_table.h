/* SPDX-License-Identifier: BSD-3-Clause */
/* config_table.h - a table of keys that reads, checks and documents a file of libconfig's syntax.
 *
 * Both planes are set up by such a file. One row says all of a key: parsing, range checks, defaults
 * and the page for operators come from it, so they cannot differ. What a value means beyond its
 * range, and how values agree, is the plane's own to check.
 *
 * Invariant: a row's offset and type fit the struct that its section fills; a default is in range.
 *            Each field is set: from the file, or to its default; what was faulty, or is missing
 *            without a default, is NULL or CONFIG_UNKNOWN, which later checks pass over.
 * Threads:   tables are const; a reader has one owner.
 * Ownership: texts stay in libconfig's tree: it lives as long as what was read from it.
 * Units:     each row names its own.
 * Errors:    added to the reader's faults.
 * Cost:      cold; tables are looked through from end to end.
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config_faults.h"

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_UNKNOWN UINT32_MAX

enum config_key_type {
	KEY_BOOL,
	KEY_U16,
	KEY_U32,
	KEY_STRING, /* const char *; min and max of its length */
	KEY_CHOICE, /* const char *; one of 'words' */
	KEY_WORD,   /* an enum; the index in 'words' */
	KEY_GROUP,  /* { } of section 'of', into the same struct */
	KEY_LIST,   /* ( ) of sections 'of' */
	KEY_STRINGS /* ( "...", "..." ); const char *[max], how many goes to 'count' */
};

struct config_key {
	const char *name;
	unsigned in; /* section that it stands in */
	enum config_key_type type;
	uint32_t min, max;
	const char *fallback; /* text, without quotes; NULL: the key must be there, or is nested */
	const char *unit;     /* or NULL */
	const char *const *words;
	size_t offset;
	size_t count; /* offset of a uint32_t */
	unsigned of;
	bool is_live; /* a running process takes a new value */
	const char *help;
};

struct config_section {
	const char *name;         /* as faults call it: "an entry of ports" */
	const char *title, *form; /* of the page; NULL: not there */
};

struct config_reader;

struct config_table {
	const struct config_key *keys;
	size_t n_keys;
	const struct config_section *sections; /* by number; the first is the whole file */
	size_t n_sections;
	/* An entry of a KEY_LIST: a group, or text where 'takes_text' says so. 'owner' is the index
	 * of what the list is in. False: there is no room for one more. */
	bool (*entry)(struct config_reader *reader, const struct config_key *key,
		config_setting_t *entry, unsigned owner);
	bool (*takes_text)(const struct config_key *key); /* NULL: never */
};

struct config_reader {
	const struct config_table *table;
	const config_t *config;
	struct config_faults *faults;
	void *build; /* for 'entry': what it fills */
};

/* A group of section 'in' into the struct 'base' that the section fills; NULL: all defaults. */
void config_table_group(struct config_reader *reader, unsigned in, config_setting_t *group,
	void *base, unsigned owner);

/* The line of the setting that the path names, "ports.[0].device", or of what it would be in. */
__attribute__((format(printf, 2, 3))) unsigned config_table_line(
	const config_t *config, const char *format, ...);

/* The table as Markdown, behind 'intro'. 'live': with a column for is_live. */
void config_table_document(
	const struct config_table *table, const char *intro, bool live, FILE *out);

#endif
