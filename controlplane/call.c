/* SPDX-License-Identifier: BSD-3-Clause */
#include "call.h"

#include "secret.h"

#include <stdlib.h>

bool call_text_set(char **to, struct slice text)
{
	char *copy = NULL;

	if (text.ptr != NULL) {
		copy = malloc(text.len + 1);
		if (copy == NULL)
			return false;
		memcpy(copy, text.ptr, text.len);
		copy[text.len] = '\0';
	}
	free(*to);
	*to = copy;
	return true;
}

static void medias_free(struct call_media *medias, uint32_t n)
{
	if (medias == NULL)
		return;
	secret_wipe(medias, n * sizeof(*medias));
	free(medias);
}

static void bridge_free(struct call_bridge *b)
{
	for (uint32_t i = 0; i < b->n_medias; i++) {
		for (unsigned side = 0; side < 2; side++) {
			call_keys_destroy(b->medias[i].legs[side].ours);
			call_keys_destroy(b->medias[i].legs[side].theirs);
			free(b->medias[i].legs[side].past);
		}
	}
	medias_free(b->medias, b->n_medias);
	for (unsigned side = 0; side < 2; side++) {
		free(b->sides[side].tag);
		free(b->sides[side].label);
	}
	free(b->branch);
	free(b);
}

void call_free(struct call *call)
{
	if (call == NULL)
		return;
	while (call->bridges != NULL) {
		struct call_bridge *b = call->bridges;

		call->bridges = b->next;
		bridge_free(b);
	}
	free(call->call_id);
	free(call);
}

/* At the end: the newest is last. */
struct call_bridge *call_bridge_add(struct call *call)
{
	struct call_bridge **at = &call->bridges;
	struct call_bridge *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->call = call;
	b->number = call->next_number++;
	while (*at != NULL)
		at = &(*at)->next;
	*at = b;
	call->n_bridges++;
	return b;
}

void call_bridge_remove(struct call *call, struct call_bridge *bridge)
{
	struct call_bridge **at = &call->bridges;

	while (*at != bridge)
		at = &(*at)->next;
	*at = bridge->next;
	call->n_bridges--;
	bridge_free(bridge);
}

static void terms_init(struct call_terms *t)
{
	t->in.suite = RELAY_PLAIN;
	t->out.suite = RELAY_PLAIN;
}

/* By hand and not by realloc, which would leave a copy of keys behind. */
bool call_bridge_resize(struct call_bridge *bridge, uint32_t n)
{
	struct call_media *medias;

	if (n <= bridge->n_medias)
		return true;
	medias = calloc(n, sizeof(*medias));
	if (medias == NULL)
		return false;
	if (bridge->n_medias > 0)
		memcpy(medias, bridge->medias, bridge->n_medias * sizeof(*medias));
	for (uint32_t i = bridge->n_medias; i < n; i++) {
		for (unsigned side = 0; side < 2; side++) {
			terms_init(&medias[i].legs[side].now);
			terms_init(&medias[i].legs[side].next);
		}
	}
	medias_free(bridge->medias, bridge->n_medias);
	bridge->medias = medias;
	bridge->n_medias = n;
	return true;
}
