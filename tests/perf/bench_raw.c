/* SPDX-License-Identifier: BSD-3-Clause */
/* The limit: libipsec-mb's own calls for the same bytes and as many keys, without any of SRTP:
 * no headers, no windows, no IVs made, tags not moved or compared. Of the library's interfaces
 * these are its fastest here: for AES-CTR with HMAC-SHA1 the cipher and hash bursts (combined
 * jobs give 10 to 18 % less), for GCM the single call. */
#include "backend.h"
#include "bench_contender.h"

#include <intel-ipsec-mb.h>
#include <stdlib.h>
#include <string.h>

enum { BURST = 64, AHEAD = 4, AES_128_ROUND_KEYS = 11 * 16 };

struct cm_key {
	_Alignas(16) uint8_t round_keys[15 * 16];
	uint8_t ipad[20];
	uint8_t opad[20];
};

struct raw {
	IMB_MGR *mgr;
	bool ahead; /* fetch keys before they are used */
	bool aead;
	uint32_t key_len;
	uint8_t *slab;
	size_t stride;
	size_t bytes;
	struct gcm_context_data gcm;
	IMB_JOB jobs[BURST];
	uint8_t tags[BURST][20];
	uint8_t ivs[BURST][16];
};

static void hash_pad(IMB_MGR *mgr, const uint8_t *auth, uint8_t fill, uint8_t *out)
{
	uint8_t block[64];

	memset(block, fill, sizeof(block));
	for (uint32_t i = 0; i < SUITE_AUTH_KEY_MAX; i++)
		block[i] ^= auth[i];
	IMB_SHA1_ONE_BLOCK(mgr, block, out);
}

static void make_cm_key(const struct raw *r, const struct bench_load *l, struct cm_key *key)
{
	_Alignas(16) uint8_t unused[15 * 16];
	const uint8_t *cipher = l->session.rtp.cipher;

	hash_pad(r->mgr, l->session.rtp.auth, 0x36, key->ipad);
	hash_pad(r->mgr, l->session.rtp.auth, 0x5c, key->opad);
	if (r->key_len == 16)
		IMB_AES_KEYEXP_128(r->mgr, cipher, key->round_keys, unused);
	else if (r->key_len == 24)
		IMB_AES_KEYEXP_192(r->mgr, cipher, key->round_keys, unused);
	else
		IMB_AES_KEYEXP_256(r->mgr, cipher, key->round_keys, unused);
}

static void *raw_open(const struct bench_load *l)
{
	struct raw *r = bench_slab(sizeof(*r));

	r->mgr = alloc_mb_mgr(0);
	if (r->mgr == NULL)
		abort();
	init_mb_mgr_auto(r->mgr, NULL);
	r->aead = l->suite->aead;
	r->key_len = l->suite->key_len;
	r->stride = r->aead ? sizeof(struct gcm_key_data) : sizeof(struct cm_key);
	r->bytes = r->stride * l->streams;
	r->slab = bench_slab(r->bytes);
	for (uint32_t i = 0; i < l->streams; i++) {
		uint8_t *key = r->slab + r->stride * i;

		if (!r->aead)
			make_cm_key(r, l, (struct cm_key *)(void *)key);
		else if (r->key_len == 16)
			IMB_AES128_GCM_PRE(
				r->mgr, l->session.rtp.cipher, (struct gcm_key_data *)(void *)key);
		else
			IMB_AES256_GCM_PRE(
				r->mgr, l->session.rtp.cipher, (struct gcm_key_data *)(void *)key);
	}
	return r;
}

static void raw_start(void *self, const struct bench_load *l)
{
	struct raw *r = self;

	(void)l;
	r->ahead = false;
}

static void raw_start_ahead(void *self, const struct bench_load *l)
{
	struct raw *r = self;

	(void)l;
	r->ahead = true;
}

/* The lines that a packet of this size needs of its key. */
static inline __attribute__((always_inline)) void fetch_key(
	const struct raw *r, const struct bench_load *l, uint32_t i)
{
	const uint8_t *key;
	uint32_t tail = (l->payload / 16 + 3) * 16;

	if (i >= BENCH_SLICE)
		return;
	key = r->slab + r->stride * l->stream[i];
	if (!r->aead) {
		backend_prefetch(key, r->stride);
		return;
	}
	tail = tail < 48 * 16 ? tail : 48 * 16;
	backend_prefetch(key, AES_128_ROUND_KEYS);
	backend_prefetch(key + r->stride - tail, tail);
}

