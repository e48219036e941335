/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_parse.h"

#include "hwprofile_entry.h"
#include "hwprofile_value.h"

#include <stdarg.h>
#include <string.h>

unsigned hwprofile_parse_line(const struct hwprofile_build *build, const char *format, ...)
{
	const config_setting_t *s;
	char path[128], *dot;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	while ((s = config_lookup(&build->config, path)) == NULL) {
		dot = strrchr(path, '.');
		if (dot == NULL)
			return 0;
		*dot = '\0';
	}
	return config_setting_source_line(s);
}

static unsigned line_of(const config_setting_t *s)
{
	return config_setting_source_line(s);
}

/* Names the list, not the element: elements have lines, which say which. */
static const char *where(enum hwprofile_section in)
{
	static const char *const names[IN_COUNT] = {
		[IN_TOP] = "a profile",
		[IN_EAL] = "eal",
		[IN_MEDIA] = "media",
		[IN_CONTROL] = "control",
		[IN_IDLE] = "idle",
		[IN_PORT] = "an entry of ports",
		[IN_ADDRESS] = "an entry of addresses",
		[IN_NEIGHBOUR] = "an entry of neighbours",
		[IN_WORKER] = "an entry of workers",
		[IN_QUEUE] = "an entry of queues",
	};

	return names[in];
}

static const struct hwprofile_key *find_key(enum hwprofile_section in, const char *name)
{
	for (size_t i = 0; i < hwprofile_keys_count; i++)
		if (hwprofile_keys[i].in == in && strcmp(hwprofile_keys[i].name, name) == 0)
			return &hwprofile_keys[i];
	return NULL;
}

static void add_unknown(
	struct hwprofile_build *b, enum hwprofile_section in, const config_setting_t *s)
{
	char known[384] = "";
	size_t used = 0;

	for (size_t i = 0; i < hwprofile_keys_count && used < sizeof(known); i++)
		if (hwprofile_keys[i].in == in)
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
				used > 0 ? ", " : "", hwprofile_keys[i].name);
	hwprofile_faults_add(&b->faults, line_of(s),
		"unknown key '%.40s': remove it, or write one of those that %s has: %s",
		config_setting_name(s), where(in), known);
}

static void parse_strings(
	struct hwprofile_build *b, const struct hwprofile_key *key, const config_setting_t *s)
{
	struct hwprofile *p = &b->profile; /* eal.args is the only such key */
	int n = config_setting_length(s);

	for (int i = 0; i < n; i++) {
		const char *text = config_setting_get_string_elem(s, i);

		if (text == NULL || text[0] == '\0') {
			hwprofile_faults_add(&b->faults, line_of(s),
				"'%s' holds what is no string: write %s = ( \"...\" );", key->name,
				key->name);
		} else if (p->n_eal_args == key->max) {
			hwprofile_faults_add(&b->faults, line_of(s),
				"'%s' has more than %u entries", key->name, key->max);
			return;
		} else {
			p->eal_args[p->n_eal_args++] = text;
		}
	}
}

static bool has_form(
	struct hwprofile_build *b, const struct hwprofile_key *key, config_setting_t *s)
{
	const char *form = key->type == KEY_GROUP ? "{ ... }" : "( ... )";

	if (key->type == KEY_GROUP ? config_setting_is_group(s)
				   : config_setting_is_list(s) || config_setting_is_array(s))
		return true;
	hwprofile_faults_add(&b->faults, line_of(s), "'%s' is no %s: write %s = %s;", key->name,
		key->type == KEY_GROUP ? "group" : "list", key->name, form);
	return false;
}

/* Sections nest three deep, by the table. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void parse_nested(struct hwprofile_build *b, const struct hwprofile_key *key,
	config_setting_t *s, unsigned owner)
{
	bool formed = s == NULL || has_form(b, key, s);

	if (key->type == KEY_GROUP)
		hwprofile_parse_group(b, key->of, formed ? s : NULL, &b->profile, owner);
	else if (formed && key->min > 0 && (s == NULL || config_setting_length(s) == 0))
		hwprofile_faults_add(&b->faults, s != NULL ? line_of(s) : 0,
			"'%s' has no entry: write %s = ( { ... } );", key->name, key->name);
	else if (formed && s != NULL && key->type == KEY_STRINGS)
		parse_strings(b, key, s);
	else if (formed && s != NULL)
		hwprofile_entry_list(b, key, s, owner);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
void hwprofile_parse_group(struct hwprofile_build *b, enum hwprofile_section in,
	config_setting_t *s, void *base, unsigned owner)
{
	for (size_t i = 0; i < hwprofile_keys_count; i++) {
		const struct hwprofile_key *key = &hwprofile_keys[i];
		config_setting_t *member;

		if (key->in != in)
			continue;
		member = s != NULL ? config_setting_get_member(s, key->name) : NULL;
		if (key->type >= KEY_GROUP) {
			parse_nested(b, key, member, owner);
			continue;
		}
		hwprofile_value_default(key, base);
		if (member != NULL)
			hwprofile_value_parse(key, member, base, &b->faults);
		else if (key->fallback == NULL)
			hwprofile_faults_add(&b->faults, s != NULL ? line_of(s) : 0,
				"'%s' is missing: %s must have it", key->name, where(in));
	}
	for (int i = 0; s != NULL && i < config_setting_length(s); i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned)i);

		if (find_key(in, config_setting_name(member)) == NULL)
			add_unknown(b, in, member);
	}
}

void hwprofile_parse_tree(struct hwprofile_build *b)
{
	struct hwprofile *p = &b->profile;

	hwprofile_parse_group(b, IN_TOP, config_root_setting(&b->config), p, 0);
	/* what is written to say "none", or "choose" */
	if (p->crypto_backend != NULL && strcmp(p->crypto_backend, "auto") == 0)
		p->crypto_backend = NULL;
	if (p->control_user != NULL && p->control_user[0] == '\0')
		p->control_user = NULL;
	if (p->user != NULL && p->user[0] == '\0')
		p->user = NULL;
}
