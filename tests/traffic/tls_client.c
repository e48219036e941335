/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static SSL_CTX *fail(SSL_CTX *ctx, const char *what, const char *file)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	(void)fprintf(stderr, "sluice-trafficgen: TLS: %s%s%s: %s\n", what, file != NULL ? " " : "",
		file != NULL ? file : "", why != NULL ? why : "refused by the library");
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

/* An address stands in other fields of a certificate than a name. */
static int expect_name(SSL_CTX *ctx, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		return 1;
	ERR_clear_error();
	return X509_VERIFY_PARAM_set1_host(param, name, 0);
}

SSL_CTX *tls_client_create(const struct tls_client_options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
		return fail(ctx, "no TLS 1.3", NULL);
	(void)SSL_CTX_set_mode(
		ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_load_verify_locations(ctx, o->ca, NULL) != 1)
		return fail(ctx, "--ca", o->ca);
	if (expect_name(ctx, o->name) != 1)
		return fail(ctx, "the relay's name", o->name);
	if (o->certificate == NULL)
		return ctx;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->certificate) != 1)
		return fail(ctx, "--certificate", o->certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return fail(ctx, "--key", o->key);
	return ctx;
}
