/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_keys.h - the table of keys: what may stand in a hardware profile.
 *
 * One row says all of a key: parsing, range checks, defaults and hwconf/README.md come from it.
 *
 * Invariant: a row's offset and type fit the struct that its section fills; a default is in range.
 * Threads:   const.
 * Ownership: static.
 * Units:     each row names its own.
 * Errors:    none.
 * Cost:      cold; looked through from end to end.
 */
#ifndef HWPROFILE_KEYS_H
#define HWPROFILE_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* Where a key stands, and the struct that its offset is in. */
enum hwprofile_section {
	IN_TOP, /* struct hwprofile, as are the next four */
	IN_EAL,
	IN_MEDIA,
	IN_CONTROL,
	IN_IDLE,
	IN_PORT,      /* struct hwprofile_port */
	IN_ADDRESS,   /* struct hwprofile_keys_address */
	IN_NEIGHBOUR, /* struct hwprofile_keys_neighbour */
	IN_WORKER,    /* struct hwprofile_worker */
	IN_QUEUE,     /* struct hwprofile_keys_queue */
	IN_COUNT
};

enum hwprofile_key_type {
	KEY_BOOL,
	KEY_U16,
	KEY_U32,
	KEY_STRING, /* const char *; min and max of its length */
	KEY_CHOICE, /* const char *; one of 'words' */
	KEY_WORD,   /* an enum; the index in 'words' */
	KEY_GROUP,  /* { } of section 'of' */
	KEY_LIST,   /* ( ) of sections 'of' */
	KEY_STRINGS /* ( "...", "..." ) */
};

struct hwprofile_key {
	const char *name;
	enum hwprofile_section in;
	enum hwprofile_key_type type;
	uint32_t min, max;
	const char *fallback; /* text, without quotes; NULL: the key must be there, or is nested */
	const char *unit;     /* or NULL */
	const char *const *words;
	size_t offset;
	enum hwprofile_section of;
	const char *help;
};

extern const struct hwprofile_key hwprofile_keys[];
extern const size_t hwprofile_keys_count;

/* What the entry of a list says, before it is understood. */
struct hwprofile_keys_address {
	const char *ip;
	uint16_t vlan;
};

struct hwprofile_keys_neighbour {
	const char *ip;
	const char *mac;
	uint16_t vlan;
};

struct hwprofile_keys_queue {
	const char *port;
	uint16_t queue;
};

#endif
