/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_scan.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	const char *at; /* the NUL behind the text ends every loop */
	unsigned line;
	unsigned depth;
	bool too_deep;
	const char *subject;
	struct config_faults *faults;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static void skip_to_line_end(struct scan *s)
{
	while (*s->at != '\0' && *s->at != '\n')
		s->at++;
}

static void skip_comment(struct scan *s)
{
	unsigned line = s->line;

	s->at += 2;
	while (*s->at != '\0' && strncmp(s->at, "*/", 2) != 0)
		s->line += *s->at++ == '\n';
	if (*s->at == '\0')
		config_faults_add(s->faults, line, "comment without end: close it with */");
	else
		s->at += 2;
}

static void skip_string(struct scan *s)
{
	unsigned line = s->line;

	s->at++;
	while (*s->at != '\0' && *s->at != '"') {
		if (*s->at == '\\' && s->at[1] != '\0')
			s->at++;
		s->line += *s->at++ == '\n';
	}
	if (*s->at == '\0')
		config_faults_add(s->faults, line, "string without end: close it with \"");
	else
		s->at++;
}

/* No key takes more than an int; a fraction or anything odd is left to libconfig and the type. */
static void check_number(struct scan *s)
{
	bool hex = s->at[0] == '0' && (s->at[1] == 'x' || s->at[1] == 'X');
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(s->at, &end, hex ? 16 : 10);
	if (errno == ERANGE || value > INT_MAX)
		config_faults_add(s->faults, s->line,
			"number %.*s is too big: no key takes more than %d",
			(int)(end - s->at < 40 ? end - s->at : 40), s->at, INT_MAX);
	s->at = end;
	while (is_word(*s->at) || *s->at == '.')
		s->at++;
}

static void nest(struct scan *s)
{
	if (strchr(")]}", *s->at) != NULL) {
		s->depth -= s->depth > 0;
	} else if (++s->depth > CONFIG_SCAN_DEPTH_MAX && !s->too_deep) {
		config_faults_add(s->faults, s->line,
			"nested more than %d deep: %s needs no more than 6", CONFIG_SCAN_DEPTH_MAX,
			s->subject);
		s->too_deep = true;
	}
	s->at++;
}

static void step(struct scan *s)
{
	char c = *s->at;

	if (c == '#' || strncmp(s->at, "//", 2) == 0) {
		skip_to_line_end(s);
	} else if (strncmp(s->at, "/*", 2) == 0) {
		skip_comment(s);
	} else if (c == '"') {
		skip_string(s);
	} else if (isdigit((unsigned char)c)) {
		check_number(s);
	} else if (isalpha((unsigned char)c) || c == '*') {
		while (is_word(*s->at))
			s->at++;
	} else if (strchr("()[]{}", c) != NULL) {
		nest(s);
	} else if (c == '@') {
		config_faults_add(s->faults, s->line,
			"@include: %s is one file, so that it says all: copy the lines here",
			s->subject);
		skip_to_line_end(s);
	} else {
		s->line += c == '\n';
		s->at++;
	}
}

void config_scan_check(
	const char *text, size_t len, const char *subject, struct config_faults *faults)
{
	struct scan s = {.at = text, .line = 1, .subject = subject, .faults = faults};

	if (len > CONFIG_SCAN_BYTES_MAX) {
		config_faults_add(faults, 0, "more than %d bytes: %s is shorter",
			CONFIG_SCAN_BYTES_MAX, subject);
		return;
	}
	while (*s.at != '\0')
		step(&s);
	if ((size_t)(s.at - text) < len)
		config_faults_add(
			faults, s.line, "a NUL byte: save the file as plain text (UTF-8)");
}
