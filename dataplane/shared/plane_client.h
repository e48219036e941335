/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_client.h - drives a data plane: the control plane's end of the contract, and the tests'.
 *
 * Invariant: what the data plane writes is copied out, then checked; what can't be is counted and
 *            not handed on. A key record is wiped once its command was acknowledged, at the next
 *            call that sends or takes events; all are when the data plane is found dead.
 * Threads:   one; for an event loop. No call waits but attach and adopt.
 * Ownership: attach allocates, detach frees (NULL accepted). The region of a data plane that died
 *            can be read until then. Callbacks may call anything but detach; what they are handed
 *            is theirs for the call.
 * Units:     in the names; 'endpoint' is an index in the directory.
 * Errors:    0 or -errno: -EPIPE the data plane is dead, -EAGAIN no room, or a record that is
 *            half written, -EPROTO a peer that breaks the contract, -EINVAL arguments.
 * Cost:      sending: a fence, and a syscall if the data plane sleeps. No allocation after attach.
 */
#ifndef PLANE_CLIENT_H
#define PLANE_CLIENT_H

#include "relay_attach.h"
#include "relay_endpoint_view.h"
#include "relay_layout.h"
#include "relay_status.h"

struct plane_client;

/* The data plane must run as 'data_uid' or as root. -ECONNREFUSED: it has another client. */
int plane_client_attach(
	const char *path, uid_t data_uid, int timeout_ms, struct plane_client **client);

/* The same with a socket that is connected; it becomes the client's on success. */
int plane_client_adopt(int sock, int timeout_ms, struct plane_client **client);
void plane_client_detach(struct plane_client *c);

/* False once the data plane hung up, ever after. */
bool plane_client_alive(struct plane_client *c);
int plane_client_fd(const struct plane_client *c);     /* readable: it wakes us */
int plane_client_socket(const struct plane_client *c); /* POLLIN or POLLHUP: ask alive */

/* Of the region: the same when a client comes back to a data plane that never died. */
uint64_t plane_client_instance(const struct plane_client *c);

/* Says that we are about to sleep on plane_client_fd. False: there is something, don't. */
bool plane_client_sleep(struct plane_client *c);
void plane_client_awake(struct plane_client *c);

/* Commands. 'version' and 'type' are filled in; each is answered by an event with its cookie. The
 * record is needed for install, and for update of keys; the caller wipes its own. */
int plane_client_install(struct plane_client *c, const struct relay_command *command,
	const struct relay_record *record);
int plane_client_update(struct plane_client *c, const struct relay_command *command,
	const struct relay_record *record);
int plane_client_remove(
	struct plane_client *c, uint32_t endpoint, uint32_t generation, uint32_t cookie);
uint32_t plane_client_room(struct plane_client *c, uint32_t worker); /* for commands */

/* A packet to be sent from an endpoint, to 'remote' or, if NULL, to the endpoint's. -EMSGSIZE over
 * RELAY_PACKET_DATA. */
int plane_client_inject(struct plane_client *c, const struct relay_route *endpoint,
	const struct relay_sockaddr *remote, const void *data, size_t len);

typedef void plane_client_event_fn(void *arg, const struct relay_event *event);
typedef void plane_client_punt_fn(void *arg, const struct relay_packet *packet);

/* Takes up to 'max', of all workers in turn, and hands on the good ones; returns how many it took.
 * -EPROTO, once, when a ring was found broken, of whatever kind and perhaps after taking some: what
 * its worker says or takes is lost, the others go on. */
int plane_client_events(
	struct plane_client *c, plane_client_event_fn *callback, void *arg, uint32_t max);
int plane_client_punts(
	struct plane_client *c, plane_client_punt_fn *callback, void *arg, uint32_t max);

struct plane_client_faults {
	uint64_t bad_events, bad_punts; /* not handed on */
	uint32_t broken_rings;
};

const struct plane_client_faults *plane_client_faults(const struct plane_client *c);

/* Keys, derived here so that the data plane need not. */
struct plane_client_key {
	enum suite_id suite;
	struct kdf_master master;
	uint8_t mki[RELAY_MKI_MAX];
	uint8_t mki_len;
	uint64_t rtp_lifetime, rtcp_lifetime; /* packets; 0: what the suite allows */
};

/* With the name of the key, which follows from it. -EINVAL a suite, length or lifetime that can't
 * be, -ENOMEM, -EIO; 'out' is then all zero. */
int plane_client_crypto(const struct plane_client_key *key, struct relay_crypto *out);
void plane_client_plain(struct relay_crypto *out);

/* For an endpoint of a dead data plane that is to be installed in a new one: 'record' holds what it
 * was installed with, and is given the indices of its SSRCs, and in 'used' what has gone under the
 * keys since: all packets of that direction, so rather too many than too few. -EBUSY: not dead;
 * -ENOENT: no such endpoint lives there. -ESTALE: it did not use these keys, in one direction at
 * least, or died while it changed them; 'record' is as it was.
 *
 * So who sets new keys has to keep the old ones until UPDATED has come, and when the data plane
 * died before that tries what it may have used: the new record, the old one, and the new keys of
 * one direction with the old ones of the other. When all are stale the endpoint needs keys that
 * were never used: with old ones a keystream or a replay could come again. */
int plane_client_takeover(const struct plane_client *dead, const struct relay_route *endpoint,
	struct relay_record *record);

/* Reading. Numbers are the data plane's word; enums and addresses are checked. */
const struct relay_geometry *plane_client_geometry(const struct plane_client *c);
void plane_client_info(const struct plane_client *c, struct relay_info *out);
uint32_t plane_client_addresses(
	const struct plane_client *c, struct relay_sockaddr out[RELAY_ADDRESSES_MAX]);

/* -EAGAIN: half written, for ever if the writer died of it; 'out' is filled all the same. */
int plane_client_read(
	const struct plane_client *c, uint32_t endpoint, struct relay_endpoint_view *out);

/* The first endpoint from 'from' on that lives; the number of endpoints if none does. */
uint32_t plane_client_next(const struct plane_client *c, uint32_t from);

/* -EAGAIN: the worker published at each try. */
int plane_client_counters(const struct plane_client *c, uint32_t worker, struct relay_counts *out);
int plane_client_total(const struct plane_client *c, struct relay_counts *out);
int plane_client_port(const struct plane_client *c, uint32_t port, uint64_t out[RELAY_PORT_COUNT]);

/* A free slot of a worker, with the generation to install there. Slots in which a data plane's
 * earlier client left an endpoint are not free. -ENOSPC. */
int plane_client_slot_take(struct plane_client *c, uint32_t worker, struct relay_route *slot);

/* One that the caller chose, as after a takeover: not to be handed out. */
void plane_client_slot_claim(struct plane_client *c, const struct relay_route *slot);

/* Gives it back, when REMOVED has come, or INSTALLED with a refusal. */
void plane_client_slot_give(struct plane_client *c, uint32_t endpoint);

#endif
