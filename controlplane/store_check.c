/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include "node_key.h"
#include "secret.h"
#include "store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The data keys of the calls that are there. */
static int check_keys(
	sqlite3 *db, struct seal *node, const struct store_options *o, char why[STORE_WHY_BYTES])
{
	struct store s = {.folder = -1, .db = db};
	int err = store_keys_load(&s, node, o->folder, why);

	store_keys_forget(&s);
	return err;
}

static int check_database(
	int folder, struct seal *node, const struct store_options *o, char why[STORE_WHY_BYTES])
{
	sqlite3 *db = NULL;
	int err = store_database_look(folder, o->folder, why, &db);

	if (err == 0 && db != NULL)
		err = check_keys(db, node, o, why);
	(void)sqlite3_close(db);
	return err;
}

static int check_writable(int folder, const char *name, char why[STORE_WHY_BYTES])
{
	if (faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	return store_refuse_errno(why, -errno, name, "written");
}

int store_check(const struct store_options *o, char why[STORE_WHY_BYTES])
{
	uint8_t key[NODE_KEY_BYTES];
	struct seal *node = NULL;
	int folder = -1;
	int err;

	why[0] = '\0';
	err = node_key_read(o->node_key, why, key);
	if (err != 0)
		return err;
	err = seal_create(key, SEAL_RANDOM, &node);
	secret_wipe(key, sizeof(key));
	if (err == 0)
		err = store_folder_look(o->folder, why, &folder);
	if (err == 0)
		err = check_writable(folder, o->folder, why);
	if (err == 0)
		err = check_database(folder, node, o, why);
	seal_destroy(node);
	if (folder >= 0)
		(void)close(folder);
	return store_explain(err, o->folder, why);
}
