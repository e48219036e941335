/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_crypto.h"

#include "sdp_base64.h"
#include "secret.h"

enum {
	KEY_SALT_MAX = SUITE_KEY_MAX + SUITE_SALT_MAX,
	LIFETIME_BITS_MAX = 48, /* a key is used up by then (RFC 3711 9.2) */
	KDR_MAX = 24,
	WSH_MIN = 64,
	TAG_MAX = 999999999,
	SUITE_NAME_MAX = 32,
};

/* Names that were in use before RFC 6188 had its own. */
static const char *const other_names[][2] = {
	{"AES_CM_192_HMAC_SHA1_80", "AES_192_CM_HMAC_SHA1_80"},
	{"AES_CM_192_HMAC_SHA1_32", "AES_192_CM_HMAC_SHA1_32"},
	{"AES_CM_256_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"},
	{"AES_CM_256_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_32"},
};

static const struct suite *find_suite(struct slice name)
{
	char text[SUITE_NAME_MAX];

	for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++)
		if (slice_is(name, other_names[i][0]))
			return suite_find(other_names[i][1]);
	if (name.len == 0 || name.len >= sizeof(text))
		return NULL;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	return suite_find(text);
}

static bool read_key(struct slice text, struct sdp_crypto *c)
{
	uint8_t bytes[KEY_SALT_MAX];
	size_t len;
	bool good = sdp_base64_decode(text, bytes, sizeof(bytes), &len) &&
		    len == (size_t)c->suite->key_len + c->suite->salt_len;

	if (good) {
		memcpy(c->key, bytes, c->suite->key_len);
		memcpy(c->salt, bytes + c->suite->key_len, c->suite->salt_len);
	}
	secret_wipe(bytes, sizeof(bytes));
	return good;
}

/* 2^31 or a number. */
static bool read_lifetime(struct slice text, uint64_t *lifetime)
{
	uint64_t n;

	if (slice_skip(&text, "2^")) {
		if (!slice_number(text, LIFETIME_BITS_MAX, &n))
			return false;
		*lifetime = UINT64_C(1) << n;
		return true;
	}
	return slice_number(text, UINT64_C(1) << LIFETIME_BITS_MAX, lifetime) && *lifetime > 0;
}

/* NUMBER:LENGTH, the number in as many bytes, however big it is. */
static bool read_mki(struct slice text, struct sdp_crypto *c)
{
	struct slice digits = slice_cut(&text, ':');
	uint64_t len;

	if (digits.len == 0 || !slice_number(text, SDP_CRYPTO_MKI_MAX, &len) || len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned carry = (unsigned)(unsigned char)digits.ptr[i] - '0';

		if (carry > 9)
			return false;
		for (size_t at = len; at-- > 0; carry >>= 8) {
			carry += c->mki[at] * 10u;
			c->mki[at] = (uint8_t)carry;
		}
		if (carry > 0)
			return false;
	}
	c->mki_len = (uint8_t)len;
	return true;
}

/* inline:KEY[|LIFETIME][|MKI:LENGTH] */
static enum sdp_crypto_status read_key_params(struct slice text, struct sdp_crypto *c)
{
	struct slice part;

	if (!slice_skip(&text, "inline:"))
		return SDP_CRYPTO_UNSUPPORTED;
	if (slice_find(text, ';') < text.len)
		return SDP_CRYPTO_UNSUPPORTED;
	if (!read_key(slice_cut(&text, '|'), c))
		return SDP_CRYPTO_MALFORMED;
	if (text.len == 0)
		return SDP_CRYPTO_USABLE;
	part = slice_cut(&text, '|');
	if (slice_find(part, ':') == part.len) {
		if (!read_lifetime(part, &c->lifetime))
			return SDP_CRYPTO_MALFORMED;
		if (text.len == 0)
			return SDP_CRYPTO_USABLE;
		part = text;
	} else if (text.len > 0) {
		return SDP_CRYPTO_MALFORMED;
	}
	return read_mki(part, c) ? SDP_CRYPTO_USABLE : SDP_CRYPTO_MALFORMED;
}

static bool read_fec_order(struct slice text, struct sdp_crypto *c)
{
	if (slice_means(text, "FEC_SRTP"))
		c->fec_order = SDP_FEC_SRTP;
	else if (slice_means(text, "SRTP_FEC"))
		c->fec_order = SDP_SRTP_FEC;
	return c->fec_order != SDP_FEC_NONE;
}

static enum sdp_crypto_status read_session_param(struct slice text, struct sdp_crypto *c)
{
	uint64_t n;

