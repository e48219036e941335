/* SPDX-License-Identifier: BSD-3-Clause */
/* link.h - the data plane's end of the rings of one client: for each worker the commands and
 * packets that come in, the events and packets that go out.
 *
 * Invariant: what a client writes is copied out before it is looked at, and a record before its
 *            command is acknowledged. A ring whose other side breaks the contract is broken for
 *            good, the others go on.
 * Threads:   open, close, reset: the main thread. Worker w uses workers[w] alone, which it finds by
 *            an atomic pointer to the link; main takes the pointer away and waits until no worker
 *            holds it (retire.h) before close.
 * Ownership: the link owns its mapping of the client's region; the data plane's region, and the
 *            socket that wakes the client, must outlive it. A record that link_command_next
 *            copied is the caller's to wipe.
 * Units:     slots.
 * Errors:    -EPROTO a broken ring, -EAGAIN no room, -EMSGSIZE a packet longer than a slot.
 * Cost:      per worker: no syscall, no allocation; link_wake is a syscall.
 */
#ifndef LINK_H
#define LINK_H

#include "relay_attach.h"
#include "relay_layout.h"
#include "relay_packet.h"

struct link_worker {
	_Alignas(64) struct relay_ring_consumer command;
	struct relay_ring_consumer inject;
	struct relay_ring_producer event, punt;
	const struct relay_record *records;
};

struct link {
	struct relay_region control;
	int wake_fd;
	uint32_t n_workers;
	struct link_worker workers[];
};

/* Maps the region that the client's hello brought, every page of it. Descriptors stay the caller's;
 * the region's is not needed any more. */
int link_open(const struct relay_attach_offer *offer, const void *data,
	const struct relay_geometry *g, struct link **link);
void link_close(struct link *link);

/* Sets a worker's counters in the data plane's region to zero: before the hello to each new client,
 * when no worker has a link. */
void link_reset(const void *data, const struct relay_geometry *g, uint32_t worker);

/* Wakes the client, when link_event_send or link_punt_send wanted that. */
void link_wake(const struct link *link);

/* Whether a record comes with the command. */
static inline bool link_command_has_record(const struct relay_command *command)
{
	return command->type == RELAY_COMMAND_INSTALL ||
	       (command->type == RELAY_COMMAND_UPDATE &&
		       (command->set & (RELAY_SET_INGRESS | RELAY_SET_EGRESS)) != 0);
}

/* 1: there was a command; 0: there is none; -EPROTO. The record is touched only if one comes with
 * it. */
static inline int link_command_next(
	struct link_worker *w, struct relay_command *command, struct relay_record *record)
{
	uint32_t i = w->command.tail & (w->command.size.slots - 1);
	int err = relay_ring_peek(&w->command, command);

	if (err != 0)
		return err == -EAGAIN ? 0 : -EPROTO;
	if (link_command_has_record(command)) {
		memcpy(record, &w->records[i], sizeof(*record));
		/* the compiler must not read it again in place of the copy */
		atomic_signal_fence(memory_order_acq_rel);
	}
	relay_ring_release(&w->command);
	return 1;
}

/* How many events can be sent: no command is taken that can't be answered. */
static inline uint32_t link_event_room(struct link_worker *w)
{
	uint32_t in_use = 0;

	return relay_ring_in_use(&w->event, &in_use) == 0 ? w->event.size.slots - in_use : 0;
}

/* 1: sent, and the client wants to be woken; 0: sent; -EAGAIN, -EPROTO. */
static inline int link_event_send(struct link_worker *w, const struct relay_event *event)
{
	void *slot = NULL;
	int err = relay_ring_reserve(&w->event, &slot);

	if (err != 0)
		return err;
	memcpy(slot, event, sizeof(*event));
	return relay_ring_publish(&w->event) ? 1 : 0;
}

/* Of 'header' all but 'data' is sent, with header->len bytes from 'data'. Returns as
 * link_event_send does, or -EMSGSIZE. */
static inline int link_punt_send(
	struct link_worker *w, const struct relay_packet *header, const void *data)
{
	void *slot = NULL;
	int err = header->len > RELAY_PACKET_DATA ? -EMSGSIZE : 0;

	if (err == 0)
		err = relay_ring_reserve(&w->punt, &slot);
	if (err != 0)
		return err;
	memcpy(slot, header, RELAY_PACKET_HEADER);
	memcpy((uint8_t *)slot + RELAY_PACKET_HEADER, data, header->len);
	return relay_ring_publish(&w->punt) ? 1 : 0;
}

/* 1: there was a packet; 0: there is none; -EMSGSIZE: there was one that can't be, now gone;
 * -EPROTO. Bytes of 'packet' behind its length are left alone. */
static inline int link_inject_next(struct link_worker *w, struct relay_packet *packet)
{
	const void *slot = NULL;
	int err = relay_ring_oldest(&w->inject, &slot);
	bool fits;

	if (err != 0)
		return err == -EAGAIN ? 0 : -EPROTO;
	fits = relay_packet_copy(slot, packet);
	relay_ring_release(&w->inject);
	return fits ? 1 : -EMSGSIZE;
}

/* Says that the worker is about to sleep until the client wakes the data plane (attach_wake_fd).
 * False: there is something to do, don't. */
bool link_sleep(struct link_worker *w);
void link_awake(struct link_worker *w);

#endif
