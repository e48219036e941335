/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_media.h"
#include "sdp_write_impl.h"

struct pair {
	const struct sdp_media *in;
	const struct sdp_rewrite_media *to;
	enum sdp_transport transport;
	size_t index;
};

static const char *const directions[] = {
	[SDP_DIRECTION_NONE] = NULL,
	[SDP_DIRECTION_SENDRECV] = "sendrecv",
	[SDP_DIRECTION_SENDONLY] = "sendonly",
	[SDP_DIRECTION_RECVONLY] = "recvonly",
	[SDP_DIRECTION_INACTIVE] = "inactive",
};

static size_t count_formats(const struct pair *p)
{
	return p->to->formats != NULL ? p->to->n_formats : p->in->n_formats;
}

static const struct sdp_format *format_at(const struct pair *p, size_t i)
{
	return &p->in->formats[p->to->formats != NULL ? p->to->formats[i] : i];
}

static void write_formats(struct buffer *out, const struct pair *p)
{
	size_t n = count_formats(p);

	if (!sdp_attribute_is_rtp(p->transport) || p->to->how != SDP_RELAYED || n == 0) {
		buffer_slice(out, p->in->formats_text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buffer_char(out, ' ');
		buffer_slice(out, format_at(p, i)->text);
	}
}

static void write_m_line(struct buffer *out, const struct pair *p)
{
	buffer_text(out, "m=");
	buffer_slice(out, p->in->type);
	buffer_char(out, ' ');
	buffer_number(out, p->to->how == SDP_REJECTED ? 0 : p->to->port);
	buffer_char(out, ' ');
	buffer_slice(out, p->to->proto.ptr != NULL ? p->to->proto : p->in->proto);
	buffer_char(out, ' ');
	write_formats(out, p);
	buffer_text(out, "\r\n");
}

static void write_connection(struct buffer *out, const struct pair *p)
{
	bool zero = p->to->how == SDP_REJECTED || p->to->zero_address;
	bool ip6 = p->to->family == 6;

	buffer_text(out, ip6 ? "c=IN IP6 " : "c=IN IP4 ");
	if (zero)
		buffer_text(out, ip6 ? "::" : "0.0.0.0");
	else
		buffer_slice(out, p->to->address);
	buffer_text(out, "\r\n");
}

static void write_names(struct sdp_writer *w, const struct pair *p)
{
	struct slice mid = p->to->mid.ptr != NULL ? p->to->mid : p->in->mid;
	struct slice label = p->to->label.ptr != NULL ? p->to->label : p->in->label;

	if (mid.len > 0)
		sdp_write_attribute_text(w, "mid", mid);
	else if (w->rewrite->generate_mid)
		sdp_write_attribute_number(w, "mid", p->index + 1);
	if (label.len > 0)
		sdp_write_attribute_text(w, "label", label);
	if (p->to->bundle_only)
		sdp_write_attribute_flag(w, "bundle-only");
}

static void write_of_format(
	struct sdp_writer *w, const struct sdp_format *f, enum sdp_attribute_id id)
{
	for (const struct sdp_attribute *a = f->first; a != NULL; a = a->next_of_format)
		if (a->id == id)
			sdp_write_attribute_line(w, a->line);
}

static void write_codecs(struct sdp_writer *w, const struct pair *p)
{
	for (size_t i = 0; i < count_formats(p); i++) {
		const struct sdp_format *f = format_at(p, i);
		struct slice codec = sdp_media_codec(f);

		if (codec.len == 0)
			continue;
		sdp_write_attribute_begin(w, "rtpmap:");
		buffer_slice(w->out, f->text);
		buffer_char(w->out, ' ');
		buffer_slice(w->out, codec);
		sdp_write_attribute_end(w);
		write_of_format(w, f, SDP_FMTP);
		write_of_format(w, f, SDP_RTCP_FB);
	}
}

static void write_all_of(
	struct sdp_writer *w, const struct sdp_section *s, enum sdp_attribute_id id)
{
	for (size_t i = 0; i < s->n_attributes; i++)
		if (s->attributes[i].id == id && s->attributes[i].line.len > 0)
			sdp_write_attribute_line(w, s->attributes[i].line);
}

static void write_extmap(struct sdp_writer *w, const struct pair *p)
{
	const struct sdp_section *session = &w->in->session;
	const struct sdp_section *from = p->in->section.has_extmap ? &p->in->section : session;

	if (w->rewrite->strip_extmap || !from->has_extmap)
		return;
	if (p->in->section.extmap_allow_mixed || session->extmap_allow_mixed)
		sdp_write_attribute_flag(w, "extmap-allow-mixed");
	write_all_of(w, from, SDP_EXTMAP);
}

static void write_direction(struct sdp_writer *w, const struct pair *p)
{
	enum sdp_direction direction = p->to->direction;

	/* to the letter: also nothing, where nothing was said */
	if (w->rewrite->original_sendrecv) {
		direction = p->in->section.direction;
		if (direction == SDP_DIRECTION_NONE)
			direction = w->in->session.direction;
	}
	if (directions[direction] != NULL)
		sdp_write_attribute_flag(w, directions[direction]);
}

static void write_rtcp_port(struct sdp_writer *w, const struct pair *p, uint16_t port)
{
	if (w->rewrite->no_rtcp_attribute)
		return;
	sdp_write_attribute_begin(w, "rtcp:");
	buffer_number(w->out, port);
	if (w->rewrite->full_rtcp_attribute) {
		buffer_text(w->out, p->to->family == 6 ? " IN IP6 " : " IN IP4 ");
		buffer_slice(w->out, p->to->address);
	}
	sdp_write_attribute_end(w);
}

static void write_rtcp(struct sdp_writer *w, const struct pair *p)
{
	switch (p->to->rtcp) {
	case SDP_RTCP_NONE:
		break;
	case SDP_RTCP_SEPARATE:
		write_rtcp_port(w, p, p->to->rtcp_port);
		break;
	case SDP_RTCP_MUXED:
		write_rtcp_port(w, p, p->to->port);
		sdp_write_attribute_flag(w, "rtcp-mux");
		break;
	case SDP_RTCP_MUX_OFFER:
		write_rtcp_port(w, p, p->to->rtcp_port);
		sdp_write_attribute_flag(w, "rtcp-mux");
		break;
	}
}

static void write_crypto(struct sdp_writer *w, const struct pair *p)
{
	for (size_t i = 0; i < p->to->n_crypto; i++) {
		sdp_write_attribute_begin(w, "crypto:");
		sdp_crypto_write(&p->to->crypto[i], w->rewrite->pad_crypto, w->out);
		sdp_write_attribute_end(w);
	}
}

static void write_optional(struct sdp_writer *w, const char *name, struct slice value)
{
	if (value.len > 0)
		sdp_write_attribute_text(w, name, value);
}

static void write_ice(struct sdp_writer *w, const struct sdp_rewrite_media *to)
{
	write_optional(w, "ice-ufrag", to->ice_ufrag);
	write_optional(w, "ice-pwd", to->ice_pwd);
	write_optional(w, "ice-options", to->ice_options);
	for (size_t i = 0; i < to->n_candidates; i++)
		sdp_write_attribute_text(w, "candidate", to->candidates[i]);
	write_optional(w, "remote-candidates", to->remote_candidates);
	if (to->end_of_candidates)
		sdp_write_attribute_flag(w, "end-of-candidates");
}

static void write_relayed(struct sdp_writer *w, const struct pair *p)
{
	bool rtp = sdp_attribute_is_rtp(p->transport);

	if (rtp)
		write_codecs(w, p);
	write_extmap(w, p);
	write_all_of(w, &p->in->section, SDP_OTHER);
	write_direction(w, p);
	if (rtp) {
		write_rtcp(w, p);
		write_crypto(w, p);
		write_optional(w, "setup", p->to->setup);
		write_optional(w, "fingerprint", p->to->fingerprint);
		write_optional(w, "tls-id", p->to->tls_id);
		if (p->in->ptime > 0)
			sdp_write_attribute_number(w, "ptime", p->in->ptime);
		if (p->in->maxptime > 0)
			sdp_write_attribute_number(w, "maxptime", p->in->maxptime);
	}
	write_ice(w, p->to);
}

/* All but keys: those are never passed on. */
static void write_copied(struct sdp_writer *w, const struct sdp_section *s)
{
	for (size_t i = 0; i < s->n_attributes; i++)
		if (s->attributes[i].id != SDP_CRYPTO && s->attributes[i].line.len > 0)
			sdp_write_attribute_line(w, s->attributes[i].line);
}

void sdp_write_media(struct sdp_writer *w, size_t index)
{
	struct pair p = {
		.in = &w->in->medias[index], .to = &w->rewrite->medias[index], .index = index};
	struct slice proto = p.to->proto.ptr != NULL ? p.to->proto : p.in->proto;

	if (p.to->how == SDP_REMOVED)
		return;
	p.transport = sdp_attribute_transport(proto);
	w->edits = p.to->edits;
	write_m_line(w->out, &p);
	sdp_write_line(w->out, 'i', p.in->section.information);
	write_connection(w->out, &p);
	sdp_write_bandwidth(w->out, &p.in->section.bandwidth);
	if (p.to->how == SDP_COPIED) {
		write_copied(w, &p.in->section);
	} else {
		write_names(w, &p);
		if (p.to->how == SDP_RELAYED)
			write_relayed(w, &p);
	}
	sdp_write_attribute_added(w);
}
