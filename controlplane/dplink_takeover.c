/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * A data plane may die before all was installed in it that the last one had. So dead regions are
 * kept until the caller is done, and an endpoint is looked for in all of them: one that shows it
 * later also had, in its record, what the earlier ones had shown. Taken in that order the newest
 * word on an SSRC is the last, and what has gone under a key adds up.
 */
#include "dplink_impl.h"

#include "logger.h"

#include <errno.h>

static void drop(struct dplink *link, uint32_t i)
{
	plane_client_detach(link->dead[i]);
	link->n_dead--;
	for (; i < link->n_dead; i++)
		link->dead[i] = link->dead[i + 1];
	link->dead[link->n_dead] = NULL;
}

void dplink_takeover_keep(struct dplink *link, struct plane_client *dead)
{
	if (!link->is_used) {
		plane_client_detach(dead);
		return;
	}
	if (link->n_dead == DPLINK_DEAD_MAX) {
		logger_write(LOGGER_WARN, "dplink", "takeover-cut",
			LOGGER_FIELDS(LOGGER_COUNT("deaths", link->n_dead + 1)));
		drop(link, 0);
	}
	link->dead[link->n_dead++] = dead;
}

void dplink_takeover_forget(struct dplink *link, uint64_t instance)
{
	for (uint32_t i = link->n_dead; i-- > 0;)
		if (plane_client_instance(link->dead[i]) == instance)
			drop(link, i);
}

int dplink_takeover(
	struct dplink *link, const struct relay_route *old_slot, struct relay_record *record)
{
	int found = -ENOENT;

	for (uint32_t i = 0; i < link->n_dead; i++) {
		int err = plane_client_takeover(link->dead[i], old_slot, record);

		if (err == 0)
			found = 0;
		/* of several it can't be said which of them it never came to */
		else if (err == -ESTALE && link->n_dead == 1)
			found = -ESTALE;
	}
	return found;
}

int dplink_takeover_view(const struct dplink *link, const struct relay_route *old_slot,
	struct relay_endpoint_view *out)
{
	for (uint32_t i = link->n_dead; i-- > 0;) {
		int err = plane_client_read(link->dead[i], old_slot->endpoint, out);

		/* half written is the best there will be */
		if ((err == 0 || err == -EAGAIN) && out->identity.state == RELAY_STATE_LIVE &&
			out->identity.generation == old_slot->generation)
			return 0;
	}
	return -ENOENT;
}

void dplink_takeover_done(struct dplink *link)
{
	while (link->n_dead > 0)
		drop(link, link->n_dead - 1);
}
