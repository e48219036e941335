/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h - what query, delete, list, statistics and /metrics tell of calls.
 *
 * Packets of RTCP that come to a port shared with RTP are counted as RTCP, their bytes as RTP's:
 * the data plane doesn't part those. A stream that can't be read counts as zero.
 *
 * Invariant: changes nothing. A tag comes once, with the media of all its bridges. More than
 *            REPORT_MEDIAS_MAX are added up, but not told, and a warning says so.
 * Threads:   the event loop's.
 * Ownership: texts are copied into the arena: a reply outlives its call. 'which', 'from' and
 *            'now' are for the call.
 * Units:     in the names; replies have seconds of the epoch, created_us what is beyond them.
 * Errors:    arena->failed, out->failed.
 * Cost:      a read of the region for each stream.
 */
#ifndef REPORT_H
#define REPORT_H

#include "buffer.h"
#include "call_table.h"
#include "ng_request.h"
#include "relay_counters.h"
#include "relay_endpoint.h"
#include "relay_endpoint_view.h"

enum {
	REPORT_MEDIAS_MAX = 128,       /* of a call, those of each side */
	REPORT_LIST_BYTES = 96 * 1024, /* of call-ids: replies have a limit */
};

/* False: it isn't there, or can't be read. */
typedef bool report_read(
	void *arg, uint32_t endpoint, uint32_t generation, struct relay_endpoint_view *out);
typedef bool report_visible(void *arg, const struct call *call);

struct report_source {
	const struct config *config;
	report_read *read;
	void *arg;
	uint64_t now_us, now_ms; /* of the epoch; monotonic */
};

/* Adds to 'reply'. A to-tag, or else a from-tag, restricts it to the bridges of that tag; false if
 * none has it, and then nothing but the call's times and zeros is told. 'which' NULL: all. */
bool report_call(const struct report_source *from, const struct call *call,
	const struct ng_request *which, struct ng_arena *arena, struct ng_value *reply);

/* The oldest first. 'visible' NULL: all. */
struct report_filter {
	int64_t limit;
	report_visible *visible;
	void *arg;
};

void report_list(const struct call_table *table, const struct report_filter *filter,
	struct ng_arena *arena, struct ng_value *reply);

/* Why a call ended or did not begin: in "totalstatistics", and as a metric's reason. */
#define REPORT_ENDS(X)                                                                             \
	X(REJECTED, "rejectedsessions", "rejected") /* a limit, or draining */                     \
	X(TIMEOUT, "timeoutsessions", "timeout")    /* no media */                                 \
	X(OFFER_TIMEOUT, "offertimeoutsessions", "offer_timeout")                                  \
	X(DELETED, "regularterminatedsessions", "terminated")                                      \
	X(FAILED, "failedsessions", "failed") /* ports, data plane, memory */

#define REPORT_STATES(X)                                                                           \
	X(OFFERED, "sessionsoffered", "offered")                                                   \
	X(ANSWERED, "sessionsanswered", "answered")                                                \
	X(ENDING, "sessionsending", "ending") /* deleted, but its ports are still open */

#define REPORT_END_ENUM(id, ...)   REPORT_END_##id,
#define REPORT_STATE_ENUM(id, ...) REPORT_STATE_##id,
enum report_end { REPORT_ENDS(REPORT_END_ENUM) REPORT_END_COUNT };
enum report_state { REPORT_STATES(REPORT_STATE_ENUM) REPORT_STATE_COUNT };

const char *report_end_text(enum report_end end);

/* What the session layer counts, since it started. */
struct report_statistics {
	uint64_t created;
	uint64_t ended[REPORT_END_COUNT];
	uint64_t ended_us;                   /* sum of the durations of calls that were */
	uint64_t requests[NG_COMMAND_COUNT]; /* those answered from the cache are not among them */
	uint64_t request_us[NG_COMMAND_COUNT];
	uint64_t repeated;               /* requests answered from the cache */
	uint64_t errors[NG_ERROR_COUNT]; /* replies; NG_OK is not looked at */
};

struct report_ports {
	uint32_t used, all; /* pairs */
};

/* Of the link to the data plane, since the control plane started. */
struct report_link {
	uint64_t deaths, breaches; /* its ends; of these, for a broken contract */
	uint64_t stalls;
	bool is_up, is_stalled;
};

/* How things stand. */
struct report_now {
	const struct config *config;
	uint64_t uptime_s;
	uint64_t calls[REPORT_STATE_COUNT];
	/* of each interface's addresses; NULL: none known */
	const struct report_ports (*ports)[CONFIG_ADDRESSES_MAX];
	struct report_link link;
	const struct relay_counts *totals; /* of all workers; NULL: none known */
	const uint64_t (*nics)[RELAY_PORT_COUNT];
	uint32_t n_nics;
};

/* Adds to 'reply'. */
void report_statistics(const struct report_statistics *s, const struct report_now *now,
	struct ng_arena *arena, struct ng_value *reply);

/* Adds to 'out'. */
void report_metrics(
	const struct report_statistics *s, const struct report_now *now, struct buffer *out);

#endif
