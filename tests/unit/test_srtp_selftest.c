/* SPDX-License-Identifier: BSD-3-Clause */
/* The known answers are libsrtp's: this makes them again. With --print it writes the table of
 * crypto/srtp_selftest_answers.c. And a backend with any one fault must be refused.
 *
 * Those of AES-192 are made from OpenSSL's primitives instead: libsrtp up to 2.7 derives the
 * session keys of AES-192 with the PRF of AES-256 (its issue 763), RFC 6188 4 does not. */
#include "srtp_selftest.h"

#include "backend.h"
#include "oracle.h"
#include "rtp_header.h"
#include "support.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

/* libsrtp has ROC 0 and SRTCP index 0 before the first packet, and sends index 1 first. */
static void make_answer(enum suite_id id, struct srtp_selftest_answer *out)
{
	const struct suite *suite = suite_get(id);
	const struct kdf_master master = {
		srtp_selftest_key, suite->key_len, srtp_selftest_salt, suite->salt_len};
	uint8_t buf[SRTP_SELFTEST_RTP_LEN + ORACLE_ROOM];
	const struct oracle_params params = {suite, &master, true, 1024, NULL, 0};
	uint32_t len = SRTP_SELFTEST_RTP_LEN;
	struct oracle o;

	memset(out, 0, sizeof(*out));
	oracle_open(&o, &params);

	/* a first packet makes the stream, so that the ROC can be set */
	memcpy(buf, srtp_selftest_rtp, len);
	assert_int_equal(oracle_run(&o, false, buf, &len), srtp_err_status_ok);
	oracle_set_roc(&o, rtp_header_ssrc(srtp_selftest_rtp), SRTP_SELFTEST_ROC);
	len = SRTP_SELFTEST_RTP_LEN;
	memcpy(buf, srtp_selftest_rtp, len);
	assert_int_equal(oracle_run(&o, false, buf, &len), srtp_err_status_ok);
	assert_true(len <= sizeof(out->rtp));
	memcpy(out->rtp, buf, len);

	len = SRTP_SELFTEST_RTCP_LEN;
	memcpy(buf, srtp_selftest_rtcp, len);
	assert_int_equal(oracle_run(&o, true, buf, &len), srtp_err_status_ok);
	assert_true(len <= sizeof(out->rtcp));
	memcpy(out->rtcp, buf, len);
	oracle_close(&o);
}

