/* SPDX-License-Identifier: BSD-3-Clause */
#include "srtp_ctx.h"

#include "secret.h"
#include "srtp_ctx_past.h"
#include "srtp_engine_layout.h"

#include <stdlib.h>

enum { PART_ALIGN = 16 };

/* Where the parts of a context lie, and how long it is. */
struct layout {
	size_t cold_off;
	size_t rtcp_key_off;
	size_t streams_off;
	size_t histories_off;
	size_t history_bytes;
	size_t past_off; /* 0: none */
	size_t size;
};

static size_t align_up(size_t n, size_t align)
{
	return (n + align - 1) / align * align;
}

static uint16_t max_ssrc_of(const struct srtp_ctx_params *p)
{
	return p->max_ssrc == 0 ? (uint16_t)SRTP_SSRC_DEFAULT : p->max_ssrc;
}

static uint16_t window_of(const struct srtp_ctx_params *p)
{
	return p->window == 0 ? (uint16_t)SRTP_WINDOW_DEFAULT : p->window;
}

static uint64_t limit_or(uint64_t limit, uint64_t max)
{
	return limit == 0 ? max : limit;
}

static struct layout layout_of(const struct backend *backend, const struct srtp_ctx_params *p)
{
	const struct suite *suite = suite_get(p->suite);
	struct layout l;

	l.cold_off =
		align_up(sizeof(struct srtp_ctx) + backend->key_bytes(suite, SRTP_RTP), PART_ALIGN);
	l.rtcp_key_off = l.cold_off + sizeof(struct srtp_ctx_cold);
	l.streams_off = align_up(l.rtcp_key_off + backend->key_bytes(suite, SRTP_RTCP), PART_ALIGN);
	l.histories_off = align_up(
		l.streams_off + sizeof(struct srtp_stream) * (max_ssrc_of(p) - 1u), PART_ALIGN);
	l.history_bytes = sizeof(struct srtp_history) + window_of(p) / 8;
	l.size = l.histories_off + l.history_bytes * max_ssrc_of(p);
	l.past_off = 0;
	if (p->idle_s != 0) {
		l.past_off = align_up(l.size, PART_ALIGN);
		l.size = l.past_off + sizeof(struct srtp_past);
	}
	l.size = align_up(l.size, SRTP_CTX_ALIGN);
	return l;
}

static enum srtp_status check_params(const struct srtp_ctx_params *p)
{
	const struct suite *suite = suite_get(p->suite);

	if (suite == NULL)
		return SRTP_BAD_SUITE;
	if (p->direction != SRTP_PROTECT && p->direction != SRTP_UNPROTECT)
		return SRTP_BAD_DIRECTION;
	if (p->mki_len > SRTP_MKI_MAX)
		return SRTP_BAD_MKI_LENGTH;
	if (max_ssrc_of(p) > SRTP_SSRC_MAX)
		return SRTP_BAD_SSRC_LIMIT;
	if (!replay_window_valid(window_of(p)))
		return SRTP_BAD_WINDOW;
	if (p->rtp_lifetime > SRTP_LIFETIME_RTP_MAX || p->rtcp_lifetime > SRTP_LIFETIME_RTCP_MAX ||
		p->rtp_used > SRTP_LIFETIME_RTP_MAX || p->rtcp_used > SRTP_LIFETIME_RTCP_MAX)
		return SRTP_BAD_LIFETIME;
	if (p->session != NULL)
		return SRTP_OK;
	if (p->master.key == NULL || p->master.salt == NULL)
		return SRTP_NULL_ARGUMENT;
	if (p->master.key_len != suite->key_len)
		return SRTP_BAD_KEY_LENGTH;
	if (p->master.salt_len != suite->salt_len)
		return SRTP_BAD_SALT_LENGTH;
	return SRTP_OK;
}

/* IVs are built as 16 bytes with the SSRC at 4 and the index at 8 (RFC 3711 4.1.1). That of
 * AEAD (RFC 7714 8.1, 9.1) is bytes 2 to 13 of the same with its shorter salt there. */
static void place_salt(const struct suite *suite, const uint8_t *salt, uint8_t out[16])
{
	memset(out, 0, 16);
	memcpy(out + (suite->aead ? BACKEND_GCM_IV_OFF : 0), salt, suite->salt_len);
}

