/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_parse_impl.h"

#include <assert.h>

static void take_rtcp(struct sdp_media *m, struct slice value)
{
	uint64_t port;

	if (!slice_number(slice_token(&value, ' '), 65535, &port) || port == 0)
		return;
	m->rtcp_port = (uint16_t)port;
	if (value.len > 0)
		(void)sdp_parse_line_address(value, &m->rtcp_address);
}

static void take_of_format(struct sdp_parser *p, struct sdp_attribute *a)
{
	struct sdp_format *f;
	struct slice rest;
	unsigned pt;

	if (!sdp_attribute_payload_type(a->value, &pt, &rest) || p->by_pt[pt] == NULL)
		return;
	f = p->by_pt[pt];
	if (f->last == NULL)
		f->first = a;
	else
		f->last->next_of_format = a;
	f->last = a;
}

static struct slice first_bundle(const struct sdp *sdp, struct slice value)
{
	struct slice mids = value;

	if (sdp->bundle.ptr != NULL || !slice_skip(&mids, "BUNDLE"))
		return sdp->bundle;
	return mids.len == 0 || mids.ptr[0] == ' ' ? slice_trim(mids) : sdp->bundle;
}

/* Attributes whose value is kept as it is, and where. */
enum keep { KEEP_NOT, SECTION_TEXT, SECTION_FLAG, MEDIA_TEXT, MEDIA_FLAG, MEDIA_NUMBER };

struct field {
	enum keep keep;
	size_t offset;
};

#define OF_SECTION(keep, field)                                                                    \
	{                                                                                          \
		keep, offsetof(struct sdp_section, field)                                          \
	}
#define OF_MEDIA(keep, field)                                                                      \
	{                                                                                          \
		keep, offsetof(struct sdp_media, field)                                            \
	}

static const struct field fields[SDP_ATTRIBUTE_COUNT] = {
	[SDP_SETUP] = OF_SECTION(SECTION_TEXT, setup),
	[SDP_FINGERPRINT] = OF_SECTION(SECTION_TEXT, fingerprint),
	[SDP_TLS_ID] = OF_SECTION(SECTION_TEXT, tls_id),
	[SDP_ICE_UFRAG] = OF_SECTION(SECTION_TEXT, ice_ufrag),
	[SDP_ICE_PWD] = OF_SECTION(SECTION_TEXT, ice_pwd),
	[SDP_ICE_OPTIONS] = OF_SECTION(SECTION_TEXT, ice_options),
	[SDP_ICE_LITE] = OF_SECTION(SECTION_FLAG, ice_lite),
	[SDP_EXTMAP] = OF_SECTION(SECTION_FLAG, has_extmap),
	[SDP_EXTMAP_ALLOW_MIXED] = OF_SECTION(SECTION_FLAG, extmap_allow_mixed),
	[SDP_MID] = OF_MEDIA(MEDIA_TEXT, mid),
	[SDP_LABEL] = OF_MEDIA(MEDIA_TEXT, label),
	[SDP_RTCP_MUX] = OF_MEDIA(MEDIA_FLAG, rtcp_mux),
	[SDP_BUNDLE_ONLY] = OF_MEDIA(MEDIA_FLAG, bundle_only),
	[SDP_END_OF_CANDIDATES] = OF_MEDIA(MEDIA_FLAG, end_of_candidates),
	[SDP_PTIME] = OF_MEDIA(MEDIA_NUMBER, ptime),
	[SDP_MAXPTIME] = OF_MEDIA(MEDIA_NUMBER, maxptime),
};

static void keep(struct sdp_parser *p, const struct sdp_attribute *a)
{
	const struct field *field = &fields[a->id];
	char *in_section = (char *)p->section + field->offset;
	char *in_media = p->media == NULL ? NULL : (char *)p->media + field->offset;
	uint64_t n;

	if (in_media == NULL && field->keep >= MEDIA_TEXT)
		return;
	switch (field->keep) {
	case KEEP_NOT:
		break;
	case SECTION_TEXT:
		*(struct slice *)(void *)in_section = slice_trim(a->value);
		break;
	case SECTION_FLAG:
		*(bool *)in_section = true;
		break;
	case MEDIA_TEXT:
		*(struct slice *)(void *)in_media = slice_trim(a->value);
		break;
	case MEDIA_FLAG:
		*(bool *)in_media = true;
		break;
	case MEDIA_NUMBER:
		if (slice_number(slice_trim(a->value), 65535, &n))
			*(unsigned *)(void *)in_media = (unsigned)n;
		break;
	}
}

/* What says more than one thing. */
static void take_of_media(struct sdp_parser *p, struct sdp_attribute *a)
{
	struct sdp_media *m = p->media;

	if (a->id == SDP_CRYPTO) {
		assert(p->crypto_left > 0);
		p->crypto_left--;
		sdp_crypto_parse(a->value, p->next_crypto++);
		m->n_crypto++;
	} else if (a->id == SDP_RTCP) {
		take_rtcp(m, a->value);
	} else if (a->id == SDP_RTPMAP || a->id == SDP_FMTP || a->id == SDP_RTCP_FB) {
		take_of_format(p, a);
	} else if (a->id == SDP_CANDIDATE) {
		m->n_candidates++;
	}
}

void sdp_parse_attribute(struct sdp_parser *p, struct slice line)
{
	struct sdp_attribute *a = p->next_attribute++;
	struct sdp_section *s = p->section;

	assert(p->attributes_left > 0);
	p->attributes_left--;
	*a = sdp_attribute_read(line);
	s->n_attributes++;
	keep(p, a);
	if (a->id >= SDP_SENDRECV && a->id <= SDP_INACTIVE)
		s->direction = (enum sdp_direction)(a->id - SDP_SENDRECV + SDP_DIRECTION_SENDRECV);
	if (a->id == SDP_GROUP)
		p->sdp->bundle = first_bundle(p->sdp, a->value);
	if (p->media != NULL)
		take_of_media(p, a);
}

_Static_assert(SDP_INACTIVE - SDP_SENDRECV == SDP_DIRECTION_INACTIVE - SDP_DIRECTION_SENDRECV,
	"directions in the same order");
