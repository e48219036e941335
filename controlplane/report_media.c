/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_impl.h"

#include "config_text.h"

enum { FLAGS_MAX = 8 };

static const char *const kinds[] = {
	[SDP_KIND_OTHER] = "other",
	[SDP_KIND_AUDIO] = "audio",
	[SDP_KIND_VIDEO] = "video",
	[SDP_KIND_IMAGE] = "image",
	[SDP_KIND_MESSAGE] = "message",
	[SDP_KIND_APPLICATION] = "application",
	[SDP_KIND_TEXT] = "text",
};

/* rtpengine's words. */
struct flags {
	struct slice *words;
	size_t n;
};

static struct flags flags_make(struct report_build *b)
{
	return (struct flags){ng_arena_alloc(b->arena, FLAGS_MAX * sizeof(struct slice)), 0};
}

static void flag(struct flags *f, bool is, const char *word)
{
	if (is && f->words != NULL)
		f->words[f->n++] = slice_of(word);
}

static struct ng_report_endpoint endpoint_of(
	const struct report_build *b, const struct relay_sockaddr *addr, uint16_t port)
{
	struct relay_sockaddr host = *addr;
	char text[CONFIG_TEXT_ADDRESS];

	if (addr->family == RELAY_FAMILY_NONE)
		return (struct ng_report_endpoint){.family = 0};
	host.port = 0;
	config_text_address(&host, text);
	return (struct ng_report_endpoint){
		.family = addr->family,
		.address = ng_arena_copy(b->arena, slice_of(text)),
		.port = port,
	};
}

/* The configuration may be another one than when the call began. */
static struct ng_report_endpoint local_of(
	const struct report_build *b, const struct call_side *side, uint16_t port)
{
	const struct config *c = b->from->config;

	if (!side->has_address || side->interface >= c->n_interfaces ||
		side->address >= c->interfaces[side->interface].n_addresses)
		return (struct ng_report_endpoint){.port = port};
	return endpoint_of(b, &c->interfaces[side->interface].addresses[side->address].local, port);
}

static struct ng_report_endpoint remote_of(const struct report_build *b,
	const struct call_flow *flow, const struct relay_sockaddr *signalled,
	const struct relay_endpoint_view *view)
{
	const struct relay_sockaddr *a = signalled;

	if (flow->learned.family != RELAY_FAMILY_NONE)
		a = &flow->learned;
	if (view->identity.remote.family != RELAY_FAMILY_NONE &&
		relay_address_valid(&view->identity.remote))
		a = &view->identity.remote;
	return endpoint_of(b, a, a->port);
}

/* In seconds of the epoch, from milliseconds modulo 2^32; 0: never. */
static uint64_t last_packet(
	const struct report_source *from, const struct relay_endpoint_view *view)
{
	uint64_t last_ms = 0, now_ms = from->now_us / 1000;

	for (uint32_t i = 0; i < view->n_ingress; i++) {
		int32_t ago = (int32_t)((uint32_t)from->now_ms - view->ingress[i].seen_ms);
		uint64_t ago_ms = ago > 0 ? (uint64_t)ago : 0;

		if (ago_ms < now_ms && now_ms - ago_ms > last_ms)
			last_ms = now_ms - ago_ms;
	}
	return last_ms / 1000;
}

/* How many there are; 'rtp': of those that have sent any. */
static size_t ssrcs_in(const struct relay_endpoint_view *view, bool rtp, uint32_t *out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < view->n_ingress; i++)
		if (!rtp || view->ingress[i].state.rtp_valid != 0)
			out[n++] = view->ingress[i].ssrc;
	return n;
}

static size_t ssrcs_out(const struct relay_endpoint_view *view, uint32_t *out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < view->n_egress; i++)
		if (view->egress[i].rtp_valid != 0)
			out[n++] = view->egress[i].ssrc;
	return n;
}

static bool is_known(const struct report_build *b, uint32_t ssrc)
{
	for (size_t i = 0; i < b->n_ssrcs; i++)
		if (b->ssrcs[i].ssrc == ssrc)
			return true;
	return false;
}

