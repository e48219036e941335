/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_trust.h"

#include "tls_name.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 6 };

struct names {
	uint32_t n;
	char *list[];
};

static int names_index = -1; /* of a context's names */
static int found_index = -1; /* of the name that a connection's peer has, one of them */

static void free_names(
	void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	free(data);
}

/* In one piece: the texts stand behind the array. */
static struct names *copy_names(const struct config_listener *l)
{
	size_t bytes = sizeof(struct names) + l->n_client_names * sizeof(char *);
	struct names *names;
	char *text;

	for (uint32_t i = 0; i < l->n_client_names; i++)
		bytes += strlen(l->client_names[i]) + 1;
	names = malloc(bytes);
	if (names == NULL)
		return NULL;
	names->n = l->n_client_names;
	text = (char *)&names->list[names->n];
	for (uint32_t i = 0; i < names->n; i++) {
		size_t len = strlen(l->client_names[i]) + 1;

		names->list[i] = memcpy(text, l->client_names[i], len);
		text += len;
	}
	return names;
}

/* Called in place of OpenSSL's own check, which it begins with. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct names *names = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), names_index);
	const char *found;

	(void)arg;
	if (X509_verify_cert(store) <= 0)
		return 0;
	found = tls_name_find(
		X509_STORE_CTX_get0_cert(store), (const char *const *)names->list, names->n);
	/* the connection holds the context, and that the names */
	for (uint32_t i = 0; found != NULL && i < names->n; i++)
		if (names->list[i] == found)
			return SSL_set_ex_data(ssl, found_index, names->list[i]);
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

static int load_crls(X509_STORE *store, const char *path, char why[TLS_WHY_BYTES])
{
	BIO *file = BIO_new_file(path, "r");
	X509_CRL *crl;
	int n = 0;

	while (file != NULL && (crl = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_crl(store, crl) == 1;
		X509_CRL_free(crl);
	}
	BIO_free(file);
	ERR_clear_error(); /* the end of the file is one */
	if (n == 0) {
		(void)snprintf(
			why, TLS_WHY_BYTES, "no revocation list can be read from %.255s", path);
		return -EINVAL;
	}
	/* of every CA in the chain; a list past its nextUpdate is an error of the chain */
	(void)X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return 0;
}

static int load_cas(SSL_CTX *ctx, const char *path, char why[TLS_WHY_BYTES])
{
	STACK_OF(X509_NAME) *list = SSL_load_client_CA_file(path);
	X509_STORE *store = X509_STORE_new();

	if (list == NULL || store == NULL || X509_STORE_load_file(store, path) != 1) {
		(void)snprintf(
			why, TLS_WHY_BYTES, "no CA certificate can be read from %.255s", path);
		ERR_clear_error();
		sk_X509_NAME_pop_free(list, X509_NAME_free);
		X509_STORE_free(store);
		return -EINVAL;
	}
	SSL_CTX_set_client_CA_list(ctx, list);
	SSL_CTX_set_cert_store(ctx, store);
	return 0;
}

static int make_indices(void)
{
	if (names_index < 0)
		names_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_names);
	if (found_index < 0)
		found_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return names_index < 0 || found_index < 0 ? -ENOMEM : 0;
}

int tls_trust_install(SSL_CTX *ctx, const struct config_listener *l, char why[TLS_WHY_BYTES])
{
	int mode = SSL_VERIFY_PEER;
	struct names *names;
	int err = make_indices();

	if (err != 0 || l->client_ca == NULL)
		return err;
	names = copy_names(l);
	if (names == NULL || SSL_CTX_set_ex_data(ctx, names_index, names) != 1) {
		free(names);
		return -ENOMEM;
	}
	err = load_cas(ctx, l->client_ca, why);
	if (err == 0 && l->crl != NULL)
		err = load_crls(SSL_CTX_get_cert_store(ctx), l->crl, why);
	if (err != 0)
		return err;
	if (l->require_client_certificate)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, NULL);
	SSL_CTX_set_verify_depth(ctx, DEPTH_MAX);
	SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	return 0;
}

const char *tls_trust_peer_name(const SSL *ssl)
{
	return found_index < 0 ? NULL : SSL_get_ex_data(ssl, found_index);
}
