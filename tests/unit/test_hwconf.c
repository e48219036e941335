/* SPDX-License-Identifier: BSD-3-Clause */
/* Of the folder given, hwconf/: every profile loads on a machine that is large enough, and
 * README.md is what the table of keys prints. With --print, prints that, to make README.md of. */
#include "hwprofile.h"
#include "hwprofile_machine.h"

#include "support.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static char *read_whole(const char *path, size_t *len)
{
	static char text[256 * 1024];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		fail_msg("%s: cannot be read", path);
	*len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[*len] = '\0';
	return text;
}

static void shipped_profiles_load(void **state)
{
	static char said[65536];
	struct hwprofile_machine m;
	char pattern[512];
	glob_t found;

	(void)state;
	hwprofile_machine_plain(&m, 16, 16384);
	(void)snprintf(pattern, sizeof(pattern), "%s/*.conf", folder);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 10);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *out = fmemopen(said, sizeof(said), "w");
		struct hwprofile *p = NULL;
		size_t len;
		char *text = read_whole(found.gl_pathv[i], &len);
		int status = hwprofile_load_text(found.gl_pathv[i], text, len, &m, out, &p);

		(void)fclose(out);
		if (status != 0)
			fail_msg("%s", said);
		hwprofile_free(p);
	}
	globfree(&found);
}

static void readme_is_made_from_the_table(void **state)
{
	char *made = NULL, *there;
	char path[512];
	size_t made_len = 0, len;
	FILE *out = open_memstream(&made, &made_len);

	(void)state;
	assert_non_null(out);
	hwprofile_document(out);
	(void)fclose(out);
	(void)snprintf(path, sizeof(path), "%s/README.md", folder);
	there = read_whole(path, &len);
	if (len != made_len || memcmp(there, made, len) != 0)
		fail_msg("hwconf/README.md differs from the table: make it anew with "
			 "build/release/tests/test_hwconf --print > hwconf/README.md");
	free(made);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_profiles_load),
		cmocka_unit_test(readme_is_made_from_the_table),
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: test_hwconf FOLDER | --print\n");
		return 2;
	}
	if (strcmp(argv[1], "--print") == 0) {
		hwprofile_document(stdout);
		return 0;
	}
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
