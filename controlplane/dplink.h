/* SPDX-License-Identifier: BSD-3-Clause */
/* dplink.h - the link to the data plane: found, told what to do, and found again when it died.
 *
 * Invariant: each accepted command is answered once, by the data plane or, when the link ends
 *            first, by DPLINK_LOST; those of a worker in the order they were given. A data plane
 *            that breaks the contract is hung up on, and tried again. Key records are wiped when
 *            the data plane has copied them, or never will.
 * Threads:   the event loop's; no call waits.
 * Ownership: create allocates, destroy frees (NULL accepted), and calls nobody. What callbacks are
 *            handed is theirs for the call; they may call anything but dplink_destroy.
 * Units:     as in plane_client.h.
 * Errors:    0 or -errno: -ENOTCONN no data plane, -ENOBUFS a worker's queue is full, -ENOMEM,
 *            -EINVAL. What the link meets is logged here.
 * Cost:      a command: a fence, and a syscall if its worker sleeps; one that must wait for room,
 *            an allocation of some 700 bytes. A turn takes DPLINK_BATCH events at most, then others
 *            have theirs.
 */
#ifndef DPLINK_H
#define DPLINK_H

#include "plane_client.h"

struct event_base;
struct dplink;

enum {
	/* Commands that wait for room, of a worker, besides one for each endpoint it may have: all
	 * of them are installed at once when another data plane takes the place of one. */
	DPLINK_QUEUE_MAX = 1 << 18,
	DPLINK_BATCH = 512,
};

/* The link ended first: in place of a status, which it never is. */
#define DPLINK_LOST ((enum relay_status)RELAY_STATUS_COUNT)

enum dplink_up {
	/* This process had none before. Its directory may have endpoints of an earlier control
	 * plane. */
	DPLINK_FIRST,
	/* Another than the last: nothing is installed there. */
	DPLINK_REPLACED,
	/* The last one: the link broke, it lived on. Its directory tells what is installed; of a
	 * lost command it may have carried out or not. */
	DPLINK_SAME,
};

struct dplink_options {
	struct event_base *base;
	const char *socket_path; /* copied */
	uint32_t queue_max;      /* in place of DPLINK_QUEUE_MAX, if not 0 */
	uid_t data_uid;          /* whom the data plane must run as, if not as root */
	/* Slots that were taken are forgotten: claim those that stay. */
	void (*up)(void *arg, enum dplink_up how);
	/* All that was under way has been answered by DPLINK_LOST. */
	void (*down)(void *arg);
	/* RELAY_EVENT_REMOTE and all later kinds. */
	void (*event)(void *arg, const struct relay_event *event);
	void *arg;
};

/* Begins to look for it, at once and then each 100 ms. */
int dplink_create(const struct dplink_options *options, struct dplink **link);
void dplink_destroy(struct dplink *link);

bool dplink_is_up(const struct dplink *link);

/* Of the data plane there is, or, while there is none, of the last; 0 and NULL before the first. */
uint64_t dplink_instance(const struct dplink *link);
const struct relay_geometry *dplink_geometry(const struct dplink *link);

/* Its index in the data plane's table; the port does not matter. -EADDRNOTAVAIL. */
int dplink_address(const struct dplink *link, const struct relay_sockaddr *local, uint16_t *index);

/* As plane_client_slot_*; while there is no data plane, take is -ENOTCONN and the others nothing.
 */
int dplink_slot_take(struct dplink *link, uint32_t worker, struct relay_route *slot);
void dplink_slot_give(struct dplink *link, uint32_t endpoint);
void dplink_slot_claim(struct dplink *link, const struct relay_route *slot);

/* 'status' is an enum relay_status or DPLINK_LOST. Called from the event loop, never from within
 * the call that is answered. */
typedef void dplink_done(void *arg, uint64_t tag, enum relay_status status);

/* As plane_client_*, but never -EAGAIN; 'cookie' is filled in. 'done' may be NULL. */
int dplink_install(struct dplink *link, const struct relay_command *command,
	const struct relay_record *record, dplink_done *done, void *arg, uint64_t tag);
int dplink_update(struct dplink *link, const struct relay_command *command,
	const struct relay_record *record, dplink_done *done, void *arg, uint64_t tag);
int dplink_remove(
	struct dplink *link, struct relay_route slot, dplink_done *done, void *arg, uint64_t tag);

/* As plane_client_*. While there is no data plane, of the last one's region, as it died. Without
 * one -ENOTCONN, and UINT32_MAX, which is no endpoint. */
int dplink_read(const struct dplink *link, uint32_t endpoint, struct relay_endpoint_view *out);
uint32_t dplink_next(const struct dplink *link, uint32_t from);
int dplink_total(const struct dplink *link, struct relay_counts *out);
int dplink_info(const struct dplink *link, struct relay_info *out);
int dplink_port(const struct dplink *link, uint32_t port, uint64_t out[RELAY_PORT_COUNT]);

/* Takeover, from DPLINK_REPLACED, in the callback already, to dplink_takeover_done; across further
 * deaths, if there are some before that. Slots begin anew in each data plane, so each is looked for
 * where it was given, by that 'instance'. 'record' holds what the endpoint was installed with, and
 * is given what its SSRCs and keys have come to (plane_client_takeover). -ENOENT: no region of that
 * data plane is kept, or it had no such endpoint at its end. -ESTALE: it had, but with other keys
 * in one direction at least. */
int dplink_takeover(const struct dplink *link, uint64_t instance, const struct relay_route *slot,
	struct relay_record *record);

/* As plane_client_read, of a dead region; -ENOENT: none of that data plane is kept. */
int dplink_takeover_view(const struct dplink *link, uint64_t instance, uint32_t endpoint,
	struct relay_endpoint_view *out);

/* Whether what it showed as its own is that address and port. */
bool dplink_takeover_is_at(const struct dplink *link, uint64_t instance,
	const struct relay_local *shown, const struct relay_sockaddr *local);

/* Lets go of the dead regions; they hold memory that a next data plane may need. False: not yet,
 * as there is no data plane, or what it was given in 'up' it has not all answered. */
bool dplink_takeover_done(struct dplink *link);

struct dplink_numbers {
	uint64_t commands, refused, lost; /* accepted; of these, answered by another than OK */
	uint64_t events;                  /* that no command asked for */
	uint64_t punts;                   /* packets for us, of which none are of use yet */
	uint64_t deaths, breaches;        /* ends of the link; of these, for a broken contract */
	uint64_t stalls;                  /* how often 'is_stalled' began */
	uint32_t waiting, under_way;      /* commands: for room, for their answer */
	bool is_stalled;                  /* it is there, but its main loop stands still */
};

void dplink_numbers(const struct dplink *link, struct dplink_numbers *out);

#endif
