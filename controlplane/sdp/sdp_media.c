/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_media.h"

#define OWN_OR_SESSIONS(field)                                                                     \
	(m->section.field.ptr != NULL ? m->section.field : sdp->session.field)

/* RFC 3551 6, tables 4 and 5. */
static const char *const static_codecs[35] = {
	[0] = "PCMU/8000",
	[3] = "GSM/8000",
	[4] = "G723/8000",
	[5] = "DVI4/8000",
	[6] = "DVI4/16000",
	[7] = "LPC/8000",
	[8] = "PCMA/8000",
	[9] = "G722/8000",
	[10] = "L16/44100/2",
	[11] = "L16/44100",
	[12] = "QCELP/8000",
	[13] = "CN/8000",
	[14] = "MPA/90000",
	[15] = "G728/8000",
	[16] = "DVI4/11025",
	[17] = "DVI4/22050",
	[18] = "G729/8000",
	[25] = "CelB/90000",
	[26] = "JPEG/90000",
	[28] = "nv/90000",
	[31] = "H261/90000",
	[32] = "MPV/90000",
	[33] = "MP2T/90000",
	[34] = "H263/90000",
};

const struct sdp_address *sdp_media_connection(const struct sdp *sdp, const struct sdp_media *m)
{
	return m->section.connection.family != 0 ? &m->section.connection
						 : &sdp->session.connection;
}

struct slice sdp_media_setup(const struct sdp *sdp, const struct sdp_media *m)
{
	return OWN_OR_SESSIONS(setup);
}

struct slice sdp_media_fingerprint(const struct sdp *sdp, const struct sdp_media *m)
{
	return OWN_OR_SESSIONS(fingerprint);
}

struct slice sdp_media_ice_ufrag(const struct sdp *sdp, const struct sdp_media *m)
{
	return OWN_OR_SESSIONS(ice_ufrag);
}

struct slice sdp_media_ice_pwd(const struct sdp *sdp, const struct sdp_media *m)
{
	return OWN_OR_SESSIONS(ice_pwd);
}

enum sdp_direction sdp_media_direction(const struct sdp *sdp, const struct sdp_media *m)
{
	if (m->section.direction != SDP_DIRECTION_NONE)
		return m->section.direction;
	if (sdp->session.direction != SDP_DIRECTION_NONE)
		return sdp->session.direction;
	return SDP_DIRECTION_SENDRECV;
}

bool sdp_media_zero_address(const struct sdp *sdp, const struct sdp_media *m)
{
	/* with ICE it says only that the candidates are to be looked at (RFC 8840 4.1.1) */
	return sdp_media_connection(sdp, m)->zero && sdp_media_ice_ufrag(sdp, m).ptr == NULL;
}

struct slice sdp_media_codec(const struct sdp_format *format)
{
	struct slice rest;
	unsigned pt;

	for (const struct sdp_attribute *a = format->first; a != NULL; a = a->next_of_format)
		if (a->id == SDP_RTPMAP && sdp_attribute_payload_type(a->value, &pt, &rest) &&
			rest.len > 0)
			return rest;
	if (format->pt >= 0 && format->pt < (int)(sizeof(static_codecs) / sizeof(char *)) &&
		static_codecs[format->pt] != NULL)
		return slice_of(static_codecs[format->pt]);
	return (struct slice){NULL, 0};
}

/* PCMU is every PCMU; PCMU/8000 is that one, also where it has one channel more to say. */
static bool is_named(struct slice codec, struct slice name)
{
	struct slice rest;

	if (slice_means(name, "all") || slice_means(name, "full"))
		return true;
	if (codec.len < name.len || !slice_same_letters(slice_first(codec, name.len), name))
		return false;
	rest = slice_from(codec, name.len);
	return rest.len == 0 || rest.ptr[0] == '/';
}

static bool is_any_of(struct slice codec, const struct slice *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_named(codec, names[i]))
			return true;
	return false;
}

size_t sdp_media_select(const struct sdp_media *m, const struct sdp_codec_rules *rules,
	uint16_t formats[SDP_MEDIA_FORMATS_MAX])
{
	bool taken[SDP_MEDIA_FORMATS_MAX] = {false};
	size_t n = 0;

	for (size_t i = 0; i < rules->n_offer; i++) {
		for (size_t j = 0; j < m->n_formats; j++) {
			if (taken[j] || !is_named(sdp_media_codec(&m->formats[j]), rules->offer[i]))
				continue;
			taken[j] = true;
			formats[n++] = (uint16_t)j;
		}
	}
	for (size_t j = 0; j < m->n_formats; j++) {
		struct slice codec = sdp_media_codec(&m->formats[j]);

		if (taken[j] || (is_any_of(codec, rules->strip, rules->n_strip) &&
					!is_any_of(codec, rules->except, rules->n_except)))
			continue;
		formats[n++] = (uint16_t)j;
	}
	return n;
}
