/* SPDX-License-Identifier: BSD-3-Clause */
#include "authn.h"
#include "config.h"
#include "confine.h"
#include "node_key.h"
#include "server.h"
#include "store.h"
#include "tls.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"usage: sluice-controlplane [--config FILE] [--check]\n"
	"       sluice-controlplane --new-token | --new-node-key FILE | --document\n"
	"       sluice-controlplane --version | --help\n"
	"\n"
	"Speaks the ng protocol with SIP proxies, keeps calls, and drives sluice-dataplane.\n"
	"\n"
	"  --config FILE  instead of /etc/sluice/sluice.conf\n"
	"  --check        say whether it is valid, whether node key and calls on disk can be used,\n"
	"                 and who could sign in where; start and change nothing\n"
	"  --new-token    make a token and its hash, for a peer that can't bring a certificate\n"
	"  --new-node-key FILE  make a key to seal what is kept on disk: node_key of sluice.conf\n"
	"  --document     the keys of the file, as Markdown\n";

struct options {
	bool check, new_token, document, version, help;
	const char *config, *node_key;
};

static bool parse(int argc, char *argv[], struct options *o)
{
	static const struct option table[] = {
		{"config", required_argument, NULL, 'f'},
		{"check", no_argument, NULL, 'c'},
		{"new-token", no_argument, NULL, 't'},
		{"new-node-key", required_argument, NULL, 'n'},
		{"document", no_argument, NULL, 'd'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((c = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		if (c == 'f')
			o->config = optarg;
		o->check |= c == 'c';
		o->new_token |= c == 't';
		if (c == 'n')
			o->node_key = optarg;
		o->document |= c == 'd';
		o->version |= c == 'v';
		o->help |= c == 'h';
		if (c == '?')
			return false;
	}
	if (optind < argc)
		(void)fprintf(stderr,
			"sluice-controlplane: unexpected argument '%s' (a file is named by "
			"--config)\n",
			argv[optind]);
	return optind == argc;
}

static int new_token(void)
{
	char token[AUTHN_NEW_TOKEN_BYTES], hash[AUTHN_HASH_TEXT_BYTES];

	if (authn_new_token(token, hash) != 0) {
		(void)fputs("sluice-controlplane: no random bytes\n", stderr);
		return EXIT_FAILURE;
	}
	(void)printf("token (for the peer's URL, shown this once): %s\n"
		     "hash (for sluice.conf): %s\n",
		token, hash);
	return EXIT_SUCCESS;
}

static int new_node_key(const char *path)
{
	char why[NODE_KEY_WHY_BYTES];

	if (node_key_create(path, geteuid(), why) != 0) {
		(void)fprintf(stderr, "sluice-controlplane: %s\n", why);
		return EXIT_FAILURE;
	}
	(void)printf("%s: keep a copy in a safe place: calls on disk cannot be read without it\n"
		     "its owner must be `user` of sluice.conf\n",
		path);
	return EXIT_SUCCESS;
}

/* Whether we can become who will run this, and so see what that one may. */
static bool is_runner(const struct config *config)
{
	uid_t uid = geteuid();

	if (uid == 0)
		return config->user != NULL;
	return confine_user_id(config->user, &uid) == 0 && uid == geteuid();
}

static int check_store(const struct config *config, const char *path)
{
	const struct store_options files = {config->state_directory, config->node_key};
	char why[STORE_WHY_BYTES] = "";
	int err;

	if (!is_runner(config)) {
		(void)fprintf(stderr,
			"%s: not checked: node key and state directory: do this as root, with "
			"`user` set, or as the user who will run it\n",
			path);
		return EXIT_SUCCESS;
	}
	err = confine_process(config->user);
	if (err != 0)
		(void)snprintf(why, sizeof(why), "cannot become user \"%s\": %s",
			config->user != NULL ? config->user : "", strerrordesc_np(-err));
	else
		err = store_check(&files, why);
	if (err != 0)
		(void)fprintf(stderr, "%s: %s\n", path, why);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What only reading the files can tell. The store comes last, as it takes our privileges. */
static int check(const struct config *config, const char *path)
{
	int status = EXIT_SUCCESS;

	for (uint32_t i = 0; i < config->n_listeners; i++) {
		const struct config_listener *l = &config->listeners[i];
		char why[TLS_WHY_BYTES];
		SSL_CTX *ctx = NULL;

		if (l->certificate == NULL)
			continue;
		if (tls_create(l, why, &ctx) != 0) {
			(void)fprintf(stderr, "%s: listener \"%s\": %s\n", path, l->name, why);
			status = EXIT_FAILURE;
		}
		SSL_CTX_free(ctx);
	}
	if (check_store(config, path) != EXIT_SUCCESS)
		status = EXIT_FAILURE;
	if (status == EXIT_SUCCESS)
		config_explain(config, stdout);
	return status;
}

int main(int argc, char *argv[])
{
	struct options o = {.config = "/etc/sluice/sluice.conf"};
	struct config *config = NULL;

	if (!parse(argc, argv, &o)) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (o.new_token)
		return new_token();
	if (o.node_key != NULL)
		return new_node_key(o.node_key);
	if (o.help || o.version || o.document) {
		if (o.document)
			config_document(stdout);
		else
			(void)fputs(o.help ? usage : "sluice-controlplane " SLUICE_VERSION "\n",
				stdout);
		return EXIT_SUCCESS;
	}
	if (config_load(o.config, stderr, &config) != 0)
		return EXIT_FAILURE;
	if (o.check) {
		int status = check(config, o.config);

		config_free(config);
		return status;
	}
	return server_run(config, o.config) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
