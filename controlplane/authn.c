/* SPDX-License-Identifier: BSD-3-Clause */
#include "authn.h"

#include "config_text.h"
#include "secret.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/random.h>

#define AUTHN_TEXT(id, text) [id] = (text),

const char *authn_text(enum authn_result result)
{
	static const char *const texts[] = {AUTHN_RESULTS(AUTHN_TEXT)};

	return texts[result];
}

const char *authn_kind_text(enum authn_kind kind)
{
	static const char *const texts[] = {
		[AUTHN_NOBODY] = "nobody",
		[AUTHN_CERTIFICATE] = "certificate",
		[AUTHN_TOKEN] = "token",
		[AUTHN_LOOPBACK] = "loopback",
		[AUTHN_PLAINTEXT] = "plaintext",
	};

	return texts[kind];
}

static void fill(struct principal *p, const struct config_listener *listener, enum authn_kind kind,
	const char *name)
{
	p->kind = kind;
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	(void)snprintf(p->listener, sizeof(p->listener), "%s", listener->name);
}

static bool hash_of(struct slice token, uint8_t hash[CONFIG_HASH_BYTES])
{
	unsigned len = 0;

	return EVP_Digest(token.ptr, token.len, hash, &len, EVP_sha256(), NULL) == 1 &&
	       len == CONFIG_HASH_BYTES;
}

static const struct config_token *find_token(
	const struct config_listener *l, const uint8_t hash[CONFIG_HASH_BYTES])
{
	const struct config_token *found = NULL;

	for (uint32_t i = 0; i < l->n_tokens; i++)
		if (secret_equal(l->tokens[i].hash, hash, CONFIG_HASH_BYTES))
			found = &l->tokens[i];
	return found;
}

static enum authn_result sign_in(const struct config_listener *l, struct slice token,
	const struct relay_sockaddr *source, struct principal *p)
{
	const struct config_token *found;
	uint8_t hash[CONFIG_HASH_BYTES];

	if (token.len < AUTHN_TOKEN_MIN)
		return AUTHN_SHORT_TOKEN;
	if (token.len > AUTHN_TOKEN_MAX || !hash_of(token, hash))
		return AUTHN_UNKNOWN_TOKEN;
	found = find_token(l, hash);
	secret_wipe(hash, sizeof(hash));
	if (found == NULL)
		return AUTHN_UNKNOWN_TOKEN;
	for (uint32_t i = 0; i < found->n_sources; i++) {
		if (!config_text_covers(&found->sources[i], source))
			continue;
		fill(p, l, AUTHN_TOKEN, found->name);
		return AUTHN_OK;
	}
	return AUTHN_WRONG_SOURCE;
}

enum authn_result authn_tls(const struct config_listener *listener, const char *peer_name,
	struct slice token, const struct relay_sockaddr *source, struct principal *principal)
{
	principal->kind = AUTHN_NOBODY;
	if (peer_name != NULL) {
		fill(principal, listener, AUTHN_CERTIFICATE, peer_name);
		return AUTHN_OK;
	}
	if (token.ptr == NULL || listener->n_tokens == 0)
		return AUTHN_NO_PROOF;
	return sign_in(listener, token, source, principal);
}

enum authn_result authn_plaintext(const struct config_listener *listener,
	const struct relay_sockaddr *source, struct principal *principal)
{
	principal->kind = AUTHN_NOBODY;
	if (config_text_is_loopback(source)) {
		fill(principal, listener, AUTHN_LOOPBACK, "loopback");
		return AUTHN_OK;
	}
	if (!listener->allow_plaintext)
		return AUTHN_NOT_HERE;
	fill(principal, listener, AUTHN_PLAINTEXT, "plaintext");
	return AUTHN_OK;
}

/* 32 letters of 32 kinds: 160 bits. */
int authn_new_token(char token[AUTHN_NEW_TOKEN_BYTES], char hash[AUTHN_HASH_TEXT_BYTES])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t bytes[AUTHN_NEW_TOKEN_BYTES - 1], digest[CONFIG_HASH_BYTES];
	size_t at;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		token[i] = letters[bytes[i] & 31];
	token[sizeof(bytes)] = '\0';
	secret_wipe(bytes, sizeof(bytes));
	if (!hash_of(slice_of(token), digest))
		return -EIO;
	at = (size_t)snprintf(hash, AUTHN_HASH_TEXT_BYTES, "sha256:");
	for (size_t i = 0; i < sizeof(digest); i++)
		at += (size_t)snprintf(hash + at, AUTHN_HASH_TEXT_BYTES - at, "%02x", digest[i]);
	return 0;
}
