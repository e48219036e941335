/* SPDX-License-Identifier: BSD-3-Clause */
/* fake_plane.h - a data plane without packets: real region, door and rings, commands applied to the
 * directory, and no DPDK. */
#ifndef FAKE_PLANE_H
#define FAKE_PLANE_H

#include "attach.h"

struct fake_plane {
	struct relay_region data;
	struct relay_geometry geometry;
	struct attach *attach;
	struct link *link; /* NULL: no client */
	bool hold;         /* takes no commands */
	uint64_t commands; /* taken */
	uint64_t clients;  /* ever attached */
	struct relay_record last_record;
	struct attach_news news; /* the latest that was no ATTACH_NOTHING */
	/* is shown what was carried out; NULL: nobody */
	void (*watch)(const struct relay_command *command, const struct relay_record *record);
};

/* A small one: 2 workers with 8 endpoints each, rings of 8 slots. */
extern const struct relay_geometry fake_plane_geometry;

int fake_plane_open(struct fake_plane *f, const char *path, const struct relay_geometry *g);
void fake_plane_close(struct fake_plane *f);

/* One turn of its main loop and of every worker. */
void fake_plane_turn(struct fake_plane *f);

struct relay_endpoint *fake_plane_endpoint(const struct fake_plane *f, uint32_t endpoint);

/* As if packets with that index had been sent and received on the first SSRC. */
void fake_plane_traffic(
	const struct fake_plane *f, uint32_t endpoint, uint32_t ssrc, uint64_t index);

/* Opens one and turns it until killed: a child process's whole life. Never returns. */
_Noreturn void fake_plane_main(const char *path, const struct relay_geometry *g);

#endif
