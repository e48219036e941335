/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_sheet_line.h"

#include "secret.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

bool call_sheet_number(const char *text, uint64_t max, uint64_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)text[hex ? 2 : 0]))
		return false; /* strtoull would take blanks and signs */
	errno = 0;
	value = strtoull(text, &end, hex ? 16 : 10);
	if (errno != 0 || *end != '\0' || value > max)
		return false;
	*out = value;
	return true;
}

static bool read_ip(const char *text, size_t len, struct relay_sockaddr *out)
{
	char ip[INET6_ADDRSTRLEN];

	if (len == 0 || len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, ip, out->ip) == 1) {
		out->family = RELAY_FAMILY_IPV4;
		return true;
	}
	out->family = RELAY_FAMILY_IPV6;
	return inet_pton(AF_INET6, ip, out->ip) == 1;
}

bool call_sheet_address(const char *text, bool with_port, struct relay_sockaddr *out)
{
	const char *ip = text, *end, *port = NULL;
	uint64_t number = 0;

	if (*text == '[') {
		ip = text + 1;
		end = strchr(ip, ']');
		if (end == NULL)
			return false;
		port = end + 1;
	} else if (with_port) {
		end = strchr(text, ':');
		if (end == NULL)
			return false;
		port = end;
	} else {
		end = text + strlen(text);
		port = end;
	}
	if (!read_ip(ip, (size_t)(end - ip), out))
		return false;
	if (!with_port)
		return *port == '\0';
	if (*port != ':' || !call_sheet_number(port + 1, UINT16_MAX, &number) || number == 0)
		return false;
	out->port = (uint16_t)number;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex(const char *text, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* EVP_DecodeBlock gives zero bytes for the padding, and wants it. */
static bool read_base64(const char *text, size_t len, uint8_t *out)
{
	size_t text_len = strlen(text), padding = (3 - len % 3) % 3;
	uint8_t in[68] = {0}, block[51] = {0};
	bool good;

	_Static_assert(CALL_SHEET_KEY_MAX <= 48, "as base64 in 68 bytes");
	if (text_len > 64 ||
		text_len != strcspn(text, "=") + strspn(text + strcspn(text, "="), "="))
		return false;
	memcpy(in, text, text_len);
	while (text_len % 4 != 0 && text_len < (len + 2) / 3 * 4)
		in[text_len++] = '='; /* SDES writers differ on it */
	good = text_len == (len + 2) / 3 * 4 &&
	       strspn((const char *)in + text_len - padding, "=") == padding &&
	       strcspn((const char *)in, "=") == text_len - padding &&
	       EVP_DecodeBlock(block, in, (int)text_len) >= 0;
	if (good)
		memcpy(out, block, len);
	secret_wipe(in, sizeof(in));
	secret_wipe(block, sizeof(block));
	return good;
}

bool call_sheet_key(const char *text, const struct suite *suite, uint8_t out[CALL_SHEET_KEY_MAX])
{
	size_t len = (size_t)suite->key_len + suite->salt_len;

	memset(out, 0, CALL_SHEET_KEY_MAX);
	if (strncmp(text, "inline:", 7) == 0)
		text += 7;
	if (strlen(text) == 2 * len && read_hex(text, len, out))
		return true;
	return read_base64(text, len, out);
}
