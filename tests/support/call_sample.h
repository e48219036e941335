/* SPDX-License-Identifier: BSD-3-Clause */
/* call_sample.h - calls as signalling leaves them, made by hand: from RTP on one interface to SRTP
 * on another. */
#ifndef CALL_SAMPLE_H
#define CALL_SAMPLE_H

#include "call_table.h"

enum call_sample {
	CALL_SAMPLE_NEW,    /* no bridge yet */
	CALL_SAMPLE_OFFER,  /* nobody answered yet */
	CALL_SAMPLE_APART,  /* answered, RTCP with ports of its own */
	CALL_SAMPLE_MUXED,  /* answered, RTCP on RTP's ports */
	CALL_SAMPLE_FORK,   /* two branches, one of them answered */
	CALL_SAMPLE_HOLD,   /* answered, then put on hold by the caller */
	CALL_SAMPLE_REJECT, /* audio answered, video rejected */
	CALL_SAMPLE_FULL,   /* everything that can be is set */
	CALL_SAMPLE_COUNT
};

enum {
	CALL_SAMPLE_MS = 5000000,      /* when it happened, monotonic */
	CALL_SAMPLE_SLOT = 100,        /* the first of its endpoints; the others follow */
	CALL_SAMPLE_GENERATION = 7000, /* of all of them */
};
#define CALL_SAMPLE_US UINT64_C(1700000000250000) /* and of the epoch */

/* NULL without memory. */
struct call *call_sample_make(struct call_table *table, enum call_sample which);

#endif
