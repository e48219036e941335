/* SPDX-License-Identifier: BSD-3-Clause */
/* The version in o= depends on whether anything else has changed, so it is put in place last. */
#include "sdp_write.h"

#include "sdp_write_impl.h"

#include <errno.h>
#include <openssl/evp.h>

struct origin {
	struct slice username;
	struct slice session_id;
	uint64_t version;
	uint8_t family;
	struct slice address;
	size_t version_at; /* in the buffer */
	size_t version_end;
};

void sdp_write_line(struct buffer *out, char letter, struct slice value)
{
	if (value.len == 0)
		return;
	buffer_char(out, letter);
	buffer_char(out, '=');
	buffer_slice(out, value);
	buffer_text(out, "\r\n");
}

static void write_one_bandwidth(struct buffer *out, const char *kind, int64_t value)
{
	if (value < 0)
		return;
	buffer_text(out, "b=");
	buffer_text(out, kind);
	buffer_char(out, ':');
	buffer_number(out, (uint64_t)value);
	buffer_text(out, "\r\n");
}

void sdp_write_bandwidth(struct buffer *out, const struct sdp_bandwidth *b)
{
	write_one_bandwidth(out, "AS", b->as);
	write_one_bandwidth(out, "RR", b->rr);
	write_one_bandwidth(out, "RS", b->rs);
	write_one_bandwidth(out, "CT", b->ct);
	write_one_bandwidth(out, "TIAS", b->tias);
}

/* What the other side said, unless it is to be hidden; then what was said before. */
static struct slice choose(struct slice theirs, bool hidden, const char *before, bool set)
{
	if (theirs.len > 0 && !(hidden && set))
		return theirs;
	return set ? slice_of(before) : slice_of("-");
}

static uint64_t choose_version(const struct sdp *in, const struct sdp_rewrite *r)
{
	const struct sdp_write_state *s = r->state;

	if (s->set && r->force_version)
		return s->version + 1;
	if (s->set && (r->replace_sdp_version || r->replace_origin_full || !in->has_origin))
		return s->version;
	return in->has_origin ? in->origin.version : 1;
}

static struct origin choose_origin(const struct sdp *in, const struct sdp_rewrite *r)
{
	bool own = r->replace_origin || r->replace_origin_full || !in->has_origin;
	struct origin o = {
		.username =
			choose(in->origin.username, r->replace_username || r->replace_origin_full,
				r->state->username, r->state->set),
		.session_id = choose(in->origin.session_id, r->replace_origin_full,
			r->state->session_id, r->state->set),
		.version = choose_version(in, r),
		.family = own ? r->origin_family : in->origin.family,
		.address = own ? r->origin_address : in->origin.address,
	};

	/* a session id is a number */
	if (o.session_id.len == 1 && o.session_id.ptr[0] == '-')
		o.session_id = slice_of("1");
	return o;
}

static void write_origin(struct buffer *out, struct origin *o)
{
	buffer_text(out, "o=");
	buffer_slice(out, o->username);
	buffer_char(out, ' ');
	buffer_slice(out, o->session_id);
	buffer_char(out, ' ');
	o->version_at = out->len;
	buffer_number(out, o->version);
	o->version_end = out->len;
	buffer_text(out, o->family == 6 ? " IN IP6 " : " IN IP4 ");
	buffer_slice(out, o->address);
	buffer_text(out, "\r\n");
}

static void write_session(struct sdp_writer *w)
{
	const struct sdp *in = w->in;
	const struct sdp_rewrite *r = w->rewrite;
	const struct sdp_section *s = &in->session;

	buffer_text(w->out, "s=");
	buffer_slice(w->out, r->session_name.ptr != NULL ? r->session_name : in->session_name);
	buffer_text(w->out, "\r\n");
	sdp_write_line(w->out, 'i', s->information);
	sdp_write_line(w->out, 'u', in->uri);
	sdp_write_line(w->out, 'e', in->email);
	sdp_write_line(w->out, 'p', in->phone);
	sdp_write_bandwidth(w->out, &s->bandwidth);
	sdp_write_line(w->out, 't', in->timing.len > 0 ? in->timing : slice_of("0 0"));
	w->edits = r->edits;
	if (r->loop_protect.len > 0)
		sdp_write_attribute_text(w, "rtpengine", r->loop_protect);
	if (r->ice_lite)
		sdp_write_attribute_flag(w, "ice-lite");
	for (size_t i = 0; i < r->n_groups; i++)
		sdp_write_attribute_text(w, "group", r->groups[i]);
	for (size_t i = 0; i < s->n_attributes; i++)
		if (s->attributes[i].id == SDP_OTHER && s->attributes[i].line.len > 0)
			sdp_write_attribute_line(w, s->attributes[i].line);
	sdp_write_attribute_added(w);
}

/* Of all that was written but the version. */
static bool digest(const struct buffer *out, size_t start, const struct origin *o,
	uint8_t result[SDP_WRITE_DIGEST])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good =
		ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(ctx, out->data + start, o->version_at - start) == 1 &&
		EVP_DigestUpdate(ctx, out->data + o->version_end, out->len - o->version_end) == 1 &&
		EVP_DigestFinal_ex(ctx, result, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

/* Writes another version in the place of the one that is there. */
static void replace_version(struct buffer *out, struct origin *o, uint64_t version)
{
	struct buffer tail = {.limit = out->limit};

	buffer_put(&tail, out->data + o->version_end, out->len - o->version_end);
	out->len = o->version_at;
	buffer_number(out, version);
	o->version_end = out->len;
	o->version = version;
	buffer_slice(out, buffer_all(&tail));
	out->failed |= tail.failed;
	buffer_fini(&tail);
}

static void keep(char to[SDP_ORIGIN_TOKEN_MAX + 1], struct slice text)
{
	char copy[SDP_ORIGIN_TOKEN_MAX + 1] = {0};

	/* the text may be what is kept already */
	memcpy(copy, text.ptr, text.len < SDP_ORIGIN_TOKEN_MAX ? text.len : SDP_ORIGIN_TOKEN_MAX);
	memcpy(to, copy, sizeof(copy));
}

static int finish(const struct sdp_rewrite *r, struct buffer *out, size_t start, struct origin *o)
{
	bool own = r->replace_sdp_version || r->replace_origin_full;
	struct sdp_write_state *state = r->state;
	uint8_t now[SDP_WRITE_DIGEST];

	if (out->failed || !digest(out, start, o, now))
		return -ENOMEM;
	if (own && !r->force_version && state->set && memcmp(now, state->digest, sizeof(now)) != 0)
		replace_version(out, o, o->version + 1);
	if (out->failed)
		return -ENOMEM;
	keep(state->username, o->username);
	keep(state->session_id, o->session_id);
	state->version = o->version;
	memcpy(state->digest, now, sizeof(now));
	state->set = true;
	return 0;
}

int sdp_write(const struct sdp *in, const struct sdp_rewrite *rewrite, struct buffer *out)
{
	struct sdp_writer w = {.in = in, .rewrite = rewrite, .out = out};
	size_t start = out->len;
	struct origin origin;
	int status = sdp_write_check(in, rewrite);

	if (status != 0)
		return status;
	origin = choose_origin(in, rewrite);
	buffer_text(out, "v=0\r\n");
	write_origin(out, &origin);
	write_session(&w);
	for (size_t i = 0; i < in->n_medias; i++)
		sdp_write_media(&w, i);
	return finish(rewrite, out, start, &origin);
}
