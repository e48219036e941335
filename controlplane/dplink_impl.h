/* SPDX-License-Identifier: BSD-3-Clause */
/* dplink_impl.h - what the files of dplink share, and nobody else includes.
 *
 * Invariant: 'client' is there in DPLINK_UP and DPLINK_ENDING alone, 'greeter' in DPLINK_GREETING.
 *            A worker's commands under way are numbered from 'answered' to 'sent', which are their
 *            cookies, and its data plane answers them in that order; those that wait come after.
 * Threads:   the event loop's.
 * Ownership: the link's; one that waits owns its copy of the record, and wipes it.
 * Units:     milliseconds.
 * Errors:    as in dplink.h.
 * Cost:      32 bytes for each slot of a command and an event ring; up to 672 for one that waits.
 */
#ifndef DPLINK_IMPL_H
#define DPLINK_IMPL_H

#include "dplink.h"

struct event;

enum {
	DPLINK_RETRY_MS = 100,
	DPLINK_BREACH_MS = 1000, /* before one that broke the contract, or did not last so long,
				    is tried again */
	DPLINK_HELLO_MS = 2000,  /* for its hello, once it took our call */
	DPLINK_LOOK_MS = 500,    /* at its beat */
	DPLINK_STALL_MS = 2000,
	DPLINK_DEAD_MAX = 4, /* regions kept for takeover */
};

enum dplink_state {
	DPLINK_ABSENT,
	DPLINK_GREETING, /* it took our call, and owes its hello */
	DPLINK_UP,
	DPLINK_ENDING, /* found broken within a call: the next turn ends it */
};

/* Who is told of an answer. */
struct dplink_asker {
	dplink_done *done;
	void *arg;
	uint64_t tag;
	uint8_t type; /* enum relay_command_type, as which the answer is numbered */
	uint32_t endpoint;
};

/* A command that waits for room. */
struct dplink_waiter {
	struct dplink_waiter *next;
	struct dplink_asker asker;
	struct relay_command command;
	bool has_record;
	struct relay_record record[];
};

struct dplink_worker {
	struct dplink_asker *askers; /* of those under way, by the cookie's low bits */
	uint32_t slots;              /* a power of two */
	uint32_t answered, sent;
	uint32_t last_of_up; /* 'answered', when all that 'up' gave is */
	struct dplink_waiter *first, **last;
	uint32_t n_waiting, n_removing; /* all; of these, what takes an endpoint out */
};

struct dplink {
	struct dplink_options options;
	char *path;
	enum dplink_state state;
	struct event *retry; /* timer, in DPLINK_ABSENT */
	struct event *turn;  /* timer without delay: there is more to do than one turn should */
	struct event *look;  /* timer */
	struct event *greeter;
	struct event *hang_up, *wake; /* of the client */
	int sock;                     /* the greeter's */
	struct plane_client *client;
	uint64_t bad_seen; /* of the client's faults */
	bool is_used;      /* it may have endpoints */
	bool has_breached; /* why the link ends */
	const char *absent_reason;
	uint64_t up_ms;
	uint64_t beat, beat_ms;
	/* of the present data plane, or of the last */
	bool had_one;
	uint64_t instance;
	struct relay_geometry geometry;
	struct relay_sockaddr addresses[RELAY_ADDRESSES_MAX];
	uint32_t n_addresses;
	struct plane_client *dead[DPLINK_DEAD_MAX]; /* the oldest first */
	uint32_t n_dead;
	struct dplink_worker *workers;
	struct dplink_numbers numbers;
};

/* Attaching: dplink_attach.c. */
int dplink_attach_init(struct dplink *link);
void dplink_attach_fini(struct dplink *link);

/* The link ends, at the next turn: what we are in may be a call of somebody's. */
void dplink_breach(struct dplink *link, const char *what);

/* One turn of the event loop: answers, events, and what waits for room. dplink_turn.c */
void dplink_turn(struct dplink *link);

/* Commands: dplink_queue.c. */
int dplink_queue_init(struct dplink *link);
void dplink_queue_fini(struct dplink *link);

/* An event that is an answer. */
void dplink_queue_answer(struct dplink *link, const struct relay_event *event);

/* Sends what waits, up to a bound: true if that was reached. */
bool dplink_queue_flush(struct dplink *link);

/* Answers everything by DPLINK_LOST. */
void dplink_queue_lose(struct dplink *link);

/* Keeps a client that died, or lets it go if it had nothing. dplink_takeover.c */
void dplink_takeover_keep(struct dplink *link, struct plane_client *dead);

/* 'instance' lives: its region tells more than what was kept of it. */
void dplink_takeover_forget(struct dplink *link, uint64_t instance);

/* All that was given until now is to be answered before the dead regions may go. */
void dplink_takeover_mark(struct dplink *link);

void dplink_takeover_fini(struct dplink *link);

/* What reading functions read. */
static inline const struct plane_client *dplink_source(const struct dplink *link)
{
	if (link->client != NULL)
		return link->client;
	return link->n_dead > 0 ? link->dead[link->n_dead - 1] : NULL;
}

#endif
