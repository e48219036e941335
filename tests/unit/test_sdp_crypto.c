/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_base64.h"
#include "sdp_crypto.h"

#include "support.h"

#include <stdio.h>

#define KEY30 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define KEY46 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ"
#define KEY38 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCU"
#define CM80  "1 AES_CM_128_HMAC_SHA1_80 inline:"

struct row {
	const char *value;
	enum sdp_crypto_status status;
	const char *again; /* what is written of it without padding; NULL: the same */
};

static const struct row rows[] = {
	{CM80 KEY30, SDP_CRYPTO_USABLE, NULL},
	{"1 AES_CM_128_HMAC_SHA1_32 inline:" KEY30, SDP_CRYPTO_USABLE, NULL},
	{"1 AEAD_AES_128_GCM inline:" KEY28 "==", SDP_CRYPTO_USABLE,
		"1 AEAD_AES_128_GCM inline:" KEY28},
	{"2 AEAD_AES_128_GCM inline:" KEY28, SDP_CRYPTO_USABLE, NULL},
	{"3 AES_256_CM_HMAC_SHA1_80 inline:" KEY46 "==", SDP_CRYPTO_USABLE,
		"3 AES_256_CM_HMAC_SHA1_80 inline:" KEY46},
	{"3 AES_CM_256_HMAC_SHA1_80 inline:" KEY46, SDP_CRYPTO_USABLE, NULL},
	{"4 AES_192_CM_HMAC_SHA1_32 inline:" KEY38 "=", SDP_CRYPTO_USABLE,
		"4 AES_192_CM_HMAC_SHA1_32 inline:" KEY38},
	{"  1   AES_CM_128_HMAC_SHA1_80   INLINE:" KEY30 "  ", SDP_CRYPTO_USABLE, CM80 KEY30},
	/* lifetime and MKI */
	{CM80 KEY30 "|2^20", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|2^48", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|1048576", SDP_CRYPTO_USABLE, CM80 KEY30 "|2^20"},
	{CM80 KEY30 "|1000000", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|2^20|1:4", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|1:4", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|0:1", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|18446744073709551616:9", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|340282366920938463463374607431768211455:16", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 "|", SDP_CRYPTO_USABLE, CM80 KEY30},
	{CM80 KEY30 "|2^49", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|2^", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|2^-1", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|0", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|281474976710657", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|x", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|2^20|1", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|1:4|2^20", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|256:1", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|1:0", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|1:17", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|:4", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|-1:4", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "|340282366920938463463374607431768211456:16", SDP_CRYPTO_MALFORMED, NULL},
	/* session parameters */
	{CM80 KEY30 " UNENCRYPTED_SRTP", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 " KDR=3 UNENCRYPTED_SRTP UNENCRYPTED_SRTCP UNAUTHENTICATED_SRTP"
		    " FEC_ORDER=SRTP_FEC WSH=128",
		SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 " FEC_ORDER=FEC_SRTP", SDP_CRYPTO_USABLE, NULL},
	{CM80 KEY30 " KDR=0 -FOO=1", SDP_CRYPTO_USABLE, CM80 KEY30},
	{CM80 KEY30 " FOO=1", SDP_CRYPTO_UNSUPPORTED, NULL},
	{CM80 KEY30 " FEC_KEY=inline:x", SDP_CRYPTO_UNSUPPORTED, NULL},
	{CM80 KEY30 " KDR=25", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 " WSH=63", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 " WSH=x", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 " FEC_ORDER=x", SDP_CRYPTO_MALFORMED, NULL},
	/* keys */
	{CM80 KEY30 ";inline:" KEY30, SDP_CRYPTO_UNSUPPORTED, NULL},
	{"1 AES_CM_128_HMAC_SHA1_80 uri:" KEY30, SDP_CRYPTO_UNSUPPORTED, NULL},
	{CM80, SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY28, SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "AA", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 KEY30 "=", SDP_CRYPTO_MALFORMED, NULL},
	{CM80 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo!", SDP_CRYPTO_MALFORMED, NULL},
	/* suites */
	{"1 F8_128_HMAC_SHA1_80 inline:" KEY30, SDP_CRYPTO_UNKNOWN_SUITE, NULL},
	{"1 NULL_HMAC_SHA1_80 inline:" KEY30, SDP_CRYPTO_UNKNOWN_SUITE, NULL},
	{"9 A_SUITE_WHOSE_NAME_IS_LONGER_THAN_ANY inline:x", SDP_CRYPTO_UNKNOWN_SUITE, NULL},
	{"", SDP_CRYPTO_MALFORMED, NULL},
	{"1", SDP_CRYPTO_MALFORMED, NULL},
	{"1 AES_CM_128_HMAC_SHA1_80", SDP_CRYPTO_MALFORMED, NULL},
	{"x AES_CM_128_HMAC_SHA1_80 inline:" KEY30, SDP_CRYPTO_MALFORMED, NULL},
	{"-1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30, SDP_CRYPTO_MALFORMED, NULL},
	{"1000000000 AES_CM_128_HMAC_SHA1_80 inline:" KEY30, SDP_CRYPTO_MALFORMED, NULL},
};

static void parse_rows_have_their_status_and_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = {.limit = 4096};
		struct sdp_crypto c;

		sdp_crypto_parse(slice_of(rows[i].value), &c);
		if (c.status != rows[i].status)
			fail_msg("%s: %d", rows[i].value, c.status);
		assert_true(slice_is(c.value, rows[i].value));
		if (c.status == SDP_CRYPTO_USABLE) {
			sdp_crypto_write(&c, false, &out);
			buffer_char(&out, '\0');
			assert_string_equal(
				out.data, rows[i].again != NULL ? rows[i].again : rows[i].value);
		}
		buffer_fini(&out);
	}
}

static void parse_fields_are_what_the_line_says(void **state)
{
	static const uint8_t mki[4] = {0, 1, 2, 3};
	static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t salt[12] = {16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};
	struct sdp_crypto c;

	(void)state;
	sdp_crypto_parse(slice_of("42 AEAD_AES_128_GCM inline:" KEY28
				  "==|2^31|66051:4 KDR=1 WSH=64 UNENCRYPTED_SRTCP"),
		&c);
	assert_int_equal(c.status, SDP_CRYPTO_USABLE);
	assert_int_equal(c.tag, 42);
	assert_int_equal(c.suite->id, SUITE_AEAD_AES_128_GCM);
	assert_memory_equal(c.key, key, 16);
	assert_memory_equal(c.salt, salt, 12);
	assert_true(c.lifetime == UINT64_C(1) << 31);
	assert_int_equal(c.mki_len, 4);
	assert_memory_equal(c.mki, mki, 4);
	assert_int_equal(c.kdr, 1);
	assert_int_equal(c.wsh, 64);
	assert_true(c.unencrypted_srtcp && !c.unencrypted_srtp && !c.unauthenticated_srtp);
}

static void parse_cut_anywhere_reads_within(void **state)
{
	static const char whole[] = "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
				    "|2^20|1:4 KDR=3 UNENCRYPTED_SRTP FEC_ORDER=SRTP_FEC WSH=128";
	size_t len = sizeof(whole) - 1;
	struct support_guard guard;

	(void)state;
	support_guard_open(&guard, len);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *at = support_guard_before_end(&guard, n);
		struct sdp_crypto c;

		memcpy(at, whole, n);
		sdp_crypto_parse((struct slice){(char *)at, n}, &c);
		if (n < sizeof(CM80 KEY30) - 1)
			assert_int_equal(c.status == SDP_CRYPTO_USABLE || c.tag > 1, 0);
	}
	support_guard_close(&guard);
}

