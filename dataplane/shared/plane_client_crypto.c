/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_client_impl.h"

#include "secret.h"
#include "srtp_ctx.h"

#include <errno.h>

static int derive(const struct plane_client_key *key, struct kdf_session *out)
{
	switch ((int)kdf_derive(suite_get(key->suite), &key->master, out)) {
	case SRTP_OK:
		return 0;
	case SRTP_NO_MEMORY:
		return -ENOMEM;
	case SRTP_CRYPTO_FAILED:
		return -EIO;
	default: /* NULL, or a length that is not the suite's */
		return -EINVAL;
	}
}

/* The first octets of what another salt derives: they follow from the master key alone, so that who
 * derives it again finds the same, and tell nothing of the session keys. */
static int name_key(const struct plane_client_key *key, uint64_t *name)
{
	uint8_t salt[SUITE_SALT_MAX];
	struct plane_client_key other = *key;
	struct kdf_session session;
	int err;

	/* its length was checked when the session keys were derived */
	memcpy(salt, key->master.salt, key->master.salt_len);
	salt[0] ^= 0xff; /* RFC 3711 4.3.1: the labels, which keep derived keys apart, are at 7 */
	other.master.salt = salt;
	err = derive(&other, &session);
	if (err == 0) {
		memcpy(name, session.rtp.cipher, sizeof(*name));
		if (*name == 0)
			*name = 1;
	}
	secret_wipe(salt, sizeof(salt));
	secret_wipe(&session, sizeof(session));
	return err;
}

int plane_client_crypto(const struct plane_client_key *key, struct relay_crypto *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	if (key->mki_len > RELAY_MKI_MAX || key->rtp_lifetime > SRTP_LIFETIME_RTP_MAX ||
		key->rtcp_lifetime > SRTP_LIFETIME_RTCP_MAX)
		return -EINVAL;
	err = derive(key, &out->session);
	if (err == 0)
		err = name_key(key, &out->key_name);
	if (err != 0) {
		secret_wipe(out, sizeof(*out));
		return err;
	}
	out->suite = (uint8_t)key->suite;
	out->mki_len = key->mki_len;
	memcpy(out->mki, key->mki, key->mki_len);
	out->rtp_lifetime = key->rtp_lifetime;
	out->rtcp_lifetime = key->rtcp_lifetime;
	return 0;
}

void plane_client_plain(struct relay_crypto *out)
{
	memset(out, 0, sizeof(*out));
	out->suite = RELAY_PLAIN;
}

static struct relay_ssrc *find(struct relay_ssrc *ssrcs, uint32_t n, uint32_t ssrc)
{
	for (uint32_t i = 0; i < n; i++)
		if (ssrcs[i].ssrc == ssrc)
			return &ssrcs[i];
	return NULL;
}

/* Of an SSRC that was silent, the halves that were taken over before. */
static void keep_older(struct relay_ssrc *to, const struct relay_ssrc *older)
{
	if (!to->rtp_valid && older->rtp_valid) {
		to->rtp_valid = 1;
		to->roc = older->roc;
		to->seq = older->seq;
	}
	if (!to->rtcp_valid && older->rtcp_valid) {
		to->rtcp_valid = 1;
		to->rtcp_index = older->rtcp_index;
	}
}

/* Who has lost its place is not brought back with what was known of it before; nor is it parked
 * twice, nor beside its place, as the dead writer may have left it. */
static void take_past(struct relay_crypto *c, const struct relay_past_view *past)
{
	struct relay_ssrc all[RELAY_PARKED] = {{.ssrc = 0}};
	uint32_t n = 0;

	for (uint32_t i = 0; i < past->n; i++) {
		uint32_t ssrc = past->parked[i].ssrc;

		if (find(c->ssrcs, c->n_ssrcs, ssrc) == NULL && find(all, n, ssrc) == NULL)
			all[n++] = past->parked[i];
	}
	memcpy(c->parked, all, sizeof(all));
	c->n_parked = (uint8_t)n;
	for (uint32_t i = 0; i < SRTP_RETIRED_WORDS; i++)
		c->retired[i] |= past->retired[i];
}

