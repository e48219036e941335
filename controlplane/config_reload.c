/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_reload.h"

#include "config_build.h"
#include "config_keys.h"

#include <string.h>

struct merge {
	FILE *out;
	unsigned kept;
};

/* Lists are no single field: what they are in compares them. */
static size_t size_of(const struct config_key *key)
{
	switch (key->type) {
	case KEY_BOOL:
		return sizeof(bool);
	case KEY_U16:
		return sizeof(uint16_t);
	case KEY_U32:
	case KEY_WORD:
		return sizeof(uint32_t);
	case KEY_STRING:
	case KEY_CHOICE:
		return sizeof(const char *);
	case KEY_GROUP:
	case KEY_LIST:
	case KEY_STRINGS:
		break;
	}
	return 0;
}

static bool is_same(const struct config_key *key, const char *fresh, const char *running)
{
	const char *a, *b;

	if (key->type != KEY_STRING && key->type != KEY_CHOICE)
		return memcmp(fresh, running, size_of(key)) == 0;
	memcpy((void *)&a, fresh, sizeof(a));
	memcpy((void *)&b, running, sizeof(b));
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void note(struct merge *m, const char *what, const char *name, const char *key)
{
	(void)fprintf(m->out, "%s%s%s%s%s needs a restart\n", what, name != NULL ? " " : "",
		name != NULL ? name : "", key != NULL ? ": " : "", key != NULL ? key : "");
	m->kept++;
}

/* Of the struct that section 'in' fills. */
static void keep_fields(struct merge *m, enum config_keys_section in, void *fresh,
	const void *running, const char *name)
{
	const char *what = in == IN_LISTENER ? "listener" : "interface";

	for (size_t i = 0; i < config_keys_table.n_keys; i++) {
		const struct config_key *key = &config_keys_table.keys[i];
		char *to = (char *)fresh + key->offset;
		const char *from = (const char *)running + key->offset;

		if (key->in != (unsigned)in || key->is_live || size_of(key) == 0 ||
			is_same(key, to, from))
			continue;
		note(m, in == IN_TOP ? key->name : what, name, in == IN_TOP ? NULL : key->name);
		memcpy(to, from, size_of(key));
	}
}

static void merge_listeners(struct merge *m, struct config *fresh, const struct config *running)
{
	struct config_listener found[CONFIG_LISTENERS_MAX] = {0};
	uint32_t n_found = 0;

	for (uint32_t i = 0; i < running->n_listeners; i++) {
		const struct config_listener *old = &running->listeners[i];
		uint32_t k = 0;

		while (k < fresh->n_listeners && strcmp(fresh->listeners[k].name, old->name) != 0)
			k++;
		found[i] = k < fresh->n_listeners ? fresh->listeners[k] : *old;
		n_found += k < fresh->n_listeners;
		if (k == fresh->n_listeners)
			note(m, "removing listener", old->name, NULL);
		else
			keep_fields(m, IN_LISTENER, &found[i], old, old->name);
		found[i].address = old->address;
	}
	if (fresh->n_listeners > n_found)
		note(m, "adding a listener", NULL, NULL);
	memcpy(fresh->listeners, found, running->n_listeners * sizeof(found[0]));
	fresh->n_listeners = running->n_listeners;
}

static void merge_interface(
	struct merge *m, struct config_interface *fresh, const struct config_interface *old)
{
	keep_fields(m, IN_INTERFACE, fresh, old, old->name);
	if (fresh->n_addresses != old->n_addresses ||
		memcmp(fresh->addresses, old->addresses, sizeof(old->addresses)) != 0)
		note(m, "interface", old->name, "addresses");
	memcpy(fresh->addresses, old->addresses, sizeof(old->addresses));
	fresh->n_addresses = old->n_addresses;
}

static void merge_interfaces(struct merge *m, struct config *fresh, const struct config *running)
{
	struct config_interface found[CONFIG_INTERFACES_MAX] = {0};
	uint32_t n_found = 0;

	for (uint32_t i = 0; i < running->n_interfaces; i++) {
		const struct config_interface *old = &running->interfaces[i];
		uint32_t k = 0;

		while (k < fresh->n_interfaces && strcmp(fresh->interfaces[k].name, old->name) != 0)
			k++;
		found[i] = k < fresh->n_interfaces ? fresh->interfaces[k] : *old;
		n_found += k < fresh->n_interfaces;
		if (k == fresh->n_interfaces)
			note(m, "removing interface", old->name, NULL);
		else
			merge_interface(m, &found[i], old);
	}
	if (fresh->n_interfaces > n_found)
		note(m, "adding an interface", NULL, NULL);
	memcpy(fresh->interfaces, found, running->n_interfaces * sizeof(found[0]));
	fresh->n_interfaces = running->n_interfaces;
}

unsigned config_reload_merge(struct config *fresh, struct config *running, FILE *out)
{
	struct merge m = {.out = out};

	keep_fields(&m, IN_TOP, fresh, running, NULL);
	merge_listeners(&m, fresh, running);
	merge_interfaces(&m, fresh, running);
	/* kept texts lie in 'running' */
	if (m.kept > 0)
		((struct config_build *)fresh)->older = (struct config_build *)running;
	return m.kept;
}