	if (slice_means(text, "UNENCRYPTED_SRTP")) {
		c->unencrypted_srtp = true;
	} else if (slice_means(text, "UNENCRYPTED_SRTCP")) {
		c->unencrypted_srtcp = true;
	} else if (slice_means(text, "UNAUTHENTICATED_SRTP")) {
		c->unauthenticated_srtp = true;
	} else if (slice_skip(&text, "WSH=")) {
		if (!slice_number(text, UINT32_MAX, &n) || n < WSH_MIN)
			return SDP_CRYPTO_MALFORMED;
		c->wsh = (uint32_t)n;
	} else if (slice_skip(&text, "KDR=")) {
		if (!slice_number(text, KDR_MAX, &n))
			return SDP_CRYPTO_MALFORMED;
		c->kdr = (uint8_t)n;
	} else if (slice_skip(&text, "FEC_ORDER=")) {
		return read_fec_order(text, c) ? SDP_CRYPTO_USABLE : SDP_CRYPTO_MALFORMED;
	} else if (slice_skip(&text, "FEC_KEY=")) {
		c->has_fec_key = true;
		return SDP_CRYPTO_UNSUPPORTED;
	} else if (text.ptr[0] != '-') {
		/* without a hyphen it must be understood (RFC 4568 6.3.7) */
		return SDP_CRYPTO_UNSUPPORTED;
	}
	return SDP_CRYPTO_USABLE;
}

void sdp_crypto_parse(struct slice value, struct sdp_crypto *crypto)
{
	struct slice rest = value, tag, key_params;
	enum sdp_crypto_status status;
	uint64_t n;

	*crypto = (struct sdp_crypto){.status = SDP_CRYPTO_MALFORMED, .value = value};
	tag = slice_token(&rest, ' ');
	crypto->suite_name = slice_token(&rest, ' ');
	key_params = slice_token(&rest, ' ');
	if (!slice_number(tag, TAG_MAX, &n) || key_params.len == 0)
		return;
	crypto->tag = (uint32_t)n;
	crypto->suite = find_suite(crypto->suite_name);
	if (crypto->suite == NULL) {
		crypto->status = SDP_CRYPTO_UNKNOWN_SUITE;
		return;
	}
	status = read_key_params(key_params, crypto);
	while (rest.len > 0 && status == SDP_CRYPTO_USABLE) {
		struct slice param = slice_token(&rest, ' ');

		if (param.len > 0)
			status = read_session_param(param, crypto);
	}
	crypto->status = status;
}

static void write_lifetime(uint64_t lifetime, struct buffer *out)
{
	if ((lifetime & (lifetime - 1)) == 0) {
		buffer_text(out, "2^");
		buffer_number(out, (uint64_t)__builtin_ctzll(lifetime));
	} else {
		buffer_number(out, lifetime);
	}
}

static void write_mki(const struct sdp_crypto *c, struct buffer *out)
{
	uint8_t left[SDP_CRYPTO_MKI_MAX];
	char digits[40];
	size_t at = sizeof(digits);
	bool more = true;

	memcpy(left, c->mki, sizeof(left));
	while (more) {
		unsigned rest = 0;

		more = false;
		for (size_t i = 0; i < c->mki_len; i++) {
			rest = rest << 8 | left[i];
			left[i] = (uint8_t)(rest / 10);
			rest %= 10;
			more |= left[i] != 0;
		}
		digits[--at] = (char)('0' + rest);
	}
	buffer_put(out, digits + at, sizeof(digits) - at);
	buffer_char(out, ':');
	buffer_number(out, c->mki_len);
}

static void write_session_params(const struct sdp_crypto *c, struct buffer *out)
{
	if (c->kdr > 0) {
		buffer_text(out, " KDR=");
		buffer_number(out, c->kdr);
	}
	if (c->unencrypted_srtp)
		buffer_text(out, " UNENCRYPTED_SRTP");
	if (c->unencrypted_srtcp)
		buffer_text(out, " UNENCRYPTED_SRTCP");
	if (c->unauthenticated_srtp)
		buffer_text(out, " UNAUTHENTICATED_SRTP");
	if (c->fec_order != SDP_FEC_NONE)
		buffer_text(out, c->fec_order == SDP_FEC_SRTP ? " FEC_ORDER=FEC_SRTP"
							      : " FEC_ORDER=SRTP_FEC");
	if (c->wsh > 0) {
		buffer_text(out, " WSH=");
		buffer_number(out, c->wsh);
	}
}

void sdp_crypto_write(const struct sdp_crypto *crypto, bool pad, struct buffer *out)
{
	const struct suite *suite = crypto->suite;
	uint8_t bytes[KEY_SALT_MAX];

	memcpy(bytes, crypto->key, suite->key_len);
	memcpy(bytes + suite->key_len, crypto->salt, suite->salt_len);
	buffer_number(out, crypto->tag);
	buffer_char(out, ' ');
	/* an answer spells it as the offer did */
	if (find_suite(crypto->suite_name) == suite)
		buffer_slice(out, crypto->suite_name);
	else
		buffer_text(out, suite->name);
	buffer_text(out, " inline:");
	sdp_base64_encode(bytes, (size_t)suite->key_len + suite->salt_len, pad, out);
	secret_wipe(bytes, sizeof(bytes));
	if (crypto->lifetime > 0) {
		buffer_char(out, '|');
		write_lifetime(crypto->lifetime, out);
	}
	if (crypto->mki_len > 0) {
		buffer_char(out, '|');
		write_mki(crypto, out);
	}
	write_session_params(crypto, out);
}
