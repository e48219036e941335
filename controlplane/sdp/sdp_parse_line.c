/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_parse_impl.h"

#include <arpa/inet.h>

enum { PORTS_MAX = 10 };

/* IN IP4, IN IP6 */
static uint8_t read_family(struct slice *rest)
{
	struct slice net = slice_token(rest, ' ');
	struct slice type = slice_token(rest, ' ');

	if (!slice_means(net, "IN"))
		return 0;
	return slice_means(type, "IP4") ? 4 : slice_means(type, "IP6") ? 6 : 0;
}

bool sdp_parse_line_address(struct slice value, struct sdp_address *address)
{
	static const unsigned char zero[16];
	unsigned char ip[16];
	char name[INET6_ADDRSTRLEN];
	uint8_t family = read_family(&value);
	struct slice text = slice_token(&value, ' ');

	/* what follows a slash is of multicast */
	text = slice_cut(&text, '/');
	if (family == 0 || text.len == 0 || text.len >= sizeof(name))
		return false;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	if (inet_pton(family == 4 ? AF_INET : AF_INET6, name, ip) != 1)
		return false;
	*address = (struct sdp_address){
		.family = family,
		.zero = memcmp(ip, zero, family == 4 ? 4 : 16) == 0,
		.text = text,
	};
	return true;
}

const char *sdp_parse_line_origin(struct sdp_parser *p, struct slice value)
{
	struct sdp_origin *o = &p->sdp->origin;
	struct slice version;

	if (p->sdp->has_origin)
		return "second o= line";
	o->username = slice_token(&value, ' ');
	o->session_id = slice_token(&value, ' ');
	version = slice_token(&value, ' ');
	o->family = read_family(&value);
	o->address = slice_token(&value, ' ');
	if (o->family == 0 || o->address.len == 0)
		return "o= without an address";
	if (o->username.len > SDP_ORIGIN_TOKEN_MAX || o->session_id.len > SDP_ORIGIN_TOKEN_MAX)
		return "o= too long";
	/* some count in more digits than 64 bits have */
	if (!slice_number(version, UINT64_MAX, &o->version) &&
		!slice_number(slice_first(version, 18), UINT64_MAX, &o->version))
		return "o= without a version";
	p->sdp->has_origin = true;
	return NULL;
}

const char *sdp_parse_line_connection(struct sdp_parser *p, struct slice value)
{
	if (p->section->connection.family != 0)
		return "second c= line";
	if (!sdp_parse_line_address(value, &p->section->connection))
		return "c= without an IP address";
	return NULL;
}

static void add_format(struct sdp_parser *p, struct slice text)
{
	struct sdp_format *f = p->next_format++;
	uint64_t pt;

	*f = (struct sdp_format){.text = text, .pt = -1};
	p->media->n_formats++;
	p->formats_left--;
	if (!slice_number(text, SDP_PAYLOAD_TYPES - 1, &pt))
		return;
	f->pt = (int)pt;
	/* of a number given twice the first has the attributes */
	if (p->by_pt[pt] == NULL)
		p->by_pt[pt] = f;
}

/* audio 49170/2 RTP/AVP 0 8 */
const char *sdp_parse_line_media(struct sdp_parser *p, struct slice value)
{
	struct sdp_media *m = &p->sdp->medias[p->sdp->n_medias];
	struct slice ports, formats;
	uint64_t port, count = 1;

	m->type = slice_token(&value, ' ');
	ports = slice_token(&value, ' ');
	m->proto = slice_token(&value, ' ');
	m->formats_text = slice_trim(value);
	if (m->proto.len == 0)
		return "m= without a protocol";
	if (!slice_number(slice_cut(&ports, '/'), 65535, &port))
		return "m= without a port";
	if (ports.len > 0 && (!slice_number(ports, PORTS_MAX, &count) || count == 0))
		return "m= with too many ports";
	m->kind = sdp_attribute_kind(m->type);
	m->transport = sdp_attribute_transport(m->proto);
	m->port = (uint16_t)port;
	m->port_count = (unsigned)count;
	m->section.attributes = p->next_attribute;
	m->section.bandwidth = (struct sdp_bandwidth){-1, -1, -1, -1, -1};
	m->crypto = p->next_crypto;
	m->formats = p->next_format;
	p->media = m;
	p->section = &m->section;
	p->sdp->n_medias++;
	memset(p->by_pt, 0, sizeof(p->by_pt));
	formats = m->formats_text;
	while (formats.len > 0) {
		struct slice format = slice_token(&formats, ' ');

		if (m->n_formats == SDP_MEDIA_FORMATS_MAX || p->formats_left == 0)
			return "too many formats";
		if (format.len > 0)
			add_format(p, format);
	}
	return NULL;
}

void sdp_parse_line_bandwidth(struct sdp_parser *p, struct slice value)
{
	struct sdp_bandwidth *b = &p->section->bandwidth;
	struct slice kind = slice_cut(&value, ':');
	uint64_t n;

	if (!slice_number(slice_trim(value), INT64_MAX, &n))
		return;
	if (slice_means(kind, "AS"))
		b->as = (int64_t)n;
	else if (slice_means(kind, "RR"))
		b->rr = (int64_t)n;
	else if (slice_means(kind, "RS"))
		b->rs = (int64_t)n;
	else if (slice_means(kind, "CT"))
		b->ct = (int64_t)n;
	else if (slice_means(kind, "TIAS"))
		b->tias = (int64_t)n;
}
