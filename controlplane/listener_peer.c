/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener_impl.h"

#include <errno.h>
#include <netinet/in.h>

struct relay_sockaddr listener_address(const struct sockaddr *sa)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct relay_sockaddr out = {.family = RELAY_FAMILY_NONE};
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		out.family = RELAY_FAMILY_IPV4;
		out.port = ntohs(v4.sin_port);
		memcpy(out.ip, &v4.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		out.port = ntohs(v6.sin6_port);
		out.family = memcmp(&v6.sin6_addr, mapped, 12) == 0 ? RELAY_FAMILY_IPV4
								    : RELAY_FAMILY_IPV6;
		if (out.family == RELAY_FAMILY_IPV6)
			memcpy(out.ip, &v6.sin6_addr, 16);
		else
			memcpy(out.ip, &v6.sin6_addr.s6_addr[12], 4);
	}
	return out;
}

static void log_peer(
	struct listener_peer *peer, const char *module, const char *event, const char *reason)
{
	struct listener *l = peer->listener;
	uint64_t swallowed;

	if (!logger_limit_allow(&l->log_limit, deadline_now(), &swallowed))
		return;
	logger_write(LOGGER_WARN, module, event,
		LOGGER_FIELDS(LOGGER_TEXT("listener", l->config->name),
			LOGGER_PEER("peer", &peer->source), LOGGER_TEXT("reason", reason),
			LOGGER_TEXT("principal",
				peer->principal.kind == AUTHN_NOBODY ? "-" : peer->principal.name),
			LOGGER_COUNT("more", swallowed)));
}

void listener_note(struct listener_peer *peer, enum listener_counter counter, const char *module,
	const char *event, const char *reason)
{
	peer->listener->counters[counter]++;
	log_peer(peer, module, event, reason);
}

void listener_note_failure(struct listener_peer *peer, enum listener_counter counter,
	const char *event, const char *reason)
{
	struct listener *l = peer->listener;

	listener_note(peer, counter, "authn", event, reason);
	if (source_fail(
		    l->set->sources, &peer->source, l->config->failures_per_minute, deadline_now()))
		log_peer(peer, "authn", "blocked", "failed more than failures_per_minute");
}

void listener_note_handshake(struct listener_peer *peer, const char *reason, bool ours)
{
	/* later it is a connection that ended in a bad way, which others notice */
	if (peer->handshaken)
		return;
	if (ours)
		listener_note_failure(peer, LISTENER_HANDSHAKE, "handshake-failed", reason);
	else
		listener_note(
			peer, LISTENER_HANDSHAKE, "listener", "handshake-ended-by-peer", reason);
}

bool listener_admit(struct listener_peer *peer)
{
	struct listener *l = peer->listener;
	int err;

	l->counters[LISTENER_ACCEPTED]++;
	if (l->n_connections >= l->config->max_connections) {
		listener_note(peer, LISTENER_FULL, "listener", "refused", "max_connections");
		return false;
	}
	err = source_enter(l->set->sources, &peer->source, l->config->max_connections_per_source,
		deadline_now());
	if (err == -EACCES) {
		/* it is known by now: only counted */
		l->counters[LISTENER_BLOCKED]++;
		return false;
	}
	if (err != 0) {
		listener_note(peer, LISTENER_CROWDED, "listener", "refused",
			err == -EAGAIN ? "max_connections_per_source" : "no room for its source");
		return false;
	}
	l->n_connections++;
	peer->admitted = true;
	return true;
}

void listener_leave(struct listener_peer *peer)
{
	if (!peer->admitted)
		return;
	peer->admitted = false;
	peer->listener->n_connections--;
	source_leave(peer->listener->set->sources, &peer->source, deadline_now());
}

bool listener_dispatch(
	struct listener *l, const struct proto_request *request, const struct pending_entry *entry)
{
	struct pending_handle handle;

	if (pending_open(l->set->pending, entry, &handle) != 0)
		return false;
	l->counters[LISTENER_REQUESTS]++;
	l->set->options.request(l->set->options.arg, request, handle);
	return true;
}
