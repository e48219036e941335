/* SPDX-License-Identifier: BSD-3-Clause */
#include "legs.h"

#include "slice.h"

#include <stdio.h>

static const struct {
	const char *name;
	bool sealed[CALL_LEGS];
} kinds[] = {
	{"rtp-rtp", {false, false}},
	{"rtp-srtp", {false, true}},
	{"srtp-rtp", {true, false}},
	{"srtp-srtp", {true, true}},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), SUITE_NAME_MAX = 31 };

static const struct suite *find_suite(struct slice name)
{
	char text[SUITE_NAME_MAX + 1];

	if (name.len > SUITE_NAME_MAX)
		return NULL;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	return suite_find(text);
}

/* The suites in the order of the legs that have one. */
static bool take_suites(struct slice names, const bool sealed[CALL_LEGS], struct legs *out)
{
	struct slice all = names;

	if (names.ptr[names.len - 1] == ',')
		return false;
	for (unsigned leg = 0; leg < CALL_LEGS; leg++) {
		if (!sealed[leg])
			continue;
		if (names.len == 0)
			names = all;
		out->suites[leg] = find_suite(slice_cut(&names, ','));
		if (out->suites[leg] == NULL)
			return false;
	}
	return names.len == 0;
}

bool legs_parse(const char *text, struct legs *out)
{
	struct slice names = slice_of(text), kind = slice_cut(&names, ':');
	bool given = kind.len < strlen(text);

	*out = (struct legs){{NULL, NULL}};
	for (unsigned i = 0; i < KINDS; i++) {
		bool any = kinds[i].sealed[CALL_LEG_A] || kinds[i].sealed[CALL_LEG_B];

		if (!slice_is(kind, kinds[i].name))
			continue;
		if (given && (names.len == 0 || !any))
			return false;
		if (!given)
			names = slice_of("AES_CM_128_HMAC_SHA1_80");
		return !any || take_suites(names, kinds[i].sealed, out);
	}
	return false;
}

void legs_name(const struct legs *legs, char name[LEGS_NAME_MAX])
{
	const struct suite *a = legs->suites[CALL_LEG_A], *b = legs->suites[CALL_LEG_B];

	(void)snprintf(name, LEGS_NAME_MAX, "%s-%s%s%s%s%s", a != NULL ? "srtp" : "rtp",
		b != NULL ? "srtp" : "rtp", a != NULL || b != NULL ? ":" : "",
		a != NULL ? a->name : "", a != NULL && b != NULL ? "," : "",
		b != NULL ? b->name : "");
}
