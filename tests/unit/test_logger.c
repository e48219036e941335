/* SPDX-License-Identifier: BSD-3-Clause */
#include "logger.h"
#include "metrics.h"

#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ROW(text) text, sizeof(text) - 1

static void value_is_quoted_where_it_must(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		const char *line;
	} rows[] = {
		{ROW("plain"), "event=e k=plain"},
		{ROW("10.0.0.1:22"), "event=e k=10.0.0.1:22"},
		{ROW("a=b"), "event=e k=\"a=b\""},
		{ROW(""), "event=e k=\"\""},
		{ROW("two words"), "event=e k=\"two words\""},
		{ROW("say \"hi\" \\"), "event=e k=\"say \\\"hi\\\" \\\\\""},
		{ROW("x\n2026-01-01T00:00:00.000Z error authn event=forged"),
			"event=e k=\"x\\x0a2026-01-01T00:00:00.000Z error authn event=forged\""},
		{ROW("\033[31m\r\0\177\303\266"),
			"event=e k=\"\\x1b[31m\\x0d\\x00\\x7f\\xc3\\xb6\""},
	};
	char line[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice value = {rows[i].value, rows[i].len};
		size_t len = logger_format(
			line, sizeof(line), "e", LOGGER_FIELDS(LOGGER_PIECE("k", value)));

		assert_string_equal(line, rows[i].line);
		assert_int_equal(len, strlen(line));
	}
}

static void line_is_cut_not_split(void **state)
{
	char value[5000], line[300];

	(void)state;
	memset(value, '\n', sizeof(value));
	for (size_t room = 1; room <= sizeof(line); room++) {
		size_t len = logger_format(line, room, "e",
			LOGGER_FIELDS(LOGGER_PIECE("k", ((struct slice){value, sizeof(value)})),
				LOGGER_COUNT("n", -5)));

		assert_int_equal(len, strlen(line));
		assert_true(len < room);
		assert_null(strchr(line, '\n'));
	}
}

static void numbers_and_addresses_are_written(void **state)
{
	const struct relay_sockaddr v6 = {
		.ip = {0x20, 1, 0xd, 0xb8, [15] = 1}, .port = 22222, .family = RELAY_FAMILY_IPV6};
	const struct relay_sockaddr none = {.family = RELAY_FAMILY_NONE};
	char line[200];

	(void)state;
	(void)logger_format(line, sizeof(line), "two words",
		LOGGER_FIELDS(
			LOGGER_COUNT("n", -7), LOGGER_PEER("a", &v6), LOGGER_PEER("b", &none)));
	assert_string_equal(line, "event=\"two words\" n=-7 a=[2001:db8::1]:22222 b=-");
	(void)logger_format(line, sizeof(line), "alone", NULL);
	assert_string_equal(line, "event=alone");
}

static void journal_gets_one_field_a_line(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char entry[1024] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/slt-journal-%d", getpid());
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(logger_open(LOGGER_WARN, addr.sun_path), 0);
	logger_write(LOGGER_INFO, "m", "not this", NULL);
	logger_write(LOGGER_WARN, "m", "e",
		LOGGER_FIELDS(LOGGER_TEXT("k", "x\nPRIORITY=0\nMESSAGE=forged")));
	assert_true(recv(fd, entry, sizeof(entry) - 1, 0) > 0);
	assert_string_equal(entry,
		"PRIORITY=4\nSYSLOG_IDENTIFIER=sluice-controlplane\nSLUICE_MODULE=m\n"
		"MESSAGE=m event=e k=\"x\\x0aPRIORITY=0\\x0aMESSAGE=forged\"\n");
	assert_int_equal(logger_open(LOGGER_INFO, NULL), 0);
	assert_true(logger_open(LOGGER_INFO, "/nonexistent/socket") < 0);
	(void)close(fd);
	(void)unlink(addr.sun_path);
}

static void limit_lets_a_burst_through_then_one_a_second(void **state)
{
	struct logger_limit limit = {.burst = 3};
	uint64_t swallowed = 99;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(logger_limit_allow(&limit, 10000, &swallowed));
	assert_int_equal(swallowed, 0);
	for (int i = 0; i < 5; i++)
		assert_false(logger_limit_allow(&limit, 10500, &swallowed));
	assert_true(logger_limit_allow(&limit, 11500, &swallowed));
	assert_int_equal(swallowed, 5);
	assert_false(logger_limit_allow(&limit, 11900, &swallowed));
	assert_true(logger_limit_allow(&limit, 100000, &swallowed));
	assert_int_equal(swallowed, 1);
}

static void metrics_escape_what_labels_hold(void **state)
{
	const struct metrics_label labels[] = {{"listener", slice_of("a\"b\\c\nd\xff")},
		{"kind", slice_of("x")}, {NULL, {NULL, 0}}};
	struct buffer out = {.limit = 4096};

	(void)state;
	metrics_family(&out, "sluice_x_total", "counter", "What \\ it\nis");
	metrics_sample(&out, "sluice_x_total", labels, UINT64_MAX);
	metrics_sample(&out, "sluice_x_total", NULL, 0);
	assert_false(out.failed);
	buffer_char(&out, '\0');
	assert_string_equal(out.data, "# HELP sluice_x_total What \\\\ it\\nis\n"
				      "# TYPE sluice_x_total counter\n"
				      "sluice_x_total{listener=\"a\\\"b\\\\c\\nd?\",kind=\"x\"} "
				      "18446744073709551615\n"
				      "sluice_x_total 0\n");
	buffer_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_quoted_where_it_must),
		cmocka_unit_test(line_is_cut_not_split),
		cmocka_unit_test(numbers_and_addresses_are_written),
		cmocka_unit_test(journal_gets_one_field_a_line),
		cmocka_unit_test(limit_lets_a_burst_through_then_one_a_second),
		cmocka_unit_test(metrics_escape_what_labels_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
