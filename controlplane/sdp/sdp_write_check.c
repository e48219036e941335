/* SPDX-License-Identifier: BSD-3-Clause */
#include "sdp_text.h"
#include "sdp_write_impl.h"

#include <errno.h>

/* Not there, or a token. */
static bool is_token_or_none(struct slice s)
{
	return s.ptr == NULL || sdp_text_is_token(s);
}

static bool are_lines(const struct slice *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (texts[i].len == 0 || !sdp_text_is_line(texts[i]))
			return false;
	return true;
}

static int check_edits(const struct sdp_edits *e)
{
	if (e == NULL)
		return 0;
	if (e->n_add > SDP_WRITE_EDITS_MAX || e->n_remove > SDP_WRITE_EDITS_MAX ||
		e->n_substitute > SDP_WRITE_EDITS_MAX)
		return -E2BIG;
	return are_lines(e->add, e->n_add) && are_lines(e->substitute, 2 * e->n_substitute)
		       ? 0
		       : -EINVAL;
}

static bool are_texts_safe(const struct sdp_rewrite_media *m)
{
	return is_token_or_none(m->proto) && is_token_or_none(m->mid) &&
	       sdp_text_is_line(m->label) && is_token_or_none(m->setup) &&
	       sdp_text_is_line(m->fingerprint) && is_token_or_none(m->tls_id) &&
	       is_token_or_none(m->ice_ufrag) && is_token_or_none(m->ice_pwd) &&
	       sdp_text_is_line(m->ice_options) && sdp_text_is_line(m->remote_candidates) &&
	       are_lines(m->candidates, m->n_candidates);
}

static bool are_formats_there(const struct sdp_rewrite_media *m, const struct sdp_media *in)
{
	for (size_t i = 0; m->formats != NULL && i < m->n_formats; i++)
		if (m->formats[i] >= in->n_formats)
			return false;
	return true;
}

static bool is_family(uint8_t family)
{
	return family == 4 || family == 6;
}

static int check_media(const struct sdp_rewrite_media *m, const struct sdp_media *in)
{
	if (m->how == SDP_REMOVED)
		return 0;
	if (!are_texts_safe(m) || !are_formats_there(m, in))
		return -EINVAL;
	for (size_t i = 0; i < m->n_crypto; i++)
		if (m->crypto[i].suite == NULL || m->crypto[i].mki_len > SDP_CRYPTO_MKI_MAX)
			return -EINVAL;
	if (m->how != SDP_REJECTED) {
		if (!is_family(m->family) || !sdp_text_is_token(m->address) || m->port == 0)
			return -EINVAL;
		if ((m->rtcp == SDP_RTCP_SEPARATE || m->rtcp == SDP_RTCP_MUX_OFFER) &&
			m->rtcp_port == 0)
			return -EINVAL;
	}
	return check_edits(m->edits);
}

int sdp_write_check(const struct sdp *in, const struct sdp_rewrite *rewrite)
{
	bool own_address =
		rewrite->replace_origin || rewrite->replace_origin_full || !in->has_origin;
	int status;

	if (rewrite->n_medias != in->n_medias || rewrite->state == NULL)
		return -EINVAL;
	if (own_address &&
		(!is_family(rewrite->origin_family) || !sdp_text_is_token(rewrite->origin_address)))
		return -EINVAL;
	if (!sdp_text_is_line(rewrite->session_name) || !is_token_or_none(rewrite->loop_protect) ||
		!are_lines(rewrite->groups, rewrite->n_groups))
		return -EINVAL;
	status = check_edits(rewrite->edits);
	for (size_t i = 0; i < in->n_medias && status == 0; i++)
		status = check_media(&rewrite->medias[i], &in->medias[i]);
	return status;
}
