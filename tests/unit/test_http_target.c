/* SPDX-License-Identifier: BSD-3-Clause */
/* What we ourselves read of HTTP: paths, and the headers that ask for a WebSocket. */
#include "listener_http.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

static void path_says_what_and_who(void **state)
{
	static const struct {
		const char *path;
		enum listener_http_target target;
		const char *token; /* NULL: none */
	} rows[] = {
		{"/", TARGET_NG, NULL},
		{"/ng", TARGET_NG, NULL},
		{"/ng/", TARGET_NG, NULL},
		{"/ng/abc", TARGET_NG, "abc"},
		{"/ng/abc/", TARGET_NG, "abc"},
		{"/ng/abc/d", TARGET_UNKNOWN, NULL},
		{"/ng/abc//", TARGET_UNKNOWN, NULL},
		{"/ng-plain/abc", TARGET_NG_PLAIN, "abc"},
		{"/ping", TARGET_PING, NULL},
		{"/metrics/abc", TARGET_METRICS, "abc"},
		{"/ngx", TARGET_UNKNOWN, NULL},
		{"/NG", TARGET_UNKNOWN, NULL},
		{"/cli", TARGET_UNKNOWN, NULL},
		{"ng", TARGET_UNKNOWN, NULL},
		{"", TARGET_UNKNOWN, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice token;
		enum listener_http_target target = listener_http_target(rows[i].path, &token);

		if (target != rows[i].target)
			fail_msg("%s: %d", rows[i].path, (int)target);
		assert_int_equal(token.ptr != NULL, rows[i].token != NULL);
		if (rows[i].token != NULL && token.ptr != NULL)
			assert_true(slice_is(token, rows[i].token));
	}
}

static void key_is_answered_as_in_the_rfc(void **state)
{
	static const char key[] = "dGhlIHNhbXBsZSBub25jZQ=="; /* RFC 6455 1.3 */
	static const char *const bad[] = {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=A",
		"dGhlIHNhbXBsZSBub25j====", "dGhlIHNhbXBsZSBub25jZQ==A",
		"dGhl IHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j-Q=="};
	char accept[LISTENER_ACCEPT_BYTES];

	(void)state;
	assert_true(listener_websocket_accept(key, accept));
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(listener_websocket_accept(bad[i], accept));
	/* at every length but its own, in memory that ends there */
	for (size_t len = 0; len < strlen(key); len++) {
		char *cut = strndup(key, len);

		assert_false(listener_websocket_accept(cut, accept));
		free(cut);
	}
}

static void first_known_subprotocol_is_taken(void **state)
{
	static const struct {
		const char *offered;
		const char *chosen;
		bool has_cookie;
	} rows[] = {
		{"ng.rtpengine.com", "ng.rtpengine.com", true},
		{"ng-plain.rtpengine.com", "ng-plain.rtpengine.com", false},
		{"sip, ng-plain.rtpengine.com ,ng.rtpengine.com", "ng-plain.rtpengine.com", false},
		{" \tng.rtpengine.com\t", "ng.rtpengine.com", true},
		{"cli.rtpengine.com, echo.rtpengine.com", NULL, false},
		{"ng.rtpengine.com.evil", NULL, false},
		{"NG.rtpengine.com", NULL, false},
		{",,,", NULL, false},
		{"", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool has_cookie = false;
		const char *chosen = listener_websocket_protocol(rows[i].offered, &has_cookie);

		assert_int_equal(chosen != NULL, rows[i].chosen != NULL);
		if (chosen == NULL)
			continue;
		assert_string_equal(chosen, rows[i].chosen);
		assert_int_equal(has_cookie, rows[i].has_cookie);
	}
}

static void list_has_tokens_of_either_case(void **state)
{
	(void)state;
	assert_true(listener_websocket_lists("keep-alive, Upgrade", "upgrade"));
	assert_true(listener_websocket_lists("UPGRADE", "upgrade"));
	assert_false(listener_websocket_lists("upgrades, xupgrade", "upgrade"));
	assert_false(listener_websocket_lists("", "upgrade"));
	assert_false(listener_websocket_lists("keep-alive upgrade", "upgrade"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_says_what_and_who),
		cmocka_unit_test(key_is_answered_as_in_the_rfc),
		cmocka_unit_test(first_known_subprotocol_is_taken),
		cmocka_unit_test(list_has_tokens_of_either_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
