/* SPDX-License-Identifier: BSD-3-Clause */
#include "notice.h"
#include "rtp_header.h"
#include "stream.h"
#include "worker.h"

/* crypto/'s statuses are drop reasons, in the same order. */
_Static_assert(RELAY_DROP_COUNT - RELAY_DROP_BAD_LENGTH ==
			       (int)SRTP_PACKET_STATUS_COUNT - (int)SRTP_BAD_LENGTH &&
		       RELAY_DROP_TAG_MISMATCH - RELAY_DROP_BAD_LENGTH ==
			       (int)SRTP_TAG_MISMATCH - (int)SRTP_BAD_LENGTH,
	"a row for each");

static enum srtp_status check_plain(const uint8_t *packet, uint32_t len, uint8_t class)
{
	uint32_t header_len;

	return class == PKT_RTP ? rtp_header_check(packet, len, &header_len)
				: rtp_header_check_rtcp(packet, len);
}

/* Plain packets are checked here, protected ones lined up for the burst. */
static uint32_t line_up(struct worker *w, const struct batch *b, uint8_t status[BATCH_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt_meta *meta = &b->meta[i];
		struct srtp_ctx *ctx = w->endpoints.slots[meta->in].ingress;
		uint8_t *data = batch_payload(b, i);

		if (ctx == NULL) {
			status[i] = (uint8_t)check_plain(data, meta->len, meta->class);
			continue;
		}
		w->crypto_of[n] = i;
		w->crypto[n++] = (struct srtp_pkt){
			.ctx = ctx,
			.data = data,
			.len = meta->len,
			.room = meta->len,
			.kind = meta->class == PKT_RTP ? SRTP_RTP : SRTP_RTCP,
		};
	}
	return n;
}

static void take_results(struct worker *w, struct batch *b, uint32_t n, uint8_t status[BATCH_MAX])
{
	for (uint32_t k = 0; k < n; k++) {
		const struct srtp_pkt *pkt = &w->crypto[k];
		uint32_t i = w->crypto_of[k];

		status[i] = pkt->status;
		b->meta[i].len = (uint16_t)pkt->len;
		if (unlikely(pkt->soft_limit))
			notice_key_limit(w, b->meta[i].in, true);
	}
}

static void refuse(struct worker *w, struct batch *b, uint32_t i, uint8_t status)
{
	if (status == SRTP_TAG_MISMATCH)
		notice_auth_failed(w, b->meta[i].in);
	else if (status == SRTP_NO_STREAM)
		notice_streams_full(w, b->meta[i].in);
	worker_drop_of(w, b, i, RELAY_DROP_BAD_LENGTH + (status - SRTP_BAD_LENGTH));
}

/* What an authenticated packet teaches. False if an earlier one of the burst has locked its
 * endpoint to another source. */
static bool learn(struct worker *w, const struct pkt_meta *meta)
{
	switch (endpoint_learn(&w->endpoints, meta->in, &meta->source, w->clock.now_ms)) {
	case ENDPOINT_SAME:
		break;
	case ENDPOINT_MOVED:
		notice_remote(w, meta->in);
		break;
	case ENDPOINT_REFUSED:
		return false;
	}
	return true;
}

void unprotect_run(struct worker *w, struct batch *b)
{
	uint8_t status[BATCH_MAX];
	uint32_t n = line_up(w, b, status);
	uint32_t kept = 0;

	if (n > 0) {
		(void)srtp_burst_unprotect(w->engine, w->crypto, n);
		take_results(w, b, n, status);
	}
	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt_meta *meta = &b->meta[i];
		const struct endpoint *slot = &w->endpoints.slots[meta->in];

		if (unlikely(status[i] != SRTP_OK)) {
			refuse(w, b, i, status[i]);
			continue;
		}
		if (unlikely(endpoint_source_new(slot, &meta->source)) && !learn(w, meta)) {
			worker_drop_of(w, b, i, RELAY_DROP_SOURCE);
			continue;
		}
		stream_received(&w->endpoints, meta->in, batch_payload(b, i),
			(struct stream_arrival){meta->len, meta->class == PKT_RTCP, w->clock.now_us,
				w->clock.now_ms});
		batch_keep(b, kept++, i);
	}
	b->n = kept;
}
