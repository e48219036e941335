/* SPDX-License-Identifier: BSD-3-Clause */
#include "negotiate.h"

#include "negotiate_impl.h"
#include "sdp_media.h"

bool negotiate_is_foreign(const struct sdp_media *m)
{
	struct slice proto = m->proto;

	return m->kind == SDP_KIND_MESSAGE || slice_skip(&proto, "TCP");
}

/* The transport that the request or the interface's policy wants for the other side. */
static enum sdp_transport transport_to(
	const struct negotiation *n, unsigned side, enum sdp_transport offered)
{
	static const enum sdp_transport signalled[NG_TRANSPORT_COUNT] = {
		[NG_TRANSPORT_RTP_AVP] = SDP_RTP_AVP,
		[NG_TRANSPORT_RTP_AVPF] = SDP_RTP_AVPF,
		[NG_TRANSPORT_RTP_SAVP] = SDP_RTP_SAVP,
		[NG_TRANSPORT_RTP_SAVPF] = SDP_RTP_SAVPF,
		[NG_TRANSPORT_UDP_TLS_RTP_SAVP] = SDP_UDP_TLS_RTP_SAVP,
		[NG_TRANSPORT_UDP_TLS_RTP_SAVPF] = SDP_UDP_TLS_RTP_SAVPF,
	};
	enum sdp_transport t = signalled[n->request->transport];

	if (t == SDP_TRANSPORT_OTHER)
		t = offered;
	switch (negotiate_interface(n, side)->encryption) {
	case CONFIG_REQUIRED:
		return t == SDP_RTP_AVP ? SDP_RTP_SAVP : t == SDP_RTP_AVPF ? SDP_RTP_SAVPF : t;
	case CONFIG_FORBIDDEN:
		return t == SDP_RTP_SAVP ? SDP_RTP_AVP : t == SDP_RTP_SAVPF ? SDP_RTP_AVPF : t;
	case CONFIG_SUPPORTED:
		return t;
	}
	return t;
}

/* Opportunistic SRTP (RFC 8643): keys beside a transport in the clear. */
static bool takes_osrtp(const struct negotiation *n)
{
	switch (negotiate_interface(n, n->from)->encryption) {
	case CONFIG_REQUIRED:
		return true;
	case CONFIG_SUPPORTED:
		return ng_options_has(n->request->osrtp, NG_OSRTP_ACCEPT) ||
		       ng_options_has(n->request->osrtp, NG_OSRTP_ACCEPT_LEGACY);
	case CONFIG_FORBIDDEN:
		return false;
	}
	return false;
}

static bool gives_osrtp(const struct negotiation *n, unsigned side)
{
	return (ng_options_has(n->request->osrtp, NG_OSRTP_OFFER) ||
		       ng_options_has(n->request->osrtp, NG_OSRTP_OFFER_LEGACY)) &&
	       !ng_options_has(n->request->sdes, NG_SDES_OFF) &&
	       negotiate_interface(n, side)->encryption == CONFIG_SUPPORTED;
}

/* What whoever offers brings: terms, and keys if there are to be any. */
static enum ng_error offer_from(
	const struct negotiation *n, const struct sdp_media *m, struct call_leg *leg)
{
	bool srtp = sdp_attribute_is_srtp(m->transport);
	enum config_encryption policy = negotiate_interface(n, n->from)->encryption;
	struct call_keys *theirs = NULL;

	negotiate_terms_read(n, m, &leg->next);
	if (sdp_attribute_is_dtls(m->transport))
		return NG_ERROR_UNSUPPORTED;
	if (srtp && policy == CONFIG_FORBIDDEN)
		return NG_ERROR_NO_ENCRYPTION;
	if ((srtp || takes_osrtp(n)) && !negotiate_keys_theirs(n, m, &theirs))
		return NG_ERROR_MEMORY;
	leg->theirs = theirs;
	if (srtp && theirs == NULL)
		return NG_ERROR_CRYPTO;
	return theirs == NULL && policy == CONFIG_REQUIRED ? NG_ERROR_ENCRYPTION : NG_OK;
}

static bool offers_mux(const struct ng_request *r, const struct call_leg *from)
{
	if (ng_options_has(r->mux, NG_MUX_DEMUX))
		return false;
	return from->next.mux || ng_options_has(r->mux, NG_MUX_OFFER) ||
	       ng_options_has(r->mux, NG_MUX_REQUIRE);
}

/* What is proposed to the other side. Where RTCP goes stays as it is once agreed: another port
 * would be another SRTCP stream under the same key. */
static enum ng_error offer_to(const struct negotiation *n, const struct sdp_media *m,
	struct call_media *media, unsigned side)
{
	struct call_leg *leg = &media->legs[side];
	enum sdp_transport transport = transport_to(n, side, m->transport);

