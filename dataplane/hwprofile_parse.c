/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_parse.h"

#include <string.h>

void hwprofile_parse_tree(struct hwprofile_build *b)
{
	struct config_reader reader = {&hwprofile_keys_table, &b->config, &b->faults, b};
	struct hwprofile *p = &b->profile;

	config_table_group(&reader, IN_TOP, config_root_setting(&b->config), p, 0);
	/* what is written to say "none", or "choose" */
	if (p->crypto_backend != NULL && strcmp(p->crypto_backend, "auto") == 0)
		p->crypto_backend = NULL;
	if (p->control_user != NULL && p->control_user[0] == '\0')
		p->control_user = NULL;
	if (p->user != NULL && p->user[0] == '\0')
		p->user = NULL;
}
