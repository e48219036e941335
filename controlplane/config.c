/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "config_build.h"
#include "config_check.h"
#include "config_keys.h"
#include "config_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is written to say "none". */
static void blank(const char **text)
{
	if (*text != NULL && (*text)[0] == '\0')
		*text = NULL;
}

static void understand(struct config_build *b, const char *text)
{
	struct config_reader reader = {&config_keys_table, &b->tree, &b->faults, b};
	struct config *c = &b->config;

	if (config_read_string(&b->tree, text) != CONFIG_TRUE) {
		const char *why = config_error_text(&b->tree);

		config_faults_add(&b->faults, (unsigned)config_error_line(&b->tree),
			"%s: reading ends here, so more may be wrong further on: a setting is "
			"written as key = value;",
			why != NULL ? why : "not understood");
		return;
	}
	config_table_group(&reader, IN_TOP, config_root_setting(&b->tree), c, 0);
	blank(&c->user);
	blank(&c->dataplane_user);
	for (uint32_t i = 0; i < c->n_listeners; i++) {
		blank(&c->listeners[i].certificate);
		blank(&c->listeners[i].key);
		blank(&c->listeners[i].client_ca);
		blank(&c->listeners[i].crl);
	}
	config_check_listeners(b);
	config_check_interfaces(b);
	config_check_files(b);
}

int config_load_text(
	const char *path, const char *text, size_t len, FILE *out, struct config **config)
{
	struct config_build *b = calloc(1, sizeof(*b));
	char *copy = malloc(len + 1);

	if (b == NULL || copy == NULL) {
		free(b);
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	config_init(&b->tree);
	b->faults.file = path;
	config_scan_check(copy, len, "a configuration", &b->faults);
	if (!config_faults_any(&b->faults))
		understand(b, copy);
	free(copy);
	if (config_faults_any(&b->faults)) {
		config_faults_print(&b->faults, out);
		config_free(&b->config);
		return -EINVAL;
	}
	*config = &b->config;
	return 0;
}

int config_load(const char *path, FILE *out, struct config **config)
{
	char *text = malloc(CONFIG_SCAN_BYTES_MAX + 1);
	FILE *file = text != NULL ? fopen(path, "re") : NULL;
	int status = 0;
	size_t len = 0;

	if (text == NULL) {
		status = -ENOMEM;
	} else if (file == NULL) {
		status = errno != 0 ? -errno : -EIO;
	} else {
		/* up to one byte too many: pipes have no size to ask for */
		len = fread(text, 1, CONFIG_SCAN_BYTES_MAX + 1, file);
		if (ferror(file))
			status = errno != 0 ? -errno : -EIO;
		(void)fclose(file);
	}
	if (status == 0)
		status = config_load_text(path, text, len, out, config);
	else
		(void)fprintf(out, "%s: cannot be read: %s: make it, or name another by --config\n",
			path, strerrordesc_np(-status));
	free(text);
	return status;
}

void config_free(struct config *config)
{
	struct config_build *b = (struct config_build *)config;

	while (b != NULL) {
		struct config_build *older = b->older;

		config_destroy(&b->tree);
		free(b);
		b = older;
	}
}
