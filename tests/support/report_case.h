/* SPDX-License-Identifier: BSD-3-Clause */
/* report_case.h - what tests of reports share: calls, a configuration, and texts to compare with,
 * in a folder: replies as JSON, on as many lines as is good to read. */
#ifndef REPORT_CASE_H
#define REPORT_CASE_H

#include "call_table.h"
#include "ng_value.h"
#include "report.h"

enum { REPORT_CASE_TEXT = 512 * 1024 };

/* "inside" with one address, "outside" with one of each family. */
struct report_case {
	struct call_table *table;
	struct ng_arena arena;
	struct buffer out;
	struct config config;
	uint32_t blind; /* an endpoint that can't be read */
};

/* For cmocka: set up and tear down. */
int report_case_open(void **state);
int report_case_close(void **state);

/* Where the texts are; false: a wrong command line, which is told. */
bool report_case_folder(int argc, char **argv);

void report_case_reply(struct report_case *c, const struct ng_value *reply, const char *name);
void report_case_text(struct slice text, const char *name);

#endif
