/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_attribute.h"

struct transport {
	const char *name;
	bool rtp;
	bool srtp;
	bool dtls;
};

#define NAME(id, name)                       [id] = (name),
#define TRANSPORT(id, name, rtp, srtp, dtls) [id] = {(name), (rtp), (srtp), (dtls)},

static const char *const names[SDP_ATTRIBUTE_COUNT] = {SDP_ATTRIBUTES(NAME)};
static const struct transport transports[SDP_TRANSPORT_COUNT] = {SDP_TRANSPORTS(TRANSPORT)};

static const char *const kinds[] = {
	[SDP_KIND_AUDIO] = "audio",
	[SDP_KIND_VIDEO] = "video",
	[SDP_KIND_IMAGE] = "image",
	[SDP_KIND_MESSAGE] = "message",
	[SDP_KIND_APPLICATION] = "application",
	[SDP_KIND_TEXT] = "text",
};

struct sdp_attribute sdp_attribute_read(struct slice line)
{
	struct sdp_attribute a = {.id = SDP_OTHER, .line = line};
	size_t colon = slice_find(line, ':');

	a.name = slice_first(line, colon);
	if (colon < line.len)
		a.value = slice_from(line, colon + 1);
	for (int id = SDP_OTHER + 1; id < SDP_ATTRIBUTE_COUNT && a.id == SDP_OTHER; id++)
		if (slice_is(a.name, names[id]))
			a.id = (enum sdp_attribute_id)id;
	/* for all payload types: of no single one */
	if (a.id == SDP_RTCP_FB && a.value.len > 0 && a.value.ptr[0] == '*')
		a.id = SDP_OTHER;
	return a;
}

enum sdp_kind sdp_attribute_kind(struct slice media_type)
{
	for (unsigned i = SDP_KIND_AUDIO; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (slice_means(media_type, kinds[i]))
			return (enum sdp_kind)i;
	return SDP_KIND_OTHER;
}

enum sdp_transport sdp_attribute_transport(struct slice proto)
{
	for (int i = SDP_TRANSPORT_OTHER + 1; i < SDP_TRANSPORT_COUNT; i++)
		if (slice_means(proto, transports[i].name))
			return (enum sdp_transport)i;
	return SDP_TRANSPORT_OTHER;
}

const char *sdp_attribute_transport_name(enum sdp_transport transport)
{
	return transports[transport].name;
}

bool sdp_attribute_is_rtp(enum sdp_transport transport)
{
	return transports[transport].rtp;
}

bool sdp_attribute_is_srtp(enum sdp_transport transport)
{
	return transports[transport].srtp;
}

bool sdp_attribute_is_dtls(enum sdp_transport transport)
{
	return transports[transport].dtls;
}

bool sdp_attribute_payload_type(struct slice value, unsigned *pt, struct slice *rest)
{
	struct slice digits = slice_token(&value, ' ');
	uint64_t n;

	if (!slice_number(digits, 127, &n))
		return false;
	*pt = (unsigned)n;
	*rest = slice_trim(value);
	return true;
}

static bool read_number(struct slice *rest, uint64_t max, uint64_t *n)
{
	return slice_number(slice_token(rest, ' '), max, n);
}

bool sdp_attribute_candidate(struct slice value, struct sdp_candidate *c)
{
	uint64_t component, priority, port, related;

	*c = (struct sdp_candidate){.foundation = slice_token(&value, ' ')};
	if (c->foundation.len == 0 || c->foundation.len > 32 ||
		!read_number(&value, 256, &component) || component == 0)
		return false;
	c->transport = slice_token(&value, ' ');
	if (!read_number(&value, UINT32_MAX, &priority))
		return false;
	c->address = slice_token(&value, ' ');
	if (!read_number(&value, 65535, &port) || !slice_means(slice_token(&value, ' '), "typ"))
		return false;
	c->type = slice_token(&value, ' ');
	c->component = (unsigned)component;
	c->priority = (uint32_t)priority;
	c->port = (uint16_t)port;
	while (value.len > 0) {
		struct slice key = slice_token(&value, ' ');
		struct slice text = slice_token(&value, ' ');

		if (slice_means(key, "raddr")) {
			c->related_address = text;
		} else if (slice_means(key, "rport")) {
			if (!slice_number(text, 65535, &related))
				return false;
			c->related_port = (uint16_t)related;
		}
	}
	return c->type.len > 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sdp_attribute_fingerprint(struct slice value, struct sdp_fingerprint *fp)
{
	struct slice digest;

	*fp = (struct sdp_fingerprint){.hash = slice_token(&value, ' ')};
	digest = slice_trim(value);
	if (digest.len > 0 && digest.ptr[digest.len - 1] == ':')
		return false;
	while (digest.len > 0) {
		struct slice byte = slice_cut(&digest, ':');
		int high = byte.len == 2 ? hex_digit(byte.ptr[0]) : -1;
		int low = byte.len == 2 ? hex_digit(byte.ptr[1]) : -1;

		if (high < 0 || low < 0 || fp->len == sizeof(fp->digest))
			return false;
		fp->digest[fp->len++] = (uint8_t)(high << 4 | low);
	}
	return fp->len > 0;
}
