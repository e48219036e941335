/* SPDX-License-Identifier: BSD-3-Clause */
/* store_rig.h - a folder for a store, with a node key, to be thrown away; and calls that tell their
 * id and version, so that what is read back can be judged. */
#ifndef STORE_RIG_H
#define STORE_RIG_H

#include "store.h"
#include "support.h"

enum { STORE_RIG_IDS = 2048, STORE_RIG_PATH = 128, STORE_RIG_IMAGE = 700 };

struct store_rig {
	char top[STORE_RIG_PATH / 2];
	char folder[STORE_RIG_PATH], key[STORE_RIG_PATH];
	char why[STORE_WHY_BYTES];
	struct store *store;
	/* by the last look */
	uint32_t n_good, n_bad;
	int last_err;
	uint32_t version[STORE_RIG_IDS]; /* 0: not seen */
};

void store_rig_make(struct store_rig *r);
void store_rig_destroy(struct store_rig *r);

int store_rig_open(struct store_rig *r);
void store_rig_reopen(struct store_rig *r);
void store_rig_close(struct store_rig *r);

/* NAME in the folder. */
void store_rig_path(const struct store_rig *r, const char *name, char path[STORE_RIG_PATH]);

/* Runs SQL on calls.db while no store has it. */
void store_rig_sql(const struct store_rig *r, const char *sql);

/* A call's image of that version: STORE_RIG_IMAGE bytes and more, by id. */
int store_rig_put(struct store *store, uint64_t id, uint32_t version);

/* Reads all; each that opens must be one that store_rig_put wrote at that id. */
int store_rig_look(struct store_rig *r);

/* Whole contents; the caller frees. */
uint8_t *store_rig_read(const char *path, size_t *len);
void store_rig_write(const char *path, const uint8_t *bytes, size_t len);

#endif
