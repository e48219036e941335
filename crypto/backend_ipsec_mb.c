/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * HMAC suites: AES-CTR by the library's cipher burst (one buffer at a time is its fastest CTR),
 * HMAC-SHA1 by its hash burst (up to 16 buffers at a time). This beats its combined jobs by 15
 * to 20 % for 160-byte payloads, and lets verify come before decryption. The library hashes one
 * piece of memory, so the ROC lies for that moment where MKI or tag begin; the bytes there are
 * put aside and put back.
 *
 * AEAD: the library's single call, which is its fastest for GCM, with the keys of the next
 * packets on their way: a key is 1,008 bytes, and 100,000 of them fit no cache.
 *
 * SRTP keys are held expanded. SRTCP keys are held as they are and expanded at each use into
 * scratch that is wiped: SRTCP is a few packets a minute, and 1 KB a direction is not.
 */
#include "backend.h"
#include "secret.h"

#include <errno.h>
#include <intel-ipsec-mb.h>
#include <stdlib.h>

/* HMAC-SHA1 states after ipad and opad, then AES: round keys for SRTP, the key for SRTCP. */
struct cm_key {
	uint8_t ipad[IMB_SHA1_DIGEST_SIZE_IN_BYTES];
	uint8_t opad[IMB_SHA1_DIGEST_SIZE_IN_BYTES];
	uint8_t pad[8];
	uint8_t aes[];
};

_Static_assert(sizeof(struct cm_key) % 16 == 0, "the library wants round keys aligned to 16");

enum {
	ROUND_KEYS_MAX = 15 * 16,
	HMAC_OUT_LEN = 12, /* the shortest that hash burst writes */
	HMAC_BLOCK_LEN = 64,
	ROC_LEN = 4,
	GCM_AHEAD = 4, /* packets */
};

struct ipsec_mb {
	IMB_MGR *mgr;
	uint32_t hash_keys_end; /* GHASH keys within struct gcm_key_data: the last byte used */
	uint32_t hash_keys_len;
	IMB_JOB jobs[BACKEND_BURST_MAX];
	struct backend_op *job_ops[BACKEND_BURST_MAX];
	uint8_t macs[BACKEND_BURST_MAX][16];
	uint8_t aside[BACKEND_BURST_MAX][4]; /* what lay where the ROC is for the hash */
	struct gcm_context_data gcm;
	bool rtcp_expanded; /* round keys are in scratch */
	_Alignas(64) struct gcm_key_data rtcp_gcm_key;
	_Alignas(16) uint8_t rtcp_round_keys[BACKEND_BURST_MAX][ROUND_KEYS_MAX];
};

/* With the variants that the library picks by flag on processors of one instruction set. It
 * does not ask whether the processor can run what it is told to pick: 'needs' does. */
struct isa {
	const char *name;
	uint64_t flags;
	uint64_t needs;
	void (*init)(IMB_MGR *mgr);
};

static void init_auto(IMB_MGR *mgr)
{
	init_mb_mgr_auto(mgr, NULL);
}

static const struct isa isas[] = {
	{"auto", 0, 0, init_auto},
	{"avx512", 0, IMB_CPUFLAGS_AVX512, init_mb_mgr_avx512},
	{"avx512-nogfni", IMB_FLAG_GFNI_OFF, IMB_CPUFLAGS_AVX512, init_mb_mgr_avx512},
	{"avx2", 0, IMB_CPUFLAGS_AVX2, init_mb_mgr_avx2},
	{"avx2-noshani", IMB_FLAG_SHANI_OFF, IMB_CPUFLAGS_AVX2, init_mb_mgr_avx2},
	{"avx", 0, IMB_CPUFLAGS_AVX, init_mb_mgr_avx},
	{"avx-noshani", IMB_FLAG_SHANI_OFF, IMB_CPUFLAGS_AVX, init_mb_mgr_avx},
	{"sse", 0, IMB_CPUFLAGS_SSE, init_mb_mgr_sse},
	{"sse-noshani", IMB_FLAG_SHANI_OFF, IMB_CPUFLAGS_SSE, init_mb_mgr_sse},
	{"noaesni", IMB_FLAG_AESNI_OFF, IMB_CPUFLAGS_NO_AESNI, init_mb_mgr_sse},
};

static const char *const isa_names[] = {"avx512", "avx512-nogfni", "avx2", "avx2-noshani", "avx",
	"avx-noshani", "sse", "sse-noshani", "noaesni", NULL};

