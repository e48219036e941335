/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls.h"

#include "tls_trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

/* The first that both have; the order is ours. */
static const char ciphers_12[] = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char ciphers_13[] =
	"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

static int watch_index = -1;

static void forget_watch(
	void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	struct tls_watch *watch = data;

	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	if (watch != NULL && watch->gone != NULL)
		watch->gone(watch);
}

void tls_set_watch(SSL *ssl, struct tls_watch *watch)
{
	(void)SSL_set_ex_data(ssl, watch_index, watch);
}

struct tls_watch *tls_get_watch(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, watch_index);
}

static const char *reason_of(const SSL *ssl)
{
	long verify = SSL_get_verify_result(ssl);
	const char *reason;

	if (verify == X509_V_ERR_HOSTNAME_MISMATCH)
		return "no name of the certificate is listed in client_names";
	if (verify != X509_V_OK)
		return X509_verify_cert_error_string(verify);
	reason = ERR_reason_error_string(ERR_peek_last_error());
	return reason != NULL ? reason : "handshake failed";
}

/* An alert that ends the connection says more than the error that follows from it. */
static void on_info(const SSL *ssl, int where, int value)
{
	struct tls_watch *watch = SSL_get_ex_data(ssl, watch_index);

	if (watch == NULL)
		return;
	if ((where & SSL_CB_HANDSHAKE_START) != 0 && watch->begun != NULL)
		watch->begun(watch);
	else if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
		watch->done(watch);
	else if ((where & SSL_CB_ALERT) == 0 || value >> 8 != SSL3_AL_FATAL)
		return;
	else if ((where & SSL_CB_WRITE) != 0)
		watch->failed(watch, reason_of(ssl), true);
	else
		watch->failed(watch, SSL_alert_desc_string_long(value), false);
}

/* Nobody is there to be asked for a pass phrase. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's type */
static int no_pass_phrase(char *phrase, int room, int writing, void *arg)
{
	(void)phrase;
	(void)room;
	(void)writing;
	(void)arg;
	return -1;
}

static int set_parameters(SSL_CTX *ctx)
{
	char groups[] = "X25519:P-256:P-384";

	SSL_CTX_set_security_level(ctx, 2);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
					       SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
		SSL_CTX_set_cipher_list(ctx, ciphers_12) != 1 ||
		SSL_CTX_set_ciphersuites(ctx, ciphers_13) != 1 ||
		SSL_CTX_set1_groups_list(ctx, groups) != 1 || SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return -ENOTSUP;
	return 0;
}

static int complain(char why[TLS_WHY_BYTES], const char *what, const char *path)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	(void)snprintf(why, TLS_WHY_BYTES, "%s %.255s cannot be used: %s", what, path,
		reason != NULL ? reason : "not understood");
	ERR_clear_error();
	return -EINVAL;
}

static int load_certificate(SSL_CTX *ctx, const struct config_listener *l, char why[TLS_WHY_BYTES])
{
	if (SSL_CTX_use_certificate_chain_file(ctx, l->certificate) != 1)
		return complain(why, "certificate", l->certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, l->key, SSL_FILETYPE_PEM) != 1)
		return complain(why, "private key", l->key);
	if (tls_days_left(ctx) >= 0)
		return 0;
	(void)snprintf(
		why, TLS_WHY_BYTES, "certificate %.255s has ended: renew it", l->certificate);
	return -EINVAL;
}

int tls_create(const struct config_listener *l, char why[TLS_WHY_BYTES], SSL_CTX **out)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int err;

	(void)snprintf(why, TLS_WHY_BYTES, "no memory, or OpenSSL lacks what we need");
	if (watch_index < 0)
		watch_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, forget_watch);
	if (ctx == NULL || watch_index < 0) {
		SSL_CTX_free(ctx);
		return -ENOMEM;
	}
	ERR_clear_error();
	err = set_parameters(ctx);
	if (err == 0)
		err = load_certificate(ctx, l, why);
	if (err == 0)
		err = tls_trust_install(ctx, l, why);
	if (err != 0) {
		SSL_CTX_free(ctx);
		return err;
	}
	*out = ctx;
	return 0;
}

int tls_days_left(const SSL_CTX *ctx)
{
	const X509 *certificate = SSL_CTX_get0_certificate(ctx);
	int days = 0, seconds = 0;

	if (certificate == NULL ||
		ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1)
		return -1;
	return days == 0 && seconds < 0 ? -1 : days;
}

const char *tls_peer_name(const SSL *ssl)
{
	return tls_trust_peer_name(ssl);
}