static void run_cm(struct raw *r, struct bench_load *l, uint32_t first)
{
	for (uint32_t i = 0; i < BURST; i++) {
		const struct cm_key *key =
			(const void *)(r->slab + r->stride * l->stream[first + i]);
		uint8_t *data = l->bufs[first + i];
		IMB_JOB *job = &r->jobs[i];

		if (r->ahead)
			fetch_key(r, l, first + i);
		job->src = data;
		job->dst = data + BENCH_HEADER;
		job->cipher_start_src_offset_in_bytes = BENCH_HEADER;
		job->msg_len_to_cipher_in_bytes = l->payload;
		job->msg_len_to_hash_in_bytes = BENCH_HEADER + l->payload + 4; /* with the ROC */
		job->iv = r->ivs[i];
		job->iv_len_in_bytes = 16;
		job->enc_keys = key->round_keys;
		job->u.HMAC._hashed_auth_key_xor_ipad = key->ipad;
		job->u.HMAC._hashed_auth_key_xor_opad = key->opad;
		job->auth_tag_output = r->tags[i];
		job->auth_tag_output_len_in_bytes = 12;
	}
	if (l->unprotect)
		IMB_SUBMIT_HASH_BURST_NOCHECK(r->mgr, r->jobs, BURST, IMB_AUTH_HMAC_SHA_1);
	IMB_SUBMIT_CIPHER_BURST_NOCHECK(r->mgr, r->jobs, BURST, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
		(IMB_KEY_SIZE_BYTES)r->key_len);
	if (!l->unprotect)
		IMB_SUBMIT_HASH_BURST_NOCHECK(r->mgr, r->jobs, BURST, IMB_AUTH_HMAC_SHA_1);
}

static void run_gcm(struct raw *r, struct bench_load *l, uint32_t first)
{
	for (uint32_t i = 0; i < BURST; i++) {
		const struct gcm_key_data *key =
			(const void *)(r->slab + r->stride * l->stream[first + i]);
		uint8_t *data = l->bufs[first + i];
		uint8_t *text = data + BENCH_HEADER;
		const uint8_t *iv = r->ivs[i];

		if (r->ahead)
			fetch_key(r, l, first + i + AHEAD);
		if (l->unprotect && r->key_len == 16)
			IMB_AES128_GCM_DEC(r->mgr, key, &r->gcm, text, text, l->payload, iv, data,
				BENCH_HEADER, r->tags[i], 16);
		else if (l->unprotect)
			IMB_AES256_GCM_DEC(r->mgr, key, &r->gcm, text, text, l->payload, iv, data,
				BENCH_HEADER, r->tags[i], 16);
		else if (r->key_len == 16)
			IMB_AES128_GCM_ENC(r->mgr, key, &r->gcm, text, text, l->payload, iv, data,
				BENCH_HEADER, text + l->payload, 16);
		else
			IMB_AES256_GCM_ENC(r->mgr, key, &r->gcm, text, text, l->payload, iv, data,
				BENCH_HEADER, text + l->payload, 16);
	}
}

static void raw_run(void *self, struct bench_load *l)
{
	struct raw *r = self;

	for (uint32_t first = 0; first < BENCH_SLICE; first += BURST) {
		if (r->aead)
			run_gcm(r, l, first);
		else
			run_cm(r, l, first);
	}
}

static void raw_check(void *self, const struct bench_load *l)
{
	(void)self;
	if (l->bufs[0][BENCH_HEADER] == 0x55 && l->bufs[0][BENCH_HEADER + 1] == 0x55 &&
		!l->unprotect)
		abort();
}

static void raw_close(void *self)
{
	struct raw *r = self;

	free_mb_mgr(r->mgr);
	bench_slab_free(r->slab, r->bytes);
	bench_slab_free(r, sizeof(*r));
}

const char *bench_raw_version(void)
{
	return imb_get_version_str();
}

const struct bench_contender bench_raw = {
	.open = raw_open,
	.start = raw_start,
	.run = raw_run,
	.check = raw_check,
	.close = raw_close,
};

const struct bench_contender bench_raw_ahead = {
	.open = raw_open,
	.start = raw_start_ahead,
	.run = raw_run,
	.check = raw_check,
	.close = raw_close,
};