/* Bytes are counted for the port: they are an SSRC's if it is the only one. */
static void add_ssrcs(struct report_build *b, const struct relay_endpoint_view *view)
{
	uint32_t list[RELAY_SSRCS];
	bool alone = ssrcs_in(view, true, list) == 1;

	for (uint32_t i = 0; i < view->n_ingress; i++) {
		const struct relay_stream_view *s = &view->ingress[i];

		if (s->state.rtp_valid == 0 || is_known(b, s->ssrc))
			continue;
		b->ssrcs[b->n_ssrcs++] = (struct ng_report_ssrc){
			.ssrc = s->ssrc,
			.packets = s->received,
			.bytes = alone ? view->rx_bytes : 0,
			.last_seq = s->state.seq,
			.lost = s->lost > 0 ? (uint64_t)s->lost : 0,
		};
	}
}

static void add_totals(
	struct report_build *b, unsigned route, const struct relay_endpoint_view *view)
{
	struct ng_report_counts *main = route == RELAY_ROUTE_RTCP ? &b->rtcp : &b->rtp;
	uint64_t other = 0;

	if (route == RELAY_ROUTE_RTP)
		other = view->rtcp_packets < view->rx_packets ? view->rtcp_packets
							      : view->rx_packets;
	main->packets += view->rx_packets - other;
	main->bytes += view->rx_bytes;
	main->errors += view->dropped;
	b->rtcp.packets += other;
}

/* Zeros where there is nothing to read. */
static void read_flow(const struct report_build *b, const struct call_flow *flow,
	struct relay_endpoint_view *view)
{
	const struct report_source *from = b->from;

	if (flow->slot.generation == 0 || !flow->installed ||
		!from->read(from->arg, flow->slot.endpoint, flow->slot.generation, view))
		memset(view, 0, sizeof(*view));
	if (view->n_ingress > RELAY_SSRCS)
		view->n_ingress = RELAY_SSRCS;
	if (view->n_egress > RELAY_SSRCS)
		view->n_egress = RELAY_SSRCS;
}

static const char *suite_of(const struct call_terms *t)
{
	const struct suite *suite = suite_get((enum suite_id)t->out.suite);

	if (suite == NULL)
		suite = suite_get((enum suite_id)t->in.suite);
	return suite == NULL ? "" : suite->name;
}

static void put_stream_flags(struct report_build *b, const struct call_terms *t, unsigned route,
	const struct relay_endpoint_view *view, struct ng_report_stream *out)
{
	struct flags f = flags_make(b);
	uint8_t source = view->identity.source != 0 ? view->identity.source : t->source;

	flag(&f, route == RELAY_ROUTE_RTP, "RTP");
	flag(&f, route == RELAY_ROUTE_RTCP || t->mux, "RTCP");
	flag(&f, t->remote[route].family != RELAY_FAMILY_NONE, "filled");
	flag(&f, view->identity.locked != 0, "confirmed");
	flag(&f, view->identity.state == RELAY_STATE_LIVE, "kernelized");
	flag(&f, source == RELAY_SOURCE_STRICT, "strict source address");
	flag(&f, source == RELAY_SOURCE_HANDOVER, "media handover");
	out->flags = f.words;
	out->n_flags = f.n;
}

/* What one stream is, for the reply. */
struct stream {
	const struct call_side *side;
	const struct call_leg *leg;
	const struct call_terms *terms;
	unsigned route;
};

static void put_stream(struct report_build *b, const struct stream *s,
	const struct relay_endpoint_view *view, struct ng_report_stream *out)
{
	uint32_t *ssrcs = ng_arena_alloc(b->arena, RELAY_SSRCS * sizeof(*ssrcs));
	const struct relay_sockaddr *signalled = &s->terms->remote[s->route];

	*out = (struct ng_report_stream){
		.local = local_of(b, s->side, (uint16_t)(s->leg->port + s->route)),
		.remote = remote_of(b, &s->leg->flows[s->route], signalled, view),
		.advertised = endpoint_of(b, signalled, signalled->port),
		.crypto_suite = slice_of(suite_of(s->terms)),
		.last_packet = last_packet(b->from, view),
		.in = {view->rx_packets, view->rx_bytes, view->dropped},
		.out = {view->tx_packets, view->tx_bytes, 0},
	};
	if (ssrcs != NULL) {
		out->n_ssrcs = ssrcs_in(view, s->route == RELAY_ROUTE_RTP, ssrcs);
		out->ssrcs = ssrcs;
	}
	put_stream_flags(b, s->terms, s->route, view, out);
}