	leg->next = (struct call_terms){
		.transport = (uint8_t)transport,
		.direction = SDP_DIRECTION_SENDRECV,
		.active = true,
		.mux = leg->now.active ? leg->now.mux
				       : offers_mux(n->request, &media->legs[n->from]),
		.in.suite = RELAY_PLAIN,
		.out.suite = RELAY_PLAIN,
	};
	if (sdp_attribute_is_dtls(transport))
		return NG_ERROR_UNSUPPORTED;
	if (sdp_attribute_is_srtp(transport) || gives_osrtp(n, side))
		return negotiate_keys_ours(n, leg, side, m);
	leg->ours = NULL;
	return NG_OK;
}

static bool is_removed(const struct ng_request *r, const struct sdp_media *m)
{
	for (const struct ng_value *v = r->media_remove.first; v != NULL; v = v->next)
		if (v->kind == NG_TEXT && slice_same_letters(v->text, m->type))
			return true;
	return false;
}

static enum ng_error offer_media(const struct negotiation *n, uint32_t i)
{
	const struct sdp_media *m = &n->sdp->medias[i];
	struct call_media *media = &n->bridge->medias[i];
	enum ng_error error;

	media->kind = (uint8_t)m->kind;
	media->legs[0].next.active = false;
	media->legs[1].next.active = false;
	if (m->port == 0 || !sdp_attribute_is_rtp(m->transport) || is_removed(n->request, m))
		return NG_OK;
	error = offer_from(n, m, &media->legs[n->from]);
	if (error == NG_OK)
		error = offer_to(n, m, media, 1 - n->from);
	if (ng_options_has(n->request->mux, NG_MUX_REJECT))
		media->legs[n->from].next.mux = false;
	return error;
}

/* Where the media are said to come from, or else the signalling did. */
static uint8_t family_of(const struct negotiation *n)
{
	const struct sdp *sdp = n->sdp;

	if (negotiate_is_signalled(n))
		return n->request->received_from.family;
	for (size_t i = 0; i < sdp->n_medias; i++)
		if (sdp->medias[i].port != 0 &&
			sdp_media_connection(sdp, &sdp->medias[i])->family != 0)
			return sdp_media_connection(sdp, &sdp->medias[i])->family;
	return 0;
}

static enum ng_error choose_sides(const struct negotiation *n)
{
	const struct ng_request *r = n->request;
	struct slice from = r->from_interface.len > 0 ? r->from_interface : r->interface;
	uint8_t family = family_of(n);
	uint8_t wanted = (uint8_t)r->address_family;
	enum ng_error error = negotiate_side_choose(n, n->from, from, family);

	if (error != NG_OK)
		return error;
	error = negotiate_side_choose(
		n, 1 - n->from, r->to_interface, wanted != 0 ? wanted : family);
	/* nobody asked for the same family on the other side */
	if (error == NG_ERROR_FAMILY && wanted == 0)
		error = negotiate_side_choose(n, 1 - n->from, r->to_interface, 0);
	return error;
}

static unsigned count_active(const struct call_bridge *b)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < b->n_medias; i++)
		n += b->medias[i].legs[0].next.active;
	return n;
}

/* Whether what was offered is all refused by us, so that there is nothing to ask the other for. */
static bool is_all_refused(const struct negotiation *n)
{
	unsigned wanted = 0;

	for (size_t i = 0; i < n->sdp->n_medias; i++) {
		const struct sdp_media *m = &n->sdp->medias[i];

		if (m->port != 0 && negotiate_is_foreign(m))
			return false;
		wanted += m->port != 0;
	}
	return wanted > 0 && count_active(n->bridge) == 0;
}

static enum ng_error offer(const struct negotiation *n)
{
	enum ng_error error = choose_sides(n);

	for (uint32_t i = 0; i < n->bridge->n_medias && error == NG_OK; i++) {
		if (i < n->sdp->n_medias) {
			error = offer_media(n, i);
		} else {
			n->bridge->medias[i].legs[0].next.active = false;
			n->bridge->medias[i].legs[1].next.active = false;
		}
	}
	if (error == NG_OK && is_all_refused(n))
		error = NG_ERROR_UNSUPPORTED;
	if (error == NG_OK && count_active(n->bridge) > n->config->media_limit)
		error = NG_ERROR_NO_PORTS;
	return error;
}

/* All of it or nothing. */
static enum ng_error attempt(
	const struct negotiation *n, enum ng_error (*what)(const struct negotiation *n))
{
	struct negotiate_saved saved;
	enum ng_error error;

	if (!negotiate_saved_take(n, &saved))
		return NG_ERROR_MEMORY;
	error = what(n);
	negotiate_saved_settle(n, &saved, error == NG_OK);
	return error;
}

enum ng_error negotiate_offer(const struct negotiation *n)
{
	if (n->sdp->n_medias > CALL_MEDIAS_MAX)
		return NG_ERROR_SDP;
	if (!call_bridge_resize(n->bridge, (uint32_t)n->sdp->n_medias))
		return NG_ERROR_MEMORY;
	return attempt(n, offer);
}

