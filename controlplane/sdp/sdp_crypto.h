/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_crypto.h - a=crypto: a key for SRTP in SDP (RFC 4568).
 *
 * Invariant: what is SDP_CRYPTO_USABLE has key and salt of its suite's lengths; whatever else a
 *            line says is kept in 'value' alone.
 * Threads:   pure.
 * Ownership: slices point into the SDP; the keys are in the struct: wipe it when it goes.
 * Units:     lifetime in packets, 0 if not given; kdr is the exponent of 2; wsh in packets.
 * Errors:    'status' says why a line is of no use; the others of its media may be.
 * Cost:      linear.
 */
#ifndef SDP_CRYPTO_H
#define SDP_CRYPTO_H

#include "buffer.h"
#include "suite.h"

enum { SDP_CRYPTO_MKI_MAX = 16 };

enum sdp_crypto_status {
	SDP_CRYPTO_USABLE,
	SDP_CRYPTO_UNKNOWN_SUITE,
	SDP_CRYPTO_UNSUPPORTED, /* well-formed, and asks for what we don't do: several keys, a
				   parameter that must be understood and is not */
	SDP_CRYPTO_MALFORMED,
};

enum sdp_fec_order { SDP_FEC_NONE, SDP_FEC_SRTP, SDP_SRTP_FEC };

struct sdp_crypto {
	enum sdp_crypto_status status;
	struct slice value; /* as it came */
	uint32_t tag;       /* as far as it could be read, 0 otherwise */
	struct slice suite_name;
	const struct suite *suite; /* NULL: unknown */
	uint8_t key[SUITE_KEY_MAX];
	uint8_t salt[SUITE_SALT_MAX];
	uint64_t lifetime;
	uint8_t mki[SDP_CRYPTO_MKI_MAX];
	uint8_t mki_len;
	uint8_t kdr;
	uint32_t wsh;
	enum sdp_fec_order fec_order;
	bool has_fec_key;
	bool unencrypted_srtp;
	bool unencrypted_srtcp;
	bool unauthenticated_srtp;
};

void sdp_crypto_parse(struct slice value, struct sdp_crypto *crypto);

/* What stands behind "a=crypto:"; 'suite' must be set, 'suite_name' only for its old names. */
void sdp_crypto_write(const struct sdp_crypto *crypto, bool pad, struct buffer *out);

#endif
