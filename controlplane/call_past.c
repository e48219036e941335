/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_past.h"

#include "srtp_ctx.h"

#include <stdlib.h>
#include <string.h>

static void raise_rtp(struct relay_ssrc *to, const struct relay_ssrc *seen)
{
	uint64_t index = relay_ssrc_index(seen);

	if (!seen->rtp_valid || (to->rtp_valid && index <= relay_ssrc_index(to)))
		return;
	index += CALL_PAST_MARGIN;
	if (index >= SRTP_LIFETIME_RTP_MAX)
		index = SRTP_LIFETIME_RTP_MAX - 1;
	to->rtp_valid = 1;
	to->roc = (uint32_t)(index >> 16);
	to->seq = (uint16_t)index;
}

static void raise_rtcp(struct relay_ssrc *to, const struct relay_ssrc *seen)
{
	uint32_t index = seen->rtcp_index;

	if (!seen->rtcp_valid || (to->rtcp_valid && index <= to->rtcp_index))
		return;
	to->rtcp_valid = 1;
	to->rtcp_index = index < SRTP_LIFETIME_RTCP_MAX - 1 - CALL_PAST_RTCP_MARGIN
				 ? index + CALL_PAST_RTCP_MARGIN
				 : (uint32_t)(SRTP_LIFETIME_RTCP_MAX - 1);
}

/* Its place, or a free one. When all are taken RTP goes before what has brought RTCP alone. */
static struct relay_ssrc *place_of(struct call_past_key *key, const struct relay_ssrc *seen)
{
	for (uint32_t i = 0; i < key->n_ssrcs; i++)
		if (key->ssrcs[i].ssrc == seen->ssrc)
			return &key->ssrcs[i];
	if (key->n_ssrcs < CALL_PAST_SSRCS)
		return &key->ssrcs[key->n_ssrcs++];
	for (uint32_t i = 0; i < CALL_PAST_SSRCS && seen->rtp_valid; i++)
		if (!key->ssrcs[i].rtp_valid)
			return &key->ssrcs[i];
	return NULL;
}

static void merge(struct call_past_key *key, const struct relay_ssrc *seen)
{
	struct relay_ssrc *to = place_of(key, seen);

	if (to == NULL) {
		srtp_retired_add(key->retired, key->name, seen->ssrc);
		return;
	}
	if (to->ssrc != seen->ssrc) {
		if (to->rtcp_valid)
			srtp_retired_add(key->retired, key->name, to->ssrc);
		*to = (struct relay_ssrc){.ssrc = seen->ssrc};
	}
	raise_rtp(to, seen);
	raise_rtcp(to, seen);
}

static uint32_t find(const struct call_past *past, uint64_t name)
{
	uint32_t i = 0;

	while (past != NULL && i < past->n && past->keys[i].name != name)
		i++;
	return i;
}

/* Out of its place, so that it can be the last. */
static void take_out(struct call_past *past, uint32_t i)
{
	past->n--;
	memmove(&past->keys[i], &past->keys[i + 1], (past->n - i) * sizeof(past->keys[0]));
}

bool call_past_keep(struct call_past **past, uint64_t name, const struct relay_ssrc *seen,
	uint32_t n, const uint64_t *retired)
{
	uint32_t had = *past == NULL ? 0 : (*past)->n;
	uint32_t at = find(*past, name);
	struct call_past_key key = {.name = name};
	struct call_past *grown = *past;

	if (n == 0)
		return true;
	if (at >= had && had < CALL_PAST_KEYS_MAX) {
		grown = realloc(grown, sizeof(*grown) + (had + 1) * sizeof(grown->keys[0]));
		if (grown == NULL)
			return false;
		grown->n = had;
		*past = grown;
	} else {
		if (at < had)
			key = grown->keys[at];
		take_out(grown, at < had ? at : 0);
	}
	for (uint32_t i = 0; i < n; i++)
		merge(&key, &seen[i]);
	for (uint32_t i = 0; retired != NULL && i < SRTP_RETIRED_WORDS; i++)
		key.retired[i] |= retired[i];
	grown->keys[grown->n++] = key;
	return true;
}

void call_past_recall(const struct call_past *past, struct relay_crypto *crypto)
{
	uint32_t i = find(past, crypto->key_name);
	const struct call_past_key *key;
	uint32_t n;

	if (past == NULL || i == past->n || crypto->suite == RELAY_PLAIN)
		return;
	key = &past->keys[i];
	n = key->n_ssrcs < RELAY_SSRCS ? key->n_ssrcs : RELAY_SSRCS;
	memcpy(crypto->ssrcs, key->ssrcs, n * sizeof(key->ssrcs[0]));
	crypto->n_ssrcs = (uint8_t)n;
	memcpy(crypto->parked, &key->ssrcs[n], (key->n_ssrcs - n) * sizeof(key->ssrcs[0]));
	crypto->n_parked = (uint8_t)(key->n_ssrcs - n);
	memcpy(crypto->retired, key->retired, sizeof(crypto->retired));
}
