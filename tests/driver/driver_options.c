/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

#include <stdlib.h>

const char *driver_option(char *const words[], const char *key)
{
	size_t len = strlen(key);

	for (uint32_t i = 1; words[i] != NULL; i++)
		if (strncmp(words[i], key, len) == 0 && words[i][len] == '=')
			return words[i] + len + 1;
	return NULL;
}

static bool read_number(char *const words[], const char *key, unsigned long max, unsigned long *out)
{
	const char *text = driver_option(words, key);
	char *end;

	if (text == NULL)
		return true;
	*out = strtoul(text, &end, 10);
	return end != text && *end == '\0' && *out <= max;
}

static bool read_source(char *const words[], uint8_t *out)
{
	static const char *const names[] = {
		[RELAY_SOURCE_STRICT] = "strict",
		[RELAY_SOURCE_LEARN] = "learn",
		[RELAY_SOURCE_LATCH] = "latch",
		[RELAY_SOURCE_HANDOVER] = "handover",
		[RELAY_SOURCE_ANY] = "any",
	};
	const char *text = driver_option(words, "source");

	*out = RELAY_SOURCE_LATCH;
	if (text == NULL)
		return true;
	for (uint32_t i = RELAY_SOURCE_STRICT; i <= RELAY_SOURCE_ANY; i++) {
		*out = (uint8_t)i;
		if (strcmp(names[i], text) == 0)
			return true;
	}
	return false;
}

bool driver_rule_read(char *const words[], struct driver_rule *rule)
{
	const char *remote = driver_option(words, "remote");
	unsigned long learn_ds = 0, dscp = 0, clock_khz = 8;
	bool good = read_number(words, "learn-ds", UINT8_MAX, &learn_ds) &&
		    read_number(words, "dscp", UINT8_MAX, &dscp) &&
		    read_number(words, "clock", UINT16_MAX, &clock_khz);

	*rule = (struct driver_rule){
		.learn_ds = (uint8_t)learn_ds,
		.dscp = (uint8_t)dscp,
		.clock_khz = (uint16_t)clock_khz,
		.remote_unknown = remote != NULL && strcmp(remote, "unknown") == 0,
	};
	return read_source(words, &rule->source) && good;
}