static const struct isa *find_isa(const char *name)
{
	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++)
		if (strcmp(isas[i].name, name) == 0)
			return &isas[i];
	return NULL;
}

static bool has_vaes_gcm(const IMB_MGR *mgr)
{
	return mgr->used_arch == IMB_ARCH_AVX512 &&
	       (mgr->features & IMB_CPUFLAGS_AVX512_T2) == IMB_CPUFLAGS_AVX512_T2;
}

/* The fields of a job that never change. */
static void init_jobs(struct ipsec_mb *st)
{
	for (uint32_t i = 0; i < BACKEND_BURST_MAX; i++) {
		IMB_JOB *job = &st->jobs[i];

		job->cipher_mode = IMB_CIPHER_CNTR;
		job->cipher_direction = IMB_DIR_ENCRYPT;
		job->hash_alg = IMB_AUTH_HMAC_SHA_1;
		job->chain_order = IMB_ORDER_CIPHER_HASH;
		job->iv_len_in_bytes = 16;
		job->auth_tag_output = st->macs[i];
		job->auth_tag_output_len_in_bytes = HMAC_OUT_LEN;
	}
}

static enum srtp_status open_mgr(const struct isa *isa, IMB_MGR **mgr)
{
	enum srtp_status status = SRTP_BAD_ISA;

	*mgr = alloc_mb_mgr(isa->flags);
	if (*mgr == NULL) /* also what a library built without AES-NI emulation does */
		return imb_get_errno(NULL) == ENOMEM ? SRTP_NO_MEMORY : SRTP_BAD_ISA;
	if ((imb_get_feature_flags() & isa->needs) == isa->needs) {
		isa->init(*mgr);
		if (imb_get_errno(*mgr) == 0)
			return SRTP_OK;
		if (imb_get_errno(*mgr) == IMB_ERR_SELFTEST)
			status = SRTP_SELF_TEST_FAILED;
	}
	free_mb_mgr(*mgr);
	return status;
}

static enum srtp_status ipsec_mb_open(const char *isa_name, void **state)
{
	const struct isa *isa = find_isa(isa_name);
	enum srtp_status status;
	struct ipsec_mb *st;

	if (isa == NULL)
		return SRTP_BAD_ISA;
	st = aligned_alloc(64, (sizeof(*st) + 63) / 64 * 64);
	if (st == NULL)
		return SRTP_NO_MEMORY;
	memset(st, 0, sizeof(*st));
	status = open_mgr(isa, &st->mgr);
	if (status != SRTP_OK) {
		free(st);
		return status;
	}
	st->hash_keys_len = has_vaes_gcm(st->mgr) ? 48 * 16 : 16 * 16;
	st->hash_keys_end = ROUND_KEYS_MAX + st->hash_keys_len;
	init_jobs(st);
	*state = st;
	return SRTP_OK;
}

static void ipsec_mb_close(void *state)
{
	struct ipsec_mb *st = state;

	free_mb_mgr(st->mgr);
	secret_wipe(st, sizeof(*st));
	free(st);
}

static const char *ipsec_mb_version(const void *state)
{
	static const char *const arch_names[IMB_ARCH_NUM] = {
		[IMB_ARCH_NONE] = "none",
		[IMB_ARCH_NOAESNI] = "noaesni",
		[IMB_ARCH_SSE] = "sse",
		[IMB_ARCH_AVX] = "avx",
		[IMB_ARCH_AVX2] = "avx2",
		[IMB_ARCH_AVX512] = "avx512",
	};
	const struct ipsec_mb *st = state;

	return arch_names[st->mgr->used_arch];
}

/* The layout of GCM keys depends on what the library picked. */
static uint8_t ipsec_mb_key_format(const void *state)
{
	const struct ipsec_mb *st = state;

	return (uint8_t)(0x10 | (unsigned)st->mgr->used_arch << 1 | has_vaes_gcm(st->mgr));
}

static size_t round_keys_len(const struct suite *suite)
{
	return 16u * (suite->key_len / 4u + 7u);
}

static size_t ipsec_mb_key_bytes(const struct suite *suite, enum srtp_kind kind)
{
	if (suite->aead)
		return kind == SRTP_RTP ? sizeof(struct gcm_key_data) : suite->key_len;
	return sizeof(struct cm_key) + (kind == SRTP_RTP ? round_keys_len(suite) : suite->key_len);
}

