/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * HMAC suites: AES-CTR by the library's cipher burst (one buffer at a time is its fastest CTR),
 * HMAC-SHA1 by its hash burst (up to 16 buffers at a time). For 160-byte payloads combined jobs
 * reach 82 to 93 % of this, and decrypt what is not authentic. The library hashes one piece of
 * memory, so the ROC lies for that moment where MKI or tag begin; the bytes there are put aside
 * and put back.
 *
 * AEAD: the library's single call, which is its fastest for GCM, with the keys of the next
 * packets on their way: a key is 1,008 bytes, and 100,000 of them fit no cache.
 */
#include "backend_ipsec_mb.h"
#include "secret.h"

enum {
	ROC_LEN = 4,
	GCM_AHEAD = 4, /* packets */
	AES_128_ROUND_KEYS = 11 * 16,
};

/* SRTCP's round keys live in scratch for the time of a burst. */
static const uint8_t *round_keys(
	struct backend_ipsec_mb *st, const struct backend_op *op, uint32_t job)
{
	const struct backend_ipsec_mb_cm_key *key = op->key;

	if (op->kind == SRTP_RTP)
		return key->aes;
	backend_ipsec_mb_expand_aes(st->mgr, op->key_len, key->aes, st->rtcp_round_keys[job]);
	st->rtcp_expanded = true;
	return st->rtcp_round_keys[job];
}

static void load_cipher(struct backend_ipsec_mb *st, const struct backend_op *op, uint32_t i)
{
	IMB_JOB *job = &st->jobs[i];

	job->src = op->data;
	job->dst = op->data + op->crypt_off;
	job->cipher_start_src_offset_in_bytes = op->crypt_off;
	job->msg_len_to_cipher_in_bytes = op->crypt_len;
	job->key_len_in_bytes = op->key_len;
	job->iv = op->iv;
	job->enc_keys = round_keys(st, op, i);
}

static void load_hash(struct backend_ipsec_mb *st, struct backend_op *op, uint32_t i)
{
	const struct backend_ipsec_mb_cm_key *key = op->key;
	IMB_JOB *job = &st->jobs[i];
	uint8_t *end = op->data + op->auth_len;

	st->job_ops[i] = op;
	job->src = op->data;
	job->u.HMAC._hashed_auth_key_xor_ipad = key->ipad;
	job->u.HMAC._hashed_auth_key_xor_opad = key->opad;
	job->msg_len_to_hash_in_bytes = op->auth_len;
	if (op->kind == SRTP_RTP) {
		memcpy(st->aside[i], end, ROC_LEN);
		memcpy(end, &op->roc_be, ROC_LEN);
		job->msg_len_to_hash_in_bytes += ROC_LEN;
	}
}

/* AES-CTR over jobs; false if any was not run. The library takes runs of one key length, and no
 * empty buffers. */
static bool cipher_jobs(struct backend_ipsec_mb *st, uint32_t n_jobs)
{
	bool ok = true;
	uint32_t end;

	for (uint32_t first = 0; first < n_jobs; first = end) {
		uint64_t key_len = st->jobs[first].key_len_in_bytes;

		for (end = first; end < n_jobs && st->jobs[end].key_len_in_bytes == key_len; end++)
			if (st->jobs[end].msg_len_to_cipher_in_bytes == 0)
				break;
		ok = IMB_SUBMIT_CIPHER_BURST_NOCHECK(st->mgr, &st->jobs[first], end - first,
			     IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
			     (IMB_KEY_SIZE_BYTES)key_len) == end - first &&
		     ok;
		if (end < n_jobs && st->jobs[end].msg_len_to_cipher_in_bytes == 0)
			end++;
	}
	if (st->rtcp_expanded)
		secret_wipe(st->rtcp_round_keys, sizeof(st->rtcp_round_keys));
	st->rtcp_expanded = false;
	return ok;
}

