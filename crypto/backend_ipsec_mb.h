/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_ipsec_mb.h - state and keys of the ipsec_mb backend, for its two files alone:
 * backend_ipsec_mb.c opens the library and makes keys, backend_ipsec_mb_run.c runs packets.
 *
 * Invariant: round keys are aligned to 16, as the library wants them.
 * Threads:   as backend.h.
 * Ownership: the state owns the library's manager.
 * Units:     lengths and offsets in bytes.
 * Errors:    run_seal and run_settle return false as backend.h says.
 * Cost:      expand_aes about 100 cycles, expand_gcm 300.
 */
#ifndef BACKEND_IPSEC_MB_H
#define BACKEND_IPSEC_MB_H

#include "backend.h"

#include <intel-ipsec-mb.h>

/* HMAC-SHA1 states after ipad and opad, then AES: round keys for SRTP, the key for SRTCP. */
struct backend_ipsec_mb_cm_key {
	uint8_t ipad[IMB_SHA1_DIGEST_SIZE_IN_BYTES];
	uint8_t opad[IMB_SHA1_DIGEST_SIZE_IN_BYTES];
	uint8_t pad[8];
	uint8_t aes[];
};

_Static_assert(sizeof(struct backend_ipsec_mb_cm_key) % 16 == 0,
	"the library wants round keys aligned to 16");

enum {
	BACKEND_IPSEC_MB_ROUND_KEYS_MAX = 15 * 16,
};

struct backend_ipsec_mb {
	_Alignas(64) struct gcm_key_data rtcp_gcm_key; /* SRTCP's keys, for the time of a call */
	_Alignas(16) uint8_t rtcp_round_keys[BACKEND_BURST_MAX][BACKEND_IPSEC_MB_ROUND_KEYS_MAX];
	bool rtcp_expanded; /* there are some in 'rtcp_round_keys' */
	char version[31];
	IMB_MGR *mgr;
	uint32_t hash_keys_end; /* GHASH keys within struct gcm_key_data: the last byte used */
	uint32_t hash_keys_len;
	uint8_t macs[BACKEND_BURST_MAX][16];
	uint8_t aside[BACKEND_BURST_MAX][4]; /* what lay where the ROC is for the hash */
	IMB_JOB jobs[BACKEND_BURST_MAX];
	struct backend_op *job_ops[BACKEND_BURST_MAX];
	struct gcm_context_data gcm;
};

void backend_ipsec_mb_expand_aes(IMB_MGR *mgr, uint8_t key_len, const uint8_t *key,
	uint8_t out[BACKEND_IPSEC_MB_ROUND_KEYS_MAX]);
void backend_ipsec_mb_expand_gcm(
	IMB_MGR *mgr, uint8_t key_len, const uint8_t *key, struct gcm_key_data *out);

bool backend_ipsec_mb_run_seal(void *state, struct backend_op *ops, uint32_t n);
void backend_ipsec_mb_run_verify(void *state, struct backend_op *ops, uint32_t n);
bool backend_ipsec_mb_run_settle(void *state, struct backend_op *ops, uint32_t n);

#endif
