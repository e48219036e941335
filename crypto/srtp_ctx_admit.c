/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * An SSRC that has been heard more than a little is proven. When a place is wanted, the SSRCs that
 * are silent lose theirs, first those that are not proven: strays push each other out, and not who
 * talks or is on hold. Who was proven is parked with its indices, and can come back. Each that ever
 * lost its place is in a set besides, which forgets nothing: it does not begin anew. The fuller the
 * set, the longer must an SSRC be silent, as the set soon is all that strays can fill.
 */
#include "srtp_ctx_past.h"

enum {
	FILL_STEP = 32,     /* bits of the set by which the silence is as long again */
	BACK_S = 60,        /* a clock that went back by no more silences nobody */
	LIKELIER = 1 << 16, /* to the rank of one that is not proven */
};

/* Who loses its place; NULL: all were heard lately. */
static struct srtp_stream *find_idle(struct srtp_ctx *ctx, uint16_t now_s)
{
	const struct srtp_past *past = srtp_ctx_past(ctx);
	uint32_t idle = past->idle_s * (1 + srtp_retired_fill(past->retired) / FILL_STEP);
	struct srtp_stream *best = NULL;
	uint32_t most = 0;

	for (uint32_t i = 0; i < ctx->n_ssrc; i++) {
		struct srtp_stream *stream = srtp_ctx_stream(ctx, i);
		uint32_t silent = (uint16_t)(now_s - stream->seen_s);
		uint32_t rank;

		if (silent <= idle || silent > UINT16_MAX - BACK_S)
			continue;
		rank = silent + (stream->heard >= SRTP_CTX_PROVEN ? 0 : LIKELIER);
		if (rank > most) {
			most = rank;
			best = stream;
		}
	}
	return best;
}

static void park(struct srtp_past *past, const struct srtp_ssrc_state *state)
{
	memmove(&past->parked[1], &past->parked[0],
		(SRTP_PARKED_MAX - 1) * sizeof(past->parked[0]));
	past->parked[0] = *state;
}

static void unpark(struct srtp_past *past, uint32_t i)
{
	memmove(&past->parked[i], &past->parked[i + 1],
		(SRTP_PARKED_MAX - 1 - i) * sizeof(past->parked[0]));
	past->parked[SRTP_PARKED_MAX - 1] = (struct srtp_ssrc_state){.ssrc = 0};
}

static bool is_empty(const struct srtp_ssrc_state *state)
{
	return !state->rtp_valid && !state->rtcp_valid;
}

/* SRTP_PARKED_MAX: it is not there. */
static uint32_t find_parked(const struct srtp_past *past, uint32_t ssrc)
{
	uint32_t i = 0;

	while (i < SRTP_PARKED_MAX && (is_empty(&past->parked[i]) || past->parked[i].ssrc != ssrc))
		i++;
	return i;
}

/* NULL: it does not come back. */
static const struct srtp_ssrc_state *parked_state(const struct srtp_ctx *ctx, uint32_t ssrc)
{
	const struct srtp_past *past = srtp_ctx_past(ctx);
	uint32_t i = past == NULL ? SRTP_PARKED_MAX : find_parked(past, ssrc);

	return i < SRTP_PARKED_MAX ? &past->parked[i] : NULL;
}

uint64_t srtp_ctx_parked_index(const struct srtp_ctx *ctx, uint32_t ssrc, uint16_t seq)
{
	const struct srtp_ssrc_state *was = parked_state(ctx, ssrc);

	return replay_estimate(was != NULL && was->rtp_valid ? srtp_ssrc_index(was) : 0, seq);
}

enum srtp_status srtp_ctx_check_claim(const struct srtp_ctx *ctx, const struct srtp_claim *claim)
{
	const struct srtp_ssrc_state *was = parked_state(ctx, claim->ssrc);
	bool behind =
		was != NULL &&
		(claim->kind == SRTP_RTP ? was->rtp_valid && claim->index <= srtp_ssrc_index(was)
					 : was->rtcp_valid && claim->index <= was->rtcp_index);

	return behind ? SRTP_REPLAYED : SRTP_OK;
}

bool srtp_ctx_comes_back_far(struct srtp_ctx *ctx, uint32_t ssrc, uint64_t index)
{
	const struct srtp_ssrc_state *was = parked_state(ctx, ssrc);
	struct srtp_past *past = srtp_ctx_past(ctx);
	uint32_t max = srtp_ctx_cold(ctx)->max_jump;
	/* one word for all that are parked: of two SSRCs they are apart */
	uint32_t mark = (uint32_t)index + ssrc * UINT32_C(0x9e3779b1);
	uint32_t last;

	if (was == NULL || !was->rtp_valid || max == 0 || index <= srtp_ssrc_index(was) ||
		index - srtp_ssrc_index(was) <= max)
		return false;
	last = past->jumped;
	past->jumped = mark;
	return !srtp_ctx_confirms(mark, last);
}

