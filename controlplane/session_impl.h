/* SPDX-License-Identifier: BSD-3-Clause */
/* session_impl.h - the parts of a session: commands, replies that wait, time, and restoring.
 *
 * Invariant: a call with 'working' is not freed. 'sweep' is in the table or NULL.
 * Threads:   the event loop's.
 * Ownership: struct session is session.c's.
 * Units:     _ms: monotonic.
 * Errors:    commands return the protocol's.
 * Cost:      as session.h.
 */
#ifndef SESSION_IMPL_H
#define SESSION_IMPL_H

#include "authz.h"
#include "call_table.h"
#include "logger.h"
#include "ng_cache.h"
#include "ng_reply.h"
#include "report.h"
#include "session.h"
#include "siphash.h"
#include "store.h"
#include "wiring.h"

struct event;

enum {
	SESSION_REPLY_MAX = 256 << 10,
	SESSION_REPLY_BESIDE = 4 << 10, /* cookie, keys, a warning */
	SESSION_DATAGRAM_MAX = 65507,   /* of IPv4 */
};

struct session {
	session_reply *reply;
	void *arg;
	const struct config *config;
	struct call_table *calls;
	struct dplink *link;
	struct portpool *pool;
	struct store *store;
	struct ng_cache *cache;
	struct ng_arena arena; /* of the request at hand */
	struct buffer out;     /* reply, image: one at a time */
	struct buffer sdp;
	struct event *commit, *tick;
	struct session_transaction *first, *last; /* wait for the commit, or for commands */
	struct call **dirty;
	size_t n_dirty, room_dirty;
	struct call *sweep;
	uint64_t started_ms, next_sweep_ms, store_again_ms;
	uint64_t instance;         /* of the data plane that has our calls */
	struct session_node *node; /* as the store had it */
	bool node_stored, store_failed;
	uint64_t *removed; /* rows of calls that ended while the store failed */
	size_t n_removed, room_removed;
	uint64_t takeover_until_ms;              /* the dead regions are kept; 0: no end to that */
	uint32_t ending;                         /* calls that are deleted, with a delay */
	uint32_t bridges[CONFIG_INTERFACES_MAX]; /* with a side there */
	struct logger_limit events, strange;
	struct report_statistics told;
	uint8_t mark_seed[SIPHASH_SEED];
};

/* One request, as long as it is worked on. */
struct session_work {
	struct session *s;
	const struct principal *principal;
	const struct ng_request *request;
	struct ng_value *reply;
	/* what the reply waits for */
	struct call *call;
	uint32_t bridge;
	struct session_transaction *wait; /* made for commands */
	struct slice source;              /* who asks, for the cache */
	enum ng_encoding encoding;
	size_t room; /* bytes of the longest reply that gets there */
};

/* Commands: NG_OK, and 'reply' is set; or the error. */
enum ng_error session_offer(struct session_work *work);
enum ng_error session_answer(struct session_work *work);
enum ng_error session_delete(struct session_work *work);
enum ng_error session_block(struct session_work *work, bool block);
enum ng_error session_query(struct session_work *work);
enum ng_error session_list(struct session_work *work);
enum ng_error session_statistics(struct session_work *work);

/* What offer and answer share: the request, its SDP, and the reply with the SDP as it came. */
enum ng_error session_check(const struct session_work *work);
enum ng_error session_parse(const struct ng_request *r, struct sdp **sdp);
void session_pass(struct session_work *work);

/* What the SDP has until it is marked; is: the request's is the last marked one of that side. */
struct slice session_loop_blank(void);
void session_loop_mark(const struct session_work *work, struct call_side *to);
bool session_loop_is(const struct session_work *work, const struct call_side *to);

/* Whether the SDP that was written gets there, with all that may stand beside it in a reply. It is
 * asked before anything is promised. */
bool session_fits(const struct session_work *work);

/* The call that a request is about, if the principal may do that with it, or NULL. */
struct call *session_find(const struct session_work *work, enum authz_action action);

/* Which bridge a request means; 'from' is given the side that sent it. */
struct call_bridge *session_find_offer(
	const struct call *call, const struct ng_request *r, unsigned *from);
struct call_bridge *session_find_answer(
	const struct call *call, const struct ng_request *r, unsigned *from);

/* What the data plane is told with; its answers go to 'work's reply. False: no memory. */
struct wiring session_wiring(struct session *s);
bool session_wiring_of(struct session_work *work, struct wiring *w);
void session_waits(struct session_work *work, uint32_t commands);

void session_reply_send(
	struct session_work *work, const struct ng_frame *frame, struct pending_handle handle);
void session_reply_drop(struct session *s);
void session_changed(struct session *s, struct call *call);
void session_commit_soon(struct session *s);
void session_store_retry(struct session *s);
int session_reply_start(struct session *s, struct event_base *base);

/* A bridge has come, or goes: by 1 or -1 in the count of its interfaces. */
void session_count(struct session *s, const struct call_bridge *bridge, int by);

/* A call's end: its media, its row, itself. */
void session_end(struct session *s, struct call *call, enum report_end why);
void session_release(struct call *call);

/* Time. */
int session_sweep_start(struct session *s, struct event_base *base);
uint64_t session_now_us(void);

/* The row of the store that is of no call. place: moves a call that was stored to the interfaces
 * that there are now; false: one of its is gone. */
bool session_node_is(uint64_t row);
void session_node_read(struct session *s, struct slice image);
bool session_node_place(const struct session *s, struct call *call);
int session_node_put(struct session *s);

/* Restoring. */
int session_restore_start(struct session *s, struct event_base *base);

/* Its statistics, into the reply. */
void session_tell_call(struct session_work *work, struct call *call);
bool session_read(
	void *arg, uint32_t endpoint, uint32_t generation, struct relay_endpoint_view *out);

#endif
