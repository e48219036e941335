/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_sheet_line.h"

#include "address_index.h"
#include "secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MAX = 256 << 20 };

bool call_sheet_fault(struct call_sheet_parser *p, const char *format, ...)
{
	va_list args;

	p->faults++;
	(void)fprintf(p->errors, "%s:%u: ", p->in->name, p->line);
	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started just above */
	(void)vfprintf(p->errors, format, args);
	va_end(args);
	(void)fputc('\n', p->errors);
	return false;
}

const char *call_sheet_word(const char *word)
{
	enum { SHORT = 20 };
	size_t len = strlen(word);

	if (len <= SHORT && strspn(word, "abcdefghijklmnopqrstuvwxyz.-") == len)
		return word;
	return "(not shown)";
}

static bool set_classes(struct call_sheet_parser *p, const char *value)
{
	uint64_t classes;

	if (p->sheet->n_calls > 0)
		return call_sheet_fault(p, "'classes' after a call: let it come first");
	if (value == NULL || !call_sheet_number(value, CALL_SHEET_CLASSES_MAX, &classes) ||
		classes == 0 || (classes & (classes - 1)) != 0)
		return call_sheet_fault(
			p, "'classes' wants a power of two up to %d", CALL_SHEET_CLASSES_MAX);
	p->sheet->classes = (uint32_t)classes;
	return true;
}

static char *next_token(char **rest)
{
	char *token;

	do
		token = strsep(rest, " \t\r");
	while (token != NULL && *token == '\0');
	return token;
}

static bool run_call(struct call_sheet_parser *p, char *rest)
{
	char *token;

	while ((token = next_token(&rest)) != NULL)
		if (!call_sheet_set(p, token))
			return false;
	return call_sheet_expand(p);
}

static bool run_statement(struct call_sheet_parser *p)
{
	char *rest = p->text, *word = next_token(&rest), *value;
	uint64_t count = 1;

	if (word == NULL)
		return true;
	memset(&p->spec, 0, sizeof(p->spec));
	p->spec.step = 2;
	p->spec.count = 1;
	if (strcmp(word, "call") == 0)
		return run_call(p, rest);
	if (strcmp(word, "calls") != 0 && strcmp(word, "classes") != 0)
		return call_sheet_fault(
			p, "'%s' is no statement: call, calls N, classes N", call_sheet_word(word));
	value = next_token(&rest);
	if (strcmp(word, "classes") == 0 && next_token(&rest) == NULL)
		return set_classes(p, value);
	if (strcmp(word, "calls") != 0 || value == NULL ||
		!call_sheet_number(value, CALL_SHEET_CALLS_MAX, &count) || count == 0)
		return call_sheet_fault(
			p, "'%s' wants a number from 1 to %d", word, CALL_SHEET_CALLS_MAX);
	p->spec.many = true;
	p->spec.count = (uint32_t)count;
	return run_call(p, rest);
}

/* The next line without comment, joined to 'have' characters; '*more' if it is continued.
 * Returns the characters then there, or 0 if they are too many. */
static size_t join_line(struct call_sheet_parser *p, const char *line, size_t len, size_t have)
{
	const char *comment = memchr(line, '#', len);

	if (comment != NULL)
		len = (size_t)(comment - line);
	if (memchr(line, '\0', len) != NULL) {
		(void)call_sheet_fault(p, "a zero byte: this is no text file");
		len = 0;
	}
	if (have + len >= sizeof(p->text)) {
		(void)call_sheet_fault(
			p, "longer than %d characters: split the line", CALL_SHEET_LINE_MAX);
		have = len = 0;
	}
	memcpy(p->text + have, line, len);
	p->text[have + len] = '\0';
	return have + len;
}

static void run_text(struct call_sheet_parser *p)
{
	const char *at = p->in->text, *end = at + p->in->len;
	uint32_t line = 0;
	size_t have = 0;

	while (at < end && p->faults < CALL_SHEET_FAULTS_MAX && p->error == 0) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline : end;

		line++;
		if (have == 0)
			p->line = line;
		have = join_line(p, at, (size_t)(stop - at), have);
		at = newline != NULL ? newline + 1 : end;
		while (have > 0 && strchr(" \t\r", p->text[have - 1]) != NULL)
			p->text[--have] = '\0';
		if (have > 0 && p->text[have - 1] == '\\' && at < end) {
			p->text[have - 1] = ' ';
			continue;
		}
		if (p->faults == 0 || have > 0)
			(void)run_statement(p);
		have = 0;
	}
	if (p->faults == CALL_SHEET_FAULTS_MAX)
		(void)fprintf(
			p->errors, "%s: too many faults, the rest is not read\n", p->in->name);
}