/* Its place is free then, but for the history. */
static void give_up(struct srtp_ctx *ctx, struct srtp_stream *stream)
{
	struct srtp_past *past = srtp_ctx_past(ctx);
	struct srtp_ssrc_state state;

	srtp_retired_add(past->retired, past->seed, stream->ssrc);
	if (stream->heard < SRTP_CTX_PROVEN)
		return;
	srtp_ctx_read(ctx, stream, &state);
	park(past, &state);
}

/* A free place, or one that is made free. */
static struct srtp_stream *find_place(struct srtp_ctx *ctx, uint32_t ssrc, uint16_t now_s)
{
	struct srtp_stream *stream = srtp_ctx_add(ctx, ssrc);

	if (stream == NULL && srtp_ctx_past(ctx) != NULL)
		stream = find_idle(ctx, now_s);
	return stream;
}

enum srtp_status srtp_ctx_admit(struct srtp_ctx *ctx, const struct srtp_claim *claim,
	uint16_t now_s, struct srtp_stream **stream)
{
	struct srtp_past *past = srtp_ctx_past(ctx);
	uint32_t at = past == NULL ? SRTP_PARKED_MAX : find_parked(past, claim->ssrc);
	struct srtp_ssrc_state was = {.ssrc = claim->ssrc};
	enum srtp_status status = srtp_ctx_check_claim(ctx, claim);
	struct srtp_stream *place;

	if (status != SRTP_OK)
		return status;
	if (past != NULL && at == SRTP_PARKED_MAX &&
		srtp_retired_has(past->retired, past->seed, claim->ssrc))
		return SRTP_NO_STREAM;
	place = find_place(ctx, claim->ssrc, now_s);
	if (place == NULL)
		return SRTP_NO_STREAM;
	if (at < SRTP_PARKED_MAX) {
		was = past->parked[at];
		unpark(past, at);
	}
	if (place->ssrc != claim->ssrc) {
		give_up(ctx, place);
		memset(srtp_ctx_history(ctx, place), 0, ctx->history_bytes);
		*place = (struct srtp_stream){.ssrc = claim->ssrc, .slot = place->slot};
	}
	srtp_ctx_write(ctx, place, &was);
	place->heard = at < SRTP_PARKED_MAX ? SRTP_CTX_PROVEN : 0;
	place->seen_s = now_s;
	*stream = place;
	return SRTP_OK;
}

enum srtp_status srtp_ctx_get_parked_at(
	const struct srtp_ctx *ctx, uint32_t i, struct srtp_ssrc_state *out)
{
	const struct srtp_past *past;

	if (ctx == NULL || out == NULL)
		return SRTP_NULL_ARGUMENT;
	past = srtp_ctx_past(ctx);
	if (past == NULL || i >= SRTP_PARKED_MAX || is_empty(&past->parked[i]))
		return SRTP_NO_SUCH_SSRC;
	*out = past->parked[i];
	return SRTP_OK;
}

void srtp_ctx_get_retired(const struct srtp_ctx *ctx, uint64_t retired[SRTP_RETIRED_WORDS])
{
	const struct srtp_past *past = srtp_ctx_past(ctx);

	memset(retired, 0, SRTP_RETIRED_WORDS * sizeof(*retired));
	if (past != NULL)
		memcpy(retired, past->retired, sizeof(past->retired));
}

enum srtp_status srtp_ctx_park(struct srtp_ctx *ctx, const struct srtp_ssrc_state *state)
{
	struct srtp_past *past;

	if (ctx == NULL || state == NULL)
		return SRTP_NULL_ARGUMENT;
	if (state->rtcp_valid && state->rtcp_index >= SRTP_LIFETIME_RTCP_MAX)
		return SRTP_BAD_LIFETIME;
	past = srtp_ctx_past(ctx);
	if (past == NULL)
		return SRTP_NO_STREAM;
	if (is_empty(state) || srtp_ctx_find(ctx, state->ssrc) != NULL ||
		find_parked(past, state->ssrc) < SRTP_PARKED_MAX)
		return SRTP_STATE_BACKWARDS;
	srtp_retired_add(past->retired, past->seed, state->ssrc);
	park(past, state);
	return SRTP_OK;
}
