/* SPDX-License-Identifier: BSD-3-Clause */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*policy_fn)(srtp_crypto_policy_t *);

struct policy_row {
	policy_fn rtp;
	policy_fn rtcp;
};

/* SRTCP of the _32 suites has 80-bit tags (RFC 4568 6.2). */
static const struct policy_row policies[SUITE_COUNT] = {
	[SUITE_AES_CM_128_HMAC_SHA1_80] = {srtp_crypto_policy_set_rtp_default,
		srtp_crypto_policy_set_rtcp_default},
	[SUITE_AES_CM_128_HMAC_SHA1_32] = {srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		srtp_crypto_policy_set_rtcp_default},
	[SUITE_AES_192_CM_HMAC_SHA1_80] = {srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80,
		srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80},
	[SUITE_AES_192_CM_HMAC_SHA1_32] = {srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32,
		srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80},
	[SUITE_AES_256_CM_HMAC_SHA1_80] = {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
	[SUITE_AES_256_CM_HMAC_SHA1_32] = {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
	[SUITE_AEAD_AES_128_GCM] = {srtp_crypto_policy_set_aes_gcm_128_16_auth,
		srtp_crypto_policy_set_aes_gcm_128_16_auth},
	[SUITE_AEAD_AES_256_GCM] = {srtp_crypto_policy_set_aes_gcm_256_16_auth,
		srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

static void must(srtp_err_status_t err, const char *what)
{
	if (err == srtp_err_status_ok)
		return;
	(void)fprintf(stderr, "oracle: %s: libsrtp error %d\n", what, (int)err);
	abort();
}

void oracle_setup(void)
{
	must(srtp_init(), "srtp_init");
}

void oracle_teardown(void)
{
	must(srtp_shutdown(), "srtp_shutdown");
}

void oracle_open(struct oracle *o, const struct oracle_params *params)
{
	uint8_t key[SRTP_MAX_KEY_LEN];
	srtp_master_key_t master_key = {
		.key = key, .mki_id = o->mki_bytes, .mki_size = params->mki_len};
	srtp_master_key_t *keys[] = {&master_key};
	srtp_policy_t policy;

	memset(&policy, 0, sizeof(policy));
	memset(o, 0, sizeof(*o));
	memcpy(key, params->master->key, params->master->key_len);
	memcpy(key + params->master->key_len, params->master->salt, params->master->salt_len);
	policies[params->suite->id].rtp(&policy.rtp);
	policies[params->suite->id].rtcp(&policy.rtcp);
	policy.ssrc.type = params->protect ? ssrc_any_outbound : ssrc_any_inbound;
	policy.window_size = params->window;
	if (params->mki_len > 0) {
		memcpy(o->mki_bytes, params->mki, params->mki_len);
		policy.keys = keys;
		policy.num_master_keys = 1;
		o->mki = true;
	} else {
		policy.key = key;
	}
	o->protect = params->protect;
	must(srtp_create(&o->session, &policy), "srtp_create");
}

void oracle_close(struct oracle *o)
{
	must(srtp_dealloc(o->session), "srtp_dealloc");
}

void oracle_set_roc(struct oracle *o, uint32_t ssrc, uint32_t roc)
{
	must(srtp_set_stream_roc(o->session, ssrc, roc), "srtp_set_stream_roc");
}

srtp_err_status_t oracle_run(struct oracle *o, bool rtcp, uint8_t *data, uint32_t *len)
{
	srtp_err_status_t err;
	int n = (int)*len;

	if (o->protect && rtcp)
		err = srtp_protect_rtcp_mki(o->session, data, &n, o->mki, 0);
	else if (o->protect)
		err = srtp_protect_mki(o->session, data, &n, o->mki, 0);
	else if (rtcp)
		err = srtp_unprotect_rtcp_mki(o->session, data, &n, o->mki);
	else
		err = srtp_unprotect_mki(o->session, data, &n, o->mki);
	if (err == srtp_err_status_ok)
		*len = (uint32_t)n;
	return err;
}

/* RFC 6188 4 derives the keys of AES-192 with AES-192. libsrtp up to 2.7 (its issue 763) takes the
 * PRF of AES-256 instead, whose key and salt are those of AES-192 in a row and zeros behind them:
 * the key ends with 8 bytes of the salt, the salt has the 6 that are left. */
static void derive_192_by_256(const struct kdf_master *master, struct kdf_session *out)
{
	uint8_t joined[SUITE_KEY_MAX + SUITE_SALT_MAX] = {0};
	const struct kdf_master as_256 = {
		joined, SUITE_KEY_MAX, joined + SUITE_KEY_MAX, SUITE_SALT_MAX};
	enum { KEY_LEN = 24 };

	memcpy(joined, master->key, KEY_LEN);
	memcpy(joined + KEY_LEN, master->salt, SUITE_SALT_MAX);
	if (kdf_derive(suite_get(SUITE_AES_256_CM_HMAC_SHA1_80), &as_256, out) != SRTP_OK)
		abort();
	memset(out->rtp.cipher + KEY_LEN, 0, SUITE_KEY_MAX - KEY_LEN);
	memset(out->rtcp.cipher + KEY_LEN, 0, SUITE_KEY_MAX - KEY_LEN);
}

void oracle_session(
	const struct suite *suite, const struct kdf_master *master, struct kdf_session *out)
{
	const unsigned first_right = 2u << 24 | 8u << 16; /* 2.8.0 */

	if (suite->key_len == 24 && srtp_get_version() < first_right)
		derive_192_by_256(master, out);
	else if (kdf_derive(suite, master, out) != SRTP_OK)
		abort();
}