/* Adds what one port is used for; says who has it, if any. */
static bool claim(struct call_sheet_parser *p, struct address_index *index,
	const struct relay_sockaddr *addr, uint32_t call_i, const char *whose)
{
	uint32_t owner;

	if (address_index_add(index, addr, call_i) == 0)
		return true;
	owner = address_index_find(index, addr, address_index_hash(addr));
	p->line = p->sheet->calls[call_i].line;
	return call_sheet_fault(p,
		"call %u of the sheet: %s port %u was given to call %u (line %u): take another port or "
		"address",
		call_i, whose, addr->port, owner, p->sheet->calls[owner].line);
}

static bool claim_leg(struct call_sheet_parser *p, struct address_index *index[2],
	const struct call_leg *leg, uint32_t call_i)
{
	struct relay_sockaddr gen = leg->gen, relay = leg->relay;

	if (!claim(p, index[0], &gen, call_i, "the generator's") ||
		!claim(p, index[1], &relay, call_i, "the relay's"))
		return false;
	if (leg->rtcp_mux)
		return true;
	gen.port++; /* even until here, so no overflow */
	relay.port++;
	return claim(p, index[0], &gen, call_i, "the generator's RTCP") &&
	       claim(p, index[1], &relay, call_i, "the relay's RTCP");
}

static void check_unique(struct call_sheet_parser *p)
{
	uint32_t capacity = p->sheet->n_calls * CALL_LEGS * 2;
	struct address_index *index[2] = {
		address_index_create(capacity), address_index_create(capacity)};

	if (index[0] == NULL || index[1] == NULL)
		p->error = -ENOMEM;
	for (uint32_t i = 0; p->error == 0 && i < p->sheet->n_calls; i++) {
		const struct call *call = &p->sheet->calls[i];

		if (p->faults >= CALL_SHEET_FAULTS_MAX ||
			!claim_leg(p, index, &call->legs[CALL_LEG_A], i))
			continue;
		if (!call->echo)
			(void)claim_leg(p, index, &call->legs[CALL_LEG_B], i);
	}
	address_index_destroy(index[0]);
	address_index_destroy(index[1]);
}

int call_sheet_parse(const struct call_sheet_text *text, FILE *errors, struct call_sheet **sheet)
{
	struct call_sheet_parser *p = calloc(1, sizeof(*p));
	int error;

	if (p == NULL || (p->sheet = calloc(1, sizeof(*p->sheet))) == NULL) {
		free(p);
		return -ENOMEM;
	}
	p->in = text;
	p->errors = errors;
	p->max_calls = text->max_calls != 0 ? text->max_calls : CALL_SHEET_CALLS_MAX;
	p->sheet->classes = CALL_SHEET_CLASSES_DEFAULT;
	run_text(p);
	if (p->faults == 0)
		check_unique(p);
	if (p->faults == 0 && p->error == 0 && p->sheet->n_calls == 0) {
		p->line = 1;
		(void)call_sheet_fault(p, "no call in the sheet: add a line 'call' or 'calls'");
	}
	error = p->error != 0 ? p->error : p->faults != 0 ? -EINVAL : 0;
	if (error == 0)
		*sheet = p->sheet;
	else
		call_sheet_free(p->sheet);
	secret_wipe(p, sizeof(*p)); /* keys as they were written */
	free(p);
	return error;
}

static int read_all(const char *path, char **text, size_t *len)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	int error = 0;

	if (file == NULL)
		return -errno;
	if (fstat(fileno(file), &st) != 0)
		error = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		error = -EFBIG;
	else if ((*text = malloc((size_t)st.st_size + 1)) == NULL)
		error = -ENOMEM;
	if (error == 0) {
		*len = fread(*text, 1, (size_t)st.st_size, file);
		if (ferror(file))
			error = -EIO;
	}
	if (error == -EIO)
		free(*text);
	(void)fclose(file);
	return error;
}

int call_sheet_read(const char *path, FILE *errors, struct call_sheet **sheet)
{
	struct call_sheet_text text = {.name = path};
	char *content = NULL;
	int error = read_all(path, &content, &text.len);

	if (error != 0) {
		(void)fprintf(errors, "%s: cannot be read: %s\n", path,
			error == -EFBIG ? "no regular file of up to 256 MB"
					: strerrordesc_np(-error));
		return error;
	}
	text.text = content;
	error = call_sheet_parse(&text, errors, sheet);
	secret_wipe(content, text.len);
	free(content);
	return error;
}

void call_sheet_free(struct call_sheet *sheet)
{
	if (sheet == NULL)
		return;
	if (sheet->calls != NULL)
		secret_wipe(sheet->calls, sheet->n_calls * sizeof(*sheet->calls));
	free(sheet->calls);
	free(sheet);
}
