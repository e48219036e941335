/* SPDX-License-Identifier: BSD-3-Clause */
/* verdict.h - which verdict of libsrtp goes with which of ours, and where the two differ, why. */
#ifndef VERDICT_H
#define VERDICT_H

#include "srtp_status.h"

#include <srtp2/srtp.h>
#include <stdbool.h>

enum { VERDICT_NOT_ASKED = 31 }; /* beside enum srtp_err_status: libsrtp did not get the packet */

/* What the test knows of a packet just before libsrtp is asked. A chunk is what our unprotect
 * works on at a time: it looks at the window before any tag of the chunk has verified. */
struct verdict_facts {
	enum srtp_status shape; /* SRTP_OK, or the fault that no state can change */
	bool aead;
	bool rtcp;
	bool short_room;  /* the buffer can't take the trailer */
	bool bound;       /* the SSRC is new and our table is full */
	bool forged;      /* damaged, or it would be taken for one of another ROC */
	bool moved;       /* a packet of this stream was accepted in this chunk */
	bool overtaken;   /* authentic, 32768 or more before the highest accepted */
	bool below_floor; /* before the point at which the stream was resumed */
};

/* False if the verdicts do not go together. */
bool verdict_agree(const struct verdict_facts *facts, enum srtp_status ours, unsigned theirs);

/* Prints how often each row was met; false if one that should have been was not. */
bool verdict_report(void);

#endif
