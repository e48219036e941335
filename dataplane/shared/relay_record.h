/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_record.h - the key record that lies beside each command's slot.
 *
 * Invariant: holds session keys, so that the receiver runs no key derivation. Where 'suite' is
 *            RELAY_PLAIN the rest of that half is zero.
 * Threads:   as the command's slot.
 * Ownership: the receiver copies it before it gives the slot back, which is the acknowledgement;
 *            the sender then wipes it. Both wipe their copies.
 * Units:     lifetimes in packets; ROC and sequence as in RFC 3711.
 * Errors:    RELAY_BAD_CRYPTO for a record that can't be true.
 * Cost:      704 bytes.
 */
#ifndef RELAY_RECORD_H
#define RELAY_RECORD_H

#include "kdf.h"
#include "srtp_retired.h"

#include <stdint.h>

enum {
	RELAY_RECORD_BYTES = 704,
	RELAY_SSRCS = 4,  /* streams a direction of an endpoint */
	RELAY_PARKED = 4, /* that lost their places, and can come back */
	RELAY_MKI_MAX = 4,
	RELAY_PLAIN = 0xff, /* in place of a suite: RTP without protection */
};

/* State of one SSRC that outlives a context. */
struct relay_ssrc {
	uint32_t ssrc;
	uint32_t roc;
	uint32_t rtcp_index;
	uint16_t seq; /* highest authenticated or sent */
	uint8_t rtp_valid;
	uint8_t rtcp_valid;
};

static inline uint64_t relay_ssrc_index(const struct relay_ssrc *s)
{
	return (uint64_t)s->roc << 16 | s->seq;
}

/* One direction's keys, derived by the sender. */
struct relay_crypto {
	uint8_t suite; /* enum suite_id, or RELAY_PLAIN: the rest is then zero */
	uint8_t mki_len;
	uint8_t n_ssrcs; /* taken over from an earlier data plane */
	uint8_t n_parked;
	uint8_t mki[RELAY_MKI_MAX];
	uint64_t rtp_lifetime, rtcp_lifetime; /* packets; 0: what the suite allows */
	uint64_t rtp_used;                    /* before takeover */
	uint64_t key_name; /* tells these keys from others, and nothing of them: shown in the
			      endpoint's record while they are in use. 0: no takeover */
	uint32_t rtcp_used;
	struct kdf_session session;
	struct relay_ssrc ssrcs[RELAY_SSRCS];
	struct relay_ssrc parked[RELAY_PARKED]; /* the last first */
	uint64_t retired[SRTP_RETIRED_WORDS];   /* these, and all that must not begin anew; the seed
						   is 'key_name' */
};

/* Beside each command's slot. Read for INSTALL, and for UPDATE of keys. */
struct relay_record {
	struct relay_crypto ingress, egress;
	uint32_t endpoint, generation; /* as in its command, or it is not its command's */
	uint8_t reserved[RELAY_RECORD_BYTES - 2 * sizeof(struct relay_crypto) - 8];
};

_Static_assert(sizeof(struct relay_record) == RELAY_RECORD_BYTES, "no hidden padding");
_Static_assert(sizeof(struct relay_crypto) == 336, "no hidden padding");

#endif
