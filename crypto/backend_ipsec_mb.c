/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * SRTP keys are held expanded. SRTCP keys are held as they are and expanded at each use into
 * scratch that is wiped: SRTCP is a few packets a minute, and 1 KB a direction is not.
 */
#include "backend_ipsec_mb.h"

#include "secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	HMAC_OUT_LEN = 12, /* the shortest that hash burst writes */
	HMAC_BLOCK_LEN = 64,
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

/* All but "auto". */
static const char *const isa_names[] = {"avx512", "avx512-nogfni", "avx2", "avx2-noshani", "avx",
	"avx-noshani", "sse", "sse-noshani", "noaesni", NULL};

_Static_assert(sizeof(isa_names) / sizeof(isa_names[0]) == sizeof(isas) / sizeof(isas[0]),
	"each row of isas has its name there");

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
static void init_jobs(struct backend_ipsec_mb *st)
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

static void write_version(struct backend_ipsec_mb *st)
{
	static const char *const arch_names[IMB_ARCH_NUM] = {
		[IMB_ARCH_NONE] = "none",
		[IMB_ARCH_NOAESNI] = "noaesni",
		[IMB_ARCH_SSE] = "sse",
		[IMB_ARCH_AVX] = "avx",
		[IMB_ARCH_AVX2] = "avx2",
		[IMB_ARCH_AVX512] = "avx512",
	};

	(void)snprintf(st->version, sizeof(st->version), "%s %s%s", imb_get_version_str(),
		arch_names[st->mgr->used_arch], has_vaes_gcm(st->mgr) ? "+vaes" : "");
}

static enum srtp_status ipsec_mb_open(const char *isa_name, void **state)
{
	const struct isa *isa = find_isa(isa_name);
	enum srtp_status status;
	struct backend_ipsec_mb *st;

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
	st->hash_keys_end = BACKEND_IPSEC_MB_ROUND_KEYS_MAX + st->hash_keys_len;
	init_jobs(st);
	write_version(st);
	*state = st;
	return SRTP_OK;
}

static void ipsec_mb_close(void *state)
{
	struct backend_ipsec_mb *st = state;

	free_mb_mgr(st->mgr);
	secret_wipe(st, sizeof(*st));
	free(st);
}

static const char *ipsec_mb_version(const void *state)
{
	const struct backend_ipsec_mb *st = state;

	return st->version;
}

/* The layout of GCM keys depends on what the library picked. */
static uint8_t ipsec_mb_key_format(const void *state)
{
	const struct backend_ipsec_mb *st = state;

	return (uint8_t)(0x10 | (unsigned)st->mgr->used_arch << 1 | has_vaes_gcm(st->mgr));
}

static size_t round_keys_len(const struct suite *suite)
{
	return 16 * ((size_t)suite->key_len / 4 + 7);
}

static size_t ipsec_mb_key_bytes(const struct suite *suite, enum srtp_kind kind)
{
	if (suite->aead)
		return kind == SRTP_RTP ? sizeof(struct gcm_key_data) : suite->key_len;
	return sizeof(struct backend_ipsec_mb_cm_key) +
	       (kind == SRTP_RTP ? round_keys_len(suite) : suite->key_len);
}

void backend_ipsec_mb_expand_aes(IMB_MGR *mgr, uint8_t key_len, const uint8_t *key,
	uint8_t out[BACKEND_IPSEC_MB_ROUND_KEYS_MAX])
{
	_Alignas(16)
		uint8_t unused[BACKEND_IPSEC_MB_ROUND_KEYS_MAX]; /* decryption's; CTR has none */

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

void backend_ipsec_mb_expand_gcm(
	IMB_MGR *mgr, uint8_t key_len, const uint8_t *key, struct gcm_key_data *out)
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
	const struct backend_ipsec_mb *st = state;
	struct backend_ipsec_mb_cm_key *cm = key;

	if (suite->aead) {
		if (kind == SRTP_RTP)
			backend_ipsec_mb_expand_gcm(st->mgr, suite->key_len, keys->cipher, key);
		else
			memcpy(key, keys->cipher, suite->key_len);
		return SRTP_OK;
	}
	hash_pad(st->mgr, keys->auth, suite->auth_key_len, 0x36, cm->ipad);
	hash_pad(st->mgr, keys->auth, suite->auth_key_len, 0x5c, cm->opad);
	if (kind == SRTP_RTP)
		backend_ipsec_mb_expand_aes(st->mgr, suite->key_len, keys->cipher, cm->aes);
	else
		memcpy(cm->aes, keys->cipher, suite->key_len);
	return SRTP_OK;
}

static void ipsec_mb_key_fini(const struct suite *suite, enum srtp_kind kind, void *key)
{
	secret_wipe(key, ipsec_mb_key_bytes(suite, kind));
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
	.seal = backend_ipsec_mb_run_seal,
	.verify = backend_ipsec_mb_run_verify,
	.settle = backend_ipsec_mb_run_settle,
};