/* The offerer's leg: muxed if it asked for that, and the other side takes part or need not. */
static bool accepts_mux(
	const struct negotiation *n, const struct call_leg *offerer, bool offered, bool accepted)
{
	uint64_t mux = n->request->mux;

	if (!offerer->next.mux || ng_options_has(mux, NG_MUX_REJECT))
		return false;
	if (offerer->now.active && !offerer->now.mux)
		return false;
	return !offered || accepted || ng_options_has(mux, NG_MUX_ACCEPT);
}

static enum ng_error answer_keys(
	const struct negotiation *n, const struct sdp_media *m, struct call_leg *leg)
{
	bool srtp = sdp_attribute_is_srtp(m->transport);

	if (sdp_attribute_is_dtls(m->transport))
		return NG_ERROR_UNSUPPORTED;
	if (leg->ours != NULL && (srtp || m->n_crypto > 0))
		return negotiate_interface(n, n->from)->encryption == CONFIG_FORBIDDEN
			       ? NG_ERROR_NO_ENCRYPTION
			       : negotiate_keys_chosen(m, leg);
	if (srtp)
		return NG_ERROR_CRYPTO;
	return negotiate_interface(n, n->from)->encryption == CONFIG_REQUIRED ||
			       (leg->ours != NULL && sdp_attribute_is_srtp(leg->next.transport))
		       ? NG_ERROR_ENCRYPTION
		       : NG_OK;
}

/* Of the first codec that has one: PCMU/8000, opus/48000/2. */
static uint16_t clock_of(const struct sdp_media *m)
{
	for (size_t i = 0; i < m->n_formats; i++) {
		struct slice codec = sdp_media_codec(&m->formats[i]);
		uint64_t hz;

		(void)slice_cut(&codec, '/');
		if (slice_number(slice_cut(&codec, '/'), UINT64_C(1000) * UINT16_MAX, &hz))
			return (uint16_t)(hz / 1000);
	}
	return 0;
}

/* The policy may be another than when the offer came. */
static enum ng_error offerer_keys(struct call_leg *leg, enum config_encryption policy)
{
	leg->next.in.suite = RELAY_PLAIN;
	leg->next.out.suite = RELAY_PLAIN;
	if (leg->theirs == NULL)
		return policy == CONFIG_REQUIRED ? NG_ERROR_ENCRYPTION : NG_OK;
	if (policy == CONFIG_FORBIDDEN)
		return NG_ERROR_NO_ENCRYPTION;
	return negotiate_keys_choose(leg, leg->now.active && leg->now.mux != leg->next.mux);
}

static enum ng_error answer_media(const struct negotiation *n, uint32_t i)
{
	const struct sdp_media *m = &n->sdp->medias[i];
	struct call_leg *answerer = &n->bridge->medias[i].legs[n->from];
	struct call_leg *offerer = &n->bridge->medias[i].legs[1 - n->from];
	bool offered_mux = answerer->next.mux;
	uint8_t transport = answerer->next.transport;
	enum ng_error error;

	if (m->port == 0 || !offerer->next.active) {
		offerer->next.active = false;
		answerer->next.active = false;
		return NG_OK;
	}
	n->bridge->medias[i].clock_khz = clock_of(m);
	negotiate_terms_read(n, m, &answerer->next);
	answerer->next.transport = transport;
	error = answer_keys(n, m, answerer);
	if (error != NG_OK)
		return error;
	answerer->next.mux =
		negotiate_keys_go_on(answerer) ? answerer->now.mux : offered_mux && m->rtcp_mux;
	offerer->next.mux = accepts_mux(n, offerer, offered_mux, answerer->next.mux);
	return offerer_keys(offerer, negotiate_interface(n, 1 - n->from)->encryption);
}

static enum ng_error answer(const struct negotiation *n)
{
	struct call_bridge *b = n->bridge;
	enum ng_error error =
		negotiate_side_choose(n, n->from, (struct slice){NULL, 0}, family_of(n));

	for (uint32_t i = 0; i < b->n_medias && error == NG_OK; i++) {
		if (i < n->sdp->n_medias) {
			error = answer_media(n, i);
		} else {
			b->medias[i].legs[0].next.active = false;
			b->medias[i].legs[1].next.active = false;
		}
	}
	return error;
}

enum ng_error negotiate_answer(const struct negotiation *n)
{
	if (n->sdp->n_medias > n->bridge->n_medias)
		return NG_ERROR_SDP_INCOMPLETE;
	return attempt(n, answer);
}

enum sdp_rtcp_how negotiate_rtcp_offered(
	const struct ng_request *request, const struct call_leg *leg)
{
	if (!leg->next.mux)
		return SDP_RTCP_SEPARATE;
	if (leg->now.active || ng_options_has(request->mux, NG_MUX_REQUIRE))
		return SDP_RTCP_MUXED;
	return SDP_RTCP_MUX_OFFER;
}
