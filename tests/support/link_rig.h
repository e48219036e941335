/* SPDX-License-Identifier: BSD-3-Clause */
/* link_rig.h - a dplink and a fake data plane in the same process and thread: one moves when the
 * other was turned; and what the link told. One rig at a time. */
#ifndef LINK_RIG_H
#define LINK_RIG_H

#include "dplink.h"
#include "fake_plane.h"

enum { LINK_RIG_ANSWERS = 1 << 19, LINK_RIG_EVENTS = 4096 };

struct link_rig_answer {
	uint64_t tag;
	enum relay_status status;
};

struct link_rig {
	char path[64];
	struct event_base *base;
	struct fake_plane plane;
	bool has_plane;
	struct dplink *link;
	struct link_rig_answer answers[LINK_RIG_ANSWERS];
	uint32_t n_answers;
	struct relay_event events[LINK_RIG_EVENTS];
	uint32_t n_events;
	uint32_t n_ups, n_downs;
	uint32_t queue_max; /* of links that are prepared from now on; 0: the default */
	uint32_t answers_at_down;
	enum dplink_up how;
	/* called when that happens, if there */
	void (*on_up)(enum dplink_up how);
	void (*on_down)(void);
	void (*on_answer)(uint64_t tag, enum relay_status status);
};

extern struct link_rig link_rig;

int link_rig_make_dir(void **state);
int link_rig_remove_dir(void **state);

/* cmocka's, for a test: a loop and a link, and with 'open' a small data plane, attached. */
int link_rig_prepare(void **state);
int link_rig_open(void **state);
int link_rig_close(void **state);

void link_rig_start_plane(const struct relay_geometry *g);
void link_rig_stop_plane(void);

/* A turn of both, 'n' times. */
void link_rig_spin(uint32_t n);

/* Of the loop alone: what is ready now. */
void link_rig_loop(void);

/* Runs the loop alone for so long. */
void link_rig_run_for(uint32_t ms);

/* Keeps what is logged; then tells how many lines have 'needle'. */
void link_rig_log_begin(void);
uint32_t link_rig_log_end(const char *needle);

/* Turns both until there were so many, or for some seconds: whether there were. */
bool link_rig_wait_ups(uint32_t n);
bool link_rig_wait_downs(uint32_t n);
bool link_rig_wait_answers(uint32_t n);

void link_rig_done(void *arg, uint64_t tag, enum relay_status status);

/* In the slot that the caller chose, with keys of 0x5a, as plane_rig's. */
struct relay_command link_rig_command(uint32_t endpoint, uint32_t generation);
void link_rig_record(struct relay_record *record);
int link_rig_install(uint32_t endpoint, uint32_t generation, uint64_t tag);

/* The data plane says something. */
void link_rig_say(uint32_t worker, const struct relay_event *event);
struct relay_event link_rig_event(enum relay_event_type type, uint32_t endpoint);

#endif