/* HMAC-SHA1 over jobs, into 'macs'; takes the ROCs out of the packets again. */
static bool hash_jobs(struct backend_ipsec_mb *st, uint32_t n_jobs)
{
	uint32_t done =
		IMB_SUBMIT_HASH_BURST_NOCHECK(st->mgr, st->jobs, n_jobs, IMB_AUTH_HMAC_SHA_1);

	for (uint32_t i = 0; i < n_jobs; i++) {
		const struct backend_op *op = st->job_ops[i];

		if (op->kind == SRTP_RTP)
			memcpy(op->data + op->auth_len, st->aside[i], ROC_LEN);
	}
	return done == n_jobs;
}

/* Of 10 or 4 bytes; fixed sizes spare a call. */
static void put_tag(const struct backend_op *op, const uint8_t *mac)
{
	if (op->tag_len == 10)
		memcpy(op->tag, mac, 10);
	else
		memcpy(op->tag, mac, 4);
}

/* GCM over one packet, in place. */
static inline void gcm_encrypt(struct backend_ipsec_mb *st, const struct backend_op *op,
	const struct gcm_key_data *key, const uint8_t *aad, uint64_t aad_len, uint8_t *tag)
{
	uint8_t *text = op->data + op->crypt_off;
	const uint8_t *iv = op->iv + BACKEND_GCM_IV_OFF;

	if (op->key_len == 16)
		IMB_AES128_GCM_ENC(st->mgr, key, &st->gcm, text, text, op->crypt_len, iv, aad,
			aad_len, tag, BACKEND_GCM_TAG_LEN);
	else
		IMB_AES256_GCM_ENC(st->mgr, key, &st->gcm, text, text, op->crypt_len, iv, aad,
			aad_len, tag, BACKEND_GCM_TAG_LEN);
}

static inline void gcm_decrypt(struct backend_ipsec_mb *st, const struct backend_op *op,
	const struct gcm_key_data *key, const uint8_t *aad, uint64_t aad_len, uint8_t *tag)
{
	uint8_t *text = op->data + op->crypt_off;
	const uint8_t *iv = op->iv + BACKEND_GCM_IV_OFF;

	if (op->key_len == 16)
		IMB_AES128_GCM_DEC(st->mgr, key, &st->gcm, text, text, op->crypt_len, iv, aad,
			aad_len, tag, BACKEND_GCM_TAG_LEN);
	else
		IMB_AES256_GCM_DEC(st->mgr, key, &st->gcm, text, text, op->crypt_len, iv, aad,
			aad_len, tag, BACKEND_GCM_TAG_LEN);
}

typedef void (*gcm_fn)(struct backend_ipsec_mb *st, const struct backend_op *op,
	const struct gcm_key_data *key, const uint8_t *aad, uint64_t aad_len, uint8_t *tag);

/* SRTP's key is ready; SRTCP's is expanded for the call. */
static inline __attribute__((always_inline)) void gcm_run(
	struct backend_ipsec_mb *st, const struct backend_op *op, gcm_fn run, uint8_t *tag)
{
	uint8_t aad[BACKEND_RTCP_AAD_LEN];

	if (__builtin_expect(op->kind == SRTP_RTP, 1)) {
		run(st, op, op->key, op->data, op->auth_len, tag);
		return;
	}
	backend_ipsec_mb_expand_gcm(st->mgr, op->key_len, op->key, &st->rtcp_gcm_key);
	backend_rtcp_aad(op, aad);
	run(st, op, &st->rtcp_gcm_key, aad, sizeof(aad), tag);
	secret_wipe(&st->rtcp_gcm_key, sizeof(st->rtcp_gcm_key));
}

/* GCM decrypts while it authenticates; what does not verify is turned back. */
static bool gcm_verify(struct backend_ipsec_mb *st, const struct backend_op *op)
{
	uint8_t tag[BACKEND_GCM_TAG_LEN];

	gcm_run(st, op, gcm_decrypt, tag);
	if (__builtin_expect(secret_equal(tag, op->tag, sizeof(tag)), 1))
		return true;
	gcm_run(st, op, gcm_encrypt, tag);
	secret_wipe(tag, sizeof(tag)); /* the right one for a forged packet */
	return false;
}

