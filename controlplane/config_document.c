/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "config_keys.h"

static const char *const intro =
	"# sluice.conf\n"
	"\n"
	"What the control plane listens to, whom it trusts, and what it gives to calls:\n"
	"\n"
	"```\n"
	"sluice-controlplane --check --config my.conf   # who could sign in where, or all that is wrong\n"
	"sluice-controlplane --new-token                # a token and its hash, for peers without certificate\n"
	"kill -HUP PID                                  # take what is new in it, but for keys that are not live\n"
	"```\n"
	"\n"
	"The file is in the syntax of libconfig. A key that is not below, a value out of its range, a\n"
	"private key that others can read, a listener in the clear where others can reach it: each is an\n"
	"error with its line and its cure, and nothing starts. `@include` is refused: a configuration\n"
	"is one file. Keys that are live change with SIGHUP; for the others, restart.\n"
	"\n"
	"A peer is trusted if its name is listed and its certificate chains to the CA of that listener.\n"
	"Certificates, CAs and revocation lists are read anew with SIGHUP; connections stay.\n";

void config_document(FILE *out)
{
	config_table_document(&config_keys_table, intro, true, out);
}
