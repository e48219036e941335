/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_case.h"

#include "ng_json.h"
#include "support.h"

#include <stdio.h>

enum { ARENA = 4 * 1024 * 1024 };

static const char *folder;

bool report_case_folder(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return false;
	}
	folder = argv[1];
	return true;
}

static struct relay_sockaddr host(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct relay_sockaddr){.ip = {a, b, c, d}, .family = RELAY_FAMILY_IPV4};
}

static struct relay_sockaddr host6(void)
{
	return (struct relay_sockaddr){
		.ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 7}, .family = RELAY_FAMILY_IPV6};
}

int report_case_open(void **state)
{
	static struct report_case c;

	c = (struct report_case){.out = {.limit = REPORT_CASE_TEXT}};
	ng_arena_init(&c.arena, ARENA);
	c.config.n_interfaces = 2;
	c.config.interfaces[0] = (struct config_interface){.name = "inside",
		.addresses = {{.local = host(198, 51, 100, 1)}},
		.n_addresses = 1,
		.port_min = 30000,
		.port_max = 39999};
	c.config.interfaces[1] = (struct config_interface){.name = "outside",
		.addresses = {{.local = host(203, 0, 113, 5), .advertised = host(203, 0, 113, 99)},
			{.local = host6()}},
		.n_addresses = 2,
		.port_min = 40000,
		.port_max = 49999};
	*state = &c;
	return call_table_create(&c.table);
}

int report_case_close(void **state)
{
	struct report_case *c = *state;

	call_table_destroy(c->table);
	ng_arena_fini(&c->arena);
	buffer_fini(&c->out);
	return 0;
}

static void read_golden(const char *name, struct buffer *to)
{
	char path[512], block[4096];
	size_t n;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("no file %s", path);
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buffer_put(to, block, n);
	(void)fclose(file);
}

/* Takes line ends and what indents the lines away. */
static void join_lines(const struct buffer *text, struct buffer *to)
{
	struct slice rest = buffer_all(text);

	while (rest.len > 0)
		buffer_slice(to, slice_trim(slice_cut(&rest, '\n')));
}

/* Whole: cmocka cuts its messages short. */
static void fail_with(struct slice text, const char *name)
{
	(void)fwrite(text.ptr, 1, text.len, stderr);
	fail_msg("this is not as in %s", name);
}

void report_case_text(struct slice text, const char *name)
{
	struct buffer golden = {.limit = REPORT_CASE_TEXT};

	read_golden(name, &golden);
	if (!slice_equal(text, buffer_all(&golden)))
		fail_with(text, name);
	buffer_fini(&golden);
}

void report_case_reply(struct report_case *c, const struct ng_value *reply, const char *name)
{
	struct buffer golden = {.limit = REPORT_CASE_TEXT}, joined = {.limit = REPORT_CASE_TEXT};

	assert_false(c->arena.failed);
	c->out.len = 0;
	ng_json_encode(reply, &c->out);
	assert_false(c->out.failed);
	read_golden(name, &golden);
	join_lines(&golden, &joined);
	if (!slice_equal(buffer_all(&c->out), buffer_all(&joined)))
		fail_with(buffer_all(&c->out), name);
	buffer_fini(&golden);
	buffer_fini(&joined);
}
