/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_rig.h - a client attached to a fake data plane in the same process, which moves when it is
 * turned; and what came of it. One rig at a time. */
#ifndef PLANE_RIG_H
#define PLANE_RIG_H

#include "fake_plane.h"
#include "plane_client.h"

enum { PLANE_RIG_SLOTS = 8, PLANE_RIG_PER_WORKER = 8 }; /* as fake_plane_geometry has them */

struct plane_rig {
	char path[64];
	struct fake_plane plane;
	struct plane_client *client;
	struct {
		struct relay_event events[64];
		struct relay_packet packet;
		uint32_t n_events, n_punts;
	} got;
};

extern struct plane_rig rig;

/* cmocka's set-up and teardown. */
int plane_rig_make_dir(void **state);
int plane_rig_remove_dir(void **state);
int plane_rig_open(void **state);
int plane_rig_close(void **state);

int plane_rig_attach(struct plane_client **c);

/* Keeps what comes in rig.got; 'arg' is its address. */
void plane_rig_keep_event(void *arg, const struct relay_event *event);
void plane_rig_keep_punt(void *arg, const struct relay_packet *packet);
int plane_rig_take_events(void);

/* Every key byte is 0x5a, so that one left behind is found. */
void plane_rig_make_record(struct relay_record *record);
struct relay_command plane_rig_command_for(uint32_t endpoint, uint32_t generation);
int plane_rig_install(uint32_t endpoint, uint32_t generation);
bool plane_rig_control_holds_keys(void);

extern const struct relay_sockaddr plane_rig_v4;

#endif
