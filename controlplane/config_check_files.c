/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_check.h"

#include "config_table.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct look {
	struct config_build *build;
	uid_t user; /* who will read it */
	const char *user_name;
};

static bool find(const struct look *at, const char *path, unsigned line, struct stat *st)
{
	struct config_faults *faults = &at->build->faults;

	if (path[0] != '/')
		config_faults_add(faults, line,
			"\"%.200s\" is no path from the root: write it as /etc/sluice/...", path);
	else if (stat(path, st) != 0)
		config_faults_add(faults, line,
			"file %.200s cannot be read: %s: make it, or correct the path", path,
			strerrordesc_np(errno));
	else if (!S_ISREG(st->st_mode))
		config_faults_add(faults, line, "%.200s is no plain file: name one", path);
	else
		return true;
	return false;
}

/* What others can write, they decide. */
static void check_public(const struct look *at, const char *path, unsigned line)
{
	struct stat st;

	if (path == NULL || !find(at, path, line, &st))
		return;
	if ((st.st_mode & S_IWOTH) != 0)
		config_faults_add(&at->build->faults, line,
			"file %.200s can be written by everybody: chmod o-w %.200s", path, path);
	if ((st.st_mode & S_IROTH) == 0 && st.st_uid != at->user)
		config_faults_add(&at->build->faults, line,
			"file %.200s cannot be read by user \"%s\": chmod o+r %.200s", path,
			at->user_name, path);
}

static void check_private(const struct look *at, const char *path, unsigned line)
{
	struct stat st;

	if (path == NULL || !find(at, path, line, &st))
		return;
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		config_faults_add(&at->build->faults, line,
			"private key %.200s is open to others (mode %04o): chmod 600 %.200s", path,
			(unsigned)(st.st_mode & 07777), path);
	if (st.st_uid != at->user)
		config_faults_add(&at->build->faults, line,
			"private key %.200s belongs to another than user \"%s\", who could not "
			"read it: chown it",
			path, at->user_name);
}

static bool find_user(struct look *at)
{
	const struct config *c = &at->build->config;
	unsigned line = config_table_line(&at->build->tree, "user");
	const struct passwd *pw;

	at->user = geteuid();
	at->user_name = "of this process";
	if (c->user == NULL)
		return true;
	pw = getpwnam(c->user); /* NOLINT(concurrency-mt-unsafe): one thread */
	if (pw == NULL) {
		config_faults_add(&at->build->faults, line,
			"user \"%s\" does not exist: make it with useradd --system, or name "
			"another",
			c->user);
		return false;
	}
	if (pw->pw_uid == 0)
		config_faults_add(&at->build->faults, line,
			"user \"%s\" is root: name one that may do nothing else", c->user);
	at->user = pw->pw_uid;
	at->user_name = c->user;
	return true;
}

void config_check_files(struct config_build *b)
{
	const struct config *c = &b->config;
	struct look at = {.build = b};
	struct stat st;

	if (!find_user(&at))
		return;
	for (unsigned i = 0; i < c->n_listeners; i++) {
		const struct config_listener *l = &c->listeners[i];

		check_public(&at, l->certificate,
			config_table_line(&b->tree, "listeners.[%u].certificate", i));
		check_public(&at, l->client_ca,
			config_table_line(&b->tree, "listeners.[%u].client_ca", i));
		check_public(
			&at, l->crl, config_table_line(&b->tree, "listeners.[%u].client_crl", i));
		check_private(&at, l->key, config_table_line(&b->tree, "listeners.[%u].key", i));
	}
	/* it may be made at the first start */
	if (c->node_key != NULL && (c->node_key[0] != '/' || stat(c->node_key, &st) == 0))
		check_private(&at, c->node_key, config_table_line(&b->tree, "node_key"));
}