static void ctr_192(
	const struct kdf_keys *keys, uint32_t ssrc, uint64_t index, uint8_t *data, uint32_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = {0};
	int n = 0;

	memcpy(iv, keys->salt, sizeof(keys->salt));
	for (uint32_t i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (uint32_t i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_192_ctr(), NULL, keys->cipher, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, data, &n, data, (int)len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3711 3.1, 3.4: header, ciphertext, for SRTCP the index word, tag over these and the ROC. */
static void make_answer_192(enum suite_id id, struct srtp_selftest_answer *out)
{
	const struct suite *suite = suite_get(id);
	const struct kdf_master master = {
		srtp_selftest_key, suite->key_len, srtp_selftest_salt, suite->salt_len};
	uint32_t ssrc = rtp_header_ssrc(srtp_selftest_rtp);
	uint64_t index = (uint64_t)SRTP_SELFTEST_ROC << 16 | rtp_header_seq(srtp_selftest_rtp);
	uint8_t roc[4] = {0, 0, 0, SRTP_SELFTEST_ROC};
	uint8_t word[4] = {0x80, 0, 0, SRTP_SELFTEST_RTCP_INDEX};
	uint8_t m[64], tag[20];
	struct kdf_session session;

	memset(out, 0, sizeof(*out));
	assert_int_equal(kdf_derive(suite, &master, &session), SRTP_OK);
	memcpy(out->rtp, srtp_selftest_rtp, SRTP_SELFTEST_RTP_LEN);
	ctr_192(&session.rtp, ssrc, index, out->rtp + 12, SRTP_SELFTEST_RTP_LEN - 12);
	memcpy(m, out->rtp, SRTP_SELFTEST_RTP_LEN);
	memcpy(m + SRTP_SELFTEST_RTP_LEN, roc, 4);
	assert_non_null(
		HMAC(EVP_sha1(), session.rtp.auth, 20, m, SRTP_SELFTEST_RTP_LEN + 4, tag, NULL));
	memcpy(out->rtp + SRTP_SELFTEST_RTP_LEN, tag, suite->rtp_tag_len);

	memcpy(out->rtcp, srtp_selftest_rtcp, SRTP_SELFTEST_RTCP_LEN);
	ctr_192(&session.rtcp, ssrc, SRTP_SELFTEST_RTCP_INDEX, out->rtcp + 8,
		SRTP_SELFTEST_RTCP_LEN - 8);
	memcpy(out->rtcp + SRTP_SELFTEST_RTCP_LEN, word, 4);
	assert_non_null(HMAC(EVP_sha1(), session.rtcp.auth, 20, out->rtcp,
		SRTP_SELFTEST_RTCP_LEN + 4, tag, NULL));
	memcpy(out->rtcp + SRTP_SELFTEST_RTCP_LEN + 4, tag, suite->rtcp_tag_len);
}

static void make_any_answer(enum suite_id id, struct srtp_selftest_answer *out)
{
	if (suite_get(id)->key_len == 24)
		make_answer_192(id, out);
	else
		make_answer(id, out);
}

static void print_bytes(const char *field, const uint8_t *bytes, size_t len)
{
	(void)printf("\t\t.%s = {", field);
	for (size_t i = 0; i < len; i++)
		(void)printf("%s0x%02x,", i % 12 == 0 ? "\n\t\t\t" : " ", bytes[i]);
	(void)printf("\n\t\t},\n");
}

static void print_answers(void)
{
	for (uint32_t id = 0; id < SUITE_COUNT; id++) {
		struct srtp_selftest_answer a;

		make_any_answer(id, &a);
		(void)printf("\t[SUITE_%s] = {\n", suite_get(id)->name);
		print_bytes("rtp", a.rtp, sizeof(a.rtp));
		print_bytes("rtcp", a.rtcp, sizeof(a.rtcp));
		(void)printf("\t},\n");
	}
}

static void answers_made_again_equal(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < SUITE_COUNT; id++) {
		struct srtp_selftest_answer a;

		make_any_answer(id, &a);
		assert_memory_equal(&a, &srtp_selftest_answers[id], sizeof(a));
	}
}

static void every_backend_and_isa_passes(void **state)
{
	uint32_t ran = 0;

	(void)state;
	for (uint32_t b = 0; backend_all[b] != NULL; b++) {
		struct srtp_engine *engine;

		assert_int_equal(srtp_engine_create(backend_all[b]->name, NULL, &engine), SRTP_OK);
		print_message("%s\n", srtp_engine_describe(engine));
		srtp_engine_destroy(engine);
		for (uint32_t i = 0; backend_all[b]->isas[i] != NULL; i++) {
			const char *isa = backend_all[b]->isas[i];
			enum srtp_status status =
				srtp_engine_create(backend_all[b]->name, isa, &engine);

			print_message(
				"%s %s: %s\n", backend_all[b]->name, isa, srtp_status_name(status));
			assert_true(status == SRTP_OK || status == SRTP_BAD_ISA);
			ran += status == SRTP_OK;
			srtp_engine_destroy(engine);
		}
	}
	assert_true(ran >= 2); /* sse and noaesni at the least */
}

/* A backend that is sound but for one fault. */
static enum fault {
	FAULT_SEAL,
	FAULT_ACCEPTS_ALL,
	FAULT_REFUSES_ALL,
	FAULT_TOUCHES_REFUSED,
	FAULT_SKIPS_DECRYPTION,
	FAULT_COUNT
} fault;

static bool faulty_seal(void *state, struct backend_op *ops, uint32_t n)
{
	bool ok = backend_ipsec_mb.seal(state, ops, n);

	if (fault == FAULT_SEAL)
		ops[n - 1].tag[0] ^= 1;
	return ok;
}

static void faulty_verify(void *state, struct backend_op *ops, uint32_t n)
{
	backend_ipsec_mb.verify(state, ops, n);
	if (fault == FAULT_ACCEPTS_ALL)
		ops[n - 1].ok = true;
	if (fault == FAULT_REFUSES_ALL)
		ops[n - 1].ok = false;
	if (fault == FAULT_TOUCHES_REFUSED && !ops[0].ok)
		ops[0].data[ops[0].crypt_off] ^= 1;
}

static bool faulty_settle(void *state, struct backend_op *ops, uint32_t n)
{
	return fault == FAULT_SKIPS_DECRYPTION || backend_ipsec_mb.settle(state, ops, n);
}

static void faulty_backend_refused(void **state)
{
	struct backend faulty = backend_ipsec_mb;
	struct srtp_engine *engine = NULL;

	(void)state;
	faulty.name = "faulty";
	faulty.seal = faulty_seal;
	faulty.verify = faulty_verify;
	faulty.settle = faulty_settle;
	for (fault = 0; fault < FAULT_COUNT; fault++) {
		assert_int_equal(
			srtp_engine_create_with(&faulty, NULL, &engine), SRTP_SELF_TEST_FAILED);
		assert_null(engine);
	}
	assert_int_equal(srtp_engine_create_with(&faulty, NULL, &engine), SRTP_OK);
	srtp_engine_destroy(engine);
}

static void unknown_names_refused(void **state)
{
	struct srtp_engine *engine = NULL;

	(void)state;
	assert_int_equal(srtp_engine_create("openssl", NULL, &engine), SRTP_BAD_BACKEND);
	assert_int_equal(srtp_engine_create("ipsec_mb", "mmx", &engine), SRTP_BAD_ISA);
	assert_int_equal(srtp_engine_create("libsrtp2", "avx512", &engine), SRTP_BAD_ISA);
	assert_int_equal(srtp_engine_create(NULL, NULL, NULL), SRTP_NULL_ARGUMENT);
	assert_int_equal(srtp_engine_create_with(NULL, NULL, &engine), SRTP_NULL_ARGUMENT);
	assert_null(engine);
	srtp_engine_destroy(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_made_again_equal),
		cmocka_unit_test(every_backend_and_isa_passes),
		cmocka_unit_test(faulty_backend_refused),
		cmocka_unit_test(unknown_names_refused),
	};
	int failed = 0;

	oracle_setup();
	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		print_answers();
	else
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	oracle_teardown();
	return failed;
}
