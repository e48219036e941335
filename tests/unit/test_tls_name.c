/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_name.h"

#include "support.h"

#include <openssl/x509v3.h>
#include <string.h>

enum { MANY = TLS_NAME_SANS_MAX + 1 };

static const char *const trusted[] = {"proxy.example.org", "a.example.org"};

static void add_san(GENERAL_NAMES *sans, int type, const char *bytes, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	assert_int_equal(ASN1_STRING_set(text, bytes, (int)len), 1);
	GENERAL_NAME_set0_value(name, type, text);
	assert_true(sk_GENERAL_NAME_push(sans, name) > 0);
}

static X509 *certificate_with(GENERAL_NAMES *sans)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	/* which never counts */
	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				 (const unsigned char *)"proxy.example.org", -1, -1, 0),
		1);
	if (sans != NULL)
		assert_int_equal(
			X509_add1_ext_i2d(certificate, NID_subject_alt_name, sans, 0, 0), 1);
	return certificate;
}

static const char *find(const char *bytes, size_t len, int type)
{
	GENERAL_NAMES *sans = sk_GENERAL_NAME_new_null();
	X509 *certificate;
	const char *found;

	add_san(sans, type, bytes, len);
	certificate = certificate_with(sans);
	found = tls_name_find(certificate, trusted, 2);
	X509_free(certificate);
	GENERAL_NAMES_free(sans);
	return found;
}

#define ROW(text) text, sizeof(text) - 1

static void name_is_found_letter_by_letter(void **state)
{
	static const struct {
		const char *san;
		size_t len;
		int type;
		int found; /* index in 'trusted', or -1 */
	} rows[] = {
		{ROW("proxy.example.org"), GEN_DNS, 0},
		{ROW("PROXY.Example.ORG"), GEN_DNS, 0},
		{ROW("a.example.org"), GEN_DNS, 1},
		{ROW("b.example.org"), GEN_DNS, -1},
		{ROW("*.example.org"), GEN_DNS, -1},
		{ROW("*"), GEN_DNS, -1},
		{ROW("example.org"), GEN_DNS, -1},
		{ROW("proxy.example.org."), GEN_DNS, -1},
		{ROW(".proxy.example.org"), GEN_DNS, -1},
		{ROW("proxy.example.org.evil.test"), GEN_DNS, -1},
		{ROW("proxy.example.org\0.evil.test"), GEN_DNS, -1},
		{ROW("proxy.example.org\0"), GEN_DNS, -1},
		{ROW(" proxy.example.org"), GEN_DNS, -1},
		{ROW("pr\303\266xy.example.org"), GEN_DNS, -1},
		{ROW(""), GEN_DNS, -1},
		{ROW("proxy.example.org"), GEN_URI, -1},
		{ROW("proxy.example.org"), GEN_EMAIL, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found = find(rows[i].san, rows[i].len, rows[i].type);

		if (found != (rows[i].found < 0 ? NULL : trusted[rows[i].found]))
			fail_msg("row %zu: %s", i, found != NULL ? found : "none");
	}
}

static void name_of_every_other_length_is_refused(void **state)
{
	static const char longer[] = "proxy.example.org.uk";

	(void)state;
	for (size_t len = 0; len < sizeof(longer); len++)
		assert_int_equal(find(longer, len, GEN_DNS) != NULL, len == strlen(trusted[0]));
}

static void subject_does_not_count(void **state)
{
	X509 *certificate = certificate_with(NULL);

	(void)state;
	assert_null(tls_name_find(certificate, trusted, 2));
	X509_free(certificate);
}

static void names_beyond_the_limit_do_not_count(void **state)
{
	GENERAL_NAMES *sans = sk_GENERAL_NAME_new_null();
	X509 *certificate;

	(void)state;
	for (int i = 0; i < MANY - 1; i++)
		add_san(sans, GEN_DNS, "x.test", 6);
	add_san(sans, GEN_DNS, trusted[0], strlen(trusted[0]));
	certificate = certificate_with(sans);
	assert_null(tls_name_find(certificate, trusted, 2));
	X509_free(certificate);
	GENERAL_NAMES_free(sans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_is_found_letter_by_letter),
		cmocka_unit_test(name_of_every_other_length_is_refused),
		cmocka_unit_test(subject_does_not_count),
		cmocka_unit_test(names_beyond_the_limit_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
