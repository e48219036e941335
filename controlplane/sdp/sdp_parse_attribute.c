/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_parse_impl.h"

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

static void take_number(unsigned *number, struct slice value)
{
	uint64_t n;

	if (slice_number(slice_trim(value), 65535, &n))
		*number = (unsigned)n;
}

/* What only a media has. */
static void take_of_media(struct sdp_parser *p, struct sdp_attribute *a)
{
	struct sdp_media *m = p->media;

	switch (a->id) {
	case SDP_CRYPTO:
		sdp_crypto_parse(a->value, p->next_crypto++);
		m->n_crypto++;
		break;
	case SDP_RTCP:
		take_rtcp(m, a->value);
		break;
	case SDP_RTCP_MUX:
		m->rtcp_mux = true;
		break;
	case SDP_MID:
		m->mid = slice_trim(a->value);
		break;
	case SDP_LABEL:
		m->label = a->value;
		break;
	case SDP_BUNDLE_ONLY:
		m->bundle_only = true;
		break;
	case SDP_RTPMAP:
	case SDP_FMTP:
	case SDP_RTCP_FB:
		take_of_format(p, a);
		break;
	case SDP_PTIME:
		take_number(&m->ptime, a->value);
		break;
	case SDP_MAXPTIME:
		take_number(&m->maxptime, a->value);
		break;
	case SDP_CANDIDATE:
		m->n_candidates++;
		break;
	case SDP_END_OF_CANDIDATES:
		m->end_of_candidates = true;
		break;
	default: /* of both levels, or of none that we read */
		break;
	}
}

static struct slice first_bundle(const struct sdp *sdp, struct slice value)
{
	struct slice mids = value;

	if (sdp->bundle.ptr != NULL || !slice_skip(&mids, "BUNDLE"))
		return sdp->bundle;
	return mids.len == 0 || mids.ptr[0] == ' ' ? slice_trim(mids) : sdp->bundle;
}

void sdp_parse_attribute(struct sdp_parser *p, struct slice line)
{
	struct sdp_attribute *a = p->next_attribute++;
	struct sdp_section *s = p->section;

	*a = sdp_attribute_read(line);
	s->n_attributes++;
	if (a->id >= SDP_SENDRECV && a->id <= SDP_INACTIVE)
		s->direction = (enum sdp_direction)(a->id - SDP_SENDRECV + SDP_DIRECTION_SENDRECV);
	switch (a->id) {
	case SDP_SETUP:
		s->setup = slice_trim(a->value);
		break;
	case SDP_FINGERPRINT:
		s->fingerprint = a->value;
		break;
	case SDP_TLS_ID:
		s->tls_id = slice_trim(a->value);
		break;
	case SDP_ICE_UFRAG:
		s->ice_ufrag = slice_trim(a->value);
		break;
	case SDP_ICE_PWD:
		s->ice_pwd = slice_trim(a->value);
		break;
	case SDP_ICE_OPTIONS:
		s->ice_options = a->value;
		break;
	case SDP_ICE_LITE:
		s->ice_lite = true;
		break;
	case SDP_EXTMAP:
		s->has_extmap = true;
		break;
	case SDP_EXTMAP_ALLOW_MIXED:
		s->extmap_allow_mixed = true;
		break;
	case SDP_GROUP:
		p->sdp->bundle = first_bundle(p->sdp, a->value);
		break;
	default: /* of media, or passed on */
		break;
	}
	if (p->media != NULL)
		take_of_media(p, a);
}

_Static_assert(SDP_INACTIVE - SDP_SENDRECV == SDP_DIRECTION_INACTIVE - SDP_DIRECTION_SENDRECV,
	"directions in the same order");