/* Round keys, and of the GHASH keys the last ones: one for each block of payload and of associated
 * data. */
static inline __attribute__((always_inline)) void gcm_prefetch(
	const struct backend_ipsec_mb *st, const struct backend_op *ops, uint32_t n, uint32_t i)
{
	uint32_t len;

	if (i >= n || !ops[i].aead || ops[i].kind != SRTP_RTP)
		return;
	len = (ops[i].crypt_len / 16 + 3) * 16;
	if (len > st->hash_keys_len)
		len = st->hash_keys_len;
	backend_prefetch(ops[i].key, AES_128_ROUND_KEYS);
	backend_prefetch((const uint8_t *)ops[i].key + st->hash_keys_end - len, len);
}

static bool seal_jobs(struct backend_ipsec_mb *st, uint32_t n_jobs)
{
	bool ok = cipher_jobs(st, n_jobs);

	ok = hash_jobs(st, n_jobs) && ok;
	for (uint32_t i = 0; i < n_jobs; i++) {
		st->job_ops[i]->ok = ok;
		if (__builtin_expect(ok, 1))
			put_tag(st->job_ops[i], st->macs[i]);
	}
	return ok;
}

static void verify_jobs(struct backend_ipsec_mb *st, uint32_t n_jobs)
{
	bool ok = hash_jobs(st, n_jobs);

	for (uint32_t i = 0; i < n_jobs; i++) {
		struct backend_op *op = st->job_ops[i];

		op->ok = ok && secret_equal(st->macs[i], op->tag, op->tag_len);
		if (__builtin_expect(!op->ok, 0))
			secret_wipe(st->macs[i], sizeof(st->macs[i])); /* a forger's wish */
	}
}

bool backend_ipsec_mb_run_seal(void *state, struct backend_op *ops, uint32_t n)
{
	struct backend_ipsec_mb *st = state;
	uint32_t n_jobs = 0;

	for (uint32_t i = 0; i < GCM_AHEAD; i++)
		gcm_prefetch(st, ops, n, i);
	for (uint32_t i = 0; i < n; i++) {
		struct backend_op *op = &ops[i];

		if (op->aead) {
			gcm_prefetch(st, ops, n, i + GCM_AHEAD);
			gcm_run(st, op, gcm_encrypt, op->tag);
			op->ok = true;
			continue;
		}
		load_cipher(st, op, n_jobs);
		load_hash(st, op, n_jobs++);
	}
	return n_jobs == 0 || seal_jobs(st, n_jobs);
}

void backend_ipsec_mb_run_verify(void *state, struct backend_op *ops, uint32_t n)
{
	struct backend_ipsec_mb *st = state;
	uint32_t n_jobs = 0;

	for (uint32_t i = 0; i < GCM_AHEAD; i++)
		gcm_prefetch(st, ops, n, i);
	for (uint32_t i = 0; i < n; i++) {
		struct backend_op *op = &ops[i];

		if (op->aead) {
			gcm_prefetch(st, ops, n, i + GCM_AHEAD);
			op->ok = gcm_verify(st, op);
			continue;
		}
		load_hash(st, op, n_jobs++);
	}
	if (n_jobs > 0)
		verify_jobs(st, n_jobs);
}

/* Decrypts for HMAC suites. What is AEAD and authentic, but refused by the window, goes back to
 * what came. */
bool backend_ipsec_mb_run_settle(void *state, struct backend_op *ops, uint32_t n)
{
	struct backend_ipsec_mb *st = state;
	uint8_t tag[BACKEND_GCM_TAG_LEN];
	uint32_t n_jobs = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct backend_op *op = &ops[i];

		if (op->accept && !op->aead) {
			load_cipher(st, op, n_jobs);
			st->job_ops[n_jobs++] = op;
		} else if (op->aead && op->ok && !op->accept) {
			gcm_run(st, op, gcm_encrypt, tag);
		}
	}
	if (n_jobs == 0 || cipher_jobs(st, n_jobs))
		return true;
	for (uint32_t i = 0; i < n_jobs; i++)
		st->job_ops[i]->ok = false;
	return false;
}