static void fill_head(struct srtp_ctx *ctx, const struct srtp_engine *engine,
	const struct srtp_ctx_params *p, const struct layout *l)
{
	const struct suite *suite = suite_get(p->suite);
	uint64_t soft = srtp_ctx_soft(limit_or(p->rtp_lifetime, SRTP_LIFETIME_RTP_MAX));

	ctx->guard = srtp_ctx_guard(engine->key_format, p->direction);
	ctx->suite = (uint8_t)p->suite;
	ctx->aead = suite->aead;
	ctx->rtp_tag_len = suite->rtp_tag_len;
	ctx->mki_len = p->mki_len;
	ctx->window = window_of(p);
	ctx->cold_off = (uint16_t)l->cold_off;
	ctx->histories_off = (uint16_t)l->histories_off;
	ctx->history_bytes = (uint16_t)l->history_bytes;
	ctx->rtp_budget = p->rtp_used < soft ? soft - p->rtp_used : 0;
}

static void fill_cold(struct srtp_ctx_cold *cold, const struct backend *backend,
	const struct srtp_ctx_params *p, const struct layout *l)
{
	uint64_t soft;

	cold->backend = backend;
	cold->rtp_hard = limit_or(p->rtp_lifetime, SRTP_LIFETIME_RTP_MAX);
	soft = srtp_ctx_soft(cold->rtp_hard);
	cold->rtp_over = p->rtp_used < soft ? 0 : p->rtp_used - soft;
	cold->rtcp_hard = (uint32_t)limit_or(p->rtcp_lifetime, SRTP_LIFETIME_RTCP_MAX);
	cold->rtcp_used = (uint32_t)p->rtcp_used;
	cold->max_ssrc = max_ssrc_of(p);
	cold->rtcp_key_off = (uint16_t)l->rtcp_key_off;
	cold->streams_off = (uint16_t)l->streams_off;
	cold->past_off = (uint16_t)l->past_off;
	cold->max_jump = p->max_jump;
	memcpy(cold->mki, p->mki, p->mki_len);
}

static void fill_past(
	struct srtp_past *past, const struct srtp_engine *engine, const struct srtp_ctx_params *p)
{
	past->seed = p->retired_seed;
	if (p->retired != NULL)
		memcpy(past->retired, p->retired, sizeof(past->retired));
	past->idle_s = p->idle_s;
	past->made_s = engine->now_s;
}

static enum srtp_status fill_keys(
	struct srtp_ctx *ctx, struct srtp_engine *engine, const struct kdf_session *session)
{
	const struct backend *backend = engine->backend;
	const struct suite *suite = suite_get(ctx->suite);
	struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);
	enum srtp_status status;

	place_salt(suite, session->rtp.salt, ctx->salt);
	place_salt(suite, session->rtcp.salt, cold->rtcp_salt);
	status = backend->key_init(engine->state, suite, SRTP_RTP, &session->rtp, ctx->rtp_key);
	if (status != SRTP_OK)
		return status;
	status = backend->key_init(engine->state, suite, SRTP_RTCP, &session->rtcp,
		srtp_ctx_part(ctx, srtp_ctx_cold(ctx)->rtcp_key_off));
	if (status != SRTP_OK)
		backend->key_fini(suite, SRTP_RTP, ctx->rtp_key);
	return status;
}

size_t srtp_ctx_size(const struct srtp_engine *engine, const struct srtp_ctx_params *params)
{
	if (engine == NULL || params == NULL || check_params(params) != SRTP_OK)
		return 0;
	return layout_of(engine->backend, params).size;
}

enum srtp_status srtp_ctx_init(struct srtp_engine *engine, const struct srtp_ctx_params *params,
	void *mem, size_t size, struct srtp_ctx **ctx)
{
	struct kdf_session derived;
	const struct kdf_session *session;
	enum srtp_status status;
	struct layout l;

	if (engine == NULL || params == NULL || mem == NULL || ctx == NULL)
		return SRTP_NULL_ARGUMENT;
	status = check_params(params);
	if (status != SRTP_OK)
		return status;
	l = layout_of(engine->backend, params);
	/* a foreign backend with keys of tens of KB, or many SSRCs with long windows that can lose
	 * their places */
	if (l.histories_off > UINT16_MAX || l.past_off > UINT16_MAX)
		return SRTP_BAD_BACKEND;
	if (size < l.size || (uintptr_t)mem % SRTP_CTX_ALIGN != 0)
		return SRTP_BAD_MEMORY;

	session = params->session;
	if (session == NULL) {
		status = kdf_derive(suite_get(params->suite), &params->master, &derived);
		if (status != SRTP_OK)
			return status;
		session = &derived;
	}
	memset(mem, 0, l.size);
	fill_head(mem, engine, params, &l);
	fill_cold(srtp_ctx_cold(mem), engine->backend, params, &l);
	if (l.past_off != 0)
		fill_past(srtp_ctx_past(mem), engine, params);
	status = fill_keys(mem, engine, session);
	if (session == &derived)
		secret_wipe(&derived, sizeof(derived));
	if (status != SRTP_OK) {
		secret_wipe(mem, l.size);
		return status;
	}
	*ctx = mem;
	return SRTP_OK;
}

