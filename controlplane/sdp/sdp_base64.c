/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
	const char *at = c == '\0' ? NULL : strchr(alphabet, c);

	return at == NULL ? -1 : (int)(at - alphabet);
}

/* Padding is right if there is all of it or none. */
static bool strip_padding(struct slice *text)
{
	size_t padding = 0;

	while (padding < 2 && text->len > padding && text->ptr[text->len - 1 - padding] == '=')
		padding++;
	if (padding > 0 && text->len % 4 != 0)
		return false;
	text->len -= padding;
	return text->len % 4 != 1;
}

bool sdp_base64_decode(struct slice text, uint8_t *out, size_t room, size_t *len)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	if (!strip_padding(&text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int value = value_of(text.ptr[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (n == room)
			return false;
		out[n++] = (uint8_t)(bits >> n_bits);
	}
	*len = n;
	return true;
}

void sdp_base64_encode(const uint8_t *bytes, size_t len, bool pad, struct buffer *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)bytes[i] << 16;
		char text[4] = {'=', '=', '=', '='};

		if (n > 1)
			bits |= (uint32_t)bytes[i + 1] << 8;
		if (n > 2)
			bits |= bytes[i + 2];
		for (size_t j = 0; j <= n; j++)
			text[j] = alphabet[bits >> (18 - 6 * j) & 63];
		buffer_put(out, text, pad ? 4 : n + 1);
	}
}
