/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_plan.h"
#include "sdp_media.h"

enum { FIRST_PORT = 30000, STEP = 10 };

static struct sdp_crypto crypto_of(enum suite_id id, uint32_t tag)
{
	struct sdp_crypto c = {.suite = suite_get(id), .tag = tag};

	for (size_t i = 0; i < sizeof(c.key); i++)
		c.key[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(c.salt); i++)
		c.salt[i] = (uint8_t)(0x40 + i);
	return c;
}

static void plan_media(struct sdp_plan *plan, const struct sdp *in, size_t index,
	const struct sdp_rewrite_media *like)
{
	const struct sdp_media *m = &in->medias[index];
	struct sdp_rewrite_media *to = &plan->medias[index];
	bool rtp = sdp_attribute_is_rtp(m->transport);

	*to = *like;
	to->how = m->port == 0 ? SDP_REJECTED : rtp ? SDP_RELAYED : SDP_COPIED;
	to->port = (uint16_t)(FIRST_PORT + (unsigned)STEP * index % 30000);
	to->rtcp_port = (uint16_t)(to->port + 1);
	to->direction = sdp_media_direction(in, m);
	to->zero_address = sdp_media_zero_address(in, m);
	to->rtcp = SDP_RTCP_SEPARATE;
	if (!rtp)
		to->proto = (struct slice){NULL, 0};
	if (m->kind == SDP_KIND_MESSAGE && sdp_media_connection(in, m)->family != 0) {
		to->family = sdp_media_connection(in, m)->family;
		to->address = sdp_media_connection(in, m)->text;
		to->port = m->port;
	}
	if (sdp_attribute_is_srtp(
		    sdp_attribute_transport(to->proto.ptr != NULL ? to->proto : m->proto))) {
		to->crypto = plan->crypto;
		to->n_crypto = 2;
	}
}

void sdp_plan_make(struct sdp_plan *plan, const struct sdp *in, uint8_t family, const char *proto)
{
	struct sdp_rewrite_media like = {.family = family,
		.address = slice_of(family == 6 ? "2001:db8:4321::1" : "203.0.113.1")};

	if (proto != NULL)
		like.proto = slice_of(proto);
	plan->crypto[0] = crypto_of(SUITE_AEAD_AES_256_GCM, 1);
	plan->crypto[1] = crypto_of(SUITE_AES_CM_128_HMAC_SHA1_80, 2);
	for (size_t i = 0; i < in->n_medias; i++)
		plan_media(plan, in, i, &like);
	plan->rewrite = (struct sdp_rewrite){
		.state = &plan->state,
		.origin_family = family,
		.origin_address = like.address,
		.medias = plan->medias,
		.n_medias = in->n_medias,
	};
}