static size_t size_of(const struct srtp_ctx *ctx)
{
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);

	return cold->past_off != 0
		       ? cold->past_off + sizeof(struct srtp_past)
		       : ctx->histories_off + (size_t)ctx->history_bytes * cold->max_ssrc;
}

void srtp_ctx_fini(struct srtp_ctx *ctx)
{
	const struct suite *suite = suite_get(ctx->suite);
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);

	cold->backend->key_fini(suite, SRTP_RTP, ctx->rtp_key);
	cold->backend->key_fini(suite, SRTP_RTCP, srtp_ctx_part(ctx, cold->rtcp_key_off));
	secret_wipe(ctx, size_of(ctx));
}

enum srtp_status srtp_ctx_create(
	struct srtp_engine *engine, const struct srtp_ctx_params *params, struct srtp_ctx **ctx)
{
	enum srtp_status status;
	size_t size;
	void *mem;

	if (engine == NULL || params == NULL || ctx == NULL)
		return SRTP_NULL_ARGUMENT;
	status = check_params(params);
	if (status != SRTP_OK)
		return status;
	size = layout_of(engine->backend, params).size;
	mem = aligned_alloc(SRTP_CTX_ALIGN, size);
	if (mem == NULL)
		return SRTP_NO_MEMORY;
	status = srtp_ctx_init(engine, params, mem, size, ctx);
	if (status != SRTP_OK)
		free(mem);
	return status;
}

void srtp_ctx_destroy(struct srtp_ctx *ctx)
{
	if (ctx == NULL)
		return;
	srtp_ctx_fini(ctx);
	free(ctx);
}

/* The tag's length goes into no key: the _32 suites run under those of the _80 ones. */
static bool same_cipher(const struct suite *a, const struct suite *b)
{
	return a->aead == b->aead && a->key_len == b->key_len;
}

bool srtp_ctx_has_key(const struct srtp_ctx *ctx, const struct srtp_ctx_params *params)
{
	const struct suite *suite = suite_get(params->suite);
	uint8_t rtp[16], rtcp[16];

	if (suite == NULL || params->session == NULL || !same_cipher(suite_get(ctx->suite), suite))
		return false;
	place_salt(suite, params->session->rtp.salt, rtp);
	place_salt(suite, params->session->rtcp.salt, rtcp);
	return secret_equal(ctx->salt, rtp, sizeof(rtp)) &&
	       secret_equal(srtp_ctx_cold(ctx)->rtcp_salt, rtcp, sizeof(rtcp));
}

bool srtp_ctx_has_terms(const struct srtp_ctx *ctx, const struct srtp_ctx_params *params)
{
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);

	return ctx->suite == params->suite && ctx->mki_len == params->mki_len &&
	       secret_equal(cold->mki, params->mki, params->mki_len) &&
	       cold->rtp_hard == limit_or(params->rtp_lifetime, SRTP_LIFETIME_RTP_MAX) &&
	       cold->rtcp_hard == limit_or(params->rtcp_lifetime, SRTP_LIFETIME_RTCP_MAX);
}

uint32_t srtp_ctx_trailer_len(const struct srtp_ctx *ctx, bool rtcp)
{
	const struct suite *suite = suite_get(ctx->suite);

	return ctx->mki_len + (rtcp ? 4u + suite->rtcp_tag_len : suite->rtp_tag_len);
}

void srtp_ctx_get_usage(const struct srtp_ctx *ctx, struct srtp_ctx_usage *out)
{
	const struct srtp_ctx_cold *cold = srtp_ctx_cold(ctx);

	out->rtp_used = srtp_ctx_soft(cold->rtp_hard) - ctx->rtp_budget + cold->rtp_over;
	out->rtp_limit = cold->rtp_hard;
	out->rtcp_used = cold->rtcp_used;
	out->rtcp_limit = cold->rtcp_hard;
	out->soft_limit_reached =
		ctx->rtp_budget == 0 || cold->rtcp_used >= srtp_ctx_soft(cold->rtcp_hard);
}

uint32_t srtp_ctx_ssrc_count(const struct srtp_ctx *ctx)
{
	return ctx->n_ssrc;
}

