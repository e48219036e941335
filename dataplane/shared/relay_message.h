/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_message.h - what the planes say to each other: commands and events of 64 bytes, and packets
 * that go up (punt) and down (inject).
 *
 * Invariant: endpoints are named by index and generation, never by pointer. Every command is
 *            answered by one event with its cookie, in order. A command is taken whole or refused
 *            whole. Reserved bytes are zero.
 * Threads:   plain data; a slot is the producer's until published, then the consumer's.
 * Ownership: the receiver copies a slot out before it gives it back.
 * Units:     in the names. DSCP 0 to 63. 'clock_khz' is the RTP clock, for jitter; 0: unknown.
 * Errors:    enum relay_status, in the event's 'status'.
 * Cost:      fixed sizes, asserted; no allocation on either side.
 */
#ifndef RELAY_MESSAGE_H
#define RELAY_MESSAGE_H

#include "relay_address.h"

#include <stddef.h>

enum {
	RELAY_MESSAGE_BYTES = 64,
	RELAY_PACKET_BYTES = 2048,
	RELAY_PACKET_HEADER = 64,
	RELAY_PACKET_DATA = RELAY_PACKET_BYTES - RELAY_PACKET_HEADER,
};

enum relay_command_type {
	RELAY_COMMAND_INSTALL = 1, /* a free slot; 'generation' is another than its last */
	RELAY_COMMAND_UPDATE,      /* what 'set' names */
	RELAY_COMMAND_REMOVE,      /* keys are wiped; the record keeps its counters */
};

enum relay_kind { RELAY_KIND_PORT = 1 }; /* found by local address and UDP port */

/* What a packet's source must be, and when it becomes the remote address. From an endpoint with
 * ingress keys only authenticated packets count. */
enum relay_source {
	RELAY_SOURCE_STRICT = 1, /* the given remote address, always */
	RELAY_SOURCE_LEARN,      /* any within 'learn_ds' of the first, the newest is taken; then it
				    locks */
	RELAY_SOURCE_LATCH,      /* the first packet's, for good */
	RELAY_SOURCE_HANDOVER,   /* any, the newest is taken */
	RELAY_SOURCE_ANY,        /* any, none is taken: asymmetric */
};

enum { RELAY_MEDIA_RTP = 1, RELAY_MEDIA_RTCP = 2, RELAY_MEDIA_MUXED = 3 };

/* What UPDATE changes; INSTALL has them all. Keys that the endpoint has already go on where they
 * are, whatever state the record brings; with another MKI or lifetime they are refused. Who removes
 * an endpoint and installs its keys again has to bring the state of its streams. */
enum {
	RELAY_SET_REMOTE = 1, /* remote, source, learn_ds: learning begins anew */
	RELAY_SET_INGRESS = 2,
	RELAY_SET_EGRESS = 4,
	RELAY_SET_ROUTES = 8,
	RELAY_SET_DSCP = 16,
	RELAY_SET_ALL = 31,
};

/* Where packets go. Generation 0: nowhere. The endpoint need not exist yet, but must be of the
 * same worker. */
struct relay_route {
	uint32_t endpoint;
	uint32_t generation;
};

enum { RELAY_ROUTE_RTP, RELAY_ROUTE_RTCP, RELAY_ROUTES };

struct relay_local {
	uint16_t address; /* index in the data plane's table of addresses */
	uint16_t port;
};

struct relay_command {
	uint16_t version; /* RELAY_ABI_VERSION */
	uint8_t type;     /* enum relay_command_type */
	uint8_t set;
	uint32_t cookie;
	uint32_t endpoint;
	uint32_t generation;
	struct relay_local local;
	struct relay_sockaddr remote; /* RELAY_FAMILY_NONE: not known yet */
	uint8_t kind;                 /* enum relay_kind */
	uint8_t source;               /* enum relay_source */
	uint8_t media;
	uint8_t dscp;
	uint8_t learn_ds; /* tenths of a second */
	uint8_t reserved;
	uint16_t clock_khz;
	struct relay_route routes[RELAY_ROUTES];
};

enum relay_event_type {
	RELAY_EVENT_INSTALLED = 1, /* answers: 'cookie' and 'status' */
	RELAY_EVENT_UPDATED,
	RELAY_EVENT_REMOVED,
	RELAY_EVENT_REMOTE,       /* 'remote' was learned */
	RELAY_EVENT_KEY_LIMIT,    /* a master key is past 7/8 of its lifetime; 'count' is
				     RELAY_SET_INGRESS or RELAY_SET_EGRESS: whose */
	RELAY_EVENT_AUTH_FAILING, /* 'count' packets did not verify since the last such event */
	RELAY_EVENT_STREAMS_FULL, /* 'count' more packets were dropped, coming in or going out, as
				     they are of one SSRC too many, or of one that lost its place:
				     under a key it can't come back. New keys make places free */
	RELAY_EVENT_WENT_BACK,    /* 'count' more packets to go out lay before the replay window:
				     a plain sender began anew. New keys or another SSRC help */
};

struct relay_event {
	uint16_t version;
	uint8_t type;   /* enum relay_event_type */
	uint8_t status; /* enum relay_status */
	uint32_t cookie;
	uint32_t endpoint;
	uint32_t generation;
	struct relay_sockaddr remote;
	uint32_t count;
	uint8_t reserved[24];
};

/* What lies in a slot of the punt and the inject ring. */
enum relay_packet_class { RELAY_PACKET_STUN = 1, RELAY_PACKET_DTLS };

struct relay_packet {
	uint32_t endpoint;
	uint32_t generation;
	struct relay_sockaddr remote; /* punt: it came from; inject: it goes to, NONE: the
					 endpoint's remote address */
	uint16_t len;
	uint8_t class; /* enum relay_packet_class; 0 for inject */
	uint8_t reserved[33];
	uint8_t data[RELAY_PACKET_DATA]; /* UDP payload */
};

_Static_assert(sizeof(struct relay_command) == RELAY_MESSAGE_BYTES, "one cache line");
_Static_assert(sizeof(struct relay_event) == RELAY_MESSAGE_BYTES, "one cache line");
_Static_assert(sizeof(struct relay_packet) == RELAY_PACKET_BYTES, "whole cache lines");
_Static_assert(offsetof(struct relay_packet, data) == RELAY_PACKET_HEADER, "a line before it");

/* Whether reserved bytes are zero. */
static inline bool relay_message_zero(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= bytes[i];
	return any == 0;
}

#endif
