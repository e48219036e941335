/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_engine_layout.h - what is in an engine, for srtp_engine.c, srtp_ctx.c and srtp_burst_*.c.
 *
 * Invariant: nothing in 'ops' and 'guesses' is used after the call that wrote it; what is left
 *            there (IVs, pointers) is wiped with the engine.
 * Threads:   as srtp_engine.h.
 * Ownership: 'state' is the backend's, closed with the engine.
 * Units:     none.
 * Errors:    none.
 * Cost:      the scratch of a burst is part of the engine, so it stays in the cache.
 */
#ifndef SRTP_ENGINE_LAYOUT_H
#define SRTP_ENGINE_LAYOUT_H

#include "backend.h"
#include "srtp_engine.h"

struct srtp_stream;

/* What unprotect took a packet for before it was authenticated. */
struct srtp_guess {
	struct srtp_stream *stream; /* NULL: the SSRC is new */
	uint64_t index;
	struct backend_op *op; /* NULL: refused before crypto */
	uint32_t ssrc;
};

struct srtp_engine {
	const struct backend *backend;
	void *state;
	uint16_t now_s;
	uint8_t key_format;
	char text[61];
	struct srtp_guess guesses[BACKEND_BURST_MAX];
	struct backend_op ops[BACKEND_BURST_MAX];
};

#endif
