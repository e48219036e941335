/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_table.h"

#include "config_value.h"

#include <stdarg.h>
#include <string.h>

unsigned config_table_line(const config_t *config, const char *format, ...)
{
	const config_setting_t *s;
	char path[128], *dot;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	while ((s = config_lookup(config, path)) == NULL) {
		dot = strrchr(path, '.');
		if (dot == NULL)
			return 0;
		*dot = '\0';
	}
	return config_setting_source_line(s);
}

static unsigned line_of(const config_setting_t *s)
{
	return s != NULL ? config_setting_source_line(s) : 0;
}

static const struct config_key *find_key(
	const struct config_table *table, unsigned in, const char *name)
{
	for (size_t i = 0; i < table->n_keys; i++)
		if (table->keys[i].in == in && strcmp(table->keys[i].name, name) == 0)
			return &table->keys[i];
	return NULL;
}

static void add_unknown(struct config_reader *r, unsigned in, const config_setting_t *s)
{
	const struct config_table *table = r->table;
	char known[384] = "";
	size_t used = 0;

	for (size_t i = 0; i < table->n_keys && used < sizeof(known); i++)
		if (table->keys[i].in == in)
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
				used > 0 ? ", " : "", table->keys[i].name);
	config_faults_add(r->faults, line_of(s),
		"unknown key '%.40s': remove it, or write one of those that %s has: %s",
		config_setting_name(s), table->sections[in].name, known);
}

static void parse_strings(struct config_reader *r, const struct config_key *key,
	const config_setting_t *s, void *base)
{
	const char **list = (const char **)(void *)((char *)base + key->offset);
	uint32_t n = 0;

	for (int i = 0; i < config_setting_length(s); i++) {
		const char *text = config_setting_get_string_elem(s, i);

		if (text == NULL || text[0] == '\0') {
			config_faults_add(r->faults, line_of(s),
				"'%s' holds what is no string: write %s = ( \"...\" );", key->name,
				key->name);
		} else if (n == key->max) {
			config_faults_add(r->faults, line_of(s), "'%s' has more than %u entries",
				key->name, key->max);
			break;
		} else if (config_value_printable(key, s, text, r->faults)) {
			list[n++] = text;
		}
	}
	memcpy((char *)base + key->count, &n, sizeof(n));
}

static void parse_list(struct config_reader *r, const struct config_key *key,
	const config_setting_t *list, unsigned owner)
{
	int n = config_setting_length(list);

	for (int i = 0; i < n; i++) {
		config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
		bool text = config_setting_type(s) == CONFIG_TYPE_STRING &&
			    r->table->takes_text != NULL && r->table->takes_text(key);

		if (!config_setting_is_group(s) && !text) {
			config_faults_add(r->faults, line_of(s),
				"an entry of '%s' is no group: write { ... }", key->name);
		} else if (!r->table->entry(r, key, s, owner)) {
			config_faults_add(r->faults, line_of(s),
				"one of '%s' too many: %s has at most %u", key->name,
				r->table->sections[0].name, key->max);
			return;
		}
	}
}

static bool has_form(
	struct config_reader *r, const struct config_key *key, const config_setting_t *s)
{
	const char *form = key->type == KEY_GROUP ? "{ ... }" : "( ... )";

	if (key->type == KEY_GROUP ? config_setting_is_group(s)
				   : config_setting_is_list(s) || config_setting_is_array(s))
		return true;
	config_faults_add(r->faults, line_of(s), "'%s' is no %s: write %s = %s;", key->name,
		key->type == KEY_GROUP ? "group" : "list", key->name, form);
	return false;
}

/* A member of a group that was found or not, as nothing else can be. */
struct member {
	const struct config_key *key;
	config_setting_t *setting;
	const config_setting_t *group; /* that it is in, or should be */
	void *base;
	unsigned owner;
};

/* Sections nest as deep as the table says. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void parse_nested(struct config_reader *r, const struct member *m)
{
	const struct config_key *key = m->key;
	config_setting_t *s = m->setting;
	bool formed = s == NULL || has_form(r, key, s);

	if (key->type == KEY_GROUP)
		config_table_group(r, key->of, formed ? s : NULL, m->base, m->owner);
	else if (formed && key->min > 0 && (s == NULL || config_setting_length(s) == 0))
		config_faults_add(r->faults, line_of(s != NULL ? s : m->group),
			"'%s' has no entry: write %s = ( %s );", key->name, key->name,
			key->type == KEY_LIST ? "{ ... }" : "\"...\"");
	else if (formed && s != NULL && key->type == KEY_STRINGS)
		parse_strings(r, key, s, m->base);
	else if (formed && s != NULL)
		parse_list(r, key, s, m->owner);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
void config_table_group(
	struct config_reader *r, unsigned in, config_setting_t *group, void *base, unsigned owner)
{
	for (size_t i = 0; i < r->table->n_keys; i++) {
		const struct config_key *key = &r->table->keys[i];
		struct member m = {key, NULL, group, base, owner};

		if (key->in != in)
			continue;
		if (group != NULL)
			m.setting = config_setting_get_member(group, key->name);
		if (key->type >= KEY_GROUP) {
			parse_nested(r, &m);
			continue;
		}
		config_value_default(key, base);
		if (m.setting != NULL)
			config_value_parse(key, m.setting, base, r->faults);
		else if (key->fallback == NULL)
			config_faults_add(r->faults, line_of(group),
				"'%s' is missing: %s must have it", key->name,
				r->table->sections[in].name);
	}
	for (int i = 0; group != NULL && i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);

		if (find_key(r->table, in, config_setting_name(s)) == NULL)
			add_unknown(r, in, s);
	}
}
