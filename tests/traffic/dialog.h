/* SPDX-License-Identifier: BSD-3-Clause */
/* dialog.h - one call over ng: what a proxy asks for it, and whether the relay's replies are right.
 *
 * Invariant: the same dialog at the same step is always the same request, so that it can be sent
 *            again; a reply that is taken as good had everything that the next step needs.
 * Threads:   pure.
 * Ownership: the call is the caller's; replies point into their message.
 * Units:     packets.
 * Errors:    dialog_take: false, having said why in 'faults', behind the step's name.
 * Cost:      a parse of SDP for each offer and answer.
 */
#ifndef DIALOG_H
#define DIALOG_H

#include "faults.h"
#include "ng_value.h"
#include "party.h"

enum dialog_step { DIALOG_OFFER, DIALOG_ANSWER, DIALOG_DELETE, DIALOG_STEPS };

extern const char *const dialog_step_names[DIALOG_STEPS];

enum { DIALOG_PREFIX_MAX = 16 };

/* What all calls of a run have in common. */
struct dialog_plan {
	const struct codec *codec;
	const char *plain,
		*sealed; /* the relay's interfaces for RTP and for SRTP; NULL: not said */
	char prefix[DIALOG_PREFIX_MAX + 1]; /* of call-ids: no other run has it */
	bool own_keys;                      /* the relay's keys must not be the parties' */
	bool counts;                        /* a delete's reply has the packets that were sent */
};

struct dialog {
	struct call *call;
	uint64_t number;
	uint64_t sent[CALL_LEGS]; /* packets, by each party */
	uint32_t tag;             /* of the a=crypto that B answers to */
};

/* As a dictionary in 'arena', with its SDP in 'sdp': both must live until it is encoded. */
struct ng_value *dialog_request(const struct dialog_plan *plan, const struct dialog *dialog,
	enum dialog_step step, struct ng_arena *arena, struct buffer *sdp);

bool dialog_take(const struct dialog_plan *plan, struct dialog *dialog, enum dialog_step step,
	const struct ng_value *reply, struct faults *faults);

#endif
