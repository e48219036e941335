/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_table.h"

static void print_value(const struct config_key *key, FILE *out)
{
	switch (key->type) {
	case KEY_BOOL:
		(void)fprintf(out, "true or false");
		break;
	case KEY_U16:
	case KEY_U32:
		(void)fprintf(out, "%u to %u%s%s", key->min, key->max, key->unit != NULL ? " " : "",
			key->unit != NULL ? key->unit : "");
		break;
	case KEY_STRING:
		(void)fprintf(out, "text of %u to %u", key->min, key->max);
		break;
	case KEY_CHOICE:
	case KEY_WORD:
		for (size_t i = 0; key->words[i] != NULL; i++)
			(void)fprintf(out, "%s`\"%s\"`", i > 0 ? ", " : "", key->words[i]);
		break;
	case KEY_GROUP:
		(void)fprintf(out, "group");
		break;
	case KEY_LIST:
	case KEY_STRINGS:
		(void)fprintf(out, "list of %s%u to %u", key->type == KEY_STRINGS ? "texts, " : "",
			key->min, key->max);
		break;
	}
}

static void print_default(const struct config_key *key, FILE *out)
{
	bool quoted = key->type == KEY_STRING || key->type == KEY_CHOICE || key->type == KEY_WORD;

	if (key->fallback != NULL)
		(void)fprintf(out, quoted ? "`\"%s\"`" : "`%s`", key->fallback);
	else if (key->type < KEY_GROUP || key->min > 0)
		(void)fprintf(out, "must be there");
}

static void print_row(const struct config_key *key, bool live, FILE *out)
{
	(void)fprintf(out, "| `%s` | ", key->name);
	print_value(key, out);
	(void)fprintf(out, " | ");
	print_default(key, out);
	if (live)
		(void)fprintf(out, " | %s", key->is_live ? "yes" : "");
	(void)fprintf(out, " | %s |\n", key->help);
}

void config_table_document(
	const struct config_table *table, const char *intro, bool live, FILE *out)
{
	(void)fputs(intro, out);
	for (unsigned s = 0; s < table->n_sections; s++) {
		if (table->sections[s].title == NULL)
			continue;
		(void)fprintf(out, "\n## %s\n\n%s\n\n| key | value | default |%s what it is |\n%s",
			table->sections[s].title, table->sections[s].form, live ? " live |" : "",
			live ? "|---|---|---|---|---|\n" : "|---|---|---|---|\n");
		for (size_t i = 0; i < table->n_keys; i++)
			if (table->keys[i].in == s)
				print_row(&table->keys[i], live, out);
	}
}
