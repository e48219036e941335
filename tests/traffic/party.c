/* SPDX-License-Identifier: BSD-3-Clause */
#include "party.h"

#include "call_sheet_line.h"
#include "sdp_media.h"

#include <arpa/inet.h>

#define PARTY_TEXT(id, text) text,
const char *const party_fault_texts[PARTY_FAULT_COUNT] = {PARTY_FAULTS(PARTY_TEXT)};

/* What each codec is called in SDP. */
static const struct {
	const char *media, *map;
	uint8_t payload_type;
} maps[] = {
	[CODEC_G711] = {"audio", "PCMU/8000", 0},
	[CODEC_OPUS] = {"audio", "opus/48000/2", 96},
	[CODEC_VIDEO] = {"video", "VP8/90000", 97},
};

enum { EVENTS = 101 };

uint8_t party_payload_type(const struct codec *codec)
{
	return maps[codec->kind].payload_type;
}

static void put_address(struct buffer *out, const struct relay_sockaddr *addr)
{
	char text[INET6_ADDRSTRLEN];
	bool ipv6 = addr->family == RELAY_FAMILY_IPV6;

	if (inet_ntop(ipv6 ? AF_INET6 : AF_INET, addr->ip, text, sizeof(text)) == NULL) {
		out->failed = true;
		return;
	}
	buffer_text(out, ipv6 ? "IN IP6 " : "IN IP4 ");
	buffer_text(out, text);
	buffer_text(out, "\r\n");
}

static void put_crypto(struct buffer *out, const struct call_leg *leg, uint32_t tag)
{
	struct sdp_crypto crypto = {.tag = tag, .suite = leg->suite};

	memcpy(crypto.key, leg->send_key, leg->suite->key_len);
	memcpy(crypto.salt, leg->send_key + leg->suite->key_len, leg->suite->salt_len);
	buffer_text(out, "a=crypto:");
	sdp_crypto_write(&crypto, false, out);
	buffer_text(out, "\r\n");
	secret_wipe(&crypto, sizeof(crypto));
}

static void put_codec(struct buffer *out, const struct codec *codec)
{
	buffer_text(out, "a=rtpmap:");
	buffer_number(out, maps[codec->kind].payload_type);
	buffer_char(out, ' ');
	buffer_text(out, maps[codec->kind].map);
	buffer_text(out, "\r\n");
	if (codec->kind == CODEC_VIDEO)
		return;
	buffer_text(out, codec->kind == CODEC_OPUS ? "a=rtpmap:101 telephone-event/48000\r\n"
						   : "a=rtpmap:101 telephone-event/8000\r\n");
	buffer_text(out, "a=fmtp:101 0-16\r\na=ptime:20\r\n");
}

void party_write(const struct call_leg *leg, const struct party_says *says, struct buffer *out)
{
	const struct codec *codec = says->codec;

	buffer_text(out, "v=0\r\no=- ");
	buffer_number(out, says->session);
	buffer_text(out, " 1 ");
	put_address(out, &leg->gen);
	buffer_text(out, "s=-\r\nc=");
	put_address(out, &leg->gen);
	buffer_text(out, "t=0 0\r\nm=");
	buffer_text(out, maps[codec->kind].media);
	buffer_char(out, ' ');
	buffer_number(out, leg->gen.port);
	buffer_text(out, leg->suite != NULL ? " RTP/SAVP " : " RTP/AVP ");
	buffer_number(out, maps[codec->kind].payload_type);
	if (codec->kind != CODEC_VIDEO) {
		buffer_char(out, ' ');
		buffer_number(out, EVENTS);
	}
	buffer_text(out, "\r\n");
	put_codec(out, codec);
	buffer_text(out, "a=sendrecv\r\n");
	if (leg->rtcp_mux)
		buffer_text(out, "a=rtcp-mux\r\n");
	if (leg->suite != NULL)
		put_crypto(out, leg, says->tag);
}

static bool read_address(const struct sdp_address *from, uint16_t port, struct relay_sockaddr *out)
{
	char text[INET6_ADDRSTRLEN];

	if (from == NULL || from->family == 0 || from->zero || from->text.len >= sizeof(text))
		return false;
	memcpy(text, from->text.ptr, from->text.len);
	text[from->text.len] = '\0';
	if (!call_sheet_address(text, false, out))
		return false;
	out->port = port;
	return true;
}

/* The first of our suite; nothing that the generator's packets would not keep to. */
static const struct sdp_crypto *find_key(const struct sdp_media *m, const struct suite *suite)
{
	for (size_t i = 0; i < m->n_crypto; i++) {
		const struct sdp_crypto *c = &m->crypto[i];

		if (c->status == SDP_CRYPTO_USABLE && c->suite == suite && c->mki_len == 0 &&
			c->kdr == 0 && !c->unencrypted_srtp && !c->unencrypted_srtcp &&
			!c->unauthenticated_srtp)
			return c;
	}
	return NULL;
}

static bool has_format(const struct sdp_media *m, int payload_type)
{
	for (size_t i = 0; i < m->n_formats; i++)
		if (m->formats[i].pt == payload_type)
			return true;
	return false;
}

static enum party_fault read_media(const struct sdp *sdp, struct call_leg *leg, uint32_t *tag)
{
	const struct sdp_media *m = sdp->medias;
	const struct sdp_crypto *key = NULL;
	struct relay_sockaddr relay;

	if (sdp->n_medias != 1)
		return PARTY_MEDIA;
	if (m->port == 0)
		return PARTY_REJECTED;
	if (!read_address(sdp_media_connection(sdp, m), m->port, &relay) ||
		relay.family != leg->gen.family)
		return PARTY_ADDRESS;
	if (m->transport != (leg->suite != NULL ? SDP_RTP_SAVP : SDP_RTP_AVP))
		return PARTY_PROTOCOL;
	if (!has_format(m, leg->payload_type))
		return PARTY_FORMAT;
	if (sdp_media_direction(sdp, m) != SDP_DIRECTION_SENDRECV)
		return PARTY_DIRECTION;
	if (leg->suite == NULL && m->n_crypto > 0)
		return PARTY_UNDUE_KEY;
	if (leg->suite != NULL && (key = find_key(m, leg->suite)) == NULL)
		return PARTY_NO_KEY;
	if (!m->rtcp_mux && m->rtcp_port != 0 && m->rtcp_port != m->port + 1)
		return PARTY_RTCP;
	leg->relay = relay;
	leg->rtcp_mux = m->rtcp_mux;
	*tag = 0;
	if (key == NULL)
		return PARTY_GOOD;
	*tag = key->tag;
	memcpy(leg->recv_key, key->key, leg->suite->key_len);
	memcpy(leg->recv_key + leg->suite->key_len, key->salt, leg->suite->salt_len);
	return PARTY_GOOD;
}

enum party_fault party_read(struct slice text, struct call_leg *leg, uint32_t *tag)
{
	struct sdp_fault fault;
	struct sdp *sdp;
	enum party_fault result;

	if (sdp_parse(text, false, &sdp, &fault) != 0)
		return PARTY_UNREADABLE;
	result = read_media(sdp, leg, tag);
	sdp_parse_free(sdp);
	return result;
}