/* RFC 4648 10. */
static const char *const base64[][3] = {
	{"", "", ""},
	{"f", "Zg==", "Zg"},
	{"fo", "Zm8=", "Zm8"},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"\xfb\xff\xbe", "+/++", "+/++"},
};

static void base64_of_rfc_4648_goes_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(base64) / sizeof(base64[0]); i++) {
		size_t plain = strlen(base64[i][0]);

		for (int padded = 0; padded < 2; padded++) {
			const char *text = base64[i][padded ? 1 : 2];
			struct buffer out = {.limit = 64};
			uint8_t bytes[8];
			size_t len;

			sdp_base64_encode((const uint8_t *)base64[i][0], plain, padded, &out);
			assert_true(slice_is(buffer_all(&out), text));
			assert_true(sdp_base64_decode(slice_of(text), bytes, sizeof(bytes), &len));
			assert_int_equal(len, plain);
			assert_memory_equal(bytes, base64[i][0], plain);
			buffer_fini(&out);
		}
	}
}

static void base64_bad_is_refused(void **state)
{
	static const char *const bad[] = {"Z", "Zg=", "Z===", "Zg===", "Zm=v", "Z g=", "Zm9-",
		"====", "=", "Zm9vZ", "Zm9v=="};
	uint8_t bytes[8];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sdp_base64_decode(slice_of(bad[i]), bytes, sizeof(bytes), &len))
			fail_msg("taken: %s", bad[i]);
	assert_false(sdp_base64_decode((struct slice){"Zm9\0", 4}, bytes, sizeof(bytes), &len));
	assert_false(sdp_base64_decode(slice_of("Zm9vYmFy"), bytes, 5, &len));
	assert_true(sdp_base64_decode(slice_of("Zm9vYmFy"), bytes, 6, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_rows_have_their_status_and_come_back),
		cmocka_unit_test(parse_fields_are_what_the_line_says),
		cmocka_unit_test(parse_cut_anywhere_reads_within),
		cmocka_unit_test(base64_of_rfc_4648_goes_both_ways),
		cmocka_unit_test(base64_bad_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
