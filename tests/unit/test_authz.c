/* SPDX-License-Identifier: BSD-3-Clause */
#include "authz.h"

#include "support.h"

static const struct authz_object theirs = {"proxy.test", AUTHN_CERTIFICATE, "tls"};

static struct principal principal(enum authn_kind kind, const char *name, const char *listener)
{
	struct principal p = {.kind = kind};

	memcpy(p.name, name, strlen(name));
	memcpy(p.listener, listener, strlen(listener));
	return p;
}

/* By kind: what may be done to no call in particular, then to one's own. */
static const struct {
	enum authn_kind kind;
	bool ping, place, survey, change, read;
} kinds[] = {
	{AUTHN_NOBODY, false, false, false, false, false},
	{AUTHN_CERTIFICATE, true, true, true, true, true},
	{AUTHN_TOKEN, true, true, true, true, true},
	{AUTHN_LOOPBACK, true, true, true, true, true},
	{AUTHN_PLAINTEXT, true, true, false, true, true},
	{(enum authn_kind)99, false, false, false, false, false},
	{(enum authn_kind) - 1, false, false, false, false, false},
};

static void kinds_may_do_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct principal p = principal(kinds[i].kind, "x", "tls");

		assert_int_equal(authz_allows(&p, AUTHZ_PING, NULL), kinds[i].ping);
		assert_int_equal(authz_allows(&p, AUTHZ_PLACE, NULL), kinds[i].place);
		assert_int_equal(authz_allows(&p, AUTHZ_SURVEY, NULL), kinds[i].survey);
		assert_int_equal(authz_allows(&p, AUTHZ_CHANGE, &theirs), kinds[i].change);
		assert_int_equal(authz_allows(&p, AUTHZ_READ, &theirs), kinds[i].read);
		/* a call has to be named */
		assert_false(authz_allows(&p, AUTHZ_CHANGE, NULL));
		assert_false(authz_allows(&p, AUTHZ_READ, NULL));
	}
}

static void calls_belong_to_their_listener_or_certificate(void **state)
{
	static const struct {
		const char *name, *listener;
		enum authn_kind kind;
		bool allowed;
	} rows[] = {
		{"proxy.test", "tls", AUTHN_CERTIFICATE, true},
		{"other.test", "tls", AUTHN_CERTIFICATE, true},
		{"proxy.test", "web", AUTHN_CERTIFICATE, true},
		{"other.test", "web", AUTHN_CERTIFICATE, false},
		{"proxy.tes", "web", AUTHN_CERTIFICATE, false},
		{"", "", AUTHN_CERTIFICATE, false},
		{"proxy.test", "web", AUTHN_TOKEN, false},
		{"kam", "tls", AUTHN_TOKEN, true},
		{"proxy.test", "udp", AUTHN_LOOPBACK, false},
		{"proxy.test", "udp", AUTHN_PLAINTEXT, false},
		{"proxy.test", "tls", AUTHN_NOBODY, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct principal p = principal(rows[i].kind, rows[i].name, rows[i].listener);

		if (authz_allows(&p, AUTHZ_CHANGE, &theirs) != rows[i].allowed)
			fail_msg("row %zu", i);
		assert_int_equal(authz_allows(&p, AUTHZ_READ, &theirs), rows[i].allowed);
	}
}

/* A token may be called as a certificate is. */
static void name_of_another_kind_is_somebody_else(void **state)
{
	const struct authz_object of_token = {"proxy.test", AUTHN_TOKEN, "tls"};
	struct principal p = principal(AUTHN_CERTIFICATE, "proxy.test", "web");

	(void)state;
	assert_true(authz_owns(&p, &theirs));
	assert_false(authz_owns(&p, &of_token));
	assert_false(authz_allows(&p, AUTHZ_CHANGE, &of_token));
	p = principal(AUTHN_TOKEN, "proxy.test", "web");
	assert_false(authz_owns(&p, &of_token));
	assert_false(authz_allows(&p, AUTHZ_READ, &theirs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_may_do_what_the_table_says),
		cmocka_unit_test(calls_belong_to_their_listener_or_certificate),
		cmocka_unit_test(name_of_another_kind_is_somebody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
