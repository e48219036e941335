/* SPDX-License-Identifier: BSD-3-Clause */
#include "srtp_ctx_layout.h"

/* The SSRC that was silent for longest; NULL if all were heard lately. */
static struct srtp_stream *find_idle(struct srtp_ctx *ctx, uint16_t now_s)
{
	uint16_t longest = srtp_ctx_cold(ctx)->idle_s;
	struct srtp_stream *idle = NULL;

	if (longest == 0)
		return NULL;
	for (uint32_t i = 0; i < ctx->n_ssrc; i++) {
		struct srtp_stream *stream = srtp_ctx_stream(ctx, i);
		uint16_t silent = (uint16_t)(now_s - stream->seen_s);

		if (silent >= longest) {
			longest = silent;
			idle = stream;
		}
	}
	return idle;
}

struct srtp_stream *srtp_ctx_admit(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t now_s)
{
	struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);
	struct srtp_stream *stream;

	if (srtp_retired_has(cold->retired, ssrc))
		return NULL;
	stream = srtp_ctx_add(ctx, ssrc);
	if (stream == NULL) {
		stream = find_idle(ctx, now_s);
		if (stream == NULL)
			return NULL;
		srtp_retired_add(cold->retired, stream->ssrc);
		memset(srtp_ctx_history(ctx, stream), 0, ctx->history_bytes);
		*stream = (struct srtp_stream){.ssrc = ssrc, .slot = stream->slot};
	}
	stream->seen_s = now_s;
	return stream;
}
