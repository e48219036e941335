/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * A data plane may die before all was installed in it that the last one had. So dead regions are
 * kept until the caller is done and the living one has all. Who asks for an endpoint says which of
 * them gave it the slot: in the others the same slot was somebody else's.
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

static struct plane_client *find(const struct dplink *link, uint64_t instance)
{
	for (uint32_t i = link->n_dead; i-- > 0;)
		if (plane_client_instance(link->dead[i]) == instance)
			return link->dead[i];
	return NULL;
}

int dplink_takeover(const struct dplink *link, uint64_t instance, const struct relay_route *slot,
	struct relay_record *record)
{
	const struct plane_client *dead = find(link, instance);

	return dead == NULL ? -ENOENT : plane_client_takeover(dead, slot, record);
}

int dplink_takeover_view(const struct dplink *link, uint64_t instance, uint32_t endpoint,
	struct relay_endpoint_view *out)
{
	const struct plane_client *dead = find(link, instance);

	return dead == NULL ? -ENOENT : plane_client_read(dead, endpoint, out);
}

/* By its own table: the next one's may be of another order. */
bool dplink_takeover_is_at(const struct dplink *link, uint64_t instance,
	const struct relay_local *shown, const struct relay_sockaddr *local)
{
	struct relay_sockaddr addresses[RELAY_ADDRESSES_MAX];
	const struct plane_client *dead = find(link, instance);
	uint32_t n = dead == NULL ? 0 : plane_client_addresses(dead, addresses);

	return shown->address < n && shown->port == local->port &&
	       addresses[shown->address].family != RELAY_FAMILY_NONE &&
	       relay_address_same_host(&addresses[shown->address], local);
}

void dplink_takeover_mark(struct dplink *link)
{
	for (uint32_t i = 0; link->workers != NULL && i < link->geometry.workers; i++)
		link->workers[i].last_of_up = link->workers[i].sent + link->workers[i].n_waiting;
}

static bool is_through(const struct dplink *link)
{
	for (uint32_t i = 0; i < link->geometry.workers; i++)
		if ((int32_t)(link->workers[i].answered - link->workers[i].last_of_up) < 0)
			return false;
	return true;
}

/* What the present one has not answered yet, only the dead ones can tell its successor. */
bool dplink_takeover_done(struct dplink *link)
{
	if (!dplink_is_up(link) || !is_through(link))
		return false;
	dplink_takeover_fini(link);
	return true;
}

void dplink_takeover_fini(struct dplink *link)
{
	while (link->n_dead > 0)
		drop(link, link->n_dead - 1);
}
