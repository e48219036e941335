/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * Between turns we are asleep to the data plane: whatever it writes then makes our eventfd
 * readable, and so begins a turn. A turn ends by saying so again, which fails where something came
 * meanwhile; then, or when there is more than one turn should take, a timer that is due at once
 * begins the next, with everybody else's events between. So nothing is waited for that is there,
 * and nobody spins for what is not.
 */
#include "dplink_impl.h"

#include <errno.h>
#include <event2/event.h>

static void on_event(void *arg, const struct relay_event *event)
{
	struct dplink *link = arg;

	switch ((enum relay_event_type)event->type) {
	case RELAY_EVENT_INSTALLED:
	case RELAY_EVENT_UPDATED:
	case RELAY_EVENT_REMOVED:
		dplink_queue_answer(link, event);
		return;
	case RELAY_EVENT_REMOTE:
	case RELAY_EVENT_KEY_LIMIT:
	case RELAY_EVENT_AUTH_FAILING:
	case RELAY_EVENT_STREAMS_FULL:
	case RELAY_EVENT_WENT_BACK:
		break;
	}
	link->numbers.events++;
	if (link->state == DPLINK_UP)
		link->options.event(link->options.arg, event);
}

/* Who speaks STUN or DTLS is not here yet; but a ring that is not read keeps us awake. */
static void on_punt(void *arg, const struct relay_packet *packet)
{
	struct dplink *link = arg;

	(void)packet;
	link->numbers.punts++;
}

/* How many at most of one kind there were. */
static uint32_t take(struct dplink *link)
{
	const struct plane_client_faults *faults = plane_client_faults(link->client);
	int events = plane_client_events(link->client, on_event, link, DPLINK_BATCH);
	int punts = plane_client_punts(link->client, on_punt, link, DPLINK_BATCH);

	if (events == -EPROTO || punts == -EPROTO)
		dplink_breach(link, "ring");
	else if (faults->bad_events + faults->bad_punts != link->bad_seen)
		dplink_breach(link, "event or packet that can't be");
	link->bad_seen = faults->bad_events + faults->bad_punts;
	return (uint32_t)(events > punts ? events : punts);
}

void dplink_turn(struct dplink *link)
{
	static const struct timeval at_once = {0, 0};
	bool more;

	plane_client_awake(link->client);
	more = take(link) >= DPLINK_BATCH;
	more |= dplink_queue_flush(link);
	if (link->state != DPLINK_UP)
		return; /* the turn that ends it is due */
	if (more || !plane_client_sleep(link->client))
		(void)evtimer_add(link->turn, &at_once);
}