/* What holds: what was agreed, or before that what was offered. */
static const struct call_terms *terms_of(const struct call_bridge *bridge, const struct call_leg *l)
{
	return bridge->answered ? &l->now : &l->next;
}

static bool is_srtp(const struct call_terms *t)
{
	return sdp_attribute_is_srtp((enum sdp_transport)t->transport) ||
	       t->in.suite != RELAY_PLAIN || t->out.suite != RELAY_PLAIN;
}

/* Seen from here: we "recv" from who may send. */
static void put_media_flags(struct report_build *b, const struct call_side *side,
	const struct call_terms *t, struct ng_report_media *out)
{
	struct flags f = flags_make(b);
	uint8_t d = t->direction;
	bool both = d == SDP_DIRECTION_SENDRECV;

	if (t->active) {
		flag(&f, true, "initialized");
		flag(&f, t->source == RELAY_SOURCE_ANY, "asymmetric");
		flag(&f, both || d == SDP_DIRECTION_RECVONLY, "send");
		flag(&f, both || d == SDP_DIRECTION_SENDONLY, "recv");
		flag(&f, t->mux, "rtcp-mux");
		flag(&f, is_srtp(t), "SDES");
	}
	flag(&f, side->blocked, "blackhole");
	out->flags = f.words;
	out->n_flags = f.n;
}

static void put_media_ssrcs(
	struct report_build *b, const struct relay_endpoint_view *view, struct ng_report_media *out)
{
	uint32_t *in = ng_arena_alloc(b->arena, RELAY_SSRCS * sizeof(*in));
	uint32_t *sent = ng_arena_alloc(b->arena, RELAY_SSRCS * sizeof(*sent));

	if (in == NULL || sent == NULL)
		return;
	out->n_ingress = ssrcs_in(view, true, in);
	out->ingress_ssrcs = in;
	out->n_egress = ssrcs_out(view, sent);
	out->egress_ssrcs = sent;
}

/* 'views' are those of its flows, zeros for one that is none. */
static void put_streams(struct report_build *b, struct stream *s,
	const struct relay_endpoint_view *views, struct ng_report_media *out)
{
	unsigned n = s->terms->mux ? 1 : RELAY_ROUTES;
	struct ng_report_stream *list = ng_arena_alloc(b->arena, n * sizeof(*list));

	if (s->leg->port == 0 || list == NULL)
		return;
	for (s->route = 0; s->route < n; s->route++)
		put_stream(b, s, &views[s->route], &list[s->route]);
	out->streams = list;
	out->n_streams = n;
	add_ssrcs(b, &views[RELAY_ROUTE_RTP]);
	put_media_ssrcs(b, &views[RELAY_ROUTE_RTP], out);
}

bool report_media_make(struct report_build *b, const struct call_bridge *bridge, unsigned side,
	uint32_t media, struct ng_report_media *out)
{
	const struct call_media *m = &bridge->medias[media];
	const struct call_leg *leg = &m->legs[side];
	struct stream s = {&bridge->sides[side], leg, terms_of(bridge, leg), 0};
	struct relay_endpoint_view views[RELAY_ROUTES];

	for (unsigned i = 0; i < RELAY_ROUTES; i++) {
		read_flow(b, &leg->flows[i], &views[i]);
		add_totals(b, i, &views[i]);
	}
	b->n_medias++;
	if (b->n_told == REPORT_MEDIAS_MAX)
		return false;
	b->n_told++;
	*out = (struct ng_report_media){.index = media + 1, .type = slice_of(kinds[m->kind])};
	if (s.terms->transport != SDP_TRANSPORT_OTHER)
		out->protocol = slice_of(
			sdp_attribute_transport_name((enum sdp_transport)s.terms->transport));
	put_media_flags(b, s.side, s.terms, out);
	put_streams(b, &s, views, out);
	return true;
}
