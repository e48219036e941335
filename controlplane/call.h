/* SPDX-License-Identifier: BSD-3-Clause */
/* call.h - a call: who speaks with whom, on which ports, under which keys.
 *
 * A call has a bridge for each dialogue (a fork has one of its own, so that no branch shares ports
 * or keys with another), a bridge two sides, and a leg for each side of each of its media. What an
 * offer proposes stands in 'next' until an answer makes it 'now'.
 *
 * Invariant: a leg with a port holds that and the next one. A flow without a slot has generation 0.
 *            Keys are wiped when they go.
 * Threads:   the event loop's.
 * Ownership: a call owns its bridges, a bridge the rest. The texts are copies.
 * Units:     _us: wall clock, of the epoch; _ms: monotonic clock.
 * Errors:    NULL or false without memory.
 * Cost:      about 3 KB a call of one audio stream.
 */
#ifndef CALL_H
#define CALL_H

#include "authn.h"
#include "call_keys.h"
#include "call_past.h"
#include "relay_message.h"
#include "sdp_write.h"

enum {
	CALL_MEDIAS_MAX = CONFIG_MEDIAS_MAX, /* of a bridge */
	CALL_BRIDGES_MAX = 64,
	CALL_TEXT_MAX = 1024, /* of a call-id, a tag, a branch, a label */
};

/* How one side sends and wants to be sent to. */
struct call_terms {
	uint8_t transport; /* enum sdp_transport, as in its SDP */
	uint8_t direction; /* enum sdp_direction, never none */
	uint8_t source;    /* enum relay_source */
	bool active;       /* false: rejected, or not negotiated */
	bool mux;          /* RTCP on RTP's port */
	bool silent;       /* on hold in the old style: not to be sent to */
	struct relay_sockaddr remote[RELAY_ROUTES]; /* RTP's, RTCP's; family none: not known */
	struct call_key in, out;                    /* the peer's, ours */
};

enum { CALL_PLACES = 2 };

/* Where a flow was when a data plane died. */
struct call_place {
	uint64_t instance; /* of that data plane */
	struct relay_route slot;
};

struct call_flow {
	struct relay_route slot;       /* in the data plane; generation 0: none */
	struct relay_sockaddr learned; /* where packets came from; none: not yet */
	bool installed;                /* and not merely reserved */
	bool rekeyed, locked;          /* other keys since it was first installed; learned */
	uint64_t instance;             /* of the data plane that gave the slot */
	/* data planes that showed it at their end, the last of them first; generation 0: none */
	struct call_place before[CALL_PLACES];
};

struct call_leg {
	struct call_terms now, next;
	struct call_keys *ours, *theirs; /* of the last offer; NULL: none */
	struct call_past *past;          /* keys that the peer had before; NULL: none */
	struct call_flow flows[RELAY_ROUTES];
	uint16_t port; /* RTP's; 0: none */
};

struct call_media {
	uint8_t kind;       /* enum sdp_kind */
	uint16_t clock_khz; /* of RTP; 0: not known */
	struct call_leg legs[2];
};

struct call_side {
	char *tag; /* NULL: not known yet */
	char *label;
	uint8_t interface; /* index in the configuration */
	uint8_t address;   /* index in the interface's */
	uint8_t dscp;
	bool has_address; /* those two are decided */
	bool blocked;     /* its media goes nowhere */
	struct sdp_write_state written;
	uint64_t mark; /* of the SDP that it was told last, to know a loop; 0: none; not stored */
};

struct call_bridge {
	struct call_bridge *next;
	struct call *call;
	char *branch;    /* via-branch; NULL: none */
	uint32_t number; /* in the call, never used again */
	uint32_t worker;
	uint8_t offerer; /* side of the last offer */
	bool answered;   /* once at least */
	bool offered;    /* an offer waits for its answer, or may be answered again */
	uint64_t created_us, offered_ms;
	struct call_side sides[2];
	uint32_t n_medias;
	struct call_media *medias;
};

struct call {
	struct call *next_same_hash;
	struct call *older, *newer; /* all calls, by age */
	uint64_t id;                /* its row in the store */
	uint64_t hash;
	char *call_id;
	uint32_t n_bridges;
	uint32_t next_number;
	struct call_bridge *bridges;
	uint8_t owner_kind;           /* enum authn_kind of the principal that created it */
	char owner[AUTHN_NAME_BYTES]; /* its name */
	char listener[32];            /* where that came in */
	uint64_t created_us, signalled_us;
	uint64_t created_ms;   /* the same, for how long it lasts: the time of day may be set */
	uint64_t delete_at_ms; /* 0: not to be deleted */
	uint64_t packets;      /* at the last look */
	uint64_t heard_ms;     /* when that had changed */
	uint32_t working;      /* who still needs it: replies, the next commit */
	bool dirty;            /* not as in the store */
	bool gone;             /* out of the table, waits for 'working' */
};

/* Copies a text, or frees what there was if it is not there; false without memory. */
bool call_text_set(char **to, struct slice text);

/* NULL accepted. */
void call_free(struct call *call);

struct call_bridge *call_bridge_add(struct call *call);
void call_bridge_remove(struct call *call, struct call_bridge *bridge);

/* At least 'n' media; new ones are all zero, with keys RELAY_PLAIN. */
bool call_bridge_resize(struct call_bridge *bridge, uint32_t n);

static inline bool call_text_is(const char *text, struct slice s)
{
	return text != NULL && slice_is(s, text);
}

static inline struct slice call_text(const char *text)
{
	return text == NULL ? (struct slice){NULL, 0} : slice_of(text);
}

#endif
