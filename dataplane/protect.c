/* SPDX-License-Identifier: BSD-3-Clause */
#include "notice.h"
#include "stream.h"
#include "worker.h"

static uint32_t line_up(struct worker *w, const struct batch *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt_meta *meta = &b->meta[i];
		struct srtp_ctx *ctx = w->endpoints.slots[meta->out].egress;

		if (ctx == NULL)
			continue;
		w->crypto_of[n] = i;
		w->crypto[n++] = (struct srtp_pkt){
			.ctx = ctx,
			.data = batch_payload(b, i),
			.len = meta->len,
			.room = (uint32_t)b->pkts[i]->buf_len - b->pkts[i]->data_off - meta->off,
			.kind = meta->class == PKT_RTP ? SRTP_RTP : SRTP_RTCP,
			.authentic = w->endpoints.slots[meta->in].ingress != NULL,
		};
	}
	return n;
}

/* The index is on record before the packet can leave. */
static void seal(struct worker *w, struct batch *b, const struct srtp_pkt *pkt, uint32_t i)
{
	struct pkt_meta *meta = &b->meta[i];

	meta->len = (uint16_t)pkt->len;
	stream_sealed(&w->endpoints, meta->out, pkt->data, meta->class == PKT_RTCP);
	if (unlikely(pkt->soft_limit))
		notice_key_limit(w, meta->out, false);
}

static void refuse(struct worker *w, struct batch *b, uint32_t i, uint8_t status)
{
	if (status == SRTP_NO_STREAM)
		notice_streams_full(w, b->meta[i].out);
	else if (status == SRTP_TOO_OLD)
		notice_went_back(w, b->meta[i].out);
	worker_drop_of(w, b, i, RELAY_DROP_BAD_LENGTH + (status - SRTP_BAD_LENGTH));
}

void protect_run(struct worker *w, struct batch *b)
{
	uint32_t n = line_up(w, b);
	uint32_t kept = 0;

	if (n == 0)
		return;
	(void)srtp_burst_protect(w->engine, w->crypto, n);
	for (uint32_t i = 0, k = 0; i < b->n; i++) {
		const struct srtp_pkt *pkt = k < n && w->crypto_of[k] == i ? &w->crypto[k++] : NULL;

		if (pkt != NULL && unlikely(pkt->status != SRTP_OK)) {
			refuse(w, b, i, pkt->status);
			continue;
		}
		if (pkt != NULL)
			seal(w, b, pkt, i);
		batch_keep(b, kept++, i);
	}
	b->n = kept;
}
