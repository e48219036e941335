/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_value.h"

#include <stdlib.h>
#include <string.h>

static void store_number(const struct config_key *key, void *base, uint32_t value)
{
	char *field = (char *)base + key->offset;
	uint16_t narrow = (uint16_t)value;
	bool truth = value != 0;

	_Static_assert(
		sizeof(enum config_key_type) == sizeof(value), "enums are stored as numbers");
	if (key->type == KEY_BOOL)
		memcpy(field, &truth, sizeof(truth));
	else if (key->type == KEY_U16)
		memcpy(field, &narrow, sizeof(narrow));
	else
		memcpy(field, &value, sizeof(value));
}

static void store_text(const struct config_key *key, void *base, const char *text)
{
	memcpy((char *)base + key->offset, &text, sizeof(text));
}

/* The index in 'words', or -1. */
static int find_word(const struct config_key *key, const char *text)
{
	for (int i = 0; key->words[i] != NULL; i++)
		if (strcmp(key->words[i], text) == 0)
			return i;
	return -1;
}

void config_value_default(const struct config_key *key, void *base)
{
	switch (key->type) {
	case KEY_BOOL:
		store_number(key, base, strcmp(key->fallback, "true") == 0);
		break;
	case KEY_U16:
	case KEY_U32:
		store_number(key, base,
			key->fallback == NULL ? CONFIG_UNKNOWN
					      : (uint32_t)strtoul(key->fallback, NULL, 10));
		break;
	case KEY_WORD:
		store_number(key, base,
			key->fallback == NULL ? CONFIG_UNKNOWN
					      : (uint32_t)find_word(key, key->fallback));
		break;
	case KEY_STRING:
	case KEY_CHOICE:
		store_text(key, base, key->fallback);
		break;
	case KEY_GROUP:
	case KEY_LIST:
	case KEY_STRINGS:
		break;
	}
}

static const char *type_name(int type)
{
	switch (type) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a whole number";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_GROUP:
		return "a group";
	default:
		return "a list";
	}
}

static bool has_type(
	const struct config_key *key, const config_setting_t *s, struct config_faults *faults)
{
	int type = config_setting_type(s);
	int want = CONFIG_TYPE_STRING;

	if (key->type == KEY_BOOL)
		want = CONFIG_TYPE_BOOL;
	else if (key->type == KEY_U16 || key->type == KEY_U32)
		want = CONFIG_TYPE_INT;
	if (type == want || (want == CONFIG_TYPE_INT && type == CONFIG_TYPE_INT64))
		return true;
	config_faults_add(faults, config_setting_source_line(s), "'%s' is %s: write %s", key->name,
		type_name(type), type_name(want));
	return false;
}

static void parse_number(const struct config_key *key, const config_setting_t *s, void *base,
	struct config_faults *faults)
{
	long long value = config_setting_type(s) == CONFIG_TYPE_INT64 ? config_setting_get_int64(s)
								      : config_setting_get_int(s);

	if (value < key->min || value > key->max)
		config_faults_add(faults, config_setting_source_line(s),
			"'%s' is %lld: write %u to %u", key->name, value, key->min, key->max);
	else
		store_number(key, base, (uint32_t)value);
}

static void parse_word(const struct config_key *key, const config_setting_t *s, void *base,
	struct config_faults *faults)
{
	const char *text = config_setting_get_string(s);
	int word = find_word(key, text);
	char words[128] = "";
	size_t used = 0;

	if (word >= 0 && key->type == KEY_CHOICE) {
		store_text(key, base, key->words[word]);
	} else if (word >= 0) {
		store_number(key, base, (uint32_t)word);
	} else {
		for (int i = 0; key->words[i] != NULL && used < sizeof(words); i++)
			used += (size_t)snprintf(words + used, sizeof(words) - used, "%s\"%s\"",
				i > 0 ? ", " : "", key->words[i]);
		config_faults_add(faults, config_setting_source_line(s),
			"'%s' is \"%.40s\": write one of %s", key->name, text, words);
	}
}

bool config_value_printable(const struct config_key *key, const config_setting_t *s,
	const char *text, struct config_faults *faults)
{
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] >= 0x20 && text[i] < 0x7f)
			continue;
		config_faults_add(faults, config_setting_source_line(s),
			"'%s' has a character that is not printable ASCII: remove it", key->name);
		return false;
	}
	return true;
}

static void parse_string(const struct config_key *key, const config_setting_t *s, void *base,
	struct config_faults *faults)
{
	const char *text = config_setting_get_string(s);
	size_t len = strlen(text);

	if (!config_value_printable(key, s, text, faults))
		return;
	if (len < key->min || len > key->max)
		config_faults_add(faults, config_setting_source_line(s),
			"'%s' is %zu characters long: write %u to %u", key->name, len, key->min,
			key->max);
	else
		store_text(key, base, text);
}

void config_value_parse(const struct config_key *key, const config_setting_t *s, void *base,
	struct config_faults *faults)
{
	if (!has_type(key, s, faults))
		return;
	if (key->type == KEY_BOOL)
		store_number(key, base, config_setting_get_bool(s) != 0);
	else if (key->type == KEY_STRING)
		parse_string(key, s, base, faults);
	else if (key->type == KEY_CHOICE || key->type == KEY_WORD)
		parse_word(key, s, base, faults);
	else
		parse_number(key, s, base, faults);
}