static void expand_aes(
	IMB_MGR *mgr, uint8_t key_len, const uint8_t *key, uint8_t out[ROUND_KEYS_MAX])
{
	_Alignas(16) uint8_t unused[ROUND_KEYS_MAX]; /* decryption's; CTR has none */

	switch (key_len) {
	case 16:
		IMB_AES_KEYEXP_128(mgr, key, out, unused);
		break;
	case 24:
		IMB_AES_KEYEXP_192(mgr, key, out, unused);
		break;
	default:
		IMB_AES_KEYEXP_256(mgr, key, out, unused);
		break;
	}
	secret_wipe(unused, sizeof(unused));
}

static void expand_gcm(IMB_MGR *mgr, uint8_t key_len, const uint8_t *key, struct gcm_key_data *out)
{
	if (key_len == 16)
		IMB_AES128_GCM_PRE(mgr, key, out);
	else
		IMB_AES256_GCM_PRE(mgr, key, out);
}

/* SHA-1 state after the block of key XOR pad (RFC 2104). */
static void hash_pad(IMB_MGR *mgr, const uint8_t *auth, size_t len, uint8_t fill,
	uint8_t out[IMB_SHA1_DIGEST_SIZE_IN_BYTES])
{
	uint8_t block[HMAC_BLOCK_LEN];

	memset(block, fill, sizeof(block));
	for (size_t i = 0; i < len; i++)
		block[i] ^= auth[i];
	IMB_SHA1_ONE_BLOCK(mgr, block, out);
	secret_wipe(block, sizeof(block));
}

static enum srtp_status ipsec_mb_key_init(void *state, const struct suite *suite,
	enum srtp_kind kind, const struct kdf_keys *keys, void *key)
{
	const struct ipsec_mb *st = state;
	struct cm_key *cm = key;

	if (suite->aead) {
		if (kind == SRTP_RTP)
			expand_gcm(st->mgr, suite->key_len, keys->cipher, key);
		else
			memcpy(key, keys->cipher, suite->key_len);
		return SRTP_OK;
	}
	hash_pad(st->mgr, keys->auth, suite->auth_key_len, 0x36, cm->ipad);
	hash_pad(st->mgr, keys->auth, suite->auth_key_len, 0x5c, cm->opad);
	if (kind == SRTP_RTP)
		expand_aes(st->mgr, suite->key_len, keys->cipher, cm->aes);
	else
		memcpy(cm->aes, keys->cipher, suite->key_len);
	return SRTP_OK;
}

static void ipsec_mb_key_fini(const struct suite *suite, enum srtp_kind kind, void *key)
{
	secret_wipe(key, ipsec_mb_key_bytes(suite, kind));
}

/* SRTCP's round keys live in scratch for the time of a burst. */
static const uint8_t *round_keys(struct ipsec_mb *st, const struct backend_op *op, uint32_t job)
{
	const struct cm_key *key = op->key;

	if (op->kind == SRTP_RTP)
		return key->aes;
	expand_aes(st->mgr, op->key_len, key->aes, st->rtcp_round_keys[job]);
	st->rtcp_expanded = true;
	return st->rtcp_round_keys[job];
}

static void load_cipher(struct ipsec_mb *st, const struct backend_op *op, uint32_t i)
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

