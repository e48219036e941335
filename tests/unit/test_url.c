/* SPDX-License-Identifier: BSD-3-Clause */
/* What is taken for the address of a relay's signalling, and what for the legs of a call. */
#include "legs.h"
#include "support.h"
#include "url.h"

static void url_good_is_taken(void **state)
{
	static const struct {
		const char *text, *host, *port;
		enum url_scheme scheme;
	} rows[] = {
		{"tls://127.0.0.1:2223", "127.0.0.1", "2223", URL_TLS},
		{"udp://relay.example.org:65535", "relay.example.org", "65535", URL_UDP},
		{"tcp://[2001:db8::1]:1", "2001:db8::1", "1", URL_TCP},
		{"TLS://[::ffff:192.0.2.1]:22", "::ffff:192.0.2.1", "22", URL_TLS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct url url;

		assert_true(url_parse(rows[i].text, &url));
		assert_int_equal(url.scheme, rows[i].scheme);
		assert_string_equal(url.host, rows[i].host);
		assert_string_equal(url.port, rows[i].port);
	}
}

static void url_bad_is_refused(void **state)
{
	static const char *const rows[] = {"", "tls://", "tls://:1", "tls://a",
		"tls://a:", "tls://a:0", "tls://a:65536", "tls://a:1/", "tls://a:1 ", "tls://a b:1",
		"a:1", "https://a:1", "tls:/a:1", "tls://[::1]", "tls://[::1]1", "tls://[::1:1",
		"tls://[a.example]:1", "tls://::1:1", "tls://a:-1", "tls://a:+1", "tls://\xff:1"};
	char host[300];
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (url_parse(rows[i], &url))
			fail_msg("taken: %s", rows[i]);
	(void)snprintf(host, sizeof(host), "tls://%0254d:1", 0);
	assert_false(url_parse(host, &url));
	(void)snprintf(host, sizeof(host), "tls://%0253d:1", 0);
	assert_true(url_parse(host, &url));
}

static void legs_good_are_taken(void **state)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{"rtp-rtp", "rtp-rtp"},
		{"rtp-srtp", "rtp-srtp:AES_CM_128_HMAC_SHA1_80"},
		{"srtp-rtp:AEAD_AES_256_GCM", "srtp-rtp:AEAD_AES_256_GCM"},
		{"srtp-srtp", "srtp-srtp:AES_CM_128_HMAC_SHA1_80,AES_CM_128_HMAC_SHA1_80"},
		{"srtp-srtp:AEAD_AES_128_GCM", "srtp-srtp:AEAD_AES_128_GCM,AEAD_AES_128_GCM"},
		{"srtp-srtp:AES_CM_128_HMAC_SHA1_32,AEAD_AES_128_GCM",
			"srtp-srtp:AES_CM_128_HMAC_SHA1_32,AEAD_AES_128_GCM"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[LEGS_NAME_MAX];
		struct legs legs;

		assert_true(legs_parse(rows[i].text, &legs));
		legs_name(&legs, name);
		assert_string_equal(name, rows[i].name);
		assert_true(legs_parse(name, &legs));
	}
}

static void legs_bad_are_refused(void **state)
{
	static const char *const rows[] = {"", "rtp", "rtp-srtp:", "rtp-srtp:RTP",
		"rtp-rtp:", "rtp-rtp:AEAD_AES_128_GCM", "srtp-srtp:AEAD_AES_128_GCM,", "srtp_srtp",
		"rtp-srtp:AEAD_AES_128_GCM,AEAD_AES_128_GCM", "srtp-srtp:,AEAD_AES_128_GCM",
		"srtp-srtp:AEAD_AES_128_GCM,AEAD_AES_128_GCM,AEAD_AES_128_GCM",
		"rtp-srtp:0123456789012345678901234567890123456789"};
	struct legs legs;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (legs_parse(rows[i], &legs))
			fail_msg("taken: %s", rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(url_good_is_taken),
		cmocka_unit_test(url_bad_is_refused),
		cmocka_unit_test(legs_good_are_taken),
		cmocka_unit_test(legs_bad_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
