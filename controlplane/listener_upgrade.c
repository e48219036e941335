/* SPDX-License-Identifier: BSD-3-Clause */
/* What RFC 6455 4.2 asks of a request that would become a WebSocket. */
#include "listener_http.h"

#include <openssl/evp.h>

static bool is_key(const char *key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";

	/* base64 of 16 bytes */
	return strlen(key) == 24 && strspn(key, letters) == 22 && strcmp(key + 22, "==") == 0;
}

bool listener_websocket_accept(const char *key, char accept[LISTENER_ACCEPT_BYTES])
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t digest[EVP_MAX_MD_SIZE];
	char text[24 + sizeof(magic)];
	unsigned len = 0;

	if (!is_key(key))
		return false;
	memcpy(text, key, 24);
	memcpy(text + 24, magic, sizeof(magic));
	if (EVP_Digest(text, sizeof(text) - 1, digest, &len, EVP_sha1(), NULL) != 1 || len != 20)
		return false;
	return EVP_EncodeBlock((unsigned char *)accept, digest, 20) == LISTENER_ACCEPT_BYTES - 1;
}

const char *listener_websocket_protocol(const char *offered, bool *has_cookie)
{
	static const char *const ours[] = {"ng.rtpengine.com", "ng-plain.rtpengine.com"};
	struct slice rest = slice_of(offered);

	while (rest.len > 0) {
		struct slice name = slice_trim(slice_cut(&rest, ','));

		for (size_t i = 0; i < 2; i++) {
			*has_cookie = i == 0;
			if (slice_is(name, ours[i]))
				return ours[i];
		}
	}
	return NULL;
}

bool listener_websocket_lists(const char *list, const char *token)
{
	struct slice rest = slice_of(list);

	while (rest.len > 0)
		if (slice_means(slice_trim(slice_cut(&rest, ',')), token))
			return true;
	return false;
}
