/* SPDX-License-Identifier: BSD-3-Clause */
#include "authn.h"
#include "config_text.h"

#include "support.h"

#include <stdio.h>
#include <string.h>

static struct config_listener listener = {.name = "front"};
static char token[2][AUTHN_NEW_TOKEN_BYTES];

static struct relay_sockaddr address(const char *text)
{
	struct relay_sockaddr addr;

	assert_true(config_text_ip(text, &addr));
	return addr;
}

static void tokens_are_new_and_long(void **state)
{
	(void)state;
	assert_int_equal(strlen(token[0]), AUTHN_NEW_TOKEN_BYTES - 1);
	assert_true(strlen(token[0]) >= AUTHN_TOKEN_MIN);
	assert_string_not_equal(token[0], token[1]);
	assert_memory_not_equal(
		listener.tokens[0].hash, listener.tokens[1].hash, CONFIG_HASH_BYTES);
}

static void token_signs_in_from_its_sources(void **state)
{
	static char longer[AUTHN_NEW_TOKEN_BYTES + 1], endless[AUTHN_TOKEN_MAX + 2];
	const struct {
		const char *token, *from;
		enum authn_result result;
	} rows[] = {
		{token[0], "10.1.2.3", AUTHN_OK},
		{token[0], "2001:db8::5", AUTHN_OK},
		{token[0], "11.1.2.3", AUTHN_WRONG_SOURCE},
		{token[0], "::1", AUTHN_WRONG_SOURCE},
		{token[1], "10.1.2.3", AUTHN_WRONG_SOURCE},
		{token[1], "127.0.0.1", AUTHN_OK},
		{longer, "10.1.2.3", AUTHN_UNKNOWN_TOKEN},
		{token[0] + 1, "10.1.2.3", AUTHN_UNKNOWN_TOKEN},
		{endless, "10.1.2.3", AUTHN_UNKNOWN_TOKEN},
		{"hunter2", "10.1.2.3", AUTHN_SHORT_TOKEN},
		{"", "10.1.2.3", AUTHN_SHORT_TOKEN},
	};

	(void)state;
	(void)snprintf(longer, sizeof(longer), "%sa", token[0]);
	memset(endless, 'a', sizeof(endless) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay_sockaddr from = address(rows[i].from);
		struct principal p = {.kind = AUTHN_CERTIFICATE};
		enum authn_result result =
			authn_tls(&listener, NULL, slice_of(rows[i].token), &from, &p);

		if (result != rows[i].result)
			fail_msg("row %zu: %s", i, authn_text(result));
		assert_int_equal(p.kind, result == AUTHN_OK ? AUTHN_TOKEN : AUTHN_NOBODY);
		if (result == AUTHN_OK) {
			assert_string_equal(p.name, i == 5 ? "second" : "first");
			assert_string_equal(p.listener, "front");
		}
	}
}

static void token_of_every_length_but_its_own_is_refused(void **state)
{
	struct relay_sockaddr from = address("10.1.2.3");

	(void)state;
	for (size_t len = 0; len <= AUTHN_NEW_TOKEN_BYTES - 1; len++) {
		struct principal p;
		enum authn_result result =
			authn_tls(&listener, NULL, (struct slice){token[0], len}, &from, &p);

		assert_int_equal(result == AUTHN_OK, len == AUTHN_NEW_TOKEN_BYTES - 1);
	}
}

static void certificate_goes_before_a_token(void **state)
{
	struct relay_sockaddr from = address("203.0.113.1");
	struct principal p;

	(void)state;
	assert_int_equal(
		authn_tls(&listener, "proxy.test", slice_of("short"), &from, &p), AUTHN_OK);
	assert_int_equal(p.kind, AUTHN_CERTIFICATE);
	assert_string_equal(p.name, "proxy.test");
	assert_int_equal(
		authn_tls(&listener, NULL, (struct slice){NULL, 0}, &from, &p), AUTHN_NO_PROOF);
	assert_int_equal(p.kind, AUTHN_NOBODY);
}

static void plaintext_is_for_this_machine(void **state)
{
	struct config_listener closed = {.name = "c"},
			       open = {.name = "o", .allow_plaintext = true};
	struct relay_sockaddr near = address("127.9.9.9"), far = address("192.0.2.1");
	struct relay_sockaddr near6 = address("::1"), far6 = address("fe80::1");
	struct principal p;

	(void)state;
	assert_int_equal(authn_plaintext(&closed, &near, &p), AUTHN_OK);
	assert_int_equal(p.kind, AUTHN_LOOPBACK);
	assert_int_equal(authn_plaintext(&closed, &near6, &p), AUTHN_OK);
	assert_int_equal(authn_plaintext(&closed, &far, &p), AUTHN_NOT_HERE);
	assert_int_equal(p.kind, AUTHN_NOBODY);
	assert_int_equal(authn_plaintext(&closed, &far6, &p), AUTHN_NOT_HERE);
	assert_int_equal(authn_plaintext(&open, &far, &p), AUTHN_OK);
	assert_int_equal(p.kind, AUTHN_PLAINTEXT);
}

static int make_tokens(void **state)
{
	static const char *const names[] = {"first", "second"};
	struct config_token *t = listener.tokens;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char hash[AUTHN_HASH_TEXT_BYTES];

		assert_int_equal(authn_new_token(token[i], hash), 0);
		assert_true(config_text_hash(hash, t[i].hash));
		t[i].name = names[i];
	}
	assert_true(config_text_prefix("10.0.0.0/8", &t[0].sources[0]));
	assert_true(config_text_prefix("2001:db8::/32", &t[0].sources[1]));
	assert_true(config_text_prefix("127.0.0.1", &t[1].sources[0]));
	t[0].n_sources = 2;
	t[1].n_sources = 1;
	listener.n_tokens = 2;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_new_and_long),
		cmocka_unit_test(token_signs_in_from_its_sources),
		cmocka_unit_test(token_of_every_length_but_its_own_is_refused),
		cmocka_unit_test(certificate_goes_before_a_token),
		cmocka_unit_test(plaintext_is_for_this_machine),
	};

	return cmocka_run_group_tests(tests, make_tokens, NULL);
}
