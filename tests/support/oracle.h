/* SPDX-License-Identifier: BSD-3-Clause */
/* oracle.h - libsrtp2's sessions as Debian ships them: the independent implementation that
 * tests and benchmarks hold ours against. One session is one master key in one direction, for
 * any number of SSRCs. */
#ifndef ORACLE_H
#define ORACLE_H

#include "kdf.h"
#include "suite.h"

#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>

enum { ORACLE_ROOM = SRTP_MAX_TRAILER_LEN }; /* libsrtp wants it behind a packet to protect */

struct oracle {
	srtp_t session;
	bool protect;
	bool mki;
	uint8_t mki_bytes[4]; /* libsrtp keeps the pointer */
};

/* For init and fini of the process's libsrtp. */
void oracle_setup(void);
void oracle_teardown(void);

/* 'mki_len' 0: no MKI. */
struct oracle_params {
	const struct suite *suite;
	const struct kdf_master *master;
	bool protect;
	uint16_t window;
	const uint8_t *mki;
	uint32_t mki_len;
};

/* Aborts the test on failure. */
void oracle_open(struct oracle *o, const struct oracle_params *params);
void oracle_close(struct oracle *o);

/* Makes the SSRC's stream with this ROC for its next packet. */
void oracle_set_roc(struct oracle *o, uint32_t ssrc, uint32_t roc);

srtp_err_status_t oracle_run(struct oracle *o, bool rtcp, uint8_t *data, uint32_t *len);

/* The session keys that this libsrtp makes of a master key: those of the RFCs, but for AES-192
 * before version 2.8. Aborts the test on failure. */
void oracle_session(
	const struct suite *suite, const struct kdf_master *master, struct kdf_session *out);

#endif
