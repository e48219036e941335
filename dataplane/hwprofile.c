/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile.h"

#include "config_scan.h"
#include "hwprofile_check.h"
#include "hwprofile_fill.h"
#include "hwprofile_machine.h"
#include "hwprofile_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "intel-e810" of "/etc/sluice/intel-e810.conf". */
static void set_name(struct hwprofile_build *b, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash != NULL ? slash + 1 : path;
	size_t len = strlen(file);

	if (len > 5 && strcmp(file + len - 5, ".conf") == 0)
		len -= 5;
	(void)snprintf(b->name, sizeof(b->name), "%.*s", (int)(len < 63 ? len : 63), file);
	b->profile.name = b->name;
}

static void understand(
	struct hwprofile_build *b, const char *text, const struct hwprofile_machine *machine)
{
	if (config_read_string(&b->config, text) != CONFIG_TRUE) {
		const char *why = config_error_text(&b->config);

		config_faults_add(&b->faults, (unsigned)config_error_line(&b->config),
			"%s: reading ends here, so more may be wrong further on: a setting is "
			"written as key = value;",
			why != NULL ? why : "not understood");
		return;
	}
	hwprofile_parse_tree(b);
	hwprofile_fill_queues(b);
	hwprofile_check_placement(b, machine);
	hwprofile_check_ports(b);
	if (config_faults_any(&b->faults))
		return;
	hwprofile_fill_memory(b);
	hwprofile_check_memory(b, machine);
}

int hwprofile_load_text(const char *path, const char *text, size_t len,
	const struct hwprofile_machine *machine, FILE *out, struct hwprofile **profile)
{
	struct hwprofile_build *b = calloc(1, sizeof(*b));
	char *copy = malloc(len + 1);

	if (b == NULL || copy == NULL) {
		free(b);
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	config_init(&b->config);
	b->faults.file = path;
	set_name(b, path);
	config_scan_check(copy, len, "a profile", &b->faults);
	if (!config_faults_any(&b->faults))
		understand(b, copy, machine);
	free(copy);
	if (config_faults_any(&b->faults)) {
		config_faults_print(&b->faults, out);
		hwprofile_free(&b->profile);
		return -EINVAL;
	}
	*profile = &b->profile;
	return 0;
}

/* Files of /proc and pipes have no size to ask for, so it reads up to one byte too many. */
static int read_file(const char *path, char *text, size_t room, size_t *len)
{
	FILE *file = fopen(path, "re");
	int status = 0;

	if (file == NULL)
		return -errno;
	*len = fread(text, 1, room, file);
	if (ferror(file))
		status = errno != 0 ? -errno : -EIO;
	(void)fclose(file);
	return status;
}

int hwprofile_load(const char *path, FILE *out, struct hwprofile **profile)
{
	struct hwprofile_machine machine;
	char *text = malloc(CONFIG_SCAN_BYTES_MAX + 1);
	size_t len = 0;
	int status;

	if (text == NULL)
		return -ENOMEM;
	status = read_file(path, text, CONFIG_SCAN_BYTES_MAX + 1, &len);
	if (status != 0)
		(void)fprintf(out,
			"%s: cannot be read: %s: copy a profile of hwconf there, or name another\n",
			path, strerrordesc_np(-status));
	if (status == 0) {
		status = hwprofile_machine_read(&machine);
		if (status != 0)
			(void)fprintf(out, "%s: cannot see which cores there are: %s\n", path,
				strerrordesc_np(-status));
	}
	if (status == 0)
		status = hwprofile_load_text(path, text, len, &machine, out, profile);
	free(text);
	return status;
}

void hwprofile_free(struct hwprofile *profile)
{
	struct hwprofile_build *b = (struct hwprofile_build *)profile;

	if (b == NULL)
		return;
	config_destroy(&b->config);
	free(b);
}
