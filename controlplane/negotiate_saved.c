/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN: a negotiation writes into the bridge as it goes, and may find at the last media that
 * nothing comes of it. So all media are kept aside first, with the lists of keys they point to;
 * those that are replaced are freed only when it is known which of the two stay.
 */
#include "negotiate_impl.h"
#include "secret.h"

static size_t bytes_of(const struct negotiate_saved *saved)
{
	return ((size_t)saved->n + 1) * sizeof(struct call_media);
}

bool negotiate_saved_take(const struct negotiation *n, struct negotiate_saved *saved)
{
	const struct call_bridge *b = n->bridge;

	*saved = (struct negotiate_saved){.n = b->n_medias};
	memcpy(saved->sides, b->sides, sizeof(saved->sides));
	saved->medias = malloc(bytes_of(saved));
	if (saved->medias == NULL)
		return false;
	if (b->n_medias > 0)
		memcpy(saved->medias, b->medias, b->n_medias * sizeof(*saved->medias));
	return true;
}

static void destroy_unless(struct call_keys *keys, const struct call_keys *stays)
{
	if (keys != stays)
		call_keys_destroy(keys);
}

static void settle_leg(struct call_leg *leg, struct call_leg *before, bool keep)
{
	const struct call_leg *stays = keep ? leg : before, *goes = keep ? before : leg;

	destroy_unless(goes->ours, stays->ours);
	destroy_unless(goes->theirs, stays->theirs);
	if (!keep)
		*leg = *before;
}

void negotiate_saved_settle(const struct negotiation *n, struct negotiate_saved *saved, bool keep)
{
	for (uint32_t i = 0; i < saved->n; i++) {
		struct call_media *media = &n->bridge->medias[i];

		for (unsigned side = 0; side < 2; side++)
			settle_leg(&media->legs[side], &saved->medias[i].legs[side], keep);
		if (!keep)
			*media = saved->medias[i];
	}
	if (!keep)
		memcpy(n->bridge->sides, saved->sides, sizeof(saved->sides));
	secret_wipe(saved->medias, bytes_of(saved));
	free(saved->medias);
}