/* The highest SRTCP index used or seen; false if there is none. */
static bool last_rtcp_index(
	const struct srtp_ctx *ctx, const struct srtp_history *history, uint32_t *index)
{
	const struct replay *rtcp = &history->rtcp;

	if (srtp_ctx_is_protect(ctx)) {
		*index = (uint32_t)(history->rtcp_next - 1);
		return history->rtcp_next > 0;
	}
	*index = (uint32_t)rtcp->top;
	return replay_has(rtcp, history->rtcp_older, SRTP_RTCP_WINDOW, rtcp->top);
}

void srtp_ctx_read(
	const struct srtp_ctx *ctx, const struct srtp_stream *stream, struct srtp_ssrc_state *out)
{
	const struct srtp_history *history = srtp_ctx_history(ctx, stream);

	memset(out, 0, sizeof(*out));
	out->ssrc = stream->ssrc;
	out->rtp_valid = replay_has(&stream->rtp, history->rtp_older, ctx->window, stream->rtp.top);
	if (out->rtp_valid) {
		out->roc = (uint32_t)(stream->rtp.top >> 16);
		out->seq = (uint16_t)stream->rtp.top;
	}
	out->rtcp_valid = last_rtcp_index(ctx, history, &out->rtcp_index);
	if (!out->rtcp_valid)
		out->rtcp_index = 0;
}

enum srtp_status srtp_ctx_get_ssrc_at(
	const struct srtp_ctx *ctx, uint32_t i, struct srtp_ssrc_state *out)
{
	if (ctx == NULL || out == NULL)
		return SRTP_NULL_ARGUMENT;
	if (i >= ctx->n_ssrc)
		return SRTP_NO_SUCH_SSRC;
	srtp_ctx_read(ctx, srtp_ctx_stream(ctx, i), out);
	return SRTP_OK;
}

enum srtp_status srtp_ctx_get_ssrc(
	const struct srtp_ctx *ctx, uint32_t ssrc, struct srtp_ssrc_state *out)
{
	const struct srtp_stream *stream;

	if (ctx == NULL || out == NULL)
		return SRTP_NULL_ARGUMENT;
	stream = srtp_ctx_find(ctx, ssrc);
	if (stream == NULL)
		return SRTP_NO_SUCH_SSRC;
	srtp_ctx_read(ctx, stream, out);
	return SRTP_OK;
}

/* Tells a step back, which would use an index twice, before anything is written. */
static bool goes_back(const struct srtp_ctx *ctx, const struct srtp_stream *stream,
	const struct srtp_ssrc_state *state)
{
	struct srtp_ssrc_state now;

	srtp_ctx_read(ctx, stream, &now);
	if (now.rtp_valid && state->rtp_valid && (srtp_ssrc_index(state)) < stream->rtp.top)
		return true;
	return now.rtcp_valid && state->rtcp_valid && state->rtcp_index < now.rtcp_index;
}

void srtp_ctx_write(
	struct srtp_ctx *ctx, struct srtp_stream *stream, const struct srtp_ssrc_state *state)
{
	struct srtp_history *history = srtp_ctx_history(ctx, stream);

	if (state->rtp_valid)
		replay_restart(
			&stream->rtp, history->rtp_older, ctx->window, srtp_ssrc_index(state));
	if (!state->rtcp_valid)
		return;
	if (srtp_ctx_is_protect(ctx))
		history->rtcp_next = (uint64_t)state->rtcp_index + 1;
	else
		replay_restart(
			&history->rtcp, history->rtcp_older, SRTP_RTCP_WINDOW, state->rtcp_index);
}

enum srtp_status srtp_ctx_set_ssrc(struct srtp_ctx *ctx, const struct srtp_ssrc_state *state)
{
	const struct srtp_past *past;
	struct srtp_stream *stream;

	if (ctx == NULL || state == NULL)
		return SRTP_NULL_ARGUMENT;
	if (state->rtcp_valid && state->rtcp_index >= SRTP_LIFETIME_RTCP_MAX)
		return SRTP_BAD_LIFETIME;
	if (!state->rtp_valid && !state->rtcp_valid)
		return SRTP_OK;
	stream = srtp_ctx_find(ctx, state->ssrc);
	if (stream != NULL && goes_back(ctx, stream, state))
		return SRTP_STATE_BACKWARDS;
	if (stream == NULL)
		stream = srtp_ctx_add(ctx, state->ssrc);
	if (stream == NULL)
		return SRTP_NO_STREAM;

	past = srtp_ctx_past(ctx);
	stream->seen_s = past == NULL ? 0 : past->made_s;
	stream->heard = SRTP_CTX_PROVEN;
	srtp_ctx_write(ctx, stream, state);
	return SRTP_OK;
}