/* What the dead data plane showed comes first, then what it was told and did not show, unless that
 * has lost its place. */
static void take_ssrcs(struct relay_crypto *c, const struct relay_ssrc *seen, uint32_t n_seen,
	const struct relay_past_view *past)
{
	struct relay_ssrc all[RELAY_SSRCS] = {{.ssrc = 0}};
	uint32_t n_older = c->n_ssrcs < RELAY_SSRCS ? c->n_ssrcs : RELAY_SSRCS;
	uint32_t n = n_seen;

	memcpy(all, seen, n_seen * sizeof(*seen));
	for (uint32_t i = 0; i < n_older; i++) {
		uint32_t ssrc = c->ssrcs[i].ssrc;
		struct relay_ssrc *same = find(all, n_seen, ssrc);

		if (srtp_retired_has(past->retired, c->key_name, ssrc))
			continue;
		if (same != NULL)
			keep_older(same, &c->ssrcs[i]);
		else if (n < RELAY_SSRCS)
			all[n++] = c->ssrcs[i];
	}
	memcpy(c->ssrcs, all, sizeof(all));
	c->n_ssrcs = (uint8_t)n;
	take_past(c, past);
}

static uint64_t add_up_to(uint64_t a, uint64_t b, uint64_t limit)
{
	return a < limit && b < limit - a ? a + b : limit;
}

static void take_ingress(struct relay_crypto *c, const struct relay_endpoint_view *view)
{
	struct relay_ssrc seen[RELAY_SSRCS];

	for (uint32_t i = 0; i < view->n_ingress; i++)
		seen[i] = view->ingress[i].state;
	take_ssrcs(c, seen, view->n_ingress, &view->ingress_past);
	c->rtp_used = add_up_to(c->rtp_used, view->rx_packets, SRTP_LIFETIME_RTP_MAX);
	c->rtcp_used =
		(uint32_t)add_up_to(c->rtcp_used, view->rtcp_packets, SRTP_LIFETIME_RTCP_MAX);
}

static void take_egress(struct relay_crypto *c, const struct relay_endpoint_view *view)
{
	take_ssrcs(c, view->egress, view->n_egress, &view->egress_past);
	c->rtp_used = add_up_to(c->rtp_used, view->tx_packets, SRTP_LIFETIME_RTP_MAX);
	c->rtp_used = add_up_to(c->rtp_used, view->tx_lost, SRTP_LIFETIME_RTP_MAX);
	/* sent or lost before they were counted */
	c->rtp_used = add_up_to(c->rtp_used, RELAY_POLL_MAX, SRTP_LIFETIME_RTP_MAX);
	c->rtcp_used = (uint32_t)add_up_to(c->rtcp_used, view->rtcp_sent, SRTP_LIFETIME_RTCP_MAX);
}

/* Is the state that is shown that of these keys? */
static bool in_use(const struct relay_crypto *c, uint64_t shown)
{
	return c->suite == RELAY_PLAIN ? shown == 0 : shown != 0 && shown == c->key_name;
}

int plane_client_takeover(const struct plane_client *dead, const struct relay_route *endpoint,
	struct relay_record *record)
{
	struct relay_endpoint_view view;
	const struct relay_endpoint *e;

	if (endpoint->endpoint >= dead->geometry.endpoints)
		return -EINVAL;
	if (!dead->dead)
		return -EBUSY;
	e = &relay_layout_endpoints(dead->data.base, &dead->geometry)[endpoint->endpoint];
	/* Half written is good enough. The identity may be torn, but not within its first words;
	 * and before the generation of a new endpoint shows, the numbers of the last are gone. */
	(void)relay_endpoint_read(e, &view);
	if (view.identity.state != RELAY_STATE_LIVE ||
		view.identity.generation != endpoint->generation)
		return -ENOENT;
	if (!in_use(&record->ingress, view.ingress_key) ||
		!in_use(&record->egress, view.egress_key))
		return -ESTALE;
	if (record->ingress.suite != RELAY_PLAIN)
		take_ingress(&record->ingress, &view);
	if (record->egress.suite != RELAY_PLAIN)
		take_egress(&record->egress, &view);
	return 0;
}
