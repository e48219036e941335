/* SPDX-License-Identifier: BSD-3-Clause */
/* life.h - an endpoint in a data plane that dies, what went through its SRTP contexts under one key
 * or another, and heirs: data planes that take over what the dead one's record shows, by the code
 * that does so, and are played all packets there were. One life at a time, with the first of the
 * fixture's engines; looked at in one direction. A step that must succeed and does not fails the
 * test. */
#ifndef LIFE_H
#define LIFE_H

#include "endpoints_rig.h"
#include "fixture.h"
#include "plane_client_impl.h"
#include "store_steps.h"

enum {
	LIFE_SSRCS = 16, /* from 1 on */
	LIFE_KINDS = 2,
	LIFE_SEEN = 256,
	LIFE_LATER_S = 100, /* everybody has been silent for long */
};

/* The dead one was installed with the old keys. */
enum { LIFE_OLD, LIFE_NEW, LIFE_KEYS };

struct life_packet {
	uint8_t data[FIXTURE_ROOM]; /* as it is on the wire */
	uint32_t len, ssrc;
	uint16_t seq;
	uint8_t kind, key;
};

/* What there was under one of the keys. */
struct life_known {
	struct relay_record told;
	struct srtp_ctx *peer; /* seals what comes in */
	bool kept[LIFE_SSRCS]; /* had a place before the steps, and after */
	struct life_packet next[LIFE_SSRCS][LIFE_KINDS];
};

struct life {
	const char *name;
	enum srtp_direction direction;
	struct endpoints_rig *dead, *heir;
	struct relay_endpoint *records, *own; /* the dead one's, and those that its rig had */
	struct plane_client client;           /* of the dead one */
	struct relay_command at, heir_at;
	struct life_known under[LIFE_KEYS];
	uint16_t next_seq[LIFE_SSRCS];
	bool refused[LIFE_SSRCS]; /* once: its packets may be beyond what is expected now */
	struct life_packet seen[LIFE_SEEN];
	uint32_t n_seen, now_s;
	uint32_t state; /* that is looked at */
};

extern struct life life;

/* States of the dead one's record, as store_steps_run fills them. */
extern struct store_steps life_states;

void life_begin(const char *name, enum srtp_direction direction, enum suite_id suite);
int life_end(void **state); /* cmocka's teardown, too */

void life_set_clock(uint32_t now_s);

/* Of the direction that is looked at. */
struct relay_crypto *life_crypto_of(struct relay_record *record);
struct srtp_ctx *life_ctx_of(const struct endpoints_rig *rig);
struct relay_endpoint *life_record(void);

/* Says whose record it is, and carries the command out. */
enum relay_status life_command(
	struct endpoints_rig *rig, const struct relay_command *c, struct relay_record *record);
void life_install(struct relay_record *record);
void life_remove(struct endpoints_rig *rig, const struct relay_command *installed);

/* A payload of zeros, so that it will show the keystream. */
struct life_packet life_plain(uint8_t kind, uint32_t ssrc, uint16_t seq);
enum srtp_status life_run(
	struct srtp_ctx *ctx, enum srtp_direction direction, struct life_packet *p);
void life_remember(const struct life_packet *p);

/* The next packet of an SSRC, through the dead one's context; on record it is not yet. False: it
 * was refused. */
bool life_pass(uint8_t kind, uint32_t ssrc);
void life_put_on_record(void *packet);

/* Makes the packets by which SSRCs would go on. */
void life_make_next(uint8_t key);

/* The i-th of the states, and a takeover of one. */
const struct relay_endpoint *life_left_at(uint32_t i);
int life_take_over(
	const struct relay_endpoint *left, uint32_t generation, struct relay_record *record);

/* An heir with such a record uses or accepts nothing again of the first 'n_seen' packets, those
 * that were put on record; and who kept its place goes on. */
void life_check(const struct relay_record *record, uint8_t key, uint32_t n_seen);
void life_goes_on(const struct relay_record *record, const struct life_packet next[LIFE_KINDS],
	uint32_t n_seen, uint32_t after_s);

#endif