static void load_hash(struct ipsec_mb *st, struct backend_op *op, uint32_t i)
{
	const struct cm_key *key = op->key;
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

/* AES-CTR over jobs. The library takes runs of one key length, and no empty buffers. */
static void cipher_jobs(struct ipsec_mb *st, uint32_t n_jobs)
{
	uint32_t end;

	for (uint32_t first = 0; first < n_jobs; first = end) {
		uint64_t key_len = st->jobs[first].key_len_in_bytes;

		for (end = first; end < n_jobs && st->jobs[end].key_len_in_bytes == key_len; end++)
			if (st->jobs[end].msg_len_to_cipher_in_bytes == 0)
				break;
		IMB_SUBMIT_CIPHER_BURST_NOCHECK(st->mgr, &st->jobs[first], end - first,
			IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, (IMB_KEY_SIZE_BYTES)key_len);
		if (end < n_jobs && st->jobs[end].msg_len_to_cipher_in_bytes == 0)
			end++;
	}
	if (st->rtcp_expanded)
		secret_wipe(st->rtcp_round_keys, sizeof(st->rtcp_round_keys));
	st->rtcp_expanded = false;
}

/* HMAC-SHA1 over jobs, into 'macs'; takes the ROCs out of the packets again. */
static bool hash_jobs(struct ipsec_mb *st, uint32_t n_jobs)
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
static inline void gcm_encrypt(struct ipsec_mb *st, const struct backend_op *op,
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

static inline void gcm_decrypt(struct ipsec_mb *st, const struct backend_op *op,
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

typedef void (*gcm_fn)(struct ipsec_mb *st, const struct backend_op *op,
	const struct gcm_key_data *key, const uint8_t *aad, uint64_t aad_len, uint8_t *tag);

/* SRTP's key is ready; SRTCP's is expanded for the call. */
static inline __attribute__((always_inline)) void gcm_run(
	struct ipsec_mb *st, const struct backend_op *op, gcm_fn run, uint8_t *tag)
{
	uint8_t aad[BACKEND_RTCP_AAD_LEN];

	if (__builtin_expect(op->kind == SRTP_RTP, 1)) {
		run(st, op, op->key, op->data, op->auth_len, tag);
		return;
	}
	expand_gcm(st->mgr, op->key_len, op->key, &st->rtcp_gcm_key);
	backend_rtcp_aad(op, aad);
	run(st, op, &st->rtcp_gcm_key, aad, sizeof(aad), tag);
	secret_wipe(&st->rtcp_gcm_key, sizeof(st->rtcp_gcm_key));
}

/* GCM decrypts while it authenticates; what does not verify is turned back. */
static bool gcm_verify(struct ipsec_mb *st, const struct backend_op *op)
{
	uint8_t tag[BACKEND_GCM_TAG_LEN];

	gcm_run(st, op, gcm_decrypt, tag);
	if (__builtin_expect(secret_equal(tag, op->tag, sizeof(tag)), 1))
		return true;
	gcm_run(st, op, gcm_encrypt, tag);
	secret_wipe(tag, sizeof(tag)); /* the right one for a forged packet */
	return false;
}

/* Of the GHASH keys the last ones: one for each block of payload and of associated data. */
static inline __attribute__((always_inline)) void gcm_prefetch(
	const struct ipsec_mb *st, const struct backend_op *ops, uint32_t n, uint32_t i)
{
	uint32_t len;

	if (i >= n || !ops[i].aead || ops[i].kind != SRTP_RTP)
		return;
	len = (ops[i].crypt_len / 16 + 3) * 16;
	if (len > st->hash_keys_len)
		len = st->hash_keys_len;
	backend_prefetch((const uint8_t *)ops[i].key + st->hash_keys_end - len, len);
}

static bool seal_jobs(struct ipsec_mb *st, uint32_t n_jobs)
{
	bool ok;

	cipher_jobs(st, n_jobs);
	ok = hash_jobs(st, n_jobs);
	for (uint32_t i = 0; i < n_jobs; i++) {
		put_tag(st->job_ops[i], st->macs[i]);
		st->job_ops[i]->ok = ok;
	}
	return ok;
}

static void verify_jobs(struct ipsec_mb *st, uint32_t n_jobs)
{
	bool ok = hash_jobs(st, n_jobs);

	for (uint32_t i = 0; i < n_jobs; i++) {
		struct backend_op *op = st->job_ops[i];

		op->ok = ok && secret_equal(st->macs[i], op->tag, op->tag_len);
	}
}

static bool ipsec_mb_seal(void *state, struct backend_op *ops, uint32_t n)
{
	struct ipsec_mb *st = state;
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

static void ipsec_mb_verify(void *state, struct backend_op *ops, uint32_t n)
{
	struct ipsec_mb *st = state;
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
static bool ipsec_mb_settle(void *state, struct backend_op *ops, uint32_t n)
{
	struct ipsec_mb *st = state;
	uint8_t tag[BACKEND_GCM_TAG_LEN];
	uint32_t n_jobs = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct backend_op *op = &ops[i];

		if (op->accept && !op->aead)
			load_cipher(st, op, n_jobs++);
		else if (op->aead && op->ok && !op->accept)
			gcm_run(st, op, gcm_encrypt, tag);
	}
	if (n_jobs > 0)
		cipher_jobs(st, n_jobs);
	return true;
}

const struct backend backend_ipsec_mb = {
	.name = "ipsec_mb",
	.isas = isa_names,
	.open = ipsec_mb_open,
	.close = ipsec_mb_close,
	.version = ipsec_mb_version,
	.key_format = ipsec_mb_key_format,
	.key_bytes = ipsec_mb_key_bytes,
	.key_init = ipsec_mb_key_init,
	.key_fini = ipsec_mb_key_fini,
	.seal = ipsec_mb_seal,
	.verify = ipsec_mb_verify,
	.settle = ipsec_mb_settle,
};
